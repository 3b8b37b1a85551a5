//! The projection: from what the directory said to what is granted, in the transaction that recorded it.
//!
//! [`project`] gathers the facts, [`decision::decide`] judges them, and `carry_out` does what follows.

pub mod decision;
mod found;
mod new_address;
pub mod roles;

use serde_json::json;

use self::{
    decision::{Decision, Gate, Person, decide},
    found::{Found, find},
};
use super::{
    EmailAddress, alerts, first_password,
    grants::{self, Ended, Inviter},
    seats,
};
use crate::{
    audit, directory,
    error::Result,
    mail,
    model::{
        DirectoryId, HeldReason, MailTemplate, MembershipId, MembershipStatus, Role, Source, SuspendedBy,
        WorkspaceId,
    },
    state::Context,
    store::{self, Tx, directories::Settings, directory_users::DirectoryUser, memberships::Membership},
};

/// Longest tag of a language that is kept; BCP 47 asks for no less (RFC 5646 section 4.4.1).
const LONGEST_LANGUAGE: usize = 35;

/// The directory that speaks.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The directory.
    pub directory_id: DirectoryId,
    /// The workspace that it feeds.
    pub workspace_id: WorkspaceId,
    /// What an admin decided for it.
    pub settings: Settings,
}

/// What a directory's word led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was decided.
    pub decision: Decision,
    /// What ended.
    pub ended: Ended,
}

impl Outcome {
    /// Whether a seat or an address may be free now, for which others wait.
    pub fn makes_room(&self) -> bool {
        use Decision::{ChangeAddress, KeepLastOwner, Reinvite, Remove, Suspend, Withdraw};
        matches!(self.decision, Suspend | Remove | Withdraw(_) | ChangeAddress | Reinvite | KeepLastOwner)
    }
}

/// What is known of a person, and what was decided from it.
struct Judgement {
    person: Person,
    found: Found,
    decision: Decision,
}

/// Does what follows from the directory user as it now stands in the mirror.
///
/// # Errors
/// When the database fails; `Scim` 403 when the workspace is full and its directory refuses people then.
pub async fn project(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
) -> Result<Outcome> {
    let judged = judge(tx, speaker, user).await?;
    if !judged.decision.held().is_some_and(HeldReason::may_end_by_settings) {
        return carry_out(tx, context, speaker, user, judged).await;
    }
    // The settings may have changed since the request was let in, and the look at held people that follows would miss
    // this one. So they are read again under a lock: who changes them from now on waits, and then finds the hold.
    let Some(directory) =
        store::directories::get_for_share(tx, &speaker.workspace_id, &speaker.directory_id).await?
    else {
        return carry_out(tx, context, speaker, user, judged).await;
    };
    let when_full = speaker.settings.when_full;
    let speaker = Speaker { settings: Settings { when_full, ..directory.settings }, ..speaker.clone() };
    let mut user = user.clone();
    directory::user::find_email_again(tx, &speaker, &mut user).await?;
    let judged = judge(tx, &speaker, &user).await?;
    carry_out(tx, context, &speaker, &user, judged).await
}

async fn judge(tx: &mut Tx, speaker: &Speaker, user: &DirectoryUser) -> Result<Judgement> {
    let person = Person {
        deleted: user.deleted,
        active: user.active,
        email: user.email.as_deref().and_then(|email| email.parse().ok()),
    };
    let found = find(tx, speaker, user, &person).await?;
    let gate = gate(tx, speaker, user, &person, &found).await?;
    let decision = decide(&person, &found.standing(), &gate);
    Ok(Judgement { person, found, decision })
}

async fn gate(
    tx: &mut Tx,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
    found: &Found,
) -> Result<Gate> {
    let settings = &speaker.settings;
    let domain = person.email.as_ref().map_or("", EmailAddress::domain);
    // Seats are counted, and the counting locks: only for someone who may take one.
    let seat_free = !decision::may_take_seat(person, &found.standing())
        || seats::is_free(tx, &speaker.workspace_id).await?;
    Ok(Gate {
        mode: settings.invitation_mode,
        domain_allowed: settings.allowed_domains.allow(domain),
        approved: user.approved_at.is_some(),
        seat_free,
        when_full: settings.when_full,
    })
}

/// Whether taking this membership away would leave the workspace without an active owner.
///
/// # Errors
/// When the database fails.
pub async fn is_last_owner(tx: &mut Tx, membership: &Membership) -> store::Result<bool> {
    if membership.role != Role::Owner || membership.status != MembershipStatus::Active {
        return Ok(false);
    }
    let owners = store::memberships::lock_active_owners(tx, &membership.workspace_id).await?;
    Ok(owners.iter().all(|owner| *owner == membership.id))
}

async fn carry_out(
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
    let ended = apply(tx, context, speaker, user, &person, &found, decision).await?;
    if let Found::Linked { membership, .. } = &found
        && (person.deleted || !person.active)
    {
        // Another person of the directory who has this address may stand behind the member now.
        store::freed_addresses::note(tx, &speaker.workspace_id, &membership.email_key).await?;
    }
    Ok(Outcome { decision, ended })
}

async fn apply(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
    found: &Found,
    decision: Decision,
) -> Result<Ended> {
    let inviter = Inviter {
        person: None,
        directory: Some(speaker.directory_id.clone()),
        language: None,
        template: MailTemplate::Invitation,
        delay: context.invitation_delay,
    };
    let mut ended = Ended::default();
    let had_access =
        matches!(found, Found::Linked { membership, .. } if membership.status == MembershipStatus::Active);
    let mut membership = match found {
        Found::Linked { membership, .. } => membership.clone(),
        Found::Former(former) if decision.makes_member() => come_back(former, speaker, user, context),
        Found::Nobody if decision.makes_member() => {
            let Some(membership) = new_membership(context, speaker, user, person) else {
                return Ok(ended);
            };
            if !store::memberships::insert(tx, &membership).await? {
                // Another directory user of the same address was faster.
                hold(tx, context, speaker, user, HeldReason::Conflict).await?;
                return Ok(ended);
            }
            membership
        }
        Found::Nobody | Found::Former(_) | Found::Taken => {
            if let Decision::Hold(reason) = decision {
                hold(tx, context, speaker, user, reason).await?;
            }
            return Ok(ended);
        }
    };
    let has_a_say = !found.is_outlived(person);
    let address_taken = has_a_say && matches!(found, Found::Linked { new_address_taken: true, .. });
    let before = membership.clone();
    let followed = has_a_say && follow(&mut membership, user, person, address_taken);
    if membership.email_key != before.email_key {
        vacate_address(tx, context, &membership).await?;
    }
    if matches!(found, Found::Linked { .. }) {
        first_password::follow_address(tx, context, &mut membership).await?;
    }
    match decision {
        Decision::Follow | Decision::Hold(_) | Decision::Refuse => {
            if followed {
                membership.updated_at = context.now;
                store::memberships::update(tx, &membership).await?;
            }
        }
        Decision::Provision => {
            grants::set_status(&mut membership, MembershipStatus::Provisioned, context);
            store::memberships::update(tx, &membership).await?;
        }
        Decision::Withdraw(reason) => {
            ended = grants::end_access(tx, context, &membership).await?;
            grants::set_status(&mut membership, MembershipStatus::Provisioned, context);
            store::memberships::update(tx, &membership).await?;
            let detail = json!({ "reason": reason });
            grants::record(tx, context, &membership, "invitation.revoked", &detail).await?;
        }
        Decision::Invite | Decision::Reinvite => {
            membership.suspended_by = None;
            grants::invite(tx, context, &mut membership, &inviter).await?;
        }
        Decision::Add => {
            membership.suspended_by = None;
            grants::add(tx, context, &mut membership).await?;
        }
        Decision::Reinstate => {
            grants::reinstate(tx, context, &mut membership).await?;
            settle_last_owners(tx, context, &membership).await?;
        }
        Decision::ChangeAddress => {
            ended.sessions = grants::end_sessions(tx, &before).await?;
            membership.updated_at = context.now;
            store::memberships::update(tx, &membership).await?;
            let link_ordered =
                first_password::order_link(tx, context, &membership, context.invitation_delay).await?;
            new_address::tell(tx, context, &before, &membership, link_ordered).await?;
        }
        Decision::Suspend => {
            ended = grants::suspend(tx, context, &mut membership, SuspendedBy::Directory).await?;
        }
        Decision::Remove => ended = grants::remove(tx, context, &mut membership).await?,
        Decision::KeepLastOwner => {
            if followed {
                membership.updated_at = context.now;
                store::memberships::update(tx, &membership).await?;
            }
            ended = grants::end_access(tx, context, &membership).await?;
            grants::record(tx, context, &membership, "membership.last_owner_kept", &json!({})).await?;
            if user.held_reason != Some(HeldReason::LastOwner) {
                alerts::last_owner(tx, context, &speaker.directory_id, &membership).await?;
            }
        }
    }
    // A member hears of it in whatever state they are: the address may come back with them.
    let has_moved = before.joined_at.is_some() && before.email_key != membership.email_key;
    if has_moved && decision != Decision::ChangeAddress {
        new_address::tell(tx, context, &before, &membership, false).await?;
    }
    let held = match decision.held() {
        Some(HeldReason::LastOwner) => Some(HeldReason::LastOwner),
        _ if address_taken => Some(HeldReason::Conflict),
        held => held,
    };
    if user.membership_id.as_ref() != Some(&membership.id) || user.held_reason != held {
        store::directory_users::set_grant(tx, &user.id, Some(&membership.id), held, context.now).await?;
        if let Some(reason) = held {
            record_held(tx, context, speaker, user, reason).await?;
        }
    }
    if had_access && matches!(decision, Decision::Suspend | Decision::Remove) {
        alerts::count_suspension(tx, context, &speaker.workspace_id, &speaker.directory_id).await?;
    }
    Ok(ended)
}

/// Keeps name and address as the directory gives them; true when something changed.
fn follow(membership: &mut Membership, user: &DirectoryUser, person: &Person, address_taken: bool) -> bool {
    let before = membership.clone();
    if membership.source == Source::Directory {
        membership.name = display_name(user);
        membership.language = language(user);
    }
    if let Some(email) = person.email.as_ref().filter(|_| !address_taken) {
        membership.email = email.as_str().to_owned();
        membership.email_key = email.key();
    }
    before != *membership
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

/// The person's own language, of SCIM `preferredLanguage`, which may name several, and then `locale` (RFC 7643 section
/// 4.1.1): the first with mails in it, else the first.
fn language(user: &DirectoryUser) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(&user.document).ok()?;
    let tags: Vec<&str> = ["preferredLanguage", "locale"]
        .iter()
        .filter_map(|name| document.get(name)?.as_str())
        .flat_map(mail::languages_by_preference)
        .filter(|tag| tag.len() <= LONGEST_LANGUAGE)
        .collect();
    let known = tags.iter().find(|tag| mail::known_language(tag).is_some());
    known.or(tags.first()).map(|tag| (*tag).to_owned())
}

/// The directory holds the person back; said once, not with each update.
async fn hold(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    reason: HeldReason,
) -> Result<()> {
    if user.held_reason == Some(reason) && user.membership_id.is_none() {
        return Ok(());
    }
    store::directory_users::set_grant(tx, &user.id, None, Some(reason), context.now).await?;
    record_held(tx, context, speaker, user, reason).await
}

async fn record_held(
    tx: &mut Tx,
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    reason: HeldReason,
) -> Result<()> {
    let detail = json!({ "reason": reason, "userName": user.user_name });
    audit::record(tx, context, &speaker.workspace_id, "directory_user.held", user.id.as_str(), &detail)
        .await?;
    if reason == HeldReason::SeatLimit {
        alerts::seat_limit_reached(tx, context, &speaker.workspace_id).await?;
    }
    Ok(())
}

fn new_membership(
    context: &Context,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
) -> Option<Membership> {
    let email = person.email.as_ref()?;
    Some(Membership {
        id: context.clock.new_id(),
        workspace_id: speaker.workspace_id.clone(),
        account_id: None,
        email: email.as_str().to_owned(),
        email_key: email.key(),
        name: display_name(user),
        language: None,
        role: speaker.settings.default_role,
        status: MembershipStatus::Provisioned,
        source: Source::Directory,
        directory_id: Some(speaker.directory_id.clone()),
        suspended_by: None,
        status_changed_at: context.now,
        joined_at: None,
        last_active_at: None,
        created_at: context.now,
        updated_at: context.now,
    })
}

/// A removed membership begins again: this directory vouches for it, with the role of a new person.
fn come_back(former: &Membership, speaker: &Speaker, user: &DirectoryUser, context: &Context) -> Membership {
    Membership {
        name: display_name(user),
        role: speaker.settings.default_role,
        source: Source::Directory,
        directory_id: Some(speaker.directory_id.clone()),
        suspended_by: None,
        joined_at: None,
        updated_at: context.now,
        ..former.clone()
    }
}

fn display_name(user: &DirectoryUser) -> String {
    user.display_name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| user.user_name.clone())
}

/// Applies what was put off: when the workspace has another active owner, an owner whom a directory called inactive or
/// deleted, and whom none calls active, is suspended at last. That is done once: whoever is brought back by hand
/// afterwards stays.
///
/// # Errors
/// When the database fails.
pub async fn settle_last_owners(tx: &mut Tx, context: &Context, became_owner: &Membership) -> Result<()> {
    if became_owner.role != Role::Owner || became_owner.status != MembershipStatus::Active {
        return Ok(());
    }
    let owners: Vec<MembershipId> =
        store::memberships::lock_active_owners(tx, &became_owner.workspace_id).await?;
    for id in owners.iter().filter(|id| **id != became_owner.id) {
        let is_put_off = store::held::is_kept_as_last_owner(tx, id).await?;
        store::held::end_as_last_owner(tx, id).await?;
        if is_put_off
            && let Some(mut owner) = store::memberships::get(tx, &became_owner.workspace_id, id).await?
        {
            grants::suspend(tx, context, &mut owner, SuspendedBy::Directory).await?;
        }
    }
    Ok(())
}
