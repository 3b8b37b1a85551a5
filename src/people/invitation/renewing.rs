//! A new invitation for someone whose own has run out, asked for by themselves.

use std::time::Duration;

use super::{Doorway, doorway, open};
use crate::{
    audit::Actor,
    error::{Error, Result},
    model::MailTemplate,
    people::{
        grants::{self, Inviter},
        seats,
    },
    secret,
    state::Rollcall,
    store,
};

/// Most mails to one person in a minute, and in a day.
const LIMITS: [(Duration, i64); 2] = [(Duration::from_secs(60), 1), (Duration::from_secs(24 * 3600), 5)];

/// Sends a new invitation to the address that the old one went to, and nowhere else.
///
/// # Errors
/// `NotFound` when the link leads to no invitation that ran out, or the directory no longer says active; `Conflict` on
/// `invitation` when there were too many mails lately, or no seat is free.
pub async fn renew(rollcall: &Rollcall, token: &str) -> Result<String> {
    let gone = Error::NotFound { what: "invitation that could be sent again" };
    let Doorway::Expired { workspace, renewable: Some(_), .. } = open(rollcall, token).await? else {
        return Err(gone);
    };
    let context = rollcall.context(Actor::Invitee);
    let mut tx = rollcall.db.write().await?;
    let link = store::invitations::find_link(&mut tx, &secret::hash(token)).await?;
    let invitation = match link {
        Some(link) => store::invitations::get(&mut tx, &link.invitation_id).await?,
        None => None,
    };
    let membership = match invitation {
        Some(found) => {
            store::memberships::get_for_update(&mut tx, &workspace.id, &found.membership_id).await?
        }
        None => None,
    };
    let refusal = match &membership {
        Some(membership) if doorway::is_renewable(&mut tx, membership).await? => {
            let mut refusal = None;
            for (span, most) in LIMITS {
                let since = context.now.minus(span);
                if store::invitations::count_mails_since(&mut tx, &membership.id, since).await? >= most {
                    refusal =
                        Some("A mail was sent to you a short time ago. Look for it, or try again later.");
                }
            }
            if refusal.is_none() && !seats::is_free(&mut tx, &workspace.id).await? {
                refusal = Some("No seat is free just now. Ask an admin to free one.");
            }
            refusal.map(|text| Error::conflict("invitation", text))
        }
        _ => Some(gone),
    };
    let (Some(mut membership), None) = (membership, &refusal) else {
        tx.rollback().await?;
        return Err(refusal.unwrap_or(Error::NotFound { what: "invitation" }));
    };
    let inviter = Inviter {
        person: None,
        directory: membership.directory_id.clone(),
        template: MailTemplate::NewLink,
        delay: Duration::ZERO,
    };
    grants::invite(&mut tx, &context, &mut membership, &inviter).await?;
    tx.commit().await?;
    rollcall.mail_due.notify_one();
    Ok(membership.email)
}
