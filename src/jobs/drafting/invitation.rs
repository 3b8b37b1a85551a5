//! The invitation, its reminder and the new link. The outbox's subject is the invitation.

use super::{Composed, GONE, Release, language, language_of_address};
use crate::{
    clock::Timestamp,
    error::Result,
    mail::{
        Addressee, Letter,
        templates::{Declined, Invitation as InvitationMail, InvitedBy, Occasion},
    },
    model::{InvitationId, InvitationStatus, MailTemplate},
    secret::Secret,
    store::{self, Conn, Tx, invitations::Invitation, outbox::Mail},
};

const OVER: &str = "The invitation was over before the mail could leave.";

pub(super) async fn compose(
    conn: &mut Conn,
    mail: &Mail,
    template: MailTemplate,
    secret: Secret,
) -> Result<Composed> {
    let id = InvitationId(mail.subject_id.clone());
    let Some(invitation) = store::invitations::get(conn, &id).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let workspace = store::workspaces::get(conn, &invitation.workspace_id).await?;
    let membership =
        store::memberships::get(conn, &invitation.workspace_id, &invitation.membership_id).await?;
    let (Some(workspace), Some(membership)) = (workspace, membership) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = InvitationMail {
        occasion: match template {
            MailTemplate::Reminder => Occasion::Reminded,
            MailTemplate::NewLink => Occasion::AskedForLink,
            _ => Occasion::Invited,
        },
        invited_by: invited_by(conn, &invitation).await?,
        workspace: workspace.name,
        role: membership.role,
        token: secret,
        expires_at: invitation.expires_at,
    };
    Ok(Composed::Letter {
        letter: Box::new(Letter::Invitation(letter)),
        addressee: Addressee {
            email: mail.recipient.clone(),
            language: Some(language(invitation.language.or(membership.language), workspace.language)),
        },
        mailbox_may_follow: invitation.directory_id.is_some(),
    })
}

/// The word to who invited that the invitation was declined.
pub(super) async fn compose_declined(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let id = InvitationId(mail.subject_id.clone());
    let Some(invitation) = store::invitations::get(conn, &id).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let Some(workspace) = store::workspaces::get(conn, &invitation.workspace_id).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::Declined(Declined {
        email: invitation.email,
        path: format!("/w/{}/people?tab=invitations", workspace.slug),
        workspace: workspace.name,
    });
    let language = language_of_address(conn, &workspace.id, &mail.recipient).await?;
    Ok(Composed::Letter {
        letter: Box::new(letter),
        addressee: Addressee { email: mail.recipient.clone(), language },
        mailbox_may_follow: false,
    })
}

pub(super) async fn release(tx: &mut Tx, mail: &Mail, secret: &Secret, now: Timestamp) -> Result<Release> {
    let id = InvitationId(mail.subject_id.clone());
    let invitation = store::invitations::get_for_update(tx, &id).await?;
    if !invitation.is_some_and(|invitation| is_wanted(&invitation, mail, now)) {
        return Ok(Release::Unwanted(OVER));
    }
    store::invitations::insert_link(tx, &secret.hash(), &id, mail.generation, now).await?;
    Ok(Release::Wanted)
}

fn is_wanted(invitation: &Invitation, mail: &Mail, now: Timestamp) -> bool {
    invitation.status == InvitationStatus::Pending
        && invitation.generation == mail.generation
        && invitation.expires_at > now
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
