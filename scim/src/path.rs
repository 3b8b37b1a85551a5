//! Attribute paths (RFC 7644 §3.10) and the paths of PATCH operations (RFC 7644 §3.5.2, Figure 7).
//!
//! Parsing knows no schema: it cuts a URN off at its last colon, which is right for every attribute path because names
//! hold no colons. What a path means is decided by lookup, [`ResourceType::locate`](crate::schema::ResourceType::locate).

use std::fmt;

use crate::dialect::{Mode, Notes};
use crate::error::{Error, shown};
use crate::filter::{Filter, MAX_LENGTH};

/// An attribute path: `userName`, `name.familyName`, `urn:…:2.0:User:manager.value`.
///
/// After [`locate`](crate::schema::ResourceType::locate) the names are canonical, and `schema` is set for attributes
/// of extensions only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The schema URN.
    pub schema: Option<String>,
    /// The attribute.
    pub attribute: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl AttrPath {
    /// The path of an attribute of the resource itself.
    pub fn of(attribute: &str) -> Self {
        Self { schema: None, attribute: attribute.to_owned(), sub: None }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// `invalidPath` if it is not of the form `[URN:]name[.name]`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::invalid_path(format!("{} is not an attribute path.", shown(text)));
        if text.len() > MAX_LENGTH {
            return Err(malformed());
        }
        let (schema, names) = split_urn(text);
        if schema.is_some_and(|urn| !urn.chars().all(is_urn_char)) {
            return Err(malformed());
        }
        let (attribute, sub) = match names.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (names, None),
        };
        if !is_name(attribute) || sub.is_some_and(|name| !is_name(name)) {
            return Err(malformed());
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// The path of a PATCH operation: `members`, `name.familyName`, `emails[type eq "work"]`,
/// `addresses[type eq "work"].streetAddress`.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchPath {
    /// The attribute; its `sub` is always `None`. An extension as a whole has its URN as attribute name.
    pub attr: AttrPath,
    /// Which elements of a multi-valued attribute.
    pub value_filter: Option<Filter>,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl PatchPath {
    /// Reads a path.
    ///
    /// # Errors
    /// `invalidPath` if the path is malformed, `invalidFilter` if the filter in it is.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text, &mut Notes::new(Mode::Tolerant))
    }

    pub(crate) fn read(text: &str, notes: &mut Notes) -> Result<Self, Error> {
        crate::filter::read_patch_path(text, notes)
    }

    /// The path of a whole attribute.
    pub(crate) fn whole(attr: AttrPath) -> Self {
        let sub = attr.sub.clone();
        Self { attr: AttrPath { sub: None, ..attr }, value_filter: None, sub }
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attr)?;
        if let Some(filter) = &self.value_filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// Whether `text` begins like a URN, in any case.
pub(crate) fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
}

/// Cuts `urn:…:name` at its last colon.
fn split_urn(text: &str) -> (Option<&str>, &str) {
    if !is_urn(text) {
        return (None, text);
    }
    match text.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, text),
    }
}

/// Whether `text` can be the name of an attribute. More than the RFC's `ALPHA *("-" / "_" / DIGIT / ALPHA)`: `$ref`
/// is one, and the version in a URN of SCIM 1.x style (`…:core:2.0`) must get as far as the schema lookup.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
}

fn is_urn_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_:.%+@!*'~,=$/#".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_paths_print_as_they_were_read() {
        for text in [
            "userName",
            "name.familyName",
            "members.$ref",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
            "urn:scim:schemas:core:2.0",
        ] {
            assert_eq!(AttrPath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_urn_is_cut_at_its_last_colon_and_not_at_its_dot() {
        let path =
            AttrPath::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value")
                .unwrap();
        assert_eq!(
            path.schema.as_deref(),
            Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
        );
        assert_eq!((path.attribute.as_str(), path.sub.as_deref()), ("manager", Some("value")));
    }

    #[test]
    fn what_is_not_an_attribute_path() {
        for text in ["", ".", "a.", ".a", "a.b.c", "a b", "a/b", "urn:x y:z", "urn:", "é", "a\0", "emails[x]"]
        {
            let error = AttrPath::parse(text).unwrap_err();
            assert_eq!(error.scim_type, Some(crate::error::ScimType::InvalidPath), "{text:?}");
        }
    }

    #[test]
    fn patch_paths_print_as_they_were_read() {
        for text in [
            "members",
            "name.familyName",
            "addresses[type eq \"work\"]",
            "members[value eq \"2819c223-7f76-453a-919d-413861904646\"]",
            "members[value eq \"2819c223\"].displayName",
            "emails[type eq \"work\" and not (value co \"@old\")].value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:x:y:2.0:User:tags[value eq \"a\"].b",
        ] {
            assert_eq!(PatchPath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_patch_path() {
        for text in [
            "",
            "a[",
            "a]",
            "a[]",
            "[type eq 1]",
            "a[b eq 1",
            "a[b eq 1]c",
            "a[b eq 1].",
            "a[b eq 1].c.d",
            "a.b[c eq 1]",
            "a[b[c eq 1]]",
            "a b",
            "/members",
        ] {
            assert_eq!(PatchPath::parse(text).map_err(|error| error.status), Err(400), "{text:?}");
        }
    }
}
