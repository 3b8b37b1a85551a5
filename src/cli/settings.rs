//! Settings by flag or environment.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;

use crate::{
    config::{BaseUrl, Config, MailTransport},
    mail::{self, ReturnPath, SmtpServer, bounce::webhook::BounceSecret},
    store::DatabaseUrl,
};

/// Where the store is when nothing is said; its folder is made when it is not there.
pub(super) const DEFAULT_DATABASE: &str = "sqlite:data/rollcall.db";

/// Settings by flag or environment.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Where to listen.
    #[arg(long, global = true, env = "ROLLCALL_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// The address by which people and identity providers reach this server [default: http:// and the listen address].
    #[arg(long, global = true, env = "ROLLCALL_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,

    /// The store: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite:data/rollcall.db].
    #[arg(long, global = true, env = "ROLLCALL_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The SMTP server: smtp://HOST:PORT (STARTTLS; plain on loopback) or smtps://USER:PASSWORD@HOST
    /// [default: the built-in mailbox].
    #[arg(long, global = true, env = "ROLLCALL_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,

    /// The sender of mail, such as "Rollcall <rollcall@example.com>".
    #[arg(long, global = true, env = "ROLLCALL_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,

    /// Where answers to mails go, such as "Acme IT <it@example.com>" [default: to the sender].
    #[arg(long, global = true, env = "ROLLCALL_MAIL_REPLY_TO", value_name = "ADDRESS")]
    pub mail_reply_to: Option<String>,

    /// Where mails come back to that cannot be delivered, such as "bounces+{id}@example.com" [default: the sender].
    #[arg(long, global = true, env = "ROLLCALL_RETURN_PATH", value_name = "PATTERN")]
    pub return_path: Option<String>,

    /// The secret with which a relay signs its reports of bounces to /hooks/bounces: whsec_ and Base64.
    #[arg(
        long,
        global = true,
        env = "ROLLCALL_BOUNCE_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub bounce_secret: Option<String>,

    /// The DNS server that is asked for the SPF and DMARC records of the sender's domain, such as 9.9.9.9
    /// [default: the system's].
    #[arg(long, global = true, env = "ROLLCALL_DNS_SERVER", value_name = "ADDRESS[:PORT]")]
    pub dns_server: Option<String>,

    /// A PEM file with authorities that may sign the SMTP server's certificate, besides those of the web.
    #[arg(long, global = true, env = "ROLLCALL_SMTP_CA", value_name = "PATH")]
    pub smtp_ca: Option<PathBuf>,

    /// "allow": start without an SMTP server even where others than this machine are to be reached.
    #[arg(long, global = true, env = "ROLLCALL_MAILBOX", value_name = "allow")]
    pub mailbox: Option<String>,

    /// Most mails a minute, or off [default: 120; off with the built-in mailbox].
    #[arg(long, global = true, env = "ROLLCALL_MAIL_RATE", value_name = "NUMBER")]
    pub mail_rate: Option<String>,

    /// Seconds a directory's invitation waits before it is mailed [default: 60; 0 with the built-in mailbox].
    #[arg(long, global = true, env = "ROLLCALL_INVITATION_DELAY", value_name = "SECONDS")]
    pub invitation_delay: Option<String>,

    /// Most SCIM requests a second with one token, or off.
    #[arg(long, global = true, env = "ROLLCALL_RATE_LIMIT", value_name = "NUMBER", default_value = "200")]
    pub rate_limit: String,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:3000";

impl Settings {
    /// The settings as typed values. `known_base_url` is the address by which the server was last started.
    ///
    /// # Errors
    /// One sentence that says what was read, what is accepted and the likely slip.
    pub fn config(&self, known_base_url: Option<&str>) -> Result<Config, String> {
        let listen_text = filled(self.listen.as_deref()).unwrap_or(DEFAULT_LISTEN);
        let listen = listen(listen_text)?;
        let base_url =
            match (filled(self.base_url.as_deref()), filled(self.listen.as_deref()), known_base_url) {
                (Some(url), _, _) => BaseUrl::parse(url)?,
                (None, None, Some(known)) => BaseUrl::parse(known)?,
                (None, _, _) => BaseUrl::parse(&format!("http://{}", reachable(listen)))?,
            };
        let mail = match filled(self.smtp_url.as_deref()) {
            Some(url) => MailTransport::Smtp(self.trusted(mail::parse_smtp_url(url)?)?),
            None => MailTransport::Mailbox,
        };
        let by_smtp = matches!(mail, MailTransport::Smtp(_));
        let delay = match filled(self.invitation_delay.as_deref()) {
            Some(text) => number("ROLLCALL_INVITATION_DELAY", text, "a number of seconds, such as 60")?,
            None if by_smtp => 60,
            None => 0,
        };
        let mail_rate = match filled(self.mail_rate.as_deref()) {
            Some(text) => number_or_off("ROLLCALL_MAIL_RATE", text)?,
            None => by_smtp.then_some(120),
        };
        let unset = Config::local(listen, self.database_url()?);
        Ok(Config {
            mail_from: match filled(self.mail_from.as_deref()) {
                Some(text) => mail::parse_sender(text)?,
                None => unset.mail_from.clone(),
            },
            bounce_secret: filled(self.bounce_secret.as_deref()).map(BounceSecret::parse).transpose()?,
            dns_server: filled(self.dns_server.as_deref()).map(dns_server).transpose()?,
            mailbox_will_do: mailbox_will_do(self.mailbox.as_deref())?,
            mail_reply_to: filled(self.mail_reply_to.as_deref()).map(mail::parse_sender).transpose()?,
            return_path: filled(self.return_path.as_deref()).map(ReturnPath::parse).transpose()?,
            base_url,
            mail,
            mail_rate,
            invitation_delay: Duration::from_secs(u64::from(delay)),
            rate_limit: number_or_off("ROLLCALL_RATE_LIMIT", &self.rate_limit)?,
            ..unset
        })
    }

    fn trusted(&self, server: SmtpServer) -> Result<SmtpServer, String> {
        match self.smtp_ca.as_deref().filter(|path| !path.as_os_str().is_empty()) {
            Some(file) => server.trusting(file),
            None => Ok(server),
        }
    }

    /// Where the store is.
    ///
    /// # Errors
    /// One sentence that says what was read, what is accepted and the likely slip.
    pub fn database_url(&self) -> Result<DatabaseUrl, String> {
        filled(self.database_url.as_deref())
            .unwrap_or(DEFAULT_DATABASE)
            .parse()
            .map_err(|cause: crate::store::BadDatabaseUrl| cause.to_string())
    }

    /// Whether the place of the store was named.
    pub(super) fn names_database(&self) -> bool {
        filled(self.database_url.as_deref()).is_some()
    }
}

/// An empty environment variable means none.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.replace("localhost", "127.0.0.1");
    text.parse().map_err(|_| {
        let hint = match text.parse::<u16>() {
            Ok(port) => format!("Did you mean 127.0.0.1:{port}?"),
            Err(_) => "Accepted: ADDRESS:PORT, such as 127.0.0.1:3000 or 0.0.0.0:3000.".to_owned(),
        };
        format!("The listen address “{text}” cannot be used. {hint}")
    })
}

/// `0.0.0.0` can be listened on but not visited.
fn reachable(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], listen.port())) } else { listen }
}

/// A name would have to be looked up first.
fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = text.parse().or_else(|_| bare.parse::<IpAddr>().map(|ip| SocketAddr::from((ip, 53))));
    address.map_err(|_| {
        format!("ROLLCALL_DNS_SERVER is “{text}”. Accepted: the address of a DNS server, such as 9.9.9.9 or 127.0.0.1:5353.")
    })
}

fn mailbox_will_do(text: Option<&str>) -> Result<bool, String> {
    match filled(text) {
        None => Ok(false),
        Some("allow") => Ok(true),
        Some(other) => Err(format!("ROLLCALL_MAILBOX is “{other}”. Accepted: allow.")),
    }
}

fn number(name: &str, text: &str, accepted: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{name} is “{text}”. Accepted: {accepted}."))
}

fn number_or_off(name: &str, text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "off" => Ok(None),
        "0" => Err(format!("{name} is “0”, which would let nothing through. For no limit say off.")),
        text => number(name, text, "a whole number, such as 100, or off").map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            listen: None,
            base_url: None,
            database_url: None,
            smtp_url: None,
            mail_from: None,
            mail_reply_to: None,
            return_path: None,
            bounce_secret: None,
            dns_server: None,
            smtp_ca: None,
            mailbox: None,
            mail_rate: None,
            invitation_delay: None,
            rate_limit: "200".to_owned(),
        }
    }

    #[test]
    fn defaults() {
        let config = settings().config(None).unwrap();
        assert_eq!(config.base_url.as_str(), "http://127.0.0.1:3000");
        assert_eq!(config.invitation_delay, Duration::ZERO);
        assert_eq!(config.mail_rate, None);
        assert_eq!(config.rate_limit, Some(200));
    }

    #[test]
    fn with_smtp_invitations_wait() {
        let config =
            Settings { smtp_url: Some("smtp://127.0.0.1:2525".into()), ..settings() }.config(None).unwrap();
        assert_eq!(config.invitation_delay, Duration::from_secs(60));
        assert_eq!(config.mail_rate, Some(120));
    }

    #[test]
    fn without_a_relay_only_this_machine_is_served() {
        let check = |base_url: &str, smtp: Option<&str>, mailbox: Option<&str>| {
            let settings = Settings {
                base_url: Some(base_url.to_owned()),
                smtp_url: smtp.map(str::to_owned),
                mailbox: mailbox.map(str::to_owned),
                ..settings()
            };
            settings.config(None).unwrap().check_mail()
        };
        for here in ["http://127.0.0.1:3000", "http://localhost", "http://[::1]:3000"] {
            assert_eq!(check(here, None, None), Ok(()), "{here}");
        }
        for others in ["https://rollcall.acme.test", "http://rollcall.acme.test", "https://localhost"] {
            let refusal = check(others, None, None).unwrap_err();
            assert!(refusal.contains("ROLLCALL_SMTP_URL") && refusal.contains(others), "{refusal}");
            assert_eq!(check(others, Some("smtp://127.0.0.1:25"), None), Ok(()));
            assert_eq!(check(others, None, Some("allow")), Ok(()));
        }
    }

    #[test]
    fn the_dns_server() {
        for (text, read) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("2620:fe::fe", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]", "[2620:fe::fe]:53"),
            ("[2620:fe::fe]:5353", "[2620:fe::fe]:5353"),
        ] {
            let config = Settings { dns_server: Some(text.into()), ..settings() }.config(None).unwrap();
            assert_eq!(config.dns_server, Some(read.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_base_url() {
        let base = |listen: Option<&str>, base_url: Option<&str>, known| {
            let settings = Settings {
                listen: listen.map(str::to_owned),
                base_url: base_url.map(str::to_owned),
                ..settings()
            };
            settings.config(known).unwrap().base_url.as_str().to_owned()
        };
        assert_eq!(base(Some("0.0.0.0:80"), None, Some("https://x.test")), "http://127.0.0.1");
        assert_eq!(base(None, None, Some("https://x.test")), "https://x.test");
        assert_eq!(base(None, Some("https://y.test/"), Some("https://x.test")), "https://y.test");
        assert_eq!(base(Some(""), Some(""), None), "http://127.0.0.1:3000");
    }

    #[test]
    fn refused_with_what_is_accepted() {
        for (settings, hint) in [
            (Settings { listen: Some("3000".into()), ..settings() }, "127.0.0.1:3000?"),
            (Settings { listen: Some("host".into()), ..settings() }, "ADDRESS:PORT"),
            (Settings { base_url: Some("rollcall.test".into()), ..settings() }, "https://HOST"),
            (Settings { base_url: Some("https://a.test/x".into()), ..settings() }, "use https://a.test."),
            (Settings { base_url: Some("https://ada@a.test".into()), ..settings() }, "https://HOST"),
            (Settings { base_url: Some("https://:secret@a.test".into()), ..settings() }, "https://HOST"),
            (Settings { base_url: Some("https://a.test/?x".into()), ..settings() }, "https://HOST"),
            (Settings { base_url: Some("https://a.test/#x".into()), ..settings() }, "https://HOST"),
            (Settings { rate_limit: "0".into(), ..settings() }, "say off"),
            (Settings { rate_limit: "many".into(), ..settings() }, "whole number"),
            (
                Settings { dns_server: Some("dns.acme.test".into()), ..settings() },
                "the address of a DNS server",
            ),
            (Settings { mailbox: Some("yes".into()), ..settings() }, "Accepted: allow"),
            (Settings { bounce_secret: Some("x".into()), ..settings() }, "whsec_"),
            (Settings { return_path: Some("x@acme.test".into()), ..settings() }, "{id}"),
            (Settings { mail_reply_to: Some("x".into()), ..settings() }, "no @"),
            (Settings { invitation_delay: Some("1m".into()), ..settings() }, "seconds"),
        ] {
            let message = settings.config(None).unwrap_err();
            assert!(message.contains(hint), "{message}");
        }
    }
}
