//! Accepting and declining.

use std::time::Duration;

use serde_json::json;

use super::{Doorway, OpenInvitation, doorway, end, is_called_inactive, open};
use crate::{
    audit::Actor,
    error::{Error, Result, both},
    mail::{self, Order},
    model::{InvitationStatus, MailTemplate, MembershipStatus, Source},
    people::{EmailAddress, account, grants, password, projection::last_owner, seats},
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey, accounts::Account, invitations::Invitation, memberships::Membership,
        workspaces::Workspace,
    },
};

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

const GONE: Error = Error::NotFound { what: "open invitation behind this link" };

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
    let Doorway::Open(open) = open(rollcall, token).await? else { return Err(GONE) };
    let proven = prove(rollcall, &open, acceptance).await?;
    let context = rollcall.context(Actor::Invitee);
    let mut tx = rollcall.db.write().await?;
    let account = accept_in(&mut tx, &context, &open, proven).await;
    let account = tx.end(account).await?;
    Ok((account, open.workspace))
}

async fn accept_in(tx: &mut Tx, context: &Context, open: &OpenInvitation, proven: Proven) -> Result<Account> {
    // Locks are taken in the order membership, invitation: the directory, which may take this person out at this
    // very moment, takes them in the same order, and then wins.
    let membership = store::memberships::get_for_update(tx, &open.workspace.id, &open.membership.id).await?;
    let invitation = store::invitations::get_for_update(tx, &open.invitation.id).await?;
    let still_open = invitation.is_some_and(|now| {
        now.status == InvitationStatus::Pending && now.generation == open.invitation.generation
    });
    let (Some(mut membership), true) = (membership, still_open) else { return Err(GONE) };
    if is_called_inactive(tx, &membership.id).await? {
        return Err(GONE);
    }
    let seats = store::seats::lock(tx, &open.workspace.id).await?;
    if !seats::is_free_for_invited(seats) {
        return Err(Error::conflict("seat", format!("{} has no free seat.", open.workspace.name)));
    }
    let account = account_of(tx, context, &membership, proven).await?;
    let taken = store::memberships::find_by_account(tx, &open.workspace.id, &account.id).await?;
    let is_left = |other: &Membership| other.status != MembershipStatus::Removed;
    if let Some(other) = taken.filter(|other| other.id != membership.id && is_left(other)) {
        return Err(Error::conflict("account", under_another_address(&account, &open.workspace, &other)));
    }
    store::invitations::end(tx, &open.invitation.id, InvitationStatus::Accepted, context.now).await?;
    store::outbox::cancel(tx, open.invitation.id.as_str(), "The invitation was accepted.", context.now)
        .await?;
    store::memberships::vacate_account(tx, &open.workspace.id, &account.id).await?;
    membership.account_id = Some(account.id.clone());
    if membership.source == Source::Manual {
        membership.name.clone_from(&account.name);
    }
    membership.joined_at = Some(context.now);
    grants::set_status(&mut membership, MembershipStatus::Active, context);
    store::memberships::update(tx, &membership).await?;
    let context = Context { actor: Actor::Person(account.id.clone()), ..context.clone() };
    grants::record(tx, &context, &membership, "invitation.accepted", &json!({})).await?;
    last_owner::settle(tx, &context, &membership).await?;
    Ok(account)
}

/// The account of whoever accepts: made, or given its password, when need be.
async fn account_of(
    tx: &mut Tx,
    context: &Context,
    membership: &Membership,
    proven: Proven,
) -> Result<Account> {
    match proven {
        Proven::Existing(account) => Ok(account),
        Proven::New { name, hash } => {
            let email: EmailAddress = membership.email.parse()?;
            account::insert(tx, context, &email, &name, Some(hash)).await.map_err(|cause| match cause {
                store::Error::Unique(UniqueKey::AccountEmail) => Error::conflict(
                    "account",
                    format!("{email} got an account a moment ago. Join with its password."),
                ),
                other => Error::Store(other),
            })
        }
        Proven::Claimed { account, name, hash } => {
            store::accounts::set_credentials(tx, &account.id, &name, &hash, context.now).await?;
            Ok(account)
        }
    }
}

/// Why an account cannot accept that has a membership of the workspace under another address.
fn under_another_address(account: &Account, workspace: &Workspace, other: &Membership) -> String {
    let (email, workspace) = (&account.email, &workspace.name);
    if other.status == MembershipStatus::Active {
        format!("{email} is a member of {workspace} already, as {}. Sign in to go there.", other.email)
    } else {
        format!("{email} is known in {workspace} as {}, without access. Ask an admin there.", other.email)
    }
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
                let password = password::check(given, &open.membership.email, name.trim());
                let (name, ()) = both(account::checked_name("name", name), password)?;
                let hash = password::hash(&rollcall.clock, given).await?;
                Ok(match existing {
                    Some(account) => Proven::Claimed { account: account.clone(), name, hash },
                    None => Proven::New { name, hash },
                })
            }
        },
    }
}

/// Declines an invitation, whether or not there is a seat for it. The directory keeps the person; nobody is invited again
/// by itself. Whoever invited by hand is told.
///
/// # Errors
/// `NotFound` when the link leads nowhere (any more).
pub async fn decline(rollcall: &Rollcall, token: &str) -> Result<Workspace> {
    let mut conn = rollcall.db.read().await?;
    let (workspace, invitation) = match doorway::look_up(&mut conn, token, rollcall.clock.now()).await? {
        Doorway::Open(open) => (open.workspace, open.invitation),
        Doorway::Full { workspace, invitation, .. } => (workspace, *invitation),
        _ => return Err(GONE),
    };
    drop(conn);
    let context = rollcall.context(Actor::Invitee);
    let mut tx = rollcall.db.write().await?;
    let declined = async {
        if !end(&mut tx, &context, &invitation, InvitationStatus::Declined).await? {
            return Err(GONE);
        }
        Ok(tell_inviter(&mut tx, &context, &invitation).await?)
    }
    .await;
    tx.end(declined).await?;
    rollcall.mail_due.notify_one();
    rollcall.held_due.notify_one();
    Ok(workspace)
}

async fn tell_inviter(tx: &mut Tx, context: &Context, invitation: &Invitation) -> store::Result<()> {
    let Some(inviter) = doorway::inviter(tx, invitation).await? else { return Ok(()) };
    let order = Order {
        template: MailTemplate::Declined,
        workspace: Some(&invitation.workspace_id),
        subject_id: invitation.id.as_str(),
        generation: invitation.generation,
        recipient: &inviter.email,
        delay: Duration::ZERO,
        detail: json!({}),
    };
    mail::order(tx, context, &order).await
}
