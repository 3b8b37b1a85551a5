//! From a row of the outbox to the invitation that it asks for.

use super::reminder;
use crate::{
    clock::Timestamp,
    error::Result,
    mail::{Identity, InvitationMail, InvitedBy, Message},
    model::{InvitationId, InvitationStatus},
    people::grants::INVITATION_TEMPLATE,
    secret::Secret,
    state::Rollcall,
    store::{self, Conn, invitations::Invitation, outbox::Mail},
};

/// What is to be done with a mail that was claimed.
pub(super) enum Draft {
    /// It is to be sent; the attempt is counted and the link in it works.
    Ready {
        /// The mail.
        message: Box<Message>,
        /// Whether the mailbox may come into being later: a directory names people before they have one.
        mailbox_may_follow: bool,
    },
    /// It is no longer wanted, because of this.
    Unwanted(&'static str),
    /// It can never be sent, because of this.
    Impossible(String),
    /// Another worker has it, or someone cancelled it a moment ago.
    Gone,
}

/// Whether a mail with this template carries an invitation.
pub(super) fn is_invitation(template: &str) -> bool {
    matches!(template, INVITATION_TEMPLATE | reminder::TEMPLATE)
}

/// Writes the mail, and as the last step before sending looks whether it is still wanted: in the same transaction
/// the attempt is counted and the link begins to work.
///
/// # Errors
/// When the store or the machine fails; nothing was counted then.
pub(super) async fn draft(rollcall: &Rollcall, mail: &Mail) -> Result<Draft> {
    let id = InvitationId(mail.subject_id.clone());
    let now = rollcall.clock.now();
    let mut conn = rollcall.db.read().await?;
    let invitation = match store::invitations::get(&mut conn, &id).await? {
        Some(invitation) if is_wanted(&invitation, mail, now) => invitation,
        _ => return Ok(Draft::Unwanted(UNWANTED)),
    };
    let Some(letter) = letter(&mut conn, rollcall, mail, &invitation).await? else {
        return Ok(Draft::Unwanted(UNWANTED));
    };
    drop(conn);
    let mailbox_may_follow = invitation.directory_id.is_some();
    let identity = Identity::of(mail, &rollcall.config.mail_from, now);
    let message = match letter.render(&identity, &rollcall.config.base_url) {
        Ok(message) => message,
        Err(why) => return Ok(Draft::Impossible(why)),
    };

    let mut tx = rollcall.db.write().await?;
    // The invitation is locked before the outbox, as by those who withdraw it.
    let invitation = store::invitations::get_for_update(&mut tx, &id).await?;
    if !invitation.is_some_and(|invitation| is_wanted(&invitation, mail, now)) {
        tx.rollback().await?;
        return Ok(Draft::Unwanted(UNWANTED));
    }
    if !store::outbox::start_attempt(&mut tx, mail, now).await? {
        tx.rollback().await?;
        return Ok(Draft::Gone);
    }
    store::invitations::insert_link(&mut tx, &letter.token.hash(), &id, mail.generation, now).await?;
    tx.commit().await?;
    Ok(Draft::Ready { message: Box::new(message), mailbox_may_follow })
}

const UNWANTED: &str = "The invitation was over before the mail could leave.";

fn is_wanted(invitation: &Invitation, mail: &Mail, now: Timestamp) -> bool {
    invitation.status == InvitationStatus::Pending
        && invitation.generation == mail.generation
        && invitation.expires_at > now
}

/// Gathers what the mail says; `None` when the workspace or the membership is gone.
async fn letter(
    conn: &mut Conn,
    rollcall: &Rollcall,
    mail: &Mail,
    invitation: &Invitation,
) -> Result<Option<InvitationMail>> {
    let Some(workspace) = store::workspaces::get(conn, &invitation.workspace_id).await? else {
        return Ok(None);
    };
    let membership = store::memberships::get(conn, &workspace.id, &invitation.membership_id).await?;
    let Some(membership) = membership else { return Ok(None) };
    Ok(Some(InvitationMail {
        recipient: mail.recipient.clone(),
        language: membership.language,
        invited_by: invited_by(conn, invitation).await?,
        workspace: workspace.name,
        role: membership.role,
        token: Secret::generate(&rollcall.clock, "")?,
        expires_at: invitation.expires_at,
        reminder: mail.template == reminder::TEMPLATE,
    }))
}

async fn invited_by(conn: &mut Conn, invitation: &Invitation) -> Result<InvitedBy> {
    if let Some(id) = &invitation.invited_by
        && let Some(account) = store::accounts::get(conn, id).await?
    {
        return Ok(InvitedBy::Person(account.name));
    }
    if let Some(id) = &invitation.directory_id
        && let Some(directory) = store::directories::get(conn, &invitation.workspace_id, id).await?
    {
        return Ok(InvitedBy::Directory(directory.provider));
    }
    Ok(InvitedBy::Nobody)
}
