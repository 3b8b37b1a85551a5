//! What Rollcall answers when it will not or cannot do something.
//!
//! An error has an outside sentence (what happened, which field, what to do) and, where the fault is ours, an inside
//! cause that only the log sees. It knows no status codes: the edges (`scim_api`, `web`, pages, command line) choose.

use std::fmt;

use crate::store;

/// A refusal or a failure.
#[derive(Debug)]
pub enum Error {
    /// Values cannot be accepted as they are: one or more, in the order of the form.
    Invalid(Vec<Fault>),
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

/// A value that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, as forms and flags name it.
    pub field: &'static str,
    /// What is wrong with it and what to do.
    pub message: String,
}

/// A result with Rollcall's error.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A value that cannot be accepted.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault { field, message: message.into() }])
    }

    /// A value that clashes with what is there.
    pub fn conflict(field: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { field, message: message.into() }
    }

    /// Something the caller may not do.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::Forbidden { message: message.into() }
    }

    /// The field that the error is about, if it is about one; of several the first.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(faults) => faults.first().map(|fault| fault.field),
            Self::Conflict { field, .. } => Some(field),
            _ => None,
        }
    }

    /// What is wrong with this field.
    pub fn at(&self, name: &str) -> Option<String> {
        match self {
            Self::Invalid(faults) => sentences(faults.iter().filter(|fault| fault.field == name)),
            Self::Conflict { field, message } => (*field == name).then(|| message.clone()),
            _ => None,
        }
    }

    /// What is wrong beside these fields: with others, or as a whole.
    pub fn beside(&self, names: &[&str]) -> Option<String> {
        match self {
            Self::Invalid(faults) => sentences(faults.iter().filter(|fault| !names.contains(&fault.field))),
            _ => self.field().is_none_or(|field| !names.contains(&field)).then(|| self.to_string()),
        }
    }

    /// Whether the fault is ours: worth a line in the log.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Internal(_))
    }
}

fn sentences<'a>(faults: impl Iterator<Item = &'a Fault>) -> Option<String> {
    let messages: Vec<&str> = faults.map(|fault| fault.message.as_str()).collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

/// Two values of a form, or everything that is wrong with them: whoever filled it in hears of all of it at once. What is
/// no fault of a value is told alone.
///
/// # Errors
/// Those of the two.
pub fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Error::Invalid(mut faults)), Err(Error::Invalid(more))) => {
            faults.extend(more);
            Err(Error::Invalid(faults))
        }
        (Err(Error::Invalid(_)), Err(worse)) | (Err(worse), _) | (_, Err(worse)) => Err(worse),
    }
}

/// The outside sentence.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(faults) => f.write_str(&sentences(faults.iter()).unwrap_or_default()),
            Self::Conflict { message, .. } | Self::Forbidden { message } => f.write_str(message),
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

#[cfg(test)]
mod tests {
    use super::{Error, Result, both};

    #[test]
    fn everything_wrong_with_a_form_is_told_at_its_field() {
        let name: Result<()> = Err(Error::invalid("name", "Enter a name."));
        let seats: Result<()> = Err(Error::invalid("seats", "Use a number."));
        let told = both(both(name, Ok(1)), seats).unwrap_err();
        assert_eq!(told.field(), Some("name"));
        assert_eq!(told.at("name").as_deref(), Some("Enter a name."));
        assert_eq!(told.at("seats").as_deref(), Some("Use a number."));
        assert_eq!(told.at("language"), None);
        assert_eq!(told.beside(&["name"]).as_deref(), Some("Use a number."));
        assert_eq!(told.beside(&["name", "seats"]), None);
        assert_eq!(told.to_string(), "Enter a name. Use a number.");
    }

    #[test]
    fn a_failure_is_no_fault_of_the_form() {
        let failures = || Err::<(), _>(Error::Internal("disk".to_owned()));
        let invalid = || Err::<(), _>(Error::invalid("name", "Enter a name."));
        for told in [both(failures(), invalid()), both(invalid(), failures())] {
            assert!(matches!(told, Err(Error::Internal(_))), "{told:?}");
        }
        let whole = Error::forbidden("Not you.");
        assert_eq!(whole.beside(&["name"]).as_deref(), Some("Not you."));
        assert_eq!(Error::conflict("name", "Taken.").beside(&["name"]), None);
    }
}
