//! Mails about an account. The outbox's subject is the account.

use super::{Composed, GONE, Release, language, language_of, language_of_address};
use crate::{
    clock::Timestamp,
    error::Result,
    mail::{
        Addressee, Letter,
        templates::{Added, DirectoryEmailChanged, EmailChange, EmailChanged, PasswordReset, SignIn},
    },
    model::{AccountId, MembershipId, MembershipStatus},
    people::{
        EmailAddress,
        account::{PASSWORD_LINK_LIFE, RESET_LINK_LIFE},
        profile::EMAIL_LINK_LIFE,
    },
    secret::Secret,
    store::{
        self, Conn, Tx,
        account_links::{LinkPurpose, NewLink},
        outbox::Mail,
    },
};

pub(super) async fn compose_added(conn: &mut Conn, mail: &Mail, secret: Secret) -> Result<Composed> {
    let workspace = match &mail.workspace_id {
        Some(id) => store::workspaces::get(conn, id).await?,
        None => None,
    };
    let Some(workspace) = workspace else { return Ok(Composed::Unwanted(GONE)) };
    let language = language_of_address(conn, &workspace.id, &mail.recipient).await?;
    let letter =
        Letter::Added(Added { workspace: workspace.name, token: secret, expires_at: first_link_ends(mail) });
    let addressee = Addressee { email: mail.recipient.clone(), language };
    // A directory names people before they have a mailbox.
    Ok(Composed::Letter { letter: Box::new(letter), addressee, mailbox_may_follow: true })
}

/// Who left again, or has a password by now, needs no link that sets one.
pub(super) async fn release_added(
    tx: &mut Tx,
    mail: &Mail,
    secret: &Secret,
    now: Timestamp,
) -> Result<Release> {
    let id = AccountId(mail.subject_id.clone());
    let membership = match &mail.workspace_id {
        Some(workspace) => store::memberships::find_by_account(tx, workspace, &id).await?,
        None => None,
    };
    if membership.is_none_or(|membership| membership.status != MembershipStatus::Active) {
        return Ok(Release::Unwanted("The person was no longer a member when the mail could leave."));
    }
    if store::accounts::get(tx, &id).await?.is_none_or(|account| account.password_hash.is_some()) {
        return Ok(Release::Unwanted("The person had set a password before the mail could leave."));
    }
    release_password_link(tx, mail, secret, first_link_ends(mail), now).await
}

/// The first link works for days from the moment the mail leaves: it is in the outbox for days when there is no mailbox
/// yet, or no relay. A claimed mail was last changed when it was claimed.
fn first_link_ends(mail: &Mail) -> Timestamp {
    mail.updated_at.plus(PASSWORD_LINK_LIFE)
}

/// The link works for a while from the moment it was asked for, however late the mail leaves.
pub(super) async fn compose_password_reset(conn: &mut Conn, mail: &Mail, secret: Secret) -> Result<Composed> {
    let id = AccountId(mail.subject_id.clone());
    if store::accounts::get(conn, &id).await?.is_none() {
        return Ok(Composed::Unwanted(GONE));
    }
    let expires_at = mail.created_at.plus(RESET_LINK_LIFE);
    Ok(Composed::Letter {
        letter: Box::new(Letter::PasswordReset(PasswordReset { token: secret, expires_at })),
        addressee: Addressee { email: mail.recipient.clone(), language: language_of(conn, &id).await? },
        mailbox_may_follow: false,
    })
}

pub(super) async fn release_password_reset(
    tx: &mut Tx,
    mail: &Mail,
    secret: &Secret,
    now: Timestamp,
) -> Result<Release> {
    release_password_link(tx, mail, secret, mail.created_at.plus(RESET_LINK_LIFE), now).await
}

async fn release_password_link(
    tx: &mut Tx,
    mail: &Mail,
    secret: &Secret,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Release> {
    if expires_at <= now {
        return Ok(Release::Unwanted("The link would have been too old before the mail could leave."));
    }
    let (id, purpose) = (AccountId(mail.subject_id.clone()), LinkPurpose::SetPassword);
    if store::account_links::newer_was_mailed(tx, &id, purpose, mail.generation).await? {
        return Ok(Release::Unwanted(NEWER_LINK));
    }
    // Of several mails the latest holds the link that works: that of each of its attempts, for any of them may be the one
    // that arrived.
    store::account_links::delete_unused_but_of(tx, &id, purpose, &mail.id).await?;
    let link = NewLink {
        token_hash: &secret.hash(),
        purpose,
        account: Some(&id),
        email: None,
        mail: Some(&mail.id),
        created_at: now,
        expires_at,
    };
    store::account_links::insert(tx, &link).await?;
    Ok(Release::Wanted)
}

const NEWER_LINK: &str = "A newer link was mailed before this mail could leave.";

/// The addresses that a mail about a changed address names.
#[derive(serde::Deserialize)]
struct Addresses {
    old: String,
    new: String,
}

pub(super) async fn compose_email_change(conn: &mut Conn, mail: &Mail, secret: Secret) -> Result<Composed> {
    let Ok(Addresses { old, new }) = serde_json::from_str(&mail.detail) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let expires_at = mail.created_at.plus(EMAIL_LINK_LIFE);
    let letter = Letter::EmailChange(EmailChange { token: secret, old, new, expires_at });
    let language = language_of(conn, &AccountId(mail.subject_id.clone())).await?;
    Ok(to_recipient(mail, letter, language))
}

/// The latest link alone works, for the address that it was mailed to.
pub(super) async fn release_email_change(
    tx: &mut Tx,
    mail: &Mail,
    secret: &Secret,
    now: Timestamp,
) -> Result<Release> {
    let expires_at = mail.created_at.plus(EMAIL_LINK_LIFE);
    if expires_at <= now {
        return Ok(Release::Unwanted("The link would have been too old before the mail could leave."));
    }
    let id = AccountId(mail.subject_id.clone());
    if store::account_links::newer_was_mailed(tx, &id, LinkPurpose::ChangeEmail, mail.generation).await? {
        return Ok(Release::Unwanted(NEWER_LINK));
    }
    let email: EmailAddress = mail.recipient.parse()?;
    store::account_links::delete_unused_but_of(tx, &id, LinkPurpose::ChangeEmail, &mail.id).await?;
    let link = NewLink {
        token_hash: &secret.hash(),
        purpose: LinkPurpose::ChangeEmail,
        account: Some(&id),
        email: Some(email.as_str()),
        mail: Some(&mail.id),
        created_at: now,
        expires_at,
    };
    store::account_links::insert(tx, &link).await?;
    Ok(Release::Wanted)
}

pub(super) async fn compose_email_changed(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Ok(Addresses { old, new }) = serde_json::from_str(&mail.detail) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let letter = Letter::EmailChanged(EmailChanged { old, new, at: mail.created_at });
    let language = language_of(conn, &AccountId(mail.subject_id.clone())).await?;
    Ok(to_recipient(mail, letter, language))
}

/// A directory's change of an address. The outbox's subject is the membership.
pub(super) async fn compose_directory_email_changed(conn: &mut Conn, mail: &Mail) -> Result<Composed> {
    let Ok(Addresses { old, new }) = serde_json::from_str(&mail.detail) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let Some(workspace) = &mail.workspace_id else { return Ok(Composed::Unwanted(GONE)) };
    let id = MembershipId(mail.subject_id.clone());
    let (Some(workspace), Some(membership)) = (
        store::workspaces::get(conn, workspace).await?,
        store::memberships::get(conn, workspace, &id).await?,
    ) else {
        return Ok(Composed::Unwanted(GONE));
    };
    let account = match &membership.account_id {
        Some(id) => store::accounts::get(conn, id).await?,
        None => None,
    };
    let sign_in = match account.filter(|account| account.password_hash.is_some()) {
        None => SignIn::NotYet,
        Some(account) if account.email_key == store::directory_users::key(&new) => SignIn::WithNew,
        Some(_) => SignIn::AsBefore,
    };
    let letter = Letter::DirectoryEmailChanged(DirectoryEmailChanged {
        workspace: workspace.name,
        old,
        new,
        at: mail.created_at,
        sign_in,
    });
    let language = language(membership.language, workspace.language);
    Ok(to_recipient(mail, letter, Some(language)))
}

fn to_recipient(mail: &Mail, letter: Letter, language: Option<String>) -> Composed {
    let addressee = Addressee { email: mail.recipient.clone(), language };
    Composed::Letter { letter: Box::new(letter), addressee, mailbox_may_follow: false }
}
