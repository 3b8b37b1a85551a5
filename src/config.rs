//! What the owner can set, as typed values.

use std::{net::SocketAddr, time::Duration};

use lettre::{Address, message::Mailbox};
use url::Url;

use crate::{
    mail::{ReturnPath, SmtpServer, bounce::webhook::BounceSecret},
    model::DirectoryId,
    store::DatabaseUrl,
};

/// The settings of a running Rollcall.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address by which people and identity providers reach it, without a slash at the end.
    pub base_url: BaseUrl,
    /// Where the store is.
    pub database: DatabaseUrl,
    /// Where mail goes.
    pub mail: MailTransport,
    /// The sender of mail.
    pub mail_from: Mailbox,
    /// Where answers to mails go, when not to the sender.
    pub mail_reply_to: Option<Mailbox>,
    /// Where mails come back to that cannot be delivered: an address for each mail.
    pub return_path: Option<ReturnPath>,
    /// What relays sign their reports of bounces with; without it there is nowhere to bring them.
    pub bounce_secret: Option<BounceSecret>,
    /// Which DNS server is asked about the sender's domain, when not the system's.
    pub dns_server: Option<SocketAddr>,
    /// Whether the built-in mailbox will do even where others are to be reached.
    pub mailbox_will_do: bool,
    /// Most mails a minute; `None` for no limit.
    pub mail_rate: Option<u32>,
    /// How long a directory's invitation waits before it is mailed, so that add and remove in one cycle cancel out.
    pub invitation_delay: Duration,
    /// Most SCIM requests a second with one token; `None` for no limit.
    pub rate_limit: Option<u32>,
}

impl Config {
    /// Everything as it is when nothing is set: reached where it listens, mail in the built-in mailbox, no limits.
    pub fn local(listen: SocketAddr, database: DatabaseUrl) -> Self {
        Self {
            listen,
            base_url: BaseUrl(format!("http://{listen}")),
            database,
            mail: MailTransport::Mailbox,
            mail_from: Mailbox::new(Some("Rollcall".to_owned()), local_sender()),
            mail_reply_to: None,
            return_path: None,
            bounce_secret: None,
            dns_server: None,
            mailbox_will_do: false,
            mail_rate: None,
            invitation_delay: Duration::ZERO,
            rate_limit: None,
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant that is an address")]
fn local_sender() -> Address {
    Address::new("rollcall", "localhost.localdomain").expect("an address")
}

/// Where mail goes.
#[derive(Clone)]
pub enum MailTransport {
    /// To this SMTP server.
    Smtp(SmtpServer),
    /// To the built-in mailbox.
    Mailbox,
}

/// The password is not shown.
impl std::fmt::Debug for MailTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Smtp(server) => server.fmt(f),
            Self::Mailbox => f.write_str("built-in mailbox"),
        }
    }
}

/// The address by which people and identity providers reach Rollcall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads `http://host[:port]` or `https://host[:port]`, and nothing else but a slash at the end.
    ///
    /// # Errors
    /// A sentence that says what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let complain = || {
            format!(
                "The base URL “{text}” cannot be used. Accepted: http://HOST or https://HOST, such as https://rollcall.example.com."
            )
        };
        let url = Url::parse(text.trim()).map_err(|_| complain())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(complain());
        }
        let is_signed_in = !url.username().is_empty() || url.password().is_some();
        if is_signed_in || url.query().is_some() || url.fragment().is_some() {
            return Err(complain());
        }
        if url.path() != "/" {
            return Err(format!(
                "The base URL “{text}” has a path. Rollcall serves from the root of a host: use {}.",
                url.origin().ascii_serialization()
            ));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a path that begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The base URL of a directory's SCIM API (RFC 7644 section 1.3).
    pub fn scim(&self, directory: &DirectoryId) -> String {
        self.join(&format!("/scim/v2/{directory}"))
    }

    /// Whether only this machine reaches it.
    pub fn is_loopback(&self) -> bool {
        match Url::parse(&self.0).ok().as_ref().and_then(Url::host) {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl Config {
    /// Refuses a server that invites people it has no way to reach: others than this machine reach it, and there is
    /// no SMTP server.
    ///
    /// # Errors
    /// One sentence that says what to set.
    pub fn check_mail(&self) -> Result<(), String> {
        let for_others = self.base_url.is_https() || !self.base_url.is_loopback();
        if matches!(self.mail, MailTransport::Mailbox) && for_others && !self.mailbox_will_do {
            return Err(format!(
                "No SMTP server is set, so nobody whom {} invites would get a mail: set ROLLCALL_SMTP_URL, or ROLLCALL_MAILBOX=allow to keep every mail in the database.",
                self.base_url.as_str()
            ));
        }
        Ok(())
    }

    /// Whether the built-in mailbox may be looked at without signing in: only when it is in use and nobody but this
    /// machine reaches it, neither directly nor through a proxy in front of it. There are links in it that open accounts.
    pub fn shows_mailbox(&self) -> bool {
        matches!(self.mail, MailTransport::Mailbox)
            && self.listen.ip().is_loopback()
            && self.base_url.is_loopback()
    }
}
