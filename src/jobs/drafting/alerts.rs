//! What owners are told of their directories, and people of their own access.

use serde::de::DeserializeOwned;

use super::{Composed, GONE, Release, language_of_address};
use crate::{
    clock::Timestamp,
    error::Result,
    mail::{
        Addressee, Letter,
        templates::{
            AccessSuspended, DirectoryFailing, LastOwner, MassChange, SeatLimitReached, TokenExpiring,
        },
    },
    model::{DirectoryId, MailTemplate, MembershipId, MembershipStatus, Role},
    people::{
        alerts::{self, AboutDirectory, FailingDirectory, ManySuspended, Suspended},
        instance,
    },
    store::{
        self, Conn, Tx, directories::Directory, directory_tokens::DirectoryToken, outbox::Mail,
        workspaces::Workspace,
    },
};

/// Before an alert to those who look after a workspace leaves: whether its recipient still does, and whether what it
/// tells of still stands.
pub(super) async fn release(
    tx: &mut Tx,
    mail: &Mail,
    template: MailTemplate,
    now: Timestamp,
) -> Result<Release> {
    if !is_in_charge(tx, mail, template).await? {
        return Ok(Release::Unwanted(
            "The recipient no longer looked after the workspace when the mail could leave.",
        ));
    }
    match template {
        MailTemplate::TokenExpiring => release_token_expiring(tx, mail, now).await,
        MailTemplate::DirectoryFailing => release_directory_failing(tx, mail).await,
        MailTemplate::LastOwner => release_last_owner(tx, mail).await,
        MailTemplate::MassChange => release_mass_change(tx, mail).await,
        MailTemplate::SeatLimitReached => release_seat_limit_reached(tx, mail).await,
        _ => Ok(Release::Wanted),
    }
}

/// Whether the recipient is an active owner or admin of the workspace, or hears of it as an admin of the instance.
async fn is_in_charge(tx: &mut Tx, mail: &Mail, template: MailTemplate) -> Result<bool> {
    let Some(workspace) = &mail.workspace_id else { return Ok(false) };
    let key = store::key(&mail.recipient);
    let member = store::memberships::find_by_email(tx, workspace, &key).await?;
    if member.is_some_and(|member| member.status == MembershipStatus::Active && member.role >= Role::Admin) {
        return Ok(true);
    }
    if template != MailTemplate::LastOwner {
        return Ok(false);
    }
    let admins = instance::list_admin_addresses(tx).await?;
    Ok(admins.iter().any(|admin| store::key(admin) == key))
}

pub(super) async fn compose_token_expiring(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Some(AboutDirectory { directory }) = detail(mail) else { return Ok(Composed::Unwanted(GONE)) };
    let Some((workspace, directory)) = scene(conn, mail, &directory).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let Some(token) = token(conn, mail, &directory.id).await? else { return Ok(Composed::Unwanted(GONE)) };
    let Some(expires_at) = token.expires_at else { return Ok(Composed::Unwanted(GONE)) };
    let letter = Letter::TokenExpiring(TokenExpiring {
        path: directory_page(&workspace, &directory),
        workspace: workspace.name,
        directory: directory.name,
        hint: token.hint,
        expires_at,
    });
    told(conn, mail, letter).await
}

/// A token that was revoked or has expired meanwhile needs no warning.
async fn release_token_expiring(tx: &mut Tx, mail: &Mail, now: Timestamp) -> Result<Release> {
    let Some(AboutDirectory { directory }) = detail(mail) else { return Ok(Release::Unwanted(GONE)) };
    let token = token(tx, mail, &directory).await?;
    let lives = |token: DirectoryToken| {
        token.revoked_at.is_none() && token.expires_at.is_some_and(|expires_at| expires_at > now)
    };
    Ok(if token.is_some_and(lives) {
        Release::Wanted
    } else {
        Release::Unwanted("The token was revoked, or had expired, before the mail could leave.")
    })
}

pub(super) async fn compose_directory_failing(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Some(FailingDirectory { directory, failure, since, answer }) = detail(mail) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let Some((workspace, directory)) = scene(conn, mail, &directory).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::DirectoryFailing(DirectoryFailing {
        path: directory_page(&workspace, &directory),
        workspace: workspace.name,
        directory: directory.name,
        failure,
        since,
        answer,
    });
    told(conn, mail, letter).await
}

/// Nobody is told of a trouble that is over.
async fn release_directory_failing(tx: &mut Tx, mail: &Mail) -> Result<Release> {
    let directory = DirectoryId(mail.subject_id.clone());
    let told_at = store::directory_troubles::told_at(tx, &directory).await?;
    Ok(if told_at.is_some_and(|told_at| told_at.0 == mail.generation) {
        Release::Wanted
    } else {
        Release::Unwanted("The directory worked again, or was removed, before the mail could leave.")
    })
}

pub(super) async fn compose_last_owner(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Some(AboutDirectory { directory }) = detail(mail) else { return Ok(Composed::Unwanted(GONE)) };
    let Some((workspace, directory)) = scene(conn, mail, &directory).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let owner = MembershipId(mail.subject_id.clone());
    let Some(owner) = store::memberships::get(conn, &workspace.id, &owner).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::LastOwner(LastOwner {
        path: format!("/w/{}/people", workspace.slug),
        workspace: workspace.name,
        directory: directory.name,
        person: owner.name,
        email: owner.email,
    });
    told(conn, mail, letter).await
}

/// Nobody is told of a last owner who is no longer one, or is no longer called inactive.
async fn release_last_owner(tx: &mut Tx, mail: &Mail) -> Result<Release> {
    let owner = MembershipId(mail.subject_id.clone());
    Ok(if store::held::is_kept_as_last_owner(tx, &owner).await? {
        Release::Wanted
    } else {
        Release::Unwanted("It was no longer so when the mail could leave.")
    })
}

pub(super) async fn compose_mass_change(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Some(ManySuspended { directory, suspended, of, since }) = detail(mail) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let Some((workspace, directory)) = scene(conn, mail, &directory).await? else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::MassChange(MassChange {
        path: format!("/w/{}/people?tab=suspended", workspace.slug),
        workspace: workspace.name,
        directory: directory.name,
        suspended,
        of,
        since,
    });
    told(conn, mail, letter).await
}

/// Nobody is told of people who all have their access back.
async fn release_mass_change(tx: &mut Tx, mail: &Mail) -> Result<Release> {
    let Some(ManySuspended { directory, since, .. }) = detail(mail) else {
        return Ok(Release::Unwanted(GONE));
    };
    Ok(if store::suspension_windows::has_lasting(tx, &directory, since).await? {
        Release::Wanted
    } else {
        Release::Unwanted("Everyone had access again when the mail could leave.")
    })
}

pub(super) async fn compose_seat_limit_reached(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let (Some(alerts::SeatLimitReached { limit }), Some(workspace)) =
        (detail(mail), workspace(conn, mail).await?)
    else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::SeatLimitReached(SeatLimitReached {
        path: format!("/w/{}/settings/general", workspace.slug),
        workspace: workspace.name,
        limit,
        at: mail.created_at,
    });
    told(conn, mail, letter).await
}

/// Nobody is told of a want that is over.
async fn release_seat_limit_reached(tx: &mut Tx, mail: &Mail) -> Result<Release> {
    let told_at = match &mail.workspace_id {
        Some(workspace) => store::seats::told_at(tx, workspace).await?,
        None => None,
    };
    Ok(if told_at.is_some_and(|told_at| told_at.0 == mail.generation) {
        Release::Wanted
    } else {
        Release::Unwanted("A seat was free again before the mail could leave.")
    })
}

pub(super) async fn compose_access_suspended(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let (Some(Suspended { by }), Some(workspace)) = (detail(mail), workspace(conn, mail).await?) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::AccessSuspended(AccessSuspended { workspace: workspace.name, by });
    told(conn, mail, letter).await
}

/// Whoever has access again is not told that it was taken away.
pub(super) async fn release_access_suspended(tx: &mut Tx, mail: &Mail) -> Result<Release> {
    let id = MembershipId(mail.subject_id.clone());
    let membership = match &mail.workspace_id {
        Some(workspace) => store::memberships::get_for_update(tx, workspace, &id).await?,
        None => None,
    };
    Ok(match membership {
        Some(membership) if membership.status == MembershipStatus::Suspended => Release::Wanted,
        _ => Release::Unwanted("The person was no longer suspended when the mail could leave."),
    })
}

fn detail<T: DeserializeOwned>(mail: &Mail) -> Option<T> {
    serde_json::from_str(&mail.detail).ok()
}

async fn workspace(conn: &mut Conn, mail: &Mail) -> store::Result<Option<Workspace>> {
    match &mail.workspace_id {
        Some(id) => store::workspaces::get(conn, id).await,
        None => Ok(None),
    }
}

async fn scene(
    conn: &mut Conn,
    mail: &Mail,
    directory: &DirectoryId,
) -> store::Result<Option<(Workspace, Directory)>> {
    let Some(workspace) = workspace(conn, mail).await? else { return Ok(None) };
    let directory = store::directories::get(conn, &workspace.id, directory).await?;
    Ok(directory.map(|directory| (workspace, directory)))
}

async fn token(
    conn: &mut Conn,
    mail: &Mail,
    directory: &DirectoryId,
) -> store::Result<Option<DirectoryToken>> {
    let tokens = store::directory_tokens::list(conn, directory).await?;
    Ok(tokens.into_iter().find(|token| token.id.as_str() == mail.subject_id))
}

fn directory_page(workspace: &Workspace, directory: &Directory) -> String {
    format!("/w/{}/settings/security/directories/{}", workspace.slug, directory.id)
}

/// The letter to the mail's recipient, in their language.
async fn told(conn: &mut Conn, mail: &Mail, letter: Letter) -> Result<Composed> {
    let language = match &mail.workspace_id {
        Some(workspace) => language_of_address(conn, workspace, &mail.recipient).await?,
        None => None,
    };
    Ok(Composed::Letter {
        letter: Box::new(letter),
        addressee: Addressee { email: mail.recipient.clone(), language },
        mailbox_may_follow: false,
    })
}
