//! What a conversation with a relay that failed means for the mail that it was about.

use std::time::Duration;

use lettre::transport::smtp::Error;

use super::Answer;

/// Where in the conversation the relay said no.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Sender,
    Recipient,
    Data,
    Content,
}

/// What went wrong in a conversation.
pub(super) struct Failure {
    /// The relay's code, when the relay spoke.
    pub(super) code: Option<u16>,
    pub(super) words: String,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        match error.status() {
            Some(code) => {
                let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                Self { code: Some(code.into()), words: format!("{code} {said}") }
            }
            None => Self { code: None, words: innermost(error) },
        }
    }

    pub(super) fn late(limit: Duration) -> Self {
        Self::ours(&format!("no answer within {} seconds", limit.as_secs()))
    }

    pub(super) fn ours(words: &str) -> Self {
        Self { code: None, words: words.to_owned() }
    }
}

/// The cause at the bottom, which says more than the layers above it.
fn innermost(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// What a failure in the conversation about one mail means for it.
pub(super) fn judge(step: Step, failure: &Failure) -> Answer {
    match (step, failure.code) {
        // The service closes, or wants the client to sign in (RFC 5321 section 3.8, RFC 4954 section 6), whichever command
        // it tells so.
        (_, Some(421 | 530 | 534 | 535 | 538)) => Answer::unavailable(&failure.words),
        // Before it has heard the recipient, the relay speaks of itself and of the sender, who is always the same.
        (Step::Sender, Some(_)) => Answer::unavailable(&failure.words),
        (Step::Recipient, Some(550 | 551 | 553)) if tells_of_mailbox(&failure.words) => {
            Answer::no_such_mailbox(&failure.words)
        }
        (_, Some(500..)) => Answer::refused(&failure.words),
        (_, Some(_)) => Answer::later(&failure.words),
        (Step::Content, None) => Answer::unconfirmed(&failure.words),
        (_, None) => Answer::broken_off(&failure.words),
    }
}

/// Whether a refusal of a recipient is about the mailbox: its enhanced code (RFC 3463) says so, or there is none, and it
/// does not speak of relaying.
fn tells_of_mailbox(words: &str) -> bool {
    let enhanced = words.split_whitespace().nth(1).unwrap_or_default();
    match enhanced.starts_with("5.") {
        true => enhanced.starts_with("5.1."),
        false => !words.to_lowercase().contains("relay"),
    }
}
