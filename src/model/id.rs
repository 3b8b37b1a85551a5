//! Typed ids. Each is a UUID v7 in its hyphenated text form, so that ids sort by the time they were made.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as it stands in URLs and in the store.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )*};
}

typed_ids! {
    /// A workspace: the tenant.
    WorkspaceId;
    /// Someone who can sign in.
    AccountId;
    /// An account (or an invited address) in a workspace.
    MembershipId;
    /// One synced source of people and groups; part of its SCIM base URL.
    DirectoryId;
    /// A bearer token of a directory.
    DirectoryTokenId;
    /// A person as the identity provider described them: the SCIM `id` of a User.
    DirectoryUserId;
    /// A group as the identity provider described it: the SCIM `id` of a Group.
    DirectoryGroupId;
    /// An invitation to join a workspace.
    InvitationId;
    /// One mail in the outbox.
    MailId;
    /// One request of an identity provider.
    ScimRequestId;
}
