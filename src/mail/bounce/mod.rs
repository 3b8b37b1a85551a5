//! Reports that a mail came back: as a message to the return path (`dsn`), or by a relay's webhook (`webhook`). What
//! follows from one is [`crate::jobs::take_bounce`].

pub mod dsn;
pub mod webhook;

use super::one_line;
use crate::model::MailId;

/// Longest words of a report that are kept.
const LONGEST: usize = 300;

/// A mail came back for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The same for each copy of the report.
    pub report: String,
    /// Which mail.
    pub mail: MailId,
    /// Why it is believed.
    pub proof: Proof,
    /// Whether it was the mailbox that is not there (RFC 3463: 5.1.x). It may be made later.
    pub no_such_mailbox: bool,
    /// What the server of the recipient said.
    pub words: String,
}

/// Why a report is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It came to the return path of the mail, which has this key.
    ReturnPath(String),
    /// The relay signed it.
    Signature,
}

impl Bounce {
    /// `status` is the enhanced code (RFC 3463), such as `5.1.1`.
    fn new(report: &str, mail: MailId, proof: Proof, status: &str, words: &str) -> Self {
        let words = one_line(words, LONGEST);
        let words = if words.is_empty() { format!("Came back with status {status}.") } else { words };
        let no_such_mailbox = status.starts_with("5.1.");
        Self { report: one_line(report, 200), mail, proof, no_such_mailbox, words }
    }
}

/// The mail that a `Message-ID` of ours names: `<ID.GENERATION@DOMAIN>`.
fn mail_of_message_id(text: &str) -> Option<MailId> {
    let (local, _) = text.trim().trim_start_matches('<').split_once('@')?;
    let (id, generation) = local.split_once('.')?;
    generation.parse::<i64>().ok()?;
    uuid::Uuid::try_parse(id).ok().map(|id| MailId(id.hyphenated().to_string()))
}
