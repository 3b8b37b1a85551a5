//! The resource types that inputs are about.

use std::sync::LazyLock;

use scim::schema::{self, ResourceType};

/// The schema of an extension with an attribute of each kind.
pub const EACH_KIND: &str = include_str!("../seeds/extension/each_kind");

static USER: LazyLock<ResourceType> = LazyLock::new(|| {
    let extension = schema::read_extension(EACH_KIND).unwrap();
    schema::user().clone().with_extension(extension, false).unwrap()
});

/// User with the extension.
pub fn user() -> &'static ResourceType {
    &USER
}
