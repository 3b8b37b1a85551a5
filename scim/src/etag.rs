//! Versions of resources: weak entity tags, `If-Match`, `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).

use crate::error::Error;

/// The entity tag of a version number: `W/"12"`. Weak, because the same version can be shown in several ways.
pub fn weak(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The versions on which a change rests, as the headers of its request name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// `If-Match`: the resource must have one of these.
    pub if_match: Option<String>,
    /// `If-None-Match`: the resource must have none of these; with `*` it must not be there.
    pub if_none_match: Option<String>,
}

impl Preconditions {
    /// Whether a change of a resource that is there may go on.
    ///
    /// # Errors
    /// 412 if `If-Match` does not name the current version, or `If-None-Match` does (RFC 9110 §13.1.1 and 13.1.2). Weak
    /// tags are compared as RFC 7644's examples do.
    pub fn check(&self, current: &str) -> Result<(), Error> {
        if self.if_match.as_deref().is_some_and(|header| !names(header, current)) {
            return Err(Error::precondition_failed(format!(
                "The resource has changed: it is at version {current} now. Read it again and repeat the change."
            )));
        }
        if self.if_none_match.as_deref().is_some_and(|header| names(header, current)) {
            return Err(Error::precondition_failed(format!(
                "The resource is there, at version {current}, which If-None-Match excludes. Leave the header out."
            )));
        }
        Ok(())
    }

    /// The same, each header rewritten.
    #[must_use]
    pub fn map(&self, rewrite: impl Fn(&str) -> String) -> Self {
        Self {
            if_match: self.if_match.as_deref().map(&rewrite),
            if_none_match: self.if_none_match.as_deref().map(&rewrite),
        }
    }
}

/// Whether the client has the current version already, so that a GET is answered with 304.
pub fn is_not_modified(if_none_match: Option<&str>, current: &str) -> bool {
    if_none_match.is_some_and(|header| names(header, current))
}

/// Whether a list of entity tags, or `*`, names this one.
fn names(header: &str, current: &str) -> bool {
    header.split(',').map(str::trim).any(|tag| tag == "*" || opaque(tag) == opaque(current))
}

/// What is between the quotes. A tag without quotes stands for itself: some clients send back `meta.version` bare.
fn opaque(tag: &str) -> &str {
    let strong = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
    strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(strong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match() {
        let table = [
            (None, true),
            (Some("*"), true),
            (Some("W/\"12\""), true),
            (Some("\"12\""), true),
            (Some("12"), true),
            (Some("W/\"11\", W/\"12\""), true),
            (Some("W/\"11\""), false),
            (Some("W/\"112\""), false),
            (Some("\"\""), false),
            (Some(""), false),
            (Some("garbage,,\"'"), false),
        ];
        for (header, passes) in table {
            let if_match = header.map(str::to_owned);
            let result = Preconditions { if_match, if_none_match: None }.check(&weak(12));
            assert_eq!(result.is_ok(), passes, "{header:?}");
            if let Err(error) = result {
                assert_eq!(error.status, 412);
            }
        }
    }

    #[test]
    fn if_none_match() {
        assert!(is_not_modified(Some("W/\"3\""), &weak(3)));
        assert!(is_not_modified(Some("*"), &weak(3)));
        assert!(!is_not_modified(Some("W/\"2\""), &weak(3)));
        assert!(!is_not_modified(None, &weak(3)));
        for (header, passes) in [("*", false), ("W/\"3\"", false), ("\"3\"", false), ("W/\"2\"", true)] {
            let expected = Preconditions { if_match: None, if_none_match: Some(header.to_owned()) };
            let result = expected.check(&weak(3)).map_err(|error| error.status);
            assert_eq!(result, if passes { Ok(()) } else { Err(412) }, "{header}");
        }
    }
}
