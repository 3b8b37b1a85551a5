//! Any JSON is a PATCH or an error; a PATCH is applied whole or not at all, and what it makes a PUT could have made.

use scim::{Mode, patch, resource, schema};
use serde_json::{Value, json};

/// Checks one input.
pub fn run(text: &str) {
    let Ok(body) = serde_json::from_str::<Value>(text) else { return };
    let before = json!({
        "userName": "ana", "active": true, "name": { "givenName": "A" },
        "emails": [{ "value": "a@x", "type": "work", "primary": true }, { "value": "b@x", "type": "home" }],
        "roles": [{ "value": "r" }],
    });
    let Some(before) = before.as_object() else { return };
    for mode in [Mode::Tolerant, Mode::Strict] {
        if let Ok(patch) = patch::parse(schema::user(), &body, mode) {
            match patch::apply(schema::user(), before, &patch.value) {
                Err(refusal) => assert!((400..500).contains(&refusal.status), "{refusal}"),
                Ok(None) => {}
                Ok(Some(after)) => {
                    assert_ne!(&after, before);
                    let put = resource::read(schema::user(), &Value::Object(after.clone()), Mode::Tolerant);
                    assert_eq!(put.map(|put| put.value), Ok(after));
                }
            }
        }
        if let Ok(patch) = patch::parse(schema::group(), &body, mode) {
            let _ = patch.value.split_members();
        }
    }
}
