//! Members of a group of the mirror. They change as sets: no change of one member loads a group, and all changes of one
//! request are made together.

mod names;
mod plan;

use std::collections::HashSet;

use scim::{Deviation, patch::MemberChange};

pub(super) use self::names::admit_waiting;
use self::plan::{Load, Names, Net, Plan, Present};
use super::group::Request;
use crate::{
    error::{Error, Result},
    model::DirectoryGroupId,
    people::projection::Speaker,
    store::{
        self, Tx, directory_group_members::Newcomer, directory_groups::DirectoryGroup, directory_turn::Turn,
    },
};

/// Most unknown members that one request may leave pending.
const MOST_PENDING: usize = 1000;

/// What a request did to a group's members.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// How many came, went, or are shown by another name.
    pub rows: u64,
    /// How many of them came or are shown by another name.
    pub added: u64,
    /// How many were named before their person arrived.
    pub unknown: usize,
    /// Whose membership the request was about.
    pub ids: Vec<String>,
    /// Those of them that are groups.
    pub groups: Vec<DirectoryGroupId>,
    /// Everyone went.
    pub cleared: bool,
    /// What was tolerated.
    pub deviations: Vec<Deviation>,
}

/// Makes all changes of the members that a request asks for. The unknown wait for their person to arrive, or are refused
/// where the directory is strict, which knows members by their id alone (RFC 7643 section 4.2).
pub(super) async fn change(
    tx: &mut Tx,
    request: &Request<'_>,
    group: &DirectoryGroup,
    changes: &[MemberChange],
) -> Result<Moved> {
    if changes.is_empty() {
        return Ok(Moved::default());
    }
    let speaker = request.speaker;
    let strict = speaker.settings.strict;
    let plan = Plan::of(changes);
    let mut known = names::resolve(tx, speaker, plan.names()).await?;
    let mut deviations = Vec::new();
    if known.iter().any(|(name, it)| *name != it.id) {
        deviations.push(Deviation::MemberByName);
    }
    if strict {
        known.retain(|name, it| *name == it.id);
    }
    let present = present(tx, group, &plan.load(), &known).await?;
    let net = plan.net(&known, &present, request.base_url, strict).map_err(Error::Scim)?;
    if net.found_nobody {
        deviations.push(Deviation::NothingToRemove);
    }
    refuse_unknown(speaker, &net)?;
    if request.turn == Turn::Beside && needs_to_be_alone(tx, group, &net).await? {
        return Err(Error::Store(store::Error::NotAlone));
    }
    refuse_cycle(tx, group, &net).await?;
    Ok(Moved { deviations, ..carry_out(tx, group, net).await? })
}

/// Those in the group, or waited for, whom the plan has to know.
async fn present(
    tx: &mut Tx,
    group: &DirectoryGroup,
    load: &Load<'_>,
    known: &Names,
) -> Result<Vec<Present>> {
    let members = match load {
        Load::Nobody => return Ok(Vec::new()),
        Load::Some(names) => {
            let id = |name: &&str| known.get(*name).map_or(*name, |known| known.id.as_str()).to_owned();
            let ids: Vec<String> = names.iter().map(id).collect();
            store::directory_group_members::some(tx, &group.id, &ids).await?
        }
        Load::Everyone => {
            store::directory_group_members::of_groups(tx, std::slice::from_ref(&group.id)).await?
        }
    };
    let waiting = store::directory_pending_members::of_group(tx, &group.id).await?;
    let waiting =
        waiting.into_iter().map(|it| Present { id: it.value, kind: "User".to_owned(), display: it.display });
    let members =
        members.into_iter().map(|it| Present { id: it.member_id, kind: it.member_kind, display: it.display });
    Ok(waiting.chain(members).collect())
}

fn refuse_unknown(speaker: &Speaker, net: &Net) -> Result<()> {
    let Some(first) = net.waiting.first() else { return Ok(()) };
    let number = net.waiting.len();
    if speaker.settings.strict {
        return Err(Error::Scim(scim::Error::invalid_value(format!(
            "The member {} is unknown in this directory. Send the person or the group first, and name them by their id.",
            scim::error::shown(&first.value)
        ))));
    }
    if number > MOST_PENDING {
        return Err(Error::Scim(scim::Error::invalid_value(format!(
            "{number} of the members are unknown in this directory; at most {MOST_PENDING} can wait for their person. Send the people first."
        ))));
    }
    Ok(())
}

/// Which group is in which, and that nobody has a certain name, must stay as it was found until the request is through.
async fn needs_to_be_alone(tx: &mut Tx, group: &DirectoryGroup, net: &Net) -> Result<bool> {
    if !net.waiting.is_empty() || !net.groups.is_empty() {
        return Ok(true);
    }
    Ok(net.afresh && store::directory_nesting::holds_groups(tx, &group.id).await?)
}

/// A group may hold groups, but not itself, however far down.
async fn refuse_cycle(tx: &mut Tx, group: &DirectoryGroup, net: &Net) -> Result<()> {
    let is_group = |member: &Newcomer| member.kind == "Group";
    if !net.coming.iter().any(is_group) {
        return Ok(());
    }
    let mut above: HashSet<String> =
        store::directory_nesting::above(tx, &group.id).await?.into_iter().collect();
    above.insert(group.id.0.clone());
    match net.coming.iter().find(|member| above.contains(&member.id)) {
        Some(member) => Err(Error::Scim(scim::Error::invalid_value(format!(
            "The group {} cannot be a member: it holds this group, directly or further down.",
            member.id
        )))),
        None => Ok(()),
    }
}

async fn carry_out(tx: &mut Tx, group: &DirectoryGroup, net: Net) -> Result<Moved> {
    let mut moved = Moved {
        unknown: net.waiting.len(),
        groups: net.groups.into_iter().map(DirectoryGroupId).collect(),
        ..Moved::default()
    };
    if net.afresh {
        store::directory_pending_members::delete_all(tx, &group.id).await?;
    } else {
        store::directory_pending_members::delete(tx, &group.id, &net.forgotten).await?;
    }
    if net.afresh && net.coming.is_empty() {
        moved.rows += store::directory_group_members::delete_all(tx, &group.id).await?;
        moved.cleared = true;
    } else {
        let leaving = if net.afresh {
            let staying: HashSet<&str> = net.coming.iter().map(|member| member.id.as_str()).collect();
            let present = store::directory_group_members::present(tx, &group.id).await?;
            let leaving = present.into_iter().filter(|member| !staying.contains(member.id.as_str()));
            let (groups, people): (Vec<_>, Vec<_>) = leaving.partition(|member| member.kind == "Group");
            moved.groups.extend(groups.iter().map(|member| DirectoryGroupId(member.id.clone())));
            groups.into_iter().chain(people).map(|member| member.id).collect()
        } else {
            net.leaving
        };
        moved.rows += store::directory_group_members::delete(tx, &group.id, &leaving).await?;
        moved.ids.extend(leaving);
    }
    store::directory_pending_members::insert(tx, group, &net.waiting).await?;
    moved.added = store::directory_group_members::insert(tx, &group.id, &net.coming).await?;
    moved.rows += moved.added;
    moved.ids.extend(net.coming.into_iter().map(|member| member.id));
    Ok(moved)
}
