//! Accounts: signing in, and the one-time links that set a password.

use std::time::Duration;

use serde_json::json;

use super::{EmailAddress, mail::LIMITS, password};
use crate::{
    audit::Actor,
    clock::Timestamp,
    error::{Error, Result, both},
    mail::{self, Order},
    model::{AccountId, MailTemplate, MembershipStatus},
    secret::Secret,
    state::{Context, Rollcall},
    store::{
        self, Tx,
        account_links::{LinkPurpose, NewLink},
        accounts::Account,
        memberships::Membership,
    },
};

/// How long a link that sets a password works.
pub const PASSWORD_LINK_LIFE: Duration = Duration::from_secs(3 * 24 * 3600);

/// How long a link works that someone asked for who forgot their password.
pub const RESET_LINK_LIFE: Duration = Duration::from_secs(3600);

/// Longest name.
const LONGEST_NAME: usize = 200;

/// A person's or a workspace's name: trimmed, not empty, without control characters.
///
/// # Errors
/// `Invalid` on `field`.
pub fn checked_name(field: &'static str, text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Error::invalid(field, "Enter a name."));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::invalid(field, format!("Use at most {LONGEST_NAME} characters on one line.")));
    }
    Ok(name.to_owned())
}

/// The account of whoever knows this address and password; `None` when they do not match.
///
/// # Errors
/// When the store or the machine fails.
pub async fn sign_in(rollcall: &Rollcall, email: &str, password: &str) -> Result<Option<Account>> {
    let account = match email.parse::<EmailAddress>() {
        Ok(email) => {
            let mut conn = rollcall.db.read().await?;
            store::accounts::find_by_email(&mut conn, &email.key()).await?
        }
        Err(_) => None,
    };
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    Ok(if password::verify(hash, password).await? { account } else { None })
}

/// The latest suspension of someone who has access nowhere, because of which they are not signed in.
pub fn lock_out(memberships: &[Membership]) -> Option<&Membership> {
    let any_of = |status| memberships.iter().filter(move |membership| membership.status == status);
    if any_of(MembershipStatus::Active).next().is_some() {
        return None;
    }
    any_of(MembershipStatus::Suspended).max_by_key(|membership| membership.status_changed_at)
}

/// Adds an account in the caller's transaction.
///
/// # Errors
/// `Unique(AccountEmail)` when the address has one.
pub async fn insert(
    tx: &mut Tx,
    context: &Context,
    email: &EmailAddress,
    name: &str,
    password_hash: Option<String>,
) -> store::Result<Account> {
    let account = Account {
        id: context.clock.new_id(),
        email: email.as_str().to_owned(),
        email_key: email.key(),
        name: name.to_owned(),
        password_hash,
        created_at: context.now,
        updated_at: context.now,
    };
    store::accounts::insert(tx, &account).await?;
    Ok(account)
}

/// Why a mail with a link is cancelled when another is asked for: the latest alone holds the link that works.
pub(super) const NEWER_LINK: &str = "A newer link was asked for.";

/// Queues the mail to someone who forgot their password, with a link that sets a new one.
async fn order_password_reset(tx: &mut Tx, context: &Context, account: &Account) -> store::Result<()> {
    let template = MailTemplate::PasswordReset;
    store::accounts::cancel_mails(tx, &account.id, template, None, NEWER_LINK, context.now).await?;
    let order = Order {
        template,
        workspace: None,
        subject_id: account.id.as_str(),
        generation: context.now.0,
        recipient: &account.email,
        delay: Duration::ZERO,
        detail: json!({}),
    };
    mail::order(tx, context, &order).await
}

/// Queues the notice that the person changed their own address, to the old one.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell_of_own_address(
    tx: &mut Tx,
    context: &Context,
    account: &Account,
    new: &str,
) -> store::Result<()> {
    let order = Order {
        template: MailTemplate::EmailChanged,
        workspace: None,
        subject_id: account.id.as_str(),
        generation: context.now.0,
        recipient: &account.email,
        delay: Duration::ZERO,
        detail: json!({ "old": account.email, "new": new }),
    };
    mail::order(tx, context, &order).await
}

/// Whether so many mails of this template were asked for lately that no other may be.
///
/// # Errors
/// When the database fails.
pub(super) async fn asked_too_often(
    tx: &mut Tx,
    context: &Context,
    account: &AccountId,
    template: MailTemplate,
) -> store::Result<bool> {
    for (span, most) in LIMITS {
        let since = context.now.minus(span);
        if store::accounts::count_mails_since(tx, account, template, since).await? >= most {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Mails a link that sets a new password, if the address has an account and was not mailed too often. Whoever asks
/// learns nothing of that.
///
/// # Errors
/// `Invalid` on `email` when it is no address.
pub async fn request_password_reset(rollcall: &Rollcall, email: &str) -> Result<()> {
    let email: EmailAddress = email.parse()?;
    let context = rollcall.context(Actor::Invitee);
    // One transaction in either case, so that the time it takes tells nothing.
    let mut tx = rollcall.db.write().await?;
    if let Some(account) = store::accounts::find_by_email(&mut tx, &email.key()).await?
        && !asked_too_often(&mut tx, &context, &account.id, MailTemplate::PasswordReset).await?
    {
        order_password_reset(&mut tx, &context, &account).await?;
    }
    tx.commit().await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

/// Makes a one-time link that sets the account's password; earlier unused ones stop working.
///
/// # Errors
/// When the store or the machine fails.
pub async fn new_password_link(tx: &mut Tx, context: &Context, account: &AccountId) -> Result<Secret> {
    let secret = Secret::generate(&context.clock, "")?;
    store::account_links::delete_unused(tx, account, LinkPurpose::SetPassword).await?;
    let expires_at = context.now.plus(PASSWORD_LINK_LIFE);
    let link = NewLink {
        token_hash: &secret.hash(),
        purpose: LinkPurpose::SetPassword,
        account: Some(account),
        email: None,
        mail: None,
        created_at: context.now,
        expires_at,
    };
    store::account_links::insert(tx, &link).await?;
    Ok(secret)
}

/// The account whose password this link sets; `None` when the link is unknown, used or too old.
///
/// # Errors
/// When the store fails.
pub async fn of_password_link(rollcall: &Rollcall, token: &str) -> Result<Option<Account>> {
    let mut conn = rollcall.db.read().await?;
    let link =
        store::account_links::find(&mut conn, &crate::secret::hash(token), LinkPurpose::SetPassword).await?;
    let now = rollcall.clock.now();
    match link {
        Some(link) if link.used_at.is_none() && link.expires_at > now => match link.account_id {
            Some(id) => Ok(store::accounts::get(&mut conn, &id).await?),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Sets name and password by a one-time link, uses the link up and ends the account's other sessions.
///
/// # Errors
/// `Invalid` on `name` or `password`; `NotFound` when the link no longer works.
pub async fn set_password(rollcall: &Rollcall, token: &str, name: &str, new: &str) -> Result<Account> {
    let dead = Error::NotFound { what: "link, or it was used already" };
    let Some(account) = of_password_link(rollcall, token).await? else { return Err(dead) };
    let password = password::check(new, &account.email, name.trim());
    let (name, ()) = both(checked_name("name", name), password)?;
    let hash = password::hash(&rollcall.clock, new).await?;
    let now: Timestamp = rollcall.clock.now();

    let mut tx = rollcall.db.write().await?;
    let set = async {
        if !store::account_links::use_up(&mut tx, &crate::secret::hash(token), now).await? {
            return Err(dead);
        }
        store::accounts::set_credentials(&mut tx, &account.id, &name, &hash, now).await?;
        store::memberships::rename_of_account(&mut tx, &account.id, &name, now).await?;
        store::account_links::delete_unused(&mut tx, &account.id, LinkPurpose::SetPassword).await?;
        Ok(store::sessions::delete_of_account(&mut tx, &account.id).await?)
    }
    .await;
    tx.end(set).await?;
    Ok(account)
}
