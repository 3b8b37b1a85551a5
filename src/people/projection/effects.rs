//! What follows from a decision: the membership is changed, invited, suspended; the person told; the hold noted.

use serde_json::json;

use super::{
    Judgement, Outcome, Speaker,
    decision::{Decision, Person},
    described::{come_back, follow, new_membership},
    found::Found,
    last_owner, new_address,
};
use crate::{
    audit,
    error::Result,
    model::{HeldReason, MailTemplate, MembershipStatus, SuspendedBy},
    people::{
        alerts, first_password,
        grants::{self, Ended, Inviter},
        seats,
    },
    state::Context,
    store::{self, Tx, directory_users::DirectoryUser, memberships::Membership},
};

/// Who speaks, about whom, and what was decided.
struct Case<'a> {
    context: &'a Context,
    speaker: &'a Speaker,
    user: &'a DirectoryUser,
    person: &'a Person,
    decision: Decision,
}

pub(super) async fn carry_out(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    judged: Judgement,
) -> Result<Outcome> {
    let Judgement { person, found, decision } = judged;
    if decision == Decision::Refuse {
        return Err(seats::refusal(tx, &speaker.workspace_id).await?);
    }
    let case = Case { context, speaker, user, person: &person, decision };
    let ended = match membership_of(tx, &case, &found).await? {
        Some(membership) => apply(tx, &case, &found, membership).await?,
        None => Ended::default(),
    };
    if let Found::Linked { membership, .. } = &found
        && (person.deleted || !person.active)
    {
        // Another person of the directory who has this address may stand behind the member now.
        store::freed_addresses::note(tx, &speaker.workspace_id, &membership.email_key).await?;
    }
    Ok(Outcome { decision, ended })
}

/// The membership that the decision is about: the one at hand, one that begins again, or a new one. `None` when there is
/// to be none; then the hold is noted.
async fn membership_of(tx: &mut Tx, case: &Case<'_>, found: &Found) -> Result<Option<Membership>> {
    let Case { context, speaker, user, person, decision } = *case;
    match found {
        Found::Linked { membership, .. } => Ok(Some(membership.clone())),
        Found::Former(former) if decision.makes_member() => {
            Ok(Some(come_back(former, speaker, user, context)))
        }
        Found::Nobody if decision.makes_member() => {
            let Some(membership) = new_membership(context, speaker, user, person) else { return Ok(None) };
            if store::memberships::insert(tx, &membership).await? {
                return Ok(Some(membership));
            }
            // Another directory user of the same address was faster.
            hold(tx, case, HeldReason::Conflict).await?;
            Ok(None)
        }
        Found::Nobody | Found::Former(_) | Found::Taken => {
            if let Decision::Hold(reason) = decision {
                hold(tx, case, reason).await?;
            }
            Ok(None)
        }
    }
}

async fn apply(tx: &mut Tx, case: &Case<'_>, found: &Found, mut membership: Membership) -> Result<Ended> {
    let Case { context, speaker, user, person, decision } = *case;
    let before = membership.clone();
    let has_a_say = !found.is_outlived(person);
    let address_taken = has_a_say && matches!(found, Found::Linked { new_address_taken: true, .. });
    if has_a_say {
        follow(&mut membership, user, person, address_taken);
    }
    if membership.email_key != before.email_key {
        vacate_address(tx, context, &membership).await?;
    }
    if matches!(found, Found::Linked { .. }) {
        first_password::follow_address(tx, context, &mut membership).await?;
    }
    let ended = grant(tx, case, &before, &mut membership).await?;
    // A member hears of it in whatever state they are: the address may come back with them.
    let has_moved = before.joined_at.is_some() && before.email_key != membership.email_key;
    if has_moved && decision != Decision::ChangeAddress {
        new_address::tell(tx, context, &before, &membership, false).await?;
    }
    note(tx, case, &membership, address_taken).await?;
    let had_access = before.status == MembershipStatus::Active;
    if had_access && matches!(decision, Decision::Suspend | Decision::Remove) {
        alerts::count_suspension(tx, context, &speaker.workspace_id, &speaker.directory_id).await?;
    }
    Ok(ended)
}

/// Carries the decision out on the membership, which stood as `before`; gives what ended.
async fn grant(
    tx: &mut Tx,
    case: &Case<'_>,
    before: &Membership,
    membership: &mut Membership,
) -> Result<Ended> {
    let Case { context, speaker, user, decision, .. } = *case;
    let mut ended = Ended::default();
    match decision {
        Decision::Follow | Decision::Hold(_) | Decision::Refuse => {
            keep(tx, context, before, membership).await?;
        }
        Decision::Provision => {
            grants::set_status(membership, MembershipStatus::Provisioned, context);
            store::memberships::update(tx, membership).await?;
        }
        Decision::Withdraw(reason) => {
            ended = grants::end_access(tx, context, membership).await?;
            grants::set_status(membership, MembershipStatus::Provisioned, context);
            store::memberships::update(tx, membership).await?;
            let detail = json!({ "reason": reason });
            grants::record(tx, context, membership, "invitation.revoked", &detail).await?;
        }
        Decision::Invite | Decision::Reinvite => {
            membership.suspended_by = None;
            let inviter = Inviter {
                person: None,
                directory: Some(speaker.directory_id.clone()),
                language: None,
                template: MailTemplate::Invitation,
                delay: context.invitation_delay,
            };
            grants::invite(tx, context, membership, &inviter).await?;
        }
        Decision::Add => {
            membership.suspended_by = None;
            grants::add(tx, context, membership).await?;
        }
        Decision::Reinstate => {
            grants::reinstate(tx, context, membership).await?;
            last_owner::settle(tx, context, membership).await?;
        }
        Decision::ChangeAddress => {
            ended.sessions = grants::end_sessions(tx, before).await?;
            keep(tx, context, before, membership).await?;
            let link_ordered =
                first_password::order_link(tx, context, membership, context.invitation_delay).await?;
            new_address::tell(tx, context, before, membership, link_ordered).await?;
        }
        Decision::Suspend => {
            ended = grants::suspend(tx, context, membership, SuspendedBy::Directory).await?;
        }
        Decision::Remove => ended = grants::remove(tx, context, membership).await?,
        Decision::KeepLastOwner => {
            keep(tx, context, before, membership).await?;
            ended = grants::end_access(tx, context, membership).await?;
            grants::record(tx, context, membership, "membership.last_owner_kept", &json!({})).await?;
            if user.held_reason != Some(HeldReason::LastOwner) {
                alerts::last_owner(tx, context, &speaker.directory_id, membership).await?;
            }
        }
    }
    Ok(ended)
}

/// Stores the membership as it is now, if the directory's word changed it.
async fn keep(
    tx: &mut Tx,
    context: &Context,
    before: &Membership,
    membership: &mut Membership,
) -> Result<()> {
    if membership != before {
        membership.updated_at = context.now;
        store::memberships::update(tx, membership).await?;
    }
    Ok(())
}

/// Takes the address from a membership of which nothing is left, for this one.
async fn vacate_address(tx: &mut Tx, context: &Context, membership: &Membership) -> Result<()> {
    let workspace = &membership.workspace_id;
    let Some(mut other) = store::memberships::find_by_email(tx, workspace, &membership.email_key).await?
    else {
        return Ok(());
    };
    if other.id == membership.id {
        return Ok(());
    }
    if other.status != MembershipStatus::Removed {
        grants::remove(tx, context, &mut other).await?;
    }
    Ok(store::memberships::vacate_address(tx, workspace, &membership.email_key).await?)
}

/// Notes behind which membership the directory user stands, and what holds them back, if that is new.
async fn note(tx: &mut Tx, case: &Case<'_>, membership: &Membership, address_taken: bool) -> Result<()> {
    let Case { context, user, decision, .. } = *case;
    let held = match decision.held() {
        Some(HeldReason::LastOwner) => Some(HeldReason::LastOwner),
        _ if address_taken => Some(HeldReason::Conflict),
        held => held,
    };
    if user.membership_id.as_ref() == Some(&membership.id) && user.held_reason == held {
        return Ok(());
    }
    store::directory_users::set_grant(tx, &user.id, Some(&membership.id), held, context.now).await?;
    match held {
        Some(reason) => record_held(tx, case, reason).await,
        None => Ok(()),
    }
}

/// The directory holds the person back; said once, not with each update.
async fn hold(tx: &mut Tx, case: &Case<'_>, reason: HeldReason) -> Result<()> {
    let Case { context, user, .. } = *case;
    if user.held_reason == Some(reason) && user.membership_id.is_none() {
        return Ok(());
    }
    store::directory_users::set_grant(tx, &user.id, None, Some(reason), context.now).await?;
    record_held(tx, case, reason).await
}

async fn record_held(tx: &mut Tx, case: &Case<'_>, reason: HeldReason) -> Result<()> {
    let Case { context, speaker, user, .. } = *case;
    let workspace = &speaker.workspace_id;
    let detail = json!({ "reason": reason, "userName": user.user_name });
    audit::record(tx, context, workspace, "directory_user.held", user.id.as_str(), &detail).await?;
    if reason == HeldReason::SeatLimit {
        alerts::seat_limit_reached(tx, context, workspace).await?;
    }
    Ok(())
}
