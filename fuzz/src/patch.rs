//! Any JSON is a PATCH or an error; a PATCH is applied whole or not at all, and what it makes a PUT could have made.

use scim::{Mode, patch, resource, schema};
use serde_json::{Value, json};

use super::kinds;

/// Checks one input.
pub fn run(text: &str) {
    let Ok(body) = serde_json::from_str::<Value>(text) else { return };
    let user = kinds::user();
    let before = json!({
        "userName": "ana", "active": true, "name": { "givenName": "A" },
        "emails": [{ "value": "a@x", "type": "work", "primary": true }, { "value": "b@x", "type": "home" }],
        "roles": [{ "value": "r" }],
        "urn:acme:scim:Each:1.0:User": {
            "tag": "a", "skills": ["a", "B"], "desk": { "floor": 2, "room": "b" }, "badge": "7",
            "phones": [{ "value": "1", "type": "work", "primary": true }, { "value": "2", "type": "home" }],
        },
    });
    let Some(before) = before.as_object() else { return };
    for mode in [Mode::Tolerant, Mode::Strict] {
        if let Ok(patch) = patch::parse(user, &body, mode) {
            match patch::apply(user, before, &patch.value).map(|applied| applied.value) {
                Err(refusal) => assert!((400..500).contains(&refusal.status), "{refusal}"),
                Ok(None) => {}
                Ok(Some(after)) => {
                    assert_ne!(&after, before);
                    let put = resource::read(user, &Value::Object(after.clone()), Mode::Tolerant);
                    assert_eq!(put.map(|put| put.value), Ok(after));
                }
            }
        }
        if let Ok(patch) = patch::parse(schema::group(), &body, mode) {
            let _ = patch.value.split_members();
        }
    }
}
