//! A new invitation for someone whose own has run out, asked for by themselves.

use std::time::Duration;

use super::{Doorway, doorway, open};
use crate::{
    audit::Actor,
    error::{Error, Result},
    model::MailTemplate,
    people::{
        grants::{self, Inviter},
        mail::LIMITS,
        seats,
    },
    secret,
    state::{Context, Rollcall},
    store::{self, Tx, invitations::Invitation, memberships::Membership, workspaces::Workspace},
};

const GONE: Error = Error::NotFound { what: "invitation that could be sent again" };
const FULL: &str = "No seat is free just now. Ask an admin to free one.";
const FULL_AND_TOLD: &str = "No seat is free just now. We told the admins; try again when there is one.";

/// Sends a new invitation to the address that the old one went to, and nowhere else.
///
/// # Errors
/// `NotFound` when the link leads to no invitation that ran out, or nobody vouches for the person any more; `Conflict` on
/// `invitation` when there were too many mails lately, or no seat is free.
pub async fn renew(rollcall: &Rollcall, token: &str) -> Result<String> {
    let Doorway::Expired { workspace, renewable: Some(_), .. } = open(rollcall, token).await? else {
        return Err(GONE);
    };
    let context = rollcall.context(Actor::Invitee);
    let mut tx = rollcall.db.write().await?;
    let email = renew_in(&mut tx, &context, &workspace, token).await;
    let Some(email) = tx.end(email).await? else {
        let told = doorway::tell_admins(rollcall, &workspace.id).await?;
        return Err(Error::conflict("invitation", if told { FULL_AND_TOLD } else { FULL }));
    };
    rollcall.mail_due.notify_one();
    Ok(email)
}

/// The address that the new invitation goes to; `None` when no seat is free.
async fn renew_in(
    tx: &mut Tx,
    context: &Context,
    workspace: &Workspace,
    token: &str,
) -> Result<Option<String>> {
    let (mut membership, invitation) = find(tx, workspace, token).await?.ok_or(GONE)?;
    if mailed_too_often(tx, context, &membership).await? {
        let message = "A mail was sent to you a short time ago. Look for it, or try again later.";
        return Err(Error::conflict("invitation", message));
    }
    if !seats::is_free(tx, &workspace.id).await? {
        return Ok(None);
    }
    let inviter = Inviter {
        person: invitation.invited_by,
        directory: membership.directory_id.clone(),
        language: invitation.language,
        template: MailTemplate::NewLink,
        delay: Duration::ZERO,
    };
    grants::invite(tx, context, &mut membership, &inviter).await?;
    Ok(Some(membership.email))
}

/// The invitation behind the link and its membership, locked, as long as it can be sent again.
async fn find(
    tx: &mut Tx,
    workspace: &Workspace,
    token: &str,
) -> store::Result<Option<(Membership, Invitation)>> {
    let Some(link) = store::invitations::find_link(tx, &secret::hash(token)).await? else { return Ok(None) };
    let Some(invitation) = store::invitations::get(tx, &link.invitation_id).await? else { return Ok(None) };
    let id = &invitation.membership_id;
    let Some(membership) = store::memberships::get_for_update(tx, &workspace.id, id).await? else {
        return Ok(None);
    };
    // Once more, for it may have changed before the lock.
    let Some(invitation) = store::invitations::get(tx, &link.invitation_id).await? else { return Ok(None) };
    let wanted = link.generation == invitation.generation
        && doorway::is_renewable(tx, &membership, &invitation).await?;
    Ok(wanted.then_some((membership, invitation)))
}

async fn mailed_too_often(tx: &mut Tx, context: &Context, membership: &Membership) -> store::Result<bool> {
    for (span, most) in LIMITS {
        let since = context.now.minus(span);
        if store::invitations::count_mails_since(tx, &membership.id, since).await? >= most {
            return Ok(true);
        }
    }
    Ok(false)
}
