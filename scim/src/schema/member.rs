//! The read-only GroupMember resource type: each member of a group as a resource of its own, so that a group of any size
//! can be read in pages.
//!
//! URN, endpoint and attributes are those of draft-zollner-scim-group-members-01 (April 2026), sections 4.1, 4.3 and 8.1;
//! members cannot be made or deleted here, so all of it is read-only, as section 4.1 has it. The text that the authors
//! are working on renames the type to `GroupMembership` at `/GroupMemberships`; it is followed when it is published. Not
//! done of the draft: the list of all memberships at once, the schema extension `membersMetadata` on groups (section 5),
//! and `meta.created` and `meta.lastModified` of a membership.

use std::sync::LazyLock;

use super::{Attribute, ResourceType, Schema};

/// Members of groups.
pub fn group_member() -> &'static ResourceType {
    static GROUP_MEMBER: LazyLock<ResourceType> = LazyLock::new(|| ResourceType {
        id: "GroupMember".into(),
        name: "GroupMember".into(),
        endpoint: "/GroupMembers".into(),
        description: "A member of a group, read-only".into(),
        schema: Schema {
            id: "urn:ietf:params:scim:schemas:core:2.0:GroupMember".into(),
            name: "GroupMember".into(),
            description: "A member of a group, read-only".into(),
            attributes: attributes().into_iter().map(Attribute::read_only).collect(),
            aliases: Vec::new(),
        },
        extensions: Vec::new(),
    });
    &GROUP_MEMBER
}

fn attributes() -> Vec<Attribute> {
    let value = |what: &str| Attribute::string("value", &format!("The id of the {what}.")).case_exact();
    vec![
        Attribute::complex(
            "group",
            "The group.",
            vec![
                value("group"),
                Attribute::reference("$ref", "The URI of the group.", &["Group"]),
                Attribute::string("display", "The displayName of the group."),
            ],
        ),
        Attribute::complex(
            "member",
            "The member, as it is in the group's members.",
            vec![
                value("member"),
                Attribute::reference("$ref", "The URI of the member.", &["User", "Group"]),
                Attribute::string("type", "What the member is.").canonical(&["User", "Group"]),
                Attribute::string("display", "The name of the member."),
            ],
        ),
    ]
}
