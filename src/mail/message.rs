//! One mail, ready to leave: envelope, parts, and the bytes that go over the wire.

use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address,
    message::{
        Body, Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentTransferEncoding, ContentType, Date, Header, HeaderName, HeaderValue},
    },
};

use super::{ReturnPath, address::wire_address, one_line};
use crate::{
    clock::Timestamp,
    config::Config,
    model::MailId,
    store::{self, outbox::Mail},
};

/// Longest subject line.
const LONGEST_SUBJECT: usize = 200;

/// What makes a mail this mail: each attempt to send it has the same `Message-ID`.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id in the outbox.
    pub id: MailId,
    /// Which telling of it.
    pub generation: i64,
    /// What the return path shows besides the id.
    pub return_key: String,
    /// The sender.
    pub from: Mailbox,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<Mailbox>,
    /// Where it comes back to when it cannot be delivered, when not to the sender.
    pub return_path: Option<ReturnPath>,
    /// The `Date`.
    pub date: Timestamp,
}

impl Identity {
    /// The identity of a mail of the outbox.
    pub fn of(mail: &Mail, config: &Config, date: Timestamp) -> Self {
        let return_key = mail.return_key.clone();
        Self { return_key, ..Self::new(mail.id.clone(), mail.generation, config, date) }
    }

    /// The identity of a mail that stands in no outbox: nobody asks what became of it.
    pub fn new(id: MailId, generation: i64, config: &Config, date: Timestamp) -> Self {
        Self {
            id,
            generation,
            return_key: String::new(),
            from: config.mail_from.clone(),
            reply_to: config.mail_reply_to.clone(),
            return_path: config.return_path.clone(),
            date,
        }
    }

    /// The envelope's sender: with a return path each mail has its own.
    fn sender(&self) -> Address {
        match &self.return_path {
            Some(path) => path.of(&self.id, &self.return_key),
            None => self.from.email.clone(),
        }
    }

    fn message_id(&self) -> String {
        format!("<{}.{}@{}>", self.id, self.generation, self.from.email.domain())
    }
}

/// A mail, ready to leave.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id in the outbox.
    pub id: MailId,
    /// The envelope's sender.
    pub sender: Address,
    /// The envelope's recipient.
    pub recipient: Address,
    /// The subject line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The `Date`.
    pub date: Timestamp,
    /// The whole message as it goes over the wire, ASCII, lines ended by CR LF.
    pub bytes: Vec<u8>,
}

/// The parts of a mail, before they are put together.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) recipient: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// The address that a mail program posts to when the reader wants no such mail (RFC 8058).
    pub(super) unsubscribe: Option<String>,
}

impl Message {
    /// Puts a mail together.
    ///
    /// # Errors
    /// A sentence when the address cannot be written to.
    pub(super) fn build(identity: &Identity, parts: Parts) -> Result<Self, String> {
        let recipient = wire_address(&parts.recipient)?;
        let subject = one_line(&parts.subject, LONGEST_SUBJECT);
        // Derived from the id, so that each attempt is the same mail down to its boundaries.
        let boundary = format!("=_{}.{}", identity.id, identity.generation);
        let body = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(boundary)
            .singlepart(plain(&parts.text))
            .singlepart(SinglePart::html(parts.html.clone()));
        let mut builder = lettre::Message::builder()
            .header(Date::from(at(identity.date)))
            .from(identity.from.clone())
            .to(Mailbox::new(None, recipient.clone()))
            .subject(subject.clone())
            .message_id(Some(identity.message_id()))
            .header(AutoSubmitted)
            .header(SuppressAutoReplies);
        if let Some(reply_to) = &identity.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(address) = parts.unsubscribe {
            builder = builder.header(Unsubscribe(address)).header(UnsubscribeByPost);
        }
        let message = builder.multipart(body).map_err(|cause| format!("the mail cannot be made: {cause}"))?;
        Ok(Self {
            id: identity.id.clone(),
            sender: identity.sender(),
            recipient,
            subject,
            text: parts.text,
            html: parts.html,
            date: identity.date,
            bytes: message.formatted(),
        })
    }

    /// The headers, one a line, as they go over the wire.
    pub fn headers(&self) -> String {
        let source = String::from_utf8_lossy(&self.bytes);
        source.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n", "\n")
    }

    /// The mail as the built-in mailbox keeps it.
    pub fn to_mailbox(&self) -> store::mailbox::Message {
        store::mailbox::Message {
            id: self.id.clone(),
            recipient: self.recipient.to_string(),
            subject: self.subject.clone(),
            text_part: self.text.clone(),
            html_part: self.html.clone(),
            source: String::from_utf8_lossy(&self.bytes).into_owned(),
            received_at: self.date,
        }
    }
}

/// The plain text part: as it is when every server carries it so (RFC 5322 section 2.1.1), which leaves its links
/// whole in the source; otherwise encoded.
fn plain(text: &str) -> SinglePart {
    let carried =
        text.is_ascii() && !text.contains(['\r', '\0']) && text.lines().all(|line| line.len() <= 998);
    if !carried {
        return SinglePart::plain(text.to_owned());
    }
    let bytes = text.replace('\n', "\r\n").into_bytes();
    let body = Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit);
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body)
}

fn at(date: Timestamp) -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(date.0).unwrap_or(0))
}

/// Declares a header that is only ever written. Its value is encoded by lettre, which lets no line break through.
macro_rules! written_header {
    ($(#[$doc:meta])* $type:ident $(($field:ty))?, $name:literal, |$this:ident| $value:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        struct $type $(($field))?;

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Err("this header is only written".into())
            }

            fn display(&self) -> HeaderValue {
                let $this = self;
                HeaderValue::new(Self::name(), $value)
            }
        }
    };
}

written_header!(
    /// No human wrote this mail: vacation replies stay away (RFC 3834).
    AutoSubmitted, "Auto-Submitted", |_this| "auto-generated".to_owned()
);
written_header!(
    /// The same for Exchange.
    SuppressAutoReplies, "X-Auto-Response-Suppress", |_this| "All".to_owned()
);
written_header!(
    /// Where no more such mail is asked for.
    Unsubscribe(String), "List-Unsubscribe", |this| format!("<{}>", this.0)
);
written_header!(
    /// That the address above takes a POST without a question.
    UnsubscribeByPost, "List-Unsubscribe-Post", |_this| "List-Unsubscribe=One-Click".to_owned()
);
