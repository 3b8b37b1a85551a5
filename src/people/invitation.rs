//! Invitations: sent by hand, sent again, withdrawn, opened, accepted, declined, expired.

use std::time::Duration;

use serde_json::json;

use super::{
    Caller, EmailAddress, Permission, account,
    grants::{self, Inviter},
    password, projection,
};
use crate::{
    audit::Actor,
    clock::Timestamp,
    error::{Error, Result},
    model::{InvitationStatus, MembershipId, MembershipStatus, Role, Source, SuspendedBy, WorkspaceId},
    state::{Context, Rollcall},
    store::{
        self, Conn, Tx, UniqueKey, accounts::Account, invitations::Invitation, memberships::Membership,
        workspaces::Workspace,
    },
};

/// Most addresses in one go.
const MOST_ADDRESSES: usize = 200;
/// Least time between two mails of one invitation, from the third on.
const RESEND_PAUSE: Duration = Duration::from_secs(60);
/// Most mails of one invitation.
const MOST_MAILS: i64 = 6;

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The address as it was typed.
    pub email: String,
    /// What became of it.
    pub outcome: InviteOutcome,
}

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InviteOutcome {
    /// An invitation is on its way.
    Sent,
    /// The person is a member already.
    AlreadyMember,
    /// An invitation is open; it can be sent again from the list.
    AlreadyInvited,
    /// The person is suspended, or the directory calls them inactive.
    Suspended(SuspendedBy),
    /// Not an address.
    NotAnAddress,
}

/// Invites people by hand. `addresses` is separated by commas, semicolons, spaces or lines.
///
/// # Errors
/// `Forbidden`; `Invalid` on `emails` when there is none or too many.
pub async fn invite(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    addresses: &str,
    role: Role,
) -> Result<Vec<Invited>> {
    caller.require(Permission::ManagePeople)?;
    if role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    let addresses: Vec<&str> = addresses
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|address| !address.is_empty())
        .collect();
    if addresses.is_empty() {
        return Err(Error::invalid("emails", "Enter at least one e-mail address."));
    }
    if addresses.len() > MOST_ADDRESSES {
        return Err(Error::invalid("emails", format!("Invite at most {MOST_ADDRESSES} people in one go.")));
    }
    let mut results = Vec::with_capacity(addresses.len());
    for address in addresses {
        let outcome = match address.parse::<EmailAddress>() {
            Ok(email) => invite_one(rollcall, caller, &email, role).await?,
            Err(_) => InviteOutcome::NotAnAddress,
        };
        results.push(Invited { email: address.to_owned(), outcome });
    }
    rollcall.mail_due.notify_one();
    Ok(results)
}

async fn invite_one(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    email: &EmailAddress,
    role: Role,
) -> Result<InviteOutcome> {
    let context = rollcall.context(caller.actor());
    let workspace = &caller.workspace().id;
    let inviter =
        Inviter { person: caller.actor().account().cloned(), directory: None, delay: Duration::ZERO };
    let mut tx = rollcall.db.write().await?;
    let mut membership = new_manual_membership(&context, workspace, email, role);
    if !store::memberships::insert(&mut tx, &membership).await? {
        let Some(existing) = store::memberships::find_by_email(&mut tx, workspace, &email.key()).await?
        else {
            tx.rollback().await?;
            return Err(Error::Internal(format!("the membership of {email} is there and is not")));
        };
        if let Some(outcome) = refusal(&mut tx, &existing).await? {
            tx.rollback().await?;
            return Ok(outcome);
        }
        membership = invitable(&existing, role);
    }
    grants::invite(&mut tx, &context, &mut membership, &inviter).await?;
    tx.commit().await?;
    Ok(InviteOutcome::Sent)
}

/// Why an address that the workspace knows cannot be invited now.
async fn refusal(conn: &mut Conn, existing: &Membership) -> Result<Option<InviteOutcome>> {
    let outcome = match existing.status {
        MembershipStatus::Active => Some(InviteOutcome::AlreadyMember),
        MembershipStatus::Invited => Some(InviteOutcome::AlreadyInvited),
        MembershipStatus::Suspended => {
            Some(InviteOutcome::Suspended(existing.suspended_by.unwrap_or(SuspendedBy::Admin)))
        }
        MembershipStatus::Provisioned | MembershipStatus::Removed => {
            let users = store::directory_users::list_of_membership(conn, &existing.id).await?;
            let gone = !users.is_empty() && !users.iter().any(|user| user.active);
            gone.then_some(InviteOutcome::Suspended(SuspendedBy::Directory))
        }
    };
    Ok(outcome)
}

/// A known person who is invited again: from a directory they keep what it says, otherwise they begin anew.
fn invitable(existing: &Membership, role: Role) -> Membership {
    if existing.status == MembershipStatus::Removed {
        Membership {
            role,
            source: Source::Manual,
            directory_id: None,
            suspended_by: None,
            joined_at: None,
            ..existing.clone()
        }
    } else {
        Membership { role, ..existing.clone() }
    }
}

fn new_manual_membership(
    context: &Context,
    workspace: &WorkspaceId,
    email: &EmailAddress,
    role: Role,
) -> Membership {
    Membership {
        id: context.clock.new_id(),
        workspace_id: workspace.clone(),
        account_id: None,
        email: email.as_str().to_owned(),
        email_key: email.key(),
        name: email.as_str().split('@').next().unwrap_or_default().to_owned(),
        language: None,
        role,
        status: MembershipStatus::Invited,
        source: Source::Manual,
        directory_id: None,
        suspended_by: None,
        status_changed_at: context.now,
        joined_at: None,
        last_active_at: None,
        created_at: context.now,
        updated_at: context.now,
    }
}

/// Sends a person's invitation again, or anew when it was declined, withdrawn or ran out. Earlier links are dead.
///
/// # Errors
/// `Conflict` when the person cannot be invited now, or was mailed a moment ago.
pub async fn resend(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let Some(mut membership) =
        store::memberships::get_for_update(&mut tx, &caller.workspace().id, id).await?
    else {
        tx.rollback().await?;
        return Err(Error::NotFound { what: "person in this workspace" });
    };
    if let Some(refusal) = resend_refusal(&mut tx, &context, &membership).await? {
        tx.rollback().await?;
        return Err(Error::conflict("member", refusal));
    }
    let directory = membership.directory_id.clone();
    let inviter = Inviter { person: caller.actor().account().cloned(), directory, delay: Duration::ZERO };
    grants::invite(&mut tx, &context, &mut membership, &inviter).await?;
    tx.commit().await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn resend_refusal(tx: &mut Tx, context: &Context, membership: &Membership) -> Result<Option<String>> {
    if !matches!(membership.status, MembershipStatus::Invited | MembershipStatus::Provisioned) {
        return Ok(Some(format!("{} has no open invitation.", membership.email)));
    }
    let Some(open) = store::invitations::find_pending(tx, &membership.id).await? else { return Ok(None) };
    if open.generation >= MOST_MAILS {
        return Ok(Some(
            "This invitation was sent many times already. Withdraw it and invite the person anew.".to_owned(),
        ));
    }
    if open.generation > 1 && context.now.since(open.sent_at) < RESEND_PAUSE {
        return Ok(Some("This invitation was sent less than a minute ago. Wait a moment.".to_owned()));
    }
    Ok(None)
}

/// Withdraws a person's open invitation: its link is dead, queued mail does not leave.
/// A person from a directory stays known; someone invited by hand is gone from the list.
///
/// # Errors
/// `Conflict` when there is no open invitation.
pub async fn revoke(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let found = store::memberships::get_for_update(&mut tx, &caller.workspace().id, id).await?;
    let Some(mut membership) = found.filter(|m| m.status == MembershipStatus::Invited) else {
        tx.rollback().await?;
        return Err(Error::conflict("member", "There is no open invitation to withdraw."));
    };
    grants::end_access(&mut tx, &context, &membership).await?;
    withdraw_grant(&mut tx, &context, &mut membership).await?;
    grants::record(&mut tx, &context, &membership, "invitation.revoked", &json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Where an invited person stands when the invitation is over.
async fn withdraw_grant(tx: &mut Tx, context: &Context, membership: &mut Membership) -> store::Result<()> {
    let status = match membership.source {
        Source::Manual => MembershipStatus::Removed,
        Source::Directory | Source::DirectoryAndManual => MembershipStatus::Provisioned,
    };
    grants::set_status(membership, status, context);
    store::memberships::update(tx, membership).await
}

/// What a link in a mail leads to.
#[derive(Clone, Debug)]
pub enum Doorway {
    /// It can be accepted.
    Open(Box<OpenInvitation>),
    /// It was accepted; the workspace is the place to go.
    Accepted(Workspace),
    /// Its time is over.
    Expired {
        /// The workspace.
        workspace: Workspace,
        /// Since when.
        at: Timestamp,
    },
    /// The invited person said no.
    Declined(Workspace),
    /// A newer mail holds the link that works.
    Replaced(Workspace),
    /// It was withdrawn, or there never was such a link: a caller cannot tell which.
    Withdrawn,
}

/// An invitation that can be accepted.
#[derive(Clone, Debug)]
pub struct OpenInvitation {
    /// The workspace.
    pub workspace: Workspace,
    /// The invitation.
    pub invitation: Invitation,
    /// The membership that accepting makes active.
    pub membership: Membership,
    /// The name of the person who invited.
    pub invited_by: Option<String>,
    /// The name of the directory that invited.
    pub directory: Option<String>,
    /// The account that the address has, if it has one.
    pub account: Option<Account>,
}

/// Looks at what a link leads to. Changes nothing but the note that it was opened: mail scanners open links.
///
/// # Errors
/// When the store fails.
pub async fn open(rollcall: &Rollcall, token: &str) -> Result<Doorway> {
    let mut conn = rollcall.db.read().await?;
    let doorway = look_up(&mut conn, token, rollcall.clock.now()).await?;
    drop(conn);
    if let Doorway::Open(open) = &doorway
        && open.invitation.opened_at.is_none()
    {
        let mut tx = rollcall.db.write().await?;
        store::invitations::mark_opened(&mut tx, &open.invitation.id, rollcall.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(doorway)
}

async fn look_up(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Doorway> {
    let Some(link) = store::invitations::find_link(conn, &crate::secret::hash(token)).await? else {
        return Ok(Doorway::Withdrawn);
    };
    let Some(invitation) = store::invitations::get(conn, &link.invitation_id).await? else {
        return Ok(Doorway::Withdrawn);
    };
    let Some(workspace) = store::workspaces::get(conn, &invitation.workspace_id).await? else {
        return Ok(Doorway::Withdrawn);
    };
    Ok(match invitation.status {
        InvitationStatus::Revoked => Doorway::Withdrawn,
        InvitationStatus::Accepted => Doorway::Accepted(workspace),
        InvitationStatus::Declined => Doorway::Declined(workspace),
        InvitationStatus::Expired => Doorway::Expired { workspace, at: invitation.expires_at },
        InvitationStatus::Pending if link.generation != invitation.generation => Doorway::Replaced(workspace),
        InvitationStatus::Pending if invitation.expires_at <= now => {
            Doorway::Expired { workspace, at: invitation.expires_at }
        }
        InvitationStatus::Pending => {
            let Some(membership) =
                store::memberships::get(conn, &workspace.id, &invitation.membership_id).await?
            else {
                return Ok(Doorway::Withdrawn);
            };
            let invited_by = match &invitation.invited_by {
                Some(id) => store::accounts::get(conn, id).await?.map(|account| account.name),
                None => None,
            };
            let directory = match &invitation.directory_id {
                Some(id) => {
                    store::directories::get(conn, &workspace.id, id).await?.map(|directory| directory.name)
                }
                None => None,
            };
            let account = store::accounts::find_by_email(conn, &membership.email_key).await?;
            Doorway::Open(Box::new(OpenInvitation {
                workspace,
                invitation,
                membership,
                invited_by,
                directory,
                account,
            }))
        }
    })
}

/// How the invited person shows who they are.
#[derive(Clone, Copy, Debug)]
pub enum Acceptance<'a> {
    /// With a password: a new one, or the one of the account that the address has.
    Password {
        /// The name they want to go by; not asked when the address has an account.
        name: &'a str,
        /// The password.
        password: &'a str,
    },
    /// As the account that is signed in in this browser.
    SignedIn(&'a Account),
}

/// Accepts an invitation: of any number of callers with the same link, one gets through.
///
/// # Errors
/// `NotFound` when the link leads nowhere (any more); `Invalid` on `name` or `password`; `Conflict` on `account` when
/// another account is signed in.
pub async fn accept(
    rollcall: &Rollcall,
    token: &str,
    acceptance: Acceptance<'_>,
) -> Result<(Account, Workspace)> {
    let gone = Error::NotFound { what: "open invitation behind this link" };
    let Doorway::Open(open) = open(rollcall, token).await? else { return Err(gone) };
    let account = prove(rollcall, &open, acceptance).await?;

    let mut tx = rollcall.db.write().await?;
    let context = rollcall.context(Actor::Invitee);
    // Locks are taken in the order membership, invitation: the directory, which may take this person out at this
    // very moment, takes them in the same order, and then wins.
    let membership =
        store::memberships::get_for_update(&mut tx, &open.workspace.id, &open.membership.id).await?;
    let invitation = store::invitations::get_for_update(&mut tx, &open.invitation.id).await?;
    let still_open = invitation.is_some_and(|now| {
        now.status == InvitationStatus::Pending && now.generation == open.invitation.generation
    });
    let (Some(mut membership), true) = (membership, still_open) else {
        tx.rollback().await?;
        return Err(gone);
    };
    let account = match account {
        Proven::Existing(account) => account,
        Proven::New { name, hash } => {
            let email: EmailAddress = membership.email.parse()?;
            match account::insert(&mut tx, &context, &email, &name, Some(hash)).await {
                Err(store::Error::Unique(UniqueKey::AccountEmail)) => {
                    tx.rollback().await?;
                    return Err(Error::conflict(
                        "account",
                        format!("{email} got an account a moment ago. Join with its password."),
                    ));
                }
                inserted => inserted?,
            }
        }
        Proven::Claimed { account, name, hash } => {
            store::accounts::set_credentials(&mut tx, &account.id, &name, &hash, context.now).await?;
            account
        }
    };
    let taken = store::memberships::find_by_account(&mut tx, &open.workspace.id, &account.id).await?;
    if taken.is_some_and(|other| other.id != membership.id) {
        tx.rollback().await?;
        return Err(Error::conflict(
            "account",
            format!(
                "{} is a member of {} already, under another address.",
                account.email, open.workspace.name
            ),
        ));
    }
    store::invitations::end(&mut tx, &open.invitation.id, InvitationStatus::Accepted, context.now).await?;
    store::outbox::cancel(&mut tx, open.invitation.id.as_str(), "The invitation was accepted.", context.now)
        .await?;
    membership.account_id = Some(account.id.clone());
    if membership.source == Source::Manual {
        membership.name.clone_from(&account.name);
    }
    membership.joined_at = Some(context.now);
    grants::set_status(&mut membership, MembershipStatus::Active, &context);
    store::memberships::update(&mut tx, &membership).await?;
    let context = Context { actor: Actor::Person(account.id.clone()), ..context };
    grants::record(&mut tx, &context, &membership, "invitation.accepted", &json!({})).await?;
    projection::settle_last_owners(&mut tx, &context, &membership).await?;
    tx.commit().await?;
    Ok((account, open.workspace))
}

/// Who accepts.
enum Proven {
    /// An account that exists.
    Existing(Account),
    /// An account that exists without a password, which it gets now.
    Claimed { account: Account, name: String, hash: String },
    /// An account to be made.
    New { name: String, hash: String },
}

async fn prove(rollcall: &Rollcall, open: &OpenInvitation, acceptance: Acceptance<'_>) -> Result<Proven> {
    match acceptance {
        Acceptance::SignedIn(account) if account.email_key == open.membership.email_key => {
            Ok(Proven::Existing(account.clone()))
        }
        Acceptance::SignedIn(account) => Err(Error::conflict(
            "account",
            format!(
                "This invitation is for {}. You are signed in as {}. Sign out first.",
                open.membership.email, account.email
            ),
        )),
        Acceptance::Password { name, password: given } => match &open.account {
            Some(account) if account.password_hash.is_some() => {
                if password::verify(account.password_hash.as_deref(), given).await? {
                    Ok(Proven::Existing(account.clone()))
                } else {
                    Err(Error::invalid("password", "This is not the password of your account."))
                }
            }
            existing => {
                let name = account::checked_name("name", name)?;
                password::check(given, &open.membership.email, &name)?;
                let hash = password::hash(&rollcall.clock, given).await?;
                Ok(match existing {
                    Some(account) => Proven::Claimed { account: account.clone(), name, hash },
                    None => Proven::New { name, hash },
                })
            }
        },
    }
}

/// Declines an invitation. The directory keeps the person; nobody is invited again by itself.
///
/// # Errors
/// `NotFound` when the link leads nowhere (any more).
pub async fn decline(rollcall: &Rollcall, token: &str) -> Result<Workspace> {
    let gone = Error::NotFound { what: "open invitation behind this link" };
    let Doorway::Open(open) = open(rollcall, token).await? else { return Err(gone) };
    let mut tx = rollcall.db.write().await?;
    if !end(&mut tx, &rollcall.context(Actor::Invitee), &open.invitation, InvitationStatus::Declined).await? {
        tx.rollback().await?;
        return Err(gone);
    }
    tx.commit().await?;
    Ok(open.workspace)
}

/// Ends invitations whose time is over; gives their number. Called by the worker.
///
/// # Errors
/// When the store fails.
pub async fn expire_overdue(rollcall: &Rollcall) -> Result<usize> {
    const AT_ONCE: i64 = 200;
    let context = rollcall.context(Actor::Rollcall);
    let overdue = {
        let mut conn = rollcall.db.read().await?;
        store::invitations::list_overdue(&mut conn, context.now, AT_ONCE).await?
    };
    for invitation in &overdue {
        let mut tx = rollcall.db.write().await?;
        end(&mut tx, &context, invitation, InvitationStatus::Expired).await?;
        tx.commit().await?;
    }
    Ok(overdue.len())
}

/// Ends a pending invitation and takes the membership back to where it was before; false when it was not pending.
async fn end(
    tx: &mut Tx,
    context: &Context,
    invitation: &Invitation,
    status: InvitationStatus,
) -> Result<bool> {
    let membership =
        store::memberships::get_for_update(tx, &invitation.workspace_id, &invitation.membership_id).await?;
    let Some(mut membership) = membership else { return Ok(false) };
    if !store::invitations::end(tx, &invitation.id, status, context.now).await? {
        return Ok(false);
    }
    store::outbox::cancel(tx, invitation.id.as_str(), "The invitation is over.", context.now).await?;
    withdraw_grant(tx, context, &mut membership).await?;
    let action = format!("invitation.{status}");
    grants::record(tx, context, &membership, &action, &json!({})).await?;
    Ok(true)
}
