//! `/Roles` and `/Entitlements`: what a membership can be, read-only (draft-ietf-scim-roles-entitlements-01, and Okta's
//! entitlement discovery). Roles are the workspace's, entitlements are what roles permit.
//!
//! They tell what there is; they grant nothing. A person's role comes from the directory's default role, from mapped
//! groups and from admins, and the `roles` and `entitlements` of a User are kept as they came: were they grants, anyone
//! who can edit an attribute at the identity provider could make admins without an admin here having agreed.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{Method, StatusCode};
use scim::{
    Document,
    schema::{self, ResourceType, Vocabulary},
};
use serde_json::{Value, json};

use super::{
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::Result,
    list, render,
};
use crate::{model::Role, people::Permission, state::Rollcall, store};

/// One of the two kinds.
pub(super) trait Catalogue {
    fn kind() -> &'static ResourceType;
    /// Both schemas of the kind.
    fn schemas() -> [&'static str; 2];
    /// Everything there is of the kind.
    fn entries(holders: &Holders) -> Vec<Entry>;
}

/// Roles of the workspace.
pub(super) struct Roles;

/// What the roles permit.
pub(super) struct Entitlements;

/// How many active members have each role.
pub(super) struct Holders(Vec<(Role, i64)>);

impl Holders {
    fn number(&self, counts: impl Fn(Role) -> bool) -> i64 {
        self.0.iter().filter(|(role, _)| counts(*role)).map(|(_, number)| number).sum()
    }
}

/// A role or an entitlement.
pub(super) struct Entry {
    value: &'static str,
    display: &'static str,
    description: &'static str,
    label: &'static str,
    supported: bool,
    used: i64,
    contained_by: Vec<&'static str>,
    contains: Vec<&'static str>,
}

impl Catalogue for Roles {
    fn kind() -> &'static ResourceType {
        schema::role_in_both()
    }

    fn schemas() -> [&'static str; 2] {
        [&schema::role(Vocabulary::Ietf).schema.id, &schema::role(Vocabulary::Okta).schema.id]
    }

    fn entries(holders: &Holders) -> Vec<Entry> {
        let entry = |role: Role| Entry {
            value: role.as_str(),
            display: role.label(),
            description: match role {
                Role::Viewer => "Reads their own profile.",
                Role::Member => "Reads the list of people.",
                Role::Admin => "Manages people and settings.",
                Role::Owner => "Everything, including ownership. Made by hand only, never by a directory.",
            },
            label: "workspace",
            supported: role != Role::Owner,
            used: holders.number(|held| held == role),
            contained_by: words(Role::ALL.iter().filter(|other| **other > role)),
            contains: words(Role::ALL.iter().filter(|other| **other < role)),
        };
        Role::ALL.iter().copied().map(entry).collect()
    }
}

impl Catalogue for Entitlements {
    fn kind() -> &'static ResourceType {
        schema::entitlement_in_both()
    }

    fn schemas() -> [&'static str; 2] {
        [&schema::entitlement(Vocabulary::Ietf).schema.id, &schema::entitlement(Vocabulary::Okta).schema.id]
    }

    fn entries(holders: &Holders) -> Vec<Entry> {
        let entry = |permission: Permission| {
            let (value, display, description) = match permission {
                Permission::ReadPeople => {
                    ("read_people", "Read people", "Read the list of people. Members and above.")
                }
                Permission::ManagePeople => (
                    "manage_people",
                    "Manage people",
                    "Invite, suspend, remove people and change their roles. Admins and owners.",
                ),
                Permission::ReadMail => (
                    "read_mail",
                    "Read mail",
                    "Read the log of mails that speak for the workspace. Admins and owners.",
                ),
                Permission::ManageDirectories => (
                    "manage_directories",
                    "Manage directories",
                    "Read and change directories and their tokens. Admins and owners.",
                ),
                Permission::ManageWorkspace => (
                    "manage_workspace",
                    "Manage the workspace",
                    "Change the workspace's name and seat limit. Admins and owners.",
                ),
                Permission::ManageOwners => (
                    "manage_owners",
                    "Manage owners",
                    "Make another person an owner, or an owner something else. Owners.",
                ),
            };
            Entry {
                value,
                display,
                description,
                label: "permission",
                supported: permission.least_role() != Role::Owner,
                used: holders.number(|held| held >= permission.least_role()),
                contained_by: Vec::new(),
                contains: Vec::new(),
            }
        };
        Permission::ALL.iter().copied().map(entry).collect()
    }
}

fn words<'a>(roles: impl Iterator<Item = &'a Role>) -> Vec<&'static str> {
    roles.map(|role| role.as_str()).collect()
}

/// GET of all.
pub(super) async fn list<C: Catalogue>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.as_deref().unwrap_or_default();
    let query = auth.accept(scim::list::from_query(C::kind(), query, auth.mode)?);
    let all = documents::<C>(&rollcall, &auth).await?;
    list::respond_with(&auth, C::kind(), &query, all)
}

/// POST of a search.
pub(super) async fn search<C: Catalogue>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let query = auth.accept(scim::list::from_search(C::kind(), &body, auth.mode)?);
    let all = documents::<C>(&rollcall, &auth).await?;
    list::respond_with(&auth, C::kind(), &query, all)
}

/// GET of one.
pub(super) async fn get<C: Catalogue>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let kind = C::kind();
    let wanted = auth.projection(kind, query.as_deref())?;
    let all = documents::<C>(&rollcall, &auth).await?;
    let found = all.into_iter().find(|entry| entry.get("id").and_then(Value::as_str) == Some(&id));
    let found = found
        .ok_or_else(|| scim::Error::not_found(format!("There is no such {} in this directory.", kind.id)))?;
    Ok(render::resource(StatusCode::OK, kind, found, &wanted))
}

/// Any write.
pub(super) async fn refuse<C: Catalogue>(_: DirectoryAuth, method: Method) -> super::failure::Failure {
    scim::Error::method_not_allowed(format!(
        "{} is read-only: {method} is not taken. Roles are changed in Rollcall, or by mapping a group to a role.",
        C::kind().endpoint
    ))
    .into()
}

async fn documents<C: Catalogue>(rollcall: &Rollcall, auth: &DirectoryAuth) -> Result<Vec<Document>> {
    let mut conn = rollcall.db.read().await?;
    let holders =
        store::membership_counts::count_active_by_role(&mut conn, &auth.speaker.workspace_id).await?;
    let entries = C::entries(&Holders(holders));
    Ok(entries.iter().map(|entry| document::<C>(entry, &auth.base_url)).collect())
}

fn document<C: Catalogue>(entry: &Entry, base_url: &str) -> Document {
    let kind = C::kind();
    let mut document = Document::new();
    let mut say = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    say("schemas", json!(C::schemas()));
    say("id", json!(entry.value));
    say("value", json!(entry.value));
    say("display", json!(entry.display));
    say("displayName", json!(entry.display));
    say("description", json!(entry.description));
    say("type", json!(entry.label));
    say("supported", json!(entry.supported));
    say("limitedAssignmentsPermitted", json!(false));
    say("totalAssignmentsUsed", json!(entry.used));
    for (name, values) in [("containedBy", &entry.contained_by), ("contains", &entry.contains)] {
        if !values.is_empty() {
            say(name, json!(values));
        }
    }
    say(
        "meta",
        json!({
            "resourceType": kind.id,
            "location": format!("{base_url}{}/{}", kind.endpoint, entry.value),
        }),
    );
    document
}
