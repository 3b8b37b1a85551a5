//! How far a new directory has come, as the set-up dialog shows it.

use serde::{Deserialize, Serialize};

/// One step that fills by itself when the identity provider makes its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressStep {
    /// When it happened, in microseconds since 1970 UTC; `None` while it has not.
    pub at: Option<i64>,
    /// What arrived, such as the person's address or the group's name.
    pub detail: Option<String>,
}

/// The whole state, sent each time anything changes, so that a reconnect heals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The first authenticated request.
    pub connection_tested: ProgressStep,
    /// The first person.
    pub first_person: ProgressStep,
    /// The first group; optional.
    pub first_group: ProgressStep,
    /// The latest request with a wrong token, told in a sentence.
    pub rejected: ProgressStep,
}
