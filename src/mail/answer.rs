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
    /// The relay, or the line to it, asks to try this mail again later.
    Later(String),
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

    /// The mail will never be taken.
    pub fn refused(words: &str) -> Self {
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
            | Self::Refused(words)
            | Self::NoSuchMailbox(words)
            | Self::Unavailable(words) => words,
        }
    }
}
