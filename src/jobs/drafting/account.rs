//! Mails about an account. The outbox's subject is the account.

use super::{Composed, GONE, Release};
use crate::{
    clock::Timestamp,
    error::Result,
    mail::{Addressee, Letter, templates::PasswordReset},
    model::AccountId,
    people::account::PASSWORD_LINK_LIFE,
    secret::Secret,
    store::{self, Conn, Tx, accounts::LinkPurpose, outbox::Mail},
};

/// The link works for a while from the moment it was asked for, however late the mail leaves.
pub(super) async fn compose_password_reset(conn: &mut Conn, mail: &Mail, secret: Secret) -> Result<Composed> {
    let id = AccountId(mail.subject_id.clone());
    if store::accounts::get(conn, &id).await?.is_none() {
        return Ok(Composed::Unwanted(GONE));
    }
    let expires_at = mail.created_at.plus(PASSWORD_LINK_LIFE);
    Ok(Composed::Letter {
        letter: Box::new(Letter::PasswordReset(PasswordReset { token: secret, expires_at })),
        addressee: Addressee {
            email: mail.recipient.clone(),
            language: store::memberships::find_language(conn, &id).await?,
        },
        mailbox_may_follow: false,
    })
}

pub(super) async fn release_password_reset(
    tx: &mut Tx,
    mail: &Mail,
    secret: &Secret,
    now: Timestamp,
) -> Result<Release> {
    let expires_at = mail.created_at.plus(PASSWORD_LINK_LIFE);
    if expires_at <= now {
        return Ok(Release::Unwanted("The link would have been too old before the mail could leave."));
    }
    let id = AccountId(mail.subject_id.clone());
    let purpose = LinkPurpose::SetPassword;
    store::accounts::insert_link(tx, &secret.hash(), purpose, Some(&id), now, expires_at).await?;
    Ok(Release::Wanted)
}
