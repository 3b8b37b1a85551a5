//! What Rollcall answers when it will not or cannot do something.
//!
//! An error has an outside sentence (what happened, which field, what to do) and, where the fault is ours, an inside
//! cause that only the log sees. It knows no status codes: the edges (`scim_api`, `web`, pages, command line) choose.

use std::fmt;

use crate::store;

/// A refusal or a failure.
#[derive(Debug)]
pub enum Error {
    /// A value cannot be accepted as it is.
    Invalid {
        /// The field, as forms and flags name it.
        field: &'static str,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// The value is fine but clashes with what is there.
    Conflict {
        /// The field, as forms and flags name it.
        field: &'static str,
        /// What it clashes with and what to do.
        message: String,
    },
    /// There is no such thing, or not for this caller.
    NotFound {
        /// What was looked for, such as `invitation`.
        what: &'static str,
    },
    /// The caller may not do this.
    Forbidden {
        /// Why, and who may.
        message: String,
    },
    /// A SCIM request that cannot be carried out, in the RFC's words.
    Scim(scim::Error),
    /// The store failed.
    Store(store::Error),
    /// A fault of ours or of the machine.
    Internal(String),
}

/// A result with Rollcall's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A value that cannot be accepted.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    /// A value that clashes with what is there.
    pub fn conflict(field: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { field, message: message.into() }
    }

    /// Something the caller may not do.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::Forbidden { message: message.into() }
    }

    /// The field that the error is about, if it is about one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } | Self::Conflict { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Whether the fault is ours: worth a line in the log.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Internal(_))
    }
}

/// The outside sentence.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { message, .. } | Self::Conflict { message, .. } | Self::Forbidden { message } => {
                f.write_str(message)
            }
            Self::Scim(refusal) => f.write_str(&refusal.detail),
            Self::NotFound { what } => write!(f, "There is no such {what}."),
            Self::Store(store::Error::Unavailable(_) | store::Error::Lost(_)) => f.write_str(
                "The database did not answer in time. Nothing was changed; try again in a moment.",
            ),
            Self::Store(store::Error::InDoubt(_)) => f.write_str(
                "The database went away while this was stored, so it may have been done. Look before you do it again.",
            ),
            Self::Store(_) | Self::Internal(_) => {
                f.write_str("Something failed on our side. Nothing was changed.")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<store::Error> for Error {
    fn from(cause: store::Error) -> Self {
        Self::Store(cause)
    }
}
