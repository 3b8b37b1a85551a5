//! The User and Group resource types and the Enterprise User extension (RFC 7643 §3.1, §4, §8.7.1).

use std::sync::LazyLock;

use super::{
    Attribute, ENTERPRISE_USER, Extension, GROUP, Mutability, ResourceType, Returned, Schema, Type, USER,
    Uniqueness,
};

/// The User resource type with the Enterprise User extension.
pub fn user() -> &'static ResourceType {
    static USER_TYPE: LazyLock<ResourceType> = LazyLock::new(|| ResourceType {
        id: "User".into(),
        name: "User".into(),
        endpoint: "/Users".into(),
        description: "User Account".into(),
        schema: user_schema(),
        extensions: vec![Extension { schema: enterprise_user_schema(), required: false }],
    });
    &USER_TYPE
}

/// The Group resource type.
pub fn group() -> &'static ResourceType {
    static GROUP_TYPE: LazyLock<ResourceType> = LazyLock::new(|| ResourceType {
        id: "Group".into(),
        name: "Group".into(),
        endpoint: "/Groups".into(),
        description: "Group".into(),
        schema: group_schema(),
        extensions: Vec::new(),
    });
    &GROUP_TYPE
}

/// The attributes that every resource has without any schema saying so (RFC 7643 §3.1): `schemas`, `id`,
/// `externalId` and `meta`.
pub fn common() -> &'static [Attribute] {
    static COMMON: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
        vec![
            Attribute::reference("schemas", "The schemas that the resource uses.", &["uri"])
                .many()
                .read_only()
                .returned(Returned::Always),
            Attribute::string("id", "The server's identifier of the resource.")
                .case_exact()
                .read_only()
                .returned(Returned::Always)
                .unique(Uniqueness::Server),
            Attribute::string("externalId", "The client's identifier of the resource.").case_exact(),
            meta(),
        ]
    });
    &COMMON
}

fn meta() -> Attribute {
    Attribute::complex(
        "meta",
        "What the server knows about the resource.",
        vec![
            Attribute::string("resourceType", "The name of the resource type.").case_exact(),
            Attribute::new("created", Type::DateTime, "When the resource was added."),
            Attribute::new("lastModified", Type::DateTime, "When the resource was last changed."),
            Attribute::reference("location", "The URI of the resource.", &["uri"]),
            Attribute::string("version", "The entity tag of the resource.").case_exact(),
        ],
    )
    .read_only()
}

fn user_schema() -> Schema {
    Schema {
        id: USER.into(),
        name: "User".into(),
        description: "User Account".into(),
        aliases: legacy(&["core:1.0", "core:2.0", "core:2.0:User", "core:1.0:User"]),
        attributes: user_attributes(),
    }
}

fn user_attributes() -> Vec<Attribute> {
    let mut attributes = user_single_attributes();
    attributes.extend(user_multi_valued_attributes());
    attributes
}

fn user_single_attributes() -> Vec<Attribute> {
    vec![
        Attribute::string(
            "userName",
            "The name by which the user signs in, unique in the directory. Compared without regard to case.",
        )
        .required()
        .unique(Uniqueness::Server),
        name(),
        Attribute::string("displayName", "The name of the user, suitable for display."),
        Attribute::string("nickName", "The casual way to address the user, such as \"Bob\" for \"Robert\"."),
        Attribute::reference("profileUrl", "A page about the user.", &["external"]),
        Attribute::string("title", "The user's title, such as \"Vice President\"."),
        Attribute::string("userType", "How the organization relates to the user, such as \"Contractor\"."),
        Attribute::string("preferredLanguage", "The language the user prefers, such as \"en-US\"."),
        Attribute::string(
            "locale",
            "The user's locale for dates, numbers and currencies, such as \"en-US\".",
        ),
        Attribute::string("timezone", "The user's time zone, such as \"America/Los_Angeles\"."),
        Attribute::new("active", Type::Boolean, "Whether the user may use the service."),
        // Identity providers send placeholders (Okta's create request). Accepted, never kept, never returned.
        Attribute::string("password", "A clear-text password. Accepted and forgotten.")
            .case_exact()
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never),
    ]
}

fn name() -> Attribute {
    Attribute::complex(
        "name",
        "The components of the user's name.",
        vec![
            Attribute::string("formatted", "The full name, formatted for display."),
            Attribute::string("familyName", "The family name, or last name in most Western languages."),
            Attribute::string("givenName", "The given name, or first name in most Western languages."),
            Attribute::string("middleName", "The middle names."),
            Attribute::string("honorificPrefix", "The prefix, such as \"Ms.\"."),
            Attribute::string("honorificSuffix", "The suffix, such as \"III\"."),
        ],
    )
}

fn user_multi_valued_attributes() -> Vec<Attribute> {
    let text = |description| Attribute::string("value", description);
    vec![
        plural("emails", "E-mail addresses.", text("An e-mail address."), &["work", "home", "other"]),
        plural(
            "phoneNumbers",
            "Phone numbers.",
            text("A phone number, kept as it was sent."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        plural(
            "ims",
            "Instant messaging addresses.",
            text("An instant messaging address."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        plural(
            "photos",
            "Photos of the user.",
            Attribute::reference("value", "Where the photo is.", &["external"]),
            &["photo", "thumbnail"],
        ),
        addresses(),
        groups_of_user(),
        plural("entitlements", "What the user is entitled to.", text("An entitlement."), &[]),
        plural("roles", "What the user is, such as \"Student\" or \"Faculty\".", text("A role."), &[]),
        plural(
            "x509Certificates",
            "Certificates of the user.",
            Attribute::new("value", Type::Binary, "A certificate, DER in Base64.").case_exact(),
            &[],
        ),
    ]
}

/// A multi-valued attribute with the default sub-attributes of RFC 7643 §2.4.
fn plural(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    let parts = vec![
        value,
        Attribute::string("display", "A name for display."),
        Attribute::string("type", "A label, such as \"work\" or \"home\".").canonical(types),
        primary(),
    ];
    Attribute::complex(name, description, parts).many()
}

fn primary() -> Attribute {
    Attribute::new("primary", Type::Boolean, "Whether this is the preferred value. True at most once.")
}

fn addresses() -> Attribute {
    Attribute::complex(
        "addresses",
        "Postal addresses.",
        vec![
            Attribute::string("formatted", "The full address, formatted for display."),
            Attribute::string("streetAddress", "The street, house number and the like."),
            Attribute::string("locality", "The city."),
            Attribute::string("region", "The state or region."),
            Attribute::string("postalCode", "The postal code."),
            Attribute::string("country", "The country."),
            Attribute::string("type", "A label, such as \"work\" or \"home\".")
                .canonical(&["work", "home", "other"]),
            primary(),
        ],
    )
    .many()
}

fn groups_of_user() -> Attribute {
    Attribute::complex(
        "groups",
        "The groups that the user is in, directly or through other groups.",
        vec![
            Attribute::string("value", "The id of the group.").case_exact(),
            Attribute::reference("$ref", "The URI of the group.", &["Group"]),
            Attribute::string("display", "The name of the group."),
            Attribute::string("type", "How the user is in the group.").canonical(&["direct", "indirect"]),
        ],
    )
    .many()
    .read_only()
}

fn enterprise_user_schema() -> Schema {
    Schema {
        id: ENTERPRISE_USER.into(),
        name: "EnterpriseUser".into(),
        description: "Enterprise User".into(),
        aliases: legacy(&[
            "extension:enterprise:1.0",
            "extension:enterprise:2.0",
            "extension:enterprise:1.0:User",
            "extension:enterprise:2.0:User",
        ]),
        attributes: vec![
            Attribute::string(
                "employeeNumber",
                "The number or code by which the organization knows the person.",
            ),
            Attribute::string("costCenter", "The name of a cost center."),
            Attribute::string("organization", "The name of an organization."),
            Attribute::string("division", "The name of a division."),
            Attribute::string("department", "The name of a department."),
            Attribute::complex(
                "manager",
                "The user's manager.",
                vec![
                    // Case-exact by verified erratum: it holds an id.
                    Attribute::string("value", "The id of the manager.").case_exact(),
                    Attribute::reference("$ref", "The URI of the manager.", &["User"]),
                    // Read-only in the RFC, where the server looks it up. A manager is often nobody of the directory,
                    // and OneLogin's template sends the name along: it is kept as sent, as everything is.
                    Attribute::string("displayName", "The name of the manager, as it was sent."),
                ],
            ),
        ],
    }
}

fn group_schema() -> Schema {
    let immutable = |attribute: Attribute| attribute.mutability(Mutability::Immutable);
    Schema {
        id: GROUP.into(),
        name: "Group".into(),
        description: "Group".into(),
        aliases: legacy(&["core:1.0", "core:2.0", "core:2.0:Group", "core:1.0:Group"]),
        attributes: vec![
            // Required by verified erratum. Unique because Entra looks groups up by it.
            Attribute::string("displayName", "The name of the group, unique in the directory.")
                .required()
                .unique(Uniqueness::Server),
            Attribute::complex(
                "members",
                "The members of the group.",
                vec![
                    immutable(Attribute::string("value", "The id of the member.").case_exact()),
                    immutable(Attribute::reference("$ref", "The URI of the member.", &["User", "Group"])),
                    immutable(Attribute::string("type", "What the member is.").canonical(&["User", "Group"])),
                    immutable(Attribute::string("display", "The name of the member.")),
                ],
            )
            .many(),
        ],
    }
}

/// The URNs of SCIM 1.x style that OneLogin still sends (`urn:scim:schemas:core:2.0`).
fn legacy(endings: &[&str]) -> Vec<String> {
    endings.iter().map(|ending| format!("urn:scim:schemas:{ending}")).collect()
}
