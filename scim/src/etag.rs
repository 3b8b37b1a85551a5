//! Versions of resources: weak entity tags, `If-Match`, `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).

use crate::error::Error;

/// The entity tag of a version number: `W/"12"`. Weak, because the same version can be shown in several ways.
pub fn weak(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Whether a change may go on. Without the header it may.
///
/// # Errors
/// 412 if the header names other versions than the current one. Weak tags are compared as RFC 7644's examples do.
pub fn check_if_match(header: Option<&str>, current: &str) -> Result<(), Error> {
    match header {
        Some(header) if !names(header, current) => Err(Error::precondition_failed(format!(
            "The resource has changed: it is at version {current} now. Read it again and repeat the change."
        ))),
        _ => Ok(()),
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
            let result = check_if_match(header, &weak(12));
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
    }
}
