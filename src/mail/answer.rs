//! What came of sending a mail.

use super::one_line;

/// Longest words of a relay that are kept.
const LONGEST: usize = 300;

/// What came of sending a mail, with the relay's own words for the admin: one line, bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The relay took it. Nothing more is known.
    Accepted(String),
    /// It lies in the built-in mailbox.
    Kept,
    /// The relay asks to try this mail again later.
    Later(String),
    /// The relay fell silent, hung up or spoke nonsense before it had the mail.
    BrokenOff(String),
    /// The same after it had been sent the whole mail: it may have taken it.
    Unconfirmed(String),
    /// The mail cannot be sent as it is. Nobody refused it.
    Impossible(String),
    /// The relay will never take this mail.
    Refused(String),
    /// The relay knows no such mailbox. It may be made later.
    NoSuchMailbox(String),
    /// The relay takes no mail at all now: not reached, not willing, or it wants other credentials. This says nothing
    /// about the mail at hand, so it is no attempt of its own and the others need not be tried.
    Unavailable(String),
}

impl Answer {
    pub(super) fn accepted(words: &str) -> Self {
        Self::Accepted(one_line(words, LONGEST))
    }

    pub(super) fn later(words: &str) -> Self {
        Self::Later(one_line(words, LONGEST))
    }

    pub(super) fn broken_off(words: &str) -> Self {
        Self::BrokenOff(one_line(words, LONGEST))
    }

    pub(super) fn unconfirmed(words: &str) -> Self {
        let words = one_line(words, LONGEST);
        Self::Unconfirmed(format!("{words} (the whole mail had been sent: the relay may have taken it)"))
    }

    /// The mail cannot be sent, because of this.
    pub fn impossible(why: &str) -> Self {
        Self::Impossible(one_line(why, LONGEST))
    }

    pub(super) fn refused(words: &str) -> Self {
        Self::Refused(one_line(words, LONGEST))
    }

    pub(super) fn no_such_mailbox(words: &str) -> Self {
        Self::NoSuchMailbox(one_line(words, LONGEST))
    }

    pub(super) fn unavailable(words: &str) -> Self {
        Self::Unavailable(one_line(words, LONGEST))
    }

    /// The words.
    pub fn words(&self) -> &str {
        match self {
            Self::Kept => "",
            Self::Accepted(words)
            | Self::Later(words)
            | Self::BrokenOff(words)
            | Self::Unconfirmed(words)
            | Self::Impossible(words)
            | Self::Refused(words)
            | Self::NoSuchMailbox(words)
            | Self::Unavailable(words) => words,
        }
    }
}
