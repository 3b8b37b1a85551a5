//! The columns that a User document is found by: pure.

use scim::Document;
use serde_json::Value;

use crate::{
    error::{Error, Result},
    model::{EmailSource, EmailSources},
    people::EmailAddress,
    store::{directory_users::EmailKey, key},
};

/// What the mirror keeps beside the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserColumns {
    pub(super) user_name: String,
    pub(super) external_id: Option<String>,
    pub(super) active: bool,
    pub(super) display_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) emails: Vec<EmailKey>,
}

impl UserColumns {
    /// Reads the columns of a canonical document.
    pub(super) fn of(document: &Document, sources: &EmailSources) -> Result<Self> {
        let user_name = text(document, "userName")
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| Error::Scim(scim::Error::invalid_value("userName is required.")))?;
        Ok(Self {
            email: email(document, &user_name, sources),
            user_name,
            external_id: text(document, "externalId"),
            active: document.get("active").and_then(Value::as_bool).unwrap_or(true),
            display_name: display_name(document),
            emails: email_keys(document),
        })
    }
}

fn text(document: &Document, name: &str) -> Option<String> {
    document.get(name)?.as_str().map(str::to_owned)
}

/// The longest name that a person is shown under, in characters. What came stays whole in the document.
const LONGEST_NAME: usize = 256;

/// `displayName`, else `name.formatted`, else given and family name.
fn display_name(document: &Document) -> Option<String> {
    let filled = |text: &str| {
        let name: String = text.trim().chars().take(LONGEST_NAME).collect();
        (!name.is_empty()).then_some(name)
    };
    let part = |name: &str| document.get("name")?.get(name)?.as_str().and_then(filled);
    if let Some(name) = document.get("displayName").and_then(Value::as_str).and_then(filled) {
        return Some(name);
    }
    if let Some(name) = part("formatted") {
        return Some(name);
    }
    let parts: Vec<String> = [part("givenName"), part("familyName")].into_iter().flatten().collect();
    filled(&parts.join(" "))
}

/// Where invitations go: the first of the sources that holds an address.
pub(super) fn email(document: &Document, user_name: &str, sources: &EmailSources) -> Option<String> {
    let listed: Vec<&Value> =
        document.get("emails").and_then(Value::as_array).into_iter().flatten().collect();
    let value = |email: &&Value| email.get("value")?.as_str().map(str::to_owned);
    let is_work = |email: &&&Value| {
        email.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let is_primary = |email: &&&Value| email.get("primary").and_then(Value::as_bool) == Some(true);
    let in_source = |source: &EmailSource| match source {
        EmailSource::Work => listed.iter().find(is_work).and_then(value),
        EmailSource::Primary => listed.iter().find(is_primary).and_then(value),
        EmailSource::Any => listed.first().and_then(value),
        EmailSource::UserName => Some(user_name.to_owned()),
    };
    sources
        .as_slice()
        .iter()
        .filter_map(in_source)
        .find_map(|text| text.parse::<EmailAddress>().ok())
        .map(|address| address.as_str().to_owned())
}

fn email_keys(document: &Document) -> Vec<EmailKey> {
    let listed = document.get("emails").and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|email| {
            let value = key(email.get("value")?.as_str()?);
            let kind = email.get("type").and_then(Value::as_str).map(key);
            Some(EmailKey { value, kind })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(document: Value) -> UserColumns {
        let Value::Object(document) = document else { panic!("an object") };
        UserColumns::of(&document, &EmailSources::default()).unwrap()
    }

    #[test]
    fn the_address_of_invitations() {
        let work = json!({"value": "w@a.test", "type": "Work"});
        let home = json!({"value": "h@a.test", "type": "home", "primary": true});
        let other = json!({"value": "o@a.test"});
        for (emails, expected) in [
            (json!([home, work]), Some("w@a.test")),
            (json!([other, home]), Some("h@a.test")),
            (json!([other]), Some("o@a.test")),
            (json!([{"value": "", "type": "work"}, home]), Some("h@a.test")),
            (json!([]), Some("ada@acme.test")),
        ] {
            let found = columns(json!({"userName": "ada@acme.test", "emails": emails}));
            assert_eq!(found.email.as_deref(), expected, "{emails}");
        }
        assert_eq!(columns(json!({"userName": "ada"})).email, None);
    }

    #[test]
    fn the_sources_of_the_address_and_their_order() {
        let document = json!({"emails": [
            {"value": "o@a.test"}, {"value": "w@a.test", "type": "work"}, {"value": "p@a.test", "primary": true}
        ]});
        let Value::Object(document) = document else { panic!("an object") };
        for (sources, user_name, expected) in [
            ("work,primary", "u@a.test", Some("w@a.test")),
            ("primary,work", "u@a.test", Some("p@a.test")),
            ("userName,work", "u@a.test", Some("u@a.test")),
            ("userName,work", "ada", Some("w@a.test")),
            ("any", "u@a.test", Some("o@a.test")),
            ("userName", "ada", None),
        ] {
            let sources = sources.parse().unwrap();
            assert_eq!(email(&document, user_name, &sources).as_deref(), expected, "{sources}");
        }
    }

    #[test]
    fn the_name() {
        for (document, expected) in [
            (json!({"displayName": "Ada L", "name": {"formatted": "x"}}), Some("Ada L")),
            (json!({"displayName": "", "name": {"formatted": "Ada Lovelace"}}), Some("Ada Lovelace")),
            (json!({"name": {"givenName": "Ada", "familyName": "Lovelace"}}), Some("Ada Lovelace")),
            (json!({"name": {"familyName": "Lovelace"}}), Some("Lovelace")),
            (json!({}), None),
        ] {
            let mut document = document;
            document["userName"] = json!("ada");
            assert_eq!(columns(document).display_name.as_deref(), expected);
        }
    }

    #[test]
    fn user_name_is_required_and_active_by_default() {
        assert!(UserColumns::of(&Document::new(), &EmailSources::default()).is_err());
        assert!(columns(json!({"userName": "ada"})).active);
        assert!(!columns(json!({"userName": "ada", "active": false})).active);
    }
}
