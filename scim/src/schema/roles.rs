//! The read-only Role and Entitlement resource types, in two vocabularies.
//!
//! draft-ietf-scim-roles-entitlements-01 and Okta name the same idea differently, at the same endpoints. Their
//! attributes do not collide, so a resource there speaks both: it lists both schemas and has the attributes of both.

use std::sync::LazyLock;

use super::{Attribute, ResourceType, Schema, Type};

/// Which names discovery gives to roles and entitlements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Those of draft-ietf-scim-roles-entitlements.
    Ietf,
    /// Those that Okta's entitlement discovery looks for.
    Okta,
}

/// Roles as discovery publishes them.
pub fn role(vocabulary: Vocabulary) -> &'static ResourceType {
    static IETF: LazyLock<ResourceType> = LazyLock::new(|| ROLE.published(Vocabulary::Ietf));
    static OKTA: LazyLock<ResourceType> = LazyLock::new(|| ROLE.published(Vocabulary::Okta));
    match vocabulary {
        Vocabulary::Ietf => &IETF,
        Vocabulary::Okta => &OKTA,
    }
}

/// Entitlements as discovery publishes them.
pub fn entitlement(vocabulary: Vocabulary) -> &'static ResourceType {
    static IETF: LazyLock<ResourceType> = LazyLock::new(|| ENTITLEMENT.published(Vocabulary::Ietf));
    static OKTA: LazyLock<ResourceType> = LazyLock::new(|| ENTITLEMENT.published(Vocabulary::Okta));
    match vocabulary {
        Vocabulary::Ietf => &IETF,
        Vocabulary::Okta => &OKTA,
    }
}

/// Roles as they are read, filtered and sorted: in both vocabularies.
pub fn role_in_both() -> &'static ResourceType {
    static BOTH: LazyLock<ResourceType> = LazyLock::new(|| ROLE.in_both());
    &BOTH
}

/// Entitlements as they are read, filtered and sorted: in both vocabularies.
pub fn entitlement_in_both() -> &'static ResourceType {
    static BOTH: LazyLock<ResourceType> = LazyLock::new(|| ENTITLEMENT.in_both());
    &BOTH
}

const ROLE: Kind = Kind { name: "Role", endpoint: "/Roles", noun: "role" };
const ENTITLEMENT: Kind = Kind { name: "Entitlement", endpoint: "/Entitlements", noun: "entitlement" };

struct Kind {
    name: &'static str,
    endpoint: &'static str,
    noun: &'static str,
}

impl Kind {
    fn published(&self, vocabulary: Vocabulary) -> ResourceType {
        let attributes = match vocabulary {
            Vocabulary::Ietf => self.ietf_attributes(),
            Vocabulary::Okta => self.okta_attributes(),
        };
        self.resource_type(self.urn(vocabulary), attributes, Vec::new())
    }

    fn in_both(&self) -> ResourceType {
        let mut attributes = self.ietf_attributes();
        for attribute in self.okta_attributes() {
            if attributes.iter().all(|known| known.name != attribute.name) {
                attributes.push(attribute);
            }
        }
        self.resource_type(self.urn(Vocabulary::Ietf), attributes, vec![self.urn(Vocabulary::Okta)])
    }

    fn urn(&self, vocabulary: Vocabulary) -> String {
        match vocabulary {
            Vocabulary::Ietf => format!("urn:ietf:params:scim:schemas:core:2.0:{}", self.name),
            Vocabulary::Okta => format!("urn:okta:scim:schemas:core:1.0:{}", self.name),
        }
    }

    fn ietf_attributes(&self) -> Vec<Attribute> {
        let noun = self.noun;
        vec![
            Attribute::string(
                "value",
                &format!("The value of the {noun}, as it is in a user's \"{noun}s\"."),
            )
            .required(),
            Attribute::string("display", &format!("The name of the {noun} for display.")),
            Attribute::string("type", &format!("What the {noun} is for.")),
            Attribute::new("supported", Type::Boolean, &format!("Whether a directory can give the {noun}.")),
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
        ]
    }

    fn okta_attributes(&self) -> Vec<Attribute> {
        let noun = self.noun;
        vec![
            Attribute::string("displayName", &format!("The name of the {noun} for display.")).required(),
            Attribute::string("type", &format!("What the {noun} is for.")),
            Attribute::string("description", &format!("What the {noun} allows, in at most 1000 characters.")),
        ]
    }

    fn resource_type(&self, urn: String, attributes: Vec<Attribute>, aliases: Vec<String>) -> ResourceType {
        let description = format!("{}, read-only", self.name);
        ResourceType {
            id: self.name.into(),
            name: self.name.into(),
            endpoint: self.endpoint.into(),
            description: description.clone(),
            schema: Schema {
                id: urn,
                name: self.name.into(),
                description,
                attributes: attributes.into_iter().map(Attribute::read_only).collect(),
                aliases,
            },
            extensions: Vec::new(),
        }
    }
}
