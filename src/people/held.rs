//! People whom a directory named and who were granted nothing: letting them in by hand, and looking at them again when
//! what held them back may be over. The looking is done by the worker, some at a time, never in a request.

use super::{
    Caller, Permission,
    projection::{Outcome, Speaker, decision::Decision},
};
use crate::{
    audit::{self, Actor},
    directory,
    error::{Error, Result},
    model::{DirectoryId, DirectoryUserId, HeldReason, Role, Source, WhenFull, WorkspaceId},
    state::{Context, Rollcall},
    store::{self, Conn, Tx, directory_turn::Turn, directory_users::DirectoryUser},
};

/// Most people who are looked at again in one go.
const AT_ONCE: i64 = 100;

/// Most people who are approved by name in one go.
const MOST_SELECTED: usize = 200;

/// What approving people came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// How many were approved.
    pub people: usize,
    /// How many of them still wait for a seat.
    pub without_seat: usize,
}

/// Lets a person in, past the directory's mode and domains; false when they still wait for a seat.
///
/// # Errors
/// `Forbidden`; `NotFound` when the directory has no such held person; `Conflict` on `person` when the reason is one
/// that approval does not overcome.
pub async fn approve(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    person: &DirectoryUserId,
) -> Result<bool> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let outcome = approve_in(&mut tx, &context, &caller.workspace().id, directory, person).await;
    let outcome = tx.end(outcome).await?;
    rollcall.mail_due.notify_one();
    Ok(outcome.decision != Decision::Hold(HeldReason::SeatLimit))
}

/// Lets in those of the people whom an approval helps; whoever was let in meanwhile is passed over.
///
/// # Errors
/// `Forbidden`; `Invalid` on `person` when none is named, too many are, or nobody of them waits any more.
pub async fn approve_selected(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    people: &[DirectoryUserId],
) -> Result<Approved> {
    caller.require(Permission::ManagePeople)?;
    if people.is_empty() {
        return Err(Error::invalid("person", "Nobody is selected. Select the people to approve first."));
    }
    if people.len() > MOST_SELECTED {
        return Err(Error::invalid("person", format!("Approve at most {MOST_SELECTED} people in one go.")));
    }
    let mut approved = Approved::default();
    for person in people {
        match approve(rollcall, caller, directory, person).await {
            Ok(has_seat) => {
                approved.people += 1;
                approved.without_seat += usize::from(!has_seat);
            }
            Err(Error::NotFound { .. } | Error::Conflict { .. }) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    if approved.people == 0 {
        return Err(Error::invalid(
            "person",
            "Nobody of those who were selected waits for approval any more.",
        ));
    }
    Ok(approved)
}

async fn approve_in(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<Outcome> {
    let (speaker, mut user) = held(tx, workspace, directory, id).await?;
    if !matches!(user.held_reason, Some(HeldReason::NeedsApproval | HeldReason::DomainNotAllowed)) {
        let reason = user.held_reason.map_or("not held", HeldReason::label);
        return Err(Error::conflict(
            "person",
            format!("{} cannot be approved: {reason}. See what to do in the list.", user.user_name),
        ));
    }
    store::held::approve(tx, id, context.now).await?;
    user.approved_at = Some(context.now);
    let detail = serde_json::json!({ "userName": user.user_name });
    audit::record(tx, context, workspace, "directory_user.approved", id.as_str(), &detail).await?;
    directory::user::project(tx, context, &speaker, &user).await
}

/// Lets in everyone who waits for approval; the worker carries it out. Gives their number.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn approve_all(rollcall: &Rollcall, caller: &Caller<'_>, directory: &DirectoryId) -> Result<u64> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let workspace = &caller.workspace().id;
    let mut tx = rollcall.db.write().await?;
    let people = async {
        if store::directories::get(&mut tx, workspace, directory).await?.is_none() {
            return Err(Error::NotFound { what: "directory in this workspace" });
        }
        let people = store::held::approve_waiting(&mut tx, directory, context.now).await?;
        store::held::ask_recheck(&mut tx, directory).await?;
        let detail = serde_json::json!({ "people": people });
        audit::record(&mut tx, &context, workspace, "directory.people_approved", directory.as_str(), &detail)
            .await?;
        Ok(people)
    }
    .await;
    let people = tx.end(people).await?;
    rollcall.held_due.notify_one();
    Ok(people)
}

/// Links a person who is held as a conflict to the member who has their address: from then on the directory's word
/// counts for that member too.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` on `person` when that cannot be done, with the reason.
pub async fn link(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let linked = link_in(&mut tx, &context, caller, directory, id).await;
    tx.end(linked).await
}

async fn link_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<()> {
    let workspace = &caller.workspace().id;
    let refused = |why: String| Err(Error::conflict("person", why));
    let (speaker, mut user) = held(tx, workspace, directory, id).await?;
    let (Some(HeldReason::Conflict), None, Some(email)) =
        (user.held_reason, &user.membership_id, user.email.clone())
    else {
        return refused(format!("{} is not held because of another member.", user.user_name));
    };
    if !user.active {
        return refused(format!(
            "The directory says that {email} is inactive: linking would take their access away. Activate the person there first."
        ));
    }
    let key = store::key(&email);
    let Some(found) = store::memberships::find_by_email(tx, workspace, &key).await? else {
        return refused(format!("{email} is no member any more. They come in by themselves in a moment."));
    };
    let Some(mut membership) = store::memberships::get_for_update(tx, workspace, &found.id).await? else {
        return refused(format!("{email} is no member any more."));
    };
    if membership.role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    if !store::directory_users::list_of_membership(tx, &membership.id).await?.is_empty() {
        return refused(format!("{email} is linked to another person of a directory already."));
    }
    membership.source = Source::DirectoryAndManual;
    membership.directory_id = Some(directory.clone());
    membership.updated_at = context.now;
    store::memberships::update(tx, &membership).await?;
    store::directory_users::set_grant(tx, id, Some(&membership.id), None, context.now).await?;
    let detail = serde_json::json!({ "directory": directory, "userName": user.user_name });
    audit::record(tx, context, workspace, "membership.linked", membership.id.as_str(), &detail).await?;
    user.membership_id = Some(membership.id);
    user.held_reason = None;
    directory::user::project(tx, context, &speaker, &user).await?;
    Ok(())
}

/// The held person, locked, and the directory as it speaks when Rollcall itself looks at its people.
async fn held(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<(Speaker, DirectoryUser)> {
    let missing = || Error::NotFound { what: "held person in this directory" };
    store::directory_turn::take(tx, directory, Turn::Beside).await?;
    let speaker = speaker(tx, workspace, directory).await?.ok_or_else(missing)?;
    let user = store::directory_users::get_for_update(tx, directory, id).await?;
    let user = user.filter(|user| user.held_reason.is_some()).ok_or_else(missing)?;
    Ok((speaker, user))
}

async fn speaker(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
) -> store::Result<Option<Speaker>> {
    let found = store::directories::get(conn, workspace, directory).await?;
    Ok(found.map(|found| Speaker {
        directory_id: found.id,
        workspace_id: found.workspace_id,
        // No identity provider listens that could be refused anything.
        settings: store::directories::Settings { when_full: WhenFull::Hold, ..found.settings },
    }))
}

/// Looks at some of the held people again whom nothing may hold back any more; gives how many, zero when all are done.
///
/// # Errors
/// When the store fails; what was done before stays done.
pub async fn release(rollcall: &Rollcall) -> Result<usize> {
    let context = rollcall.context(Actor::Rollcall);
    let looked_at = recheck(rollcall, &context).await?
        + give_addresses(rollcall, &context).await?
        + give_seats(rollcall, &context).await?;
    if looked_at > 0 {
        rollcall.mail_due.notify_one();
    }
    Ok(looked_at)
}

async fn recheck(rollcall: &Rollcall, context: &Context) -> Result<usize> {
    let directories = {
        let mut conn = rollcall.db.read().await?;
        store::held::list_rechecked_directories(&mut conn).await?
    };
    let mut looked_at = 0;
    for (directory, workspace, mut from) in directories {
        if from.is_empty() {
            // Below every id; when another look is asked for meanwhile, this one ends and that one begins.
            let mut tx = rollcall.db.write().await?;
            store::held::set_recheck(&mut tx, &directory, "", Some("0")).await?;
            tx.commit().await?;
            "0".clone_into(&mut from);
        }
        let people = {
            let mut conn = rollcall.db.read().await?;
            store::held::list_to_recheck(&mut conn, &directory, &from, AT_ONCE).await?
        };
        for id in &people {
            look_again(rollcall, context, &workspace, &directory, id).await?;
        }
        looked_at += people.len();
        let all_done = i64::try_from(people.len()).unwrap_or(AT_ONCE) < AT_ONCE;
        let next = people.last().filter(|_| !all_done).map(DirectoryUserId::as_str);
        let mut tx = rollcall.db.write().await?;
        store::held::set_recheck(&mut tx, &directory, &from, next).await?;
        tx.commit().await?;
    }
    Ok(looked_at)
}

/// Looks at those again who wait for an address that somebody left; gives how many addresses that were.
async fn give_addresses(rollcall: &Rollcall, context: &Context) -> Result<usize> {
    let (mut freed, mut waiting) = (Vec::new(), Vec::new());
    {
        let mut conn = rollcall.db.read().await?;
        for address in store::freed_addresses::list(&mut conn, AT_ONCE).await? {
            let (workspace, email) = (&address.workspace_id, &address.email_key);
            // The first whom the address is given to takes it; the others wait on.
            let people = store::held::list_waiting_for_address(&mut conn, workspace, email, AT_ONCE).await?;
            waiting.extend(people.into_iter().map(|(id, directory)| (workspace.clone(), directory, id)));
            freed.push(address);
        }
    }
    for (workspace, directory, id) in &waiting {
        look_again(rollcall, context, workspace, directory, id).await?;
    }
    if !freed.is_empty() {
        let mut tx = rollcall.db.write().await?;
        for address in &freed {
            store::freed_addresses::delete(&mut tx, address).await?;
        }
        tx.commit().await?;
    }
    Ok(freed.len())
}

/// Gives the seats that are free to those who wait the longest.
async fn give_seats(rollcall: &Rollcall, context: &Context) -> Result<usize> {
    let waiting = {
        let mut conn = rollcall.db.read().await?;
        let mut waiting = Vec::new();
        for workspace in store::held::list_waiting_workspaces(&mut conn).await? {
            let seats = store::seats::get(&mut conn, &workspace).await?;
            let free = seats.map_or(AT_ONCE, |seats| seats.limit - seats.taken());
            if free > 0 {
                let people =
                    store::held::list_waiting_for_seat(&mut conn, &workspace, free.min(AT_ONCE)).await?;
                waiting.extend(people.into_iter().map(|(id, directory)| (workspace.clone(), directory, id)));
            }
        }
        waiting
    };
    let mut let_in = 0;
    for (workspace, directory, id) in &waiting {
        let_in += usize::from(look_again(rollcall, context, workspace, directory, id).await?);
    }
    Ok(let_in)
}

/// Decides about one held person anew; true when they are held no more.
async fn look_again(
    rollcall: &Rollcall,
    context: &Context,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<bool> {
    let mut tx = rollcall.db.write().await?;
    let let_in = look_again_in(&mut tx, context, workspace, directory, id).await;
    tx.end(let_in).await
}

async fn look_again_in(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<bool> {
    // Removed, deleted or let in meanwhile: then there is nothing to decide.
    store::directory_turn::take(tx, directory, Turn::Beside).await?;
    let Some(speaker) = speaker(tx, workspace, directory).await? else { return Ok(false) };
    let user = store::directory_users::get_for_update(tx, directory, id).await?;
    let Some(mut user) = user.filter(|user| user.held_reason.is_some()) else { return Ok(false) };
    directory::user::find_email_again(tx, &speaker, &mut user).await?;
    let outcome = directory::user::project(tx, context, &speaker, &user).await?;
    Ok(outcome.decision.held().is_none())
}
