//! The read-only Role and Entitlement resource types, in two vocabularies.
//!
//! draft-ietf-scim-roles-entitlements-01 and Okta name the same idea differently. A server publishes both resource
//! types at one endpoint, and each resource there lists both schemas: their attributes do not collide.

use std::sync::LazyLock;

use super::{Attribute, ResourceType, Schema, Type};

/// Roles of draft-ietf-scim-roles-entitlements.
pub fn role() -> &'static ResourceType {
    static ROLE: LazyLock<ResourceType> = LazyLock::new(|| ietf("Role", "/Roles", "role"));
    &ROLE
}

/// Entitlements of draft-ietf-scim-roles-entitlements.
pub fn entitlement() -> &'static ResourceType {
    static ENTITLEMENT: LazyLock<ResourceType> =
        LazyLock::new(|| ietf("Entitlement", "/Entitlements", "entitlement"));
    &ENTITLEMENT
}

/// Roles as Okta's entitlement discovery expects them.
pub fn okta_role() -> &'static ResourceType {
    static ROLE: LazyLock<ResourceType> = LazyLock::new(|| okta("Role", "/Roles", "role"));
    &ROLE
}

/// Entitlements as Okta's entitlement discovery expects them.
pub fn okta_entitlement() -> &'static ResourceType {
    static ENTITLEMENT: LazyLock<ResourceType> =
        LazyLock::new(|| okta("Entitlement", "/Entitlements", "entitlement"));
    &ENTITLEMENT
}

fn ietf(name: &str, endpoint: &str, noun: &str) -> ResourceType {
    let attributes = vec![
        Attribute::string("value", &format!("The value of the {noun}, as it is in a user's \"{noun}s\"."))
            .required(),
        Attribute::string("display", &format!("The name of the {noun} for display.")),
        Attribute::string("type", &format!("What the {noun} is for.")),
        Attribute::new("supported", Type::Boolean, &format!("Whether the {noun} can be used now.")),
        Attribute::new(
            "limitedAssignmentsPermitted",
            Type::Boolean,
            &format!("Whether only a limited number of users may have the {noun}."),
        ),
        Attribute::new(
            "totalAssignmentsPermitted",
            Type::Integer,
            &format!("How many users may have the {noun}."),
        ),
        Attribute::new(
            "totalAssignmentsUsed",
            Type::Integer,
            &format!("How many users have the {noun} now."),
        ),
        Attribute::string("containedBy", &format!("Each {noun} that includes this one.")).many(),
        Attribute::string("contains", &format!("Each {noun} that this one includes.")).many(),
    ];
    read_only(name, name, endpoint, &format!("urn:ietf:params:scim:schemas:core:2.0:{name}"), attributes)
}

fn okta(name: &str, endpoint: &str, noun: &str) -> ResourceType {
    let attributes = vec![
        Attribute::string("displayName", &format!("The name of the {noun} for display.")).required(),
        Attribute::string("type", &format!("What the {noun} is for.")),
        Attribute::string("description", &format!("What the {noun} allows, in at most 1000 characters.")),
    ];
    let id = format!("Okta{name}");
    read_only(&id, name, endpoint, &format!("urn:okta:scim:schemas:core:1.0:{name}"), attributes)
}

fn read_only(
    id: &str,
    schema_name: &str,
    endpoint: &str,
    urn: &str,
    attributes: Vec<Attribute>,
) -> ResourceType {
    ResourceType {
        id: id.into(),
        name: id.into(),
        endpoint: endpoint.into(),
        description: format!("{schema_name}, read-only"),
        schema: Schema {
            id: urn.into(),
            name: schema_name.into(),
            description: format!("{schema_name}, read-only"),
            attributes: attributes.into_iter().map(Attribute::read_only).collect(),
            aliases: Vec::new(),
        },
        extensions: Vec::new(),
    }
}
