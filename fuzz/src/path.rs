//! Any text is a path or an error, and a path that was read is printed as itself.

use scim::{
    filter,
    path::{AttrPath, PatchPath},
    schema,
};

use super::kinds;

/// Checks one input.
pub fn run(text: &str) {
    if let Ok(path) = AttrPath::parse(text) {
        assert_eq!(AttrPath::parse(&path.to_string()).as_ref(), Ok(&path));
        for kind in [kinds::user(), schema::group()] {
            let Some(located) = kind.locate(&path) else { continue };
            let again = kind.locate(&located.path).map(|again| again.path);
            assert_eq!(again.as_ref(), Some(&located.path), "a canonical path is its own canonical form");
        }
    }
    if let Ok(path) = PatchPath::parse(text) {
        let printed = path.to_string();
        // Escapes can make it longer than a path may be.
        if printed.len() <= filter::MAX_LENGTH {
            assert_eq!(PatchPath::parse(&printed).as_ref(), Ok(&path));
        }
    }
}
