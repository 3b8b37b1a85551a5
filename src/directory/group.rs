//! Groups of the mirror. Members change as sets: no change of one member loads a group.

use std::collections::{HashMap, HashSet};

use scim::{
    Document,
    patch::{Member, MemberChange, Patch},
    schema,
};
use serde_json::{Value, json};

use super::{
    transaction::in_transaction,
    user::{IfMatch, parsed},
};
use crate::{
    audit,
    error::{Error, Result},
    model::DirectoryGroupId,
    people::projection::{Speaker, roles},
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey,
        directory_group_members::{Candidate, Newcomer},
        directory_groups::DirectoryGroup,
        directory_pending_members::PendingMember,
        directory_users::{DirectoryUser, key},
        role_mappings::Scope,
    },
};

/// Most unknown members that one request may leave pending.
const MOST_PENDING: usize = 1000;

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
    let (new, members) = (&group, members.as_slice());
    in_transaction(rollcall, |mut tx| async move {
        let outcome = create_in(&mut tx, context, speaker, new, members).await;
        (tx, outcome)
    })
    .await?;
    Ok(group)
}

async fn create_in(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    group: &DirectoryGroup,
    members: &[Member],
) -> Result<()> {
    store::directory_groups::insert(tx, group).await.map_err(|e| taken(e, group))?;
    let mut moved = Moved::default();
    add(tx, speaker, group, members, &mut moved).await?;
    follow_roles(tx, context, speaker, group, &group.display_name, &moved).await?;
    record(tx, context, speaker, "directory_group.created", group, &moved).await
}

/// Replaces a group (PUT, RFC 7644 section 3.5.1). Members that are not listed go: an absent list is an empty one.
///
/// # Errors
/// `NotFound`; `Scim` 409 `uniqueness`, 412, 400 for members that cannot be.
pub async fn replace(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    if_match: IfMatch<'_>,
    mut document: Document,
) -> Result<DirectoryGroup> {
    let members = scim::patch::take_members(&mut document).map_err(Error::Scim)?;
    let (changes, document) = (&[MemberChange::Replace(members)], &document);
    in_transaction(rollcall, |mut tx| async move {
        let replaced = |_: &Document| Ok(Some(document.clone()));
        let outcome = change(&mut tx, context, speaker, id, if_match, changes, replaced).await;
        (tx, outcome)
    })
    .await
}

/// Changes a group (PATCH), all or nothing.
///
/// # Errors
/// `NotFound`; `Scim` for an operation that cannot be applied, 409 `uniqueness`, 412.
pub async fn patch(
    rollcall: &Rollcall,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    if_match: IfMatch<'_>,
    patch: Patch,
) -> Result<DirectoryGroup> {
    let (patch, changes) = patch.split_members().map_err(Error::Scim)?;
    let (patch, changes) = (&patch, changes.as_slice());
    in_transaction(rollcall, |mut tx| async move {
        let patched = |document: &Document| match patch.operations.is_empty() {
            true => Ok(None),
            false => scim::patch::apply(schema::group(), document, patch).map_err(Error::Scim),
        };
        let outcome = change(&mut tx, context, speaker, id, if_match, changes, patched).await;
        (tx, outcome)
    })
    .await
}

async fn change(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    if_match: IfMatch<'_>,
    changes: &[MemberChange],
    decide: impl FnOnce(&Document) -> Result<Option<Document>>,
) -> Result<DirectoryGroup> {
    let Some(before) = store::directory_groups::get_for_update(tx, &speaker.directory_id, id).await? else {
        return Err(Error::NotFound { what: "Group in this directory" });
    };
    scim::etag::check_if_match(if_match, &scim::etag::weak(before.version)).map_err(Error::Scim)?;
    let mut group = before.clone();
    if let Some(document) = decide(&parsed(&before.document)?)? {
        describe(&mut group, document)?;
    }
    let mut moved = Moved::default();
    for change in changes {
        apply(tx, speaker, &group, change, &mut moved).await?;
    }
    if moved.rows == 0 && group == before {
        if moved.unknown > 0 {
            // Nothing that can be read back is different, but someone is waited for.
            record(tx, context, speaker, "directory_group.updated", &group, &moved).await?;
        }
        return Ok(group);
    }
    group.version += 1;
    group.updated_at = context.now;
    store::directory_groups::update(tx, &group).await.map_err(|e| taken(e, &group))?;
    follow_roles(tx, context, speaker, &group, &before.display_name, &moved).await?;
    record(tx, context, speaker, "directory_group.updated", &group, &moved).await?;
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
    if_match: IfMatch<'_>,
) -> Result<()> {
    in_transaction(rollcall, |mut tx| async move {
        let outcome = delete_in(&mut tx, context, speaker, id, if_match).await;
        (tx, outcome)
    })
    .await
}

async fn delete_in(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    id: &DirectoryGroupId,
    if_match: IfMatch<'_>,
) -> Result<()> {
    let Some(group) = store::directory_groups::get_for_update(tx, &speaker.directory_id, id).await? else {
        return Err(Error::NotFound { what: "Group in this directory" });
    };
    scim::etag::check_if_match(if_match, &scim::etag::weak(group.version)).map_err(Error::Scim)?;
    store::directory_groups::delete(tx, id).await?;
    roles::apply(tx, context, &speaker.workspace_id, &Scope::GivenBy(id)).await?;
    record(tx, context, speaker, "directory_group.deleted", &group, &Moved::default()).await
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

/// What a request did to a group's members.
#[derive(Debug, Default)]
struct Moved {
    /// How many came, went, or are shown by another name.
    rows: u64,
    /// How many of them came or are shown by another name.
    added: u64,
    /// How many were named before their person arrived.
    unknown: usize,
    /// Whose membership the request was about.
    ids: Vec<String>,
    /// Everyone went.
    cleared: bool,
}

/// Gives and takes the roles that follow from a group's change, without loading the group.
async fn follow_roles(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    group: &DirectoryGroup,
    name_before: &str,
    moved: &Moved,
) -> Result<()> {
    let directory = &speaker.directory_id;
    let is_renamed = key(name_before) != key(&group.display_name);
    let gives = store::role_mappings::is_mapped(tx, directory, &group.display_name).await?;
    let gave =
        if is_renamed { store::role_mappings::is_mapped(tx, directory, name_before).await? } else { gives };
    if !gives && !gave {
        return Ok(());
    }
    let workspace = &speaker.workspace_id;
    if moved.cleared {
        roles::apply(tx, context, workspace, &Scope::GivenBy(&group.id)).await?;
    }
    if is_renamed {
        roles::apply(tx, context, workspace, &Scope::MembersOf(&group.id)).await?;
    }
    roles::apply(tx, context, workspace, &Scope::Users(&moved.ids)).await?;
    Ok(())
}

/// Applies one change of the set of members.
async fn apply(
    tx: &mut Tx,
    speaker: &Speaker,
    group: &DirectoryGroup,
    change: &MemberChange,
    moved: &mut Moved,
) -> Result<()> {
    match change {
        MemberChange::Add(members) => add(tx, speaker, group, members, moved).await?,
        MemberChange::Remove(ids) => {
            store::directory_pending_members::delete(tx, &group.id, ids).await?;
            remove(tx, group, ids.clone(), moved).await?;
        }
        MemberChange::RemoveWhere(filter) => {
            let members =
                store::directory_group_members::of_groups(tx, std::slice::from_ref(&group.id)).await?;
            let ids: Vec<String> = members
                .iter()
                .filter(|member| {
                    let element = json!({
                        "value": member.member_id,
                        "type": member.member_kind,
                        "display": member.display,
                    });
                    scim::filter::matches_element(filter, schema::group().attribute("members"), &element)
                })
                .map(|member| member.member_id.clone())
                .collect();
            remove(tx, group, ids, moved).await?;
        }
        MemberChange::Replace(members) => {
            let wanted: HashSet<&str> = members.iter().map(|member| member.value.as_str()).collect();
            let present = store::directory_group_members::ids(tx, &group.id).await?;
            let leaving: Vec<String> =
                present.into_iter().filter(|id| !wanted.contains(id.as_str())).collect();
            store::directory_pending_members::delete_all(tx, &group.id).await?;
            remove(tx, group, leaving, moved).await?;
            add(tx, speaker, group, members, moved).await?;
        }
        MemberChange::Clear => {
            store::directory_pending_members::delete_all(tx, &group.id).await?;
            moved.rows += store::directory_group_members::delete_all(tx, &group.id).await?;
            moved.cleared = true;
        }
    }
    Ok(())
}

async fn remove(tx: &mut Tx, group: &DirectoryGroup, ids: Vec<String>, moved: &mut Moved) -> Result<()> {
    moved.rows += store::directory_group_members::delete(tx, &group.id, &ids).await?;
    moved.ids.extend(ids);
    Ok(())
}

/// Adds the known members; the unknown wait for the person to arrive, or are refused where the directory is strict.
async fn add(
    tx: &mut Tx,
    speaker: &Speaker,
    group: &DirectoryGroup,
    members: &[Member],
    moved: &mut Moved,
) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let named: HashMap<&str, &Member> =
        members.iter().map(|member| (member.value.as_str(), member)).collect();
    let ids: Vec<&str> = named.keys().copied().collect();
    let known = store::directory_group_members::candidates(tx, &group.directory_id, &ids).await?;
    refuse_cycle(tx, group, &known).await?;
    let known_ids: HashSet<&str> = known.iter().map(|candidate| candidate.id.as_str()).collect();
    let unknown: Vec<PendingMember> = named
        .values()
        .filter(|member| !known_ids.contains(member.value.as_str()))
        .map(|member| PendingMember { value: member.value.clone(), display: member.display.clone() })
        .collect();
    if let (true, Some(first)) = (speaker.settings.strict, unknown.first()) {
        return Err(Error::Scim(scim::Error::invalid_value(format!(
            "The member {} is unknown in this directory. Send the person or the group first.",
            scim::error::shown(&first.value)
        ))));
    }
    if unknown.len() > MOST_PENDING {
        return Err(Error::Scim(scim::Error::invalid_value(format!(
            "{} of the members are unknown in this directory; at most {MOST_PENDING} can wait for their person. Send the people first.",
            unknown.len()
        ))));
    }
    store::directory_pending_members::insert(tx, group, &unknown).await?;
    moved.unknown += unknown.len();
    let newcomers: Vec<Newcomer> = known
        .into_iter()
        .map(|candidate| Newcomer {
            display: named.get(candidate.id.as_str()).and_then(|member| member.display.clone()),
            id: candidate.id,
            kind: candidate.kind,
        })
        .collect();
    let added = store::directory_group_members::insert(tx, &group.id, &newcomers).await?;
    moved.rows += added;
    moved.added += added;
    moved.ids.extend(newcomers.into_iter().map(|newcomer| newcomer.id));
    Ok(())
}

/// A group may hold groups, but not itself, however far down.
async fn refuse_cycle(tx: &mut Tx, group: &DirectoryGroup, added: &[Candidate]) -> Result<()> {
    let added: HashSet<&str> =
        added.iter().filter(|member| member.kind == "Group").map(|member| member.id.as_str()).collect();
    if added.is_empty() {
        return Ok(());
    }
    let mut above = HashSet::from([group.id.0.clone()]);
    let mut level = vec![group.id.0.clone()];
    while !level.is_empty() {
        if let Some(id) = level.iter().find(|id| added.contains(id.as_str())) {
            return Err(Error::Scim(scim::Error::invalid_value(format!(
                "The group {id} cannot be a member: it holds this group, directly or further down."
            ))));
        }
        let parents = store::directory_group_members::parents_of(tx, &level).await?;
        level = parents.into_iter().filter(|id| above.insert(id.clone())).collect();
    }
    Ok(())
}

/// Groups that named this person before they arrived take them in now.
pub(super) async fn admit_pending(tx: &mut Tx, context: &Context, user: &DirectoryUser) -> Result<()> {
    let mut names = vec![user.id.0.clone(), user.user_name.clone()];
    names.extend(user.external_id.clone());
    let groups = store::directory_pending_members::take(tx, &user.directory_id, &names).await?;
    for (group, display) in groups {
        let member = Newcomer { id: user.id.0.clone(), kind: "User".to_owned(), display };
        store::directory_group_members::insert(tx, &group, &[member]).await?;
        store::directory_groups::touch(tx, &group, context.now).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
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
