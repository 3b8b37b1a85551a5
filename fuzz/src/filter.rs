//! Any text is a filter or an error, and a filter that was read can be printed, checked and evaluated.

use scim::{filter, schema};
use serde_json::json;

use super::kinds;

/// Checks one input.
pub fn run(text: &str) {
    let Ok(parsed) = filter::parse(text) else { return };
    let printed = parsed.to_string();
    // Escapes can make it longer than a filter may be.
    if printed.len() <= filter::MAX_LENGTH {
        assert_eq!(filter::parse(&printed).as_ref(), Ok(&parsed), "what is printed is read again");
    }
    let document = json!({
        "id": "1", "userName": "Ana", "displayName": "Ána", "active": true, "externalId": "X",
        "emails": [{ "value": "ana@x", "type": "work", "primary": true }, { "value": "b@x" }],
        "members": [{ "value": "a", "type": "User" }],
        "urn:acme:scim:Each:1.0:User": {
            "tag": "a", "code": "A", "level": 1, "share": 0.5, "contractor": false, "since": "2026-01-15T09:00:00Z",
            "skills": ["a", "B"], "levels": [1, 2], "desk": { "floor": 2, "room": "b" },
        },
        "meta": { "created": "2026-01-15T09:00:00Z" },
    });
    let Some(document) = document.as_object() else { return };
    for kind in [kinds::user(), schema::group()] {
        let Ok(checked) = filter::check(&parsed, kind) else { continue };
        assert_eq!(filter::check(&checked, kind).as_ref(), Ok(&checked), "checking twice is checking once");
        let opposite = filter::Filter::Not(Box::new(checked.clone()));
        assert_ne!(filter::matches(&checked, kind, document), filter::matches(&opposite, kind, document));
    }
}
