//! Any text is the schema of an extension or an error, and what was read is written, read and served as itself.

use scim::{path::AttrPath, schema};

/// Checks one input.
pub fn run(text: &str) {
    let Ok(extension) = schema::read_extension(text) else { return };
    let written = serde_json::to_string(&extension).unwrap();
    // What was left out is written too.
    if written.len() <= schema::MAX_SCHEMA {
        assert_eq!(
            schema::read_extension(&written).as_ref(),
            Ok(&extension),
            "what is written is read again"
        );
    }
    let Ok(kind) = schema::user().clone().with_extension(extension.clone(), false) else { return };
    assert_eq!(kind.extension(&extension.id), Some(&extension));
    for attribute in &extension.attributes {
        let path = AttrPath::parse(&format!("{}:{}", extension.id, attribute.name)).unwrap();
        let located = kind.locate(&path).expect("each attribute is found under its path");
        assert_eq!(located.attribute, attribute);
    }
}
