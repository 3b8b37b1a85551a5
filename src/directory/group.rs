//! Groups of the mirror: created, replaced, patched and deleted by the identity provider, with what follows for the roles
//! of their members.

use std::slice;

use scim::{
    Document,
    etag::Preconditions,
    patch::{MemberChange, Patch},
    schema::ResourceType,
};
use serde_json::{Value, json};

use super::{
    members::{self, Moved},
    transaction::in_directory,
    user::parsed,
};
use crate::{
    audit,
    error::{Error, Result},
    model::DirectoryGroupId,
    people::projection::{Speaker, roles},
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey, directory_groups::DirectoryGroup, directory_turn::Turn, directory_users::key,
        role_mappings::Scope,
    },
};

/// A request of an identity provider, in its turn.
pub(super) struct Request<'a> {
    pub context: &'a Context,
    pub speaker: &'a Speaker,
    /// Where the directory's resources are.
    pub base_url: &'a str,
    pub turn: Turn,
}

fn base_url(rollcall: &Rollcall, speaker: &Speaker) -> String {
    rollcall.config.base_url.scim(&speaker.directory_id)
}

/// Records a new group with its members.
///
/// # Errors
/// `Scim` 409 `uniqueness` when the name is taken in this directory; 400 for members that cannot be.
pub async fn create(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    mut document: Document,
) -> Result<DirectoryGroup> {
    let members = scim::patch::take_members(&mut document).map_err(Error::Scim)?;
    let mut group = DirectoryGroup {
        id: context.clock.new_id(),
        directory_id: speaker.directory_id.clone(),
        display_name: String::new(),
        external_id: None,
        document: String::new(),
        version: 1,
        created_at: context.now,
        updated_at: context.now,
    };
    describe(&mut group, document)?;
    let base_url = base_url(rollcall, speaker);
    let (new, changes, base_url) = (&group, &[MemberChange::Add(members)], base_url.as_str());
    in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, turn| async move {
        let request = Request { context, speaker, base_url, turn };
        let outcome = create_in(&mut tx, &request, new, changes).await;
        (tx, outcome)
    })
    .await?;
    Ok(group)
}

async fn create_in(
    tx: &mut Tx,
    request: &Request<'_>,
    group: &DirectoryGroup,
    changes: &[MemberChange],
) -> Result<()> {
    store::directory_groups::insert(tx, group).await.map_err(|e| taken(e, group))?;
    let moved = members::change(tx, request, group, changes).await?;
    follow_roles(tx, request, group, &group.display_name, &moved).await?;
    record(tx, request, "directory_group.created", group, &moved).await
}

/// Replaces a group (PUT, RFC 7644 section 3.5.1). Members that are not listed go: an absent list is an empty one. What a
/// client cannot change stays as it is. The document is of this kind.
///
/// # Errors
/// `NotFound`; `Scim` 409 `uniqueness`, 412, 400 `mutability` or for members that cannot be.
pub async fn replace(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    expected: &Preconditions,
    kind: &ResourceType,
    mut document: Document,
) -> Result<DirectoryGroup> {
    let members = scim::patch::take_members(&mut document).map_err(Error::Scim)?;
    let base_url = base_url(rollcall, speaker);
    let (changes, document, base_url) = (&[MemberChange::Replace(members)], &document, base_url.as_str());
    in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, turn| async move {
        let request = Request { context, speaker, base_url, turn };
        let replaced = |before: &Document| {
            scim::resource::replace(kind, before, document.clone()).map(Some).map_err(Error::Scim)
        };
        let outcome = change(&mut tx, &request, id, expected, changes, replaced).await;
        (tx, outcome)
    })
    .await
}

/// Changes a group (PATCH), all or nothing. The patch was read for this kind.
///
/// # Errors
/// `NotFound`; `Scim` for an operation that cannot be applied, 409 `uniqueness`, 412.
pub async fn patch(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    expected: &Preconditions,
    kind: &ResourceType,
    patch: Patch,
) -> Result<DirectoryGroup> {
    let (patch, changes) = patch.split_members().map_err(Error::Scim)?;
    let base_url = base_url(rollcall, speaker);
    let (patch, changes, base_url) = (&patch, changes.as_slice(), base_url.as_str());
    in_directory(rollcall, &speaker.directory_id, Turn::Beside, |mut tx, turn| async move {
        let request = Request { context, speaker, base_url, turn };
        let patched = |document: &Document| match patch.operations.is_empty() {
            true => Ok(None),
            false => scim::patch::apply(kind, document, patch).map_err(Error::Scim),
        };
        let outcome = change(&mut tx, &request, id, expected, changes, patched).await;
        (tx, outcome)
    })
    .await
}

async fn change(
    tx: &mut Tx,
    request: &Request<'_>,
    id: &DirectoryGroupId,
    expected: &Preconditions,
    changes: &[MemberChange],
    decide: impl FnOnce(&Document) -> Result<Option<Document>>,
) -> Result<DirectoryGroup> {
    let directory = &request.speaker.directory_id;
    let Some(before) = store::directory_groups::get_for_update(tx, directory, id).await? else {
        return Err(Error::NotFound { what: "Group in this directory" });
    };
    expected.check(&scim::etag::weak(before.version)).map_err(Error::Scim)?;
    let mut group = before.clone();
    if let Some(document) = decide(&parsed(&before.document)?)? {
        describe(&mut group, document)?;
    }
    let moved = members::change(tx, request, &group, changes).await?;
    if moved.rows == 0 && group == before {
        if moved.unknown > 0 {
            // Nothing that can be read back is different, but someone is waited for.
            record(tx, request, "directory_group.updated", &group, &moved).await?;
        }
        return Ok(group);
    }
    group.version += 1;
    // A request that began earlier may come later.
    group.updated_at = request.context.now.max(before.updated_at);
    store::directory_groups::update(tx, &group).await.map_err(|e| taken(e, &group))?;
    follow_roles(tx, request, &group, &before.display_name, &moved).await?;
    record(tx, request, "directory_group.updated", &group, &moved).await?;
    Ok(group)
}

/// Deletes a group; its members stay.
///
/// # Errors
/// `NotFound`; `Scim` 412.
pub async fn delete(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    expected: &Preconditions,
) -> Result<()> {
    let base_url = base_url(rollcall, speaker);
    let base_url = base_url.as_str();
    in_directory(rollcall, &speaker.directory_id, Turn::Alone, |mut tx, turn| async move {
        let request = Request { context, speaker, base_url, turn };
        let outcome = delete_in(&mut tx, &request, id, expected).await;
        (tx, outcome)
    })
    .await
}

async fn delete_in(
    tx: &mut Tx,
    request: &Request<'_>,
    id: &DirectoryGroupId,
    expected: &Preconditions,
) -> Result<()> {
    let Request { context, speaker, .. } = request;
    let Some(group) = store::directory_groups::get_for_update(tx, &speaker.directory_id, id).await? else {
        return Err(Error::NotFound { what: "Group in this directory" });
    };
    expected.check(&scim::etag::weak(group.version)).map_err(Error::Scim)?;
    let gave = store::role_mappings::giving(tx, id).await?;
    store::directory_groups::delete(tx, id, context.now).await?;
    if !gave.is_empty() {
        roles::apply(tx, context, &speaker.workspace_id, &Scope::GivenBy(&gave)).await?;
    }
    record(tx, request, "directory_group.deleted", &group, &Moved::default()).await
}

/// Takes the columns out of a document without members.
fn describe(group: &mut DirectoryGroup, document: Document) -> Result<()> {
    let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
    group.display_name = text("displayName")
        .filter(|name| !name.trim().is_empty())
        .ok_or_else(|| Error::Scim(scim::Error::invalid_value("displayName is required.")))?;
    group.external_id = text("externalId");
    group.document = Value::Object(document).to_string();
    Ok(())
}

/// Gives and takes the roles that follow from a group's change: its own role, and those of the groups that hold it.
/// People are worked out anew who came or went, themselves or with a group; the others of the group only when its name
/// changed.
async fn follow_roles(
    tx: &mut Tx,
    request: &Request<'_>,
    group: &DirectoryGroup,
    name_before: &str,
    moved: &Moved,
) -> Result<()> {
    let Request { context, speaker, .. } = request;
    let mut gives = store::role_mappings::giving(tx, &group.id).await?;
    let is_renamed = key(name_before) != key(&group.display_name);
    let gave = is_renamed && store::role_mappings::is_mapped(tx, &speaker.directory_id, name_before).await?;
    if gives.is_empty() && !gave {
        return Ok(());
    }
    let workspace = &speaker.workspace_id;
    if is_renamed {
        roles::apply(tx, context, workspace, &Scope::Below(slice::from_ref(&group.id))).await?;
    }
    if moved.cleared {
        gives.push(group.id.clone());
        roles::apply(tx, context, workspace, &Scope::GivenBy(&gives)).await?;
    }
    if !moved.groups.is_empty() {
        roles::apply(tx, context, workspace, &Scope::Below(&moved.groups)).await?;
    }
    roles::apply(tx, context, workspace, &Scope::Users(&moved.ids)).await?;
    Ok(())
}

async fn record(
    tx: &mut Tx,
    request: &Request<'_>,
    action: &str,
    group: &DirectoryGroup,
    moved: &Moved,
) -> Result<()> {
    let detail = json!({
        "displayName": group.display_name,
        "version": group.version,
        "added": moved.added,
        "removed": moved.rows - moved.added,
        "unknown": moved.unknown,
    });
    let Request { context, speaker, .. } = request;
    audit::record(tx, context, &speaker.workspace_id, action, group.id.as_str(), &detail).await?;
    Ok(())
}

fn taken(cause: store::Error, group: &DirectoryGroup) -> Error {
    match cause {
        store::Error::Unique(UniqueKey::DirectoryGroupName) => Error::Scim(scim::Error::uniqueness(format!(
            "A Group with the displayName “{}” exists in this directory. Look it up with a filter on displayName and update it.",
            group.display_name
        ))),
        other => Error::Store(other),
    }
}
