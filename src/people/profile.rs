//! What people change of their own account: name, address, password, sessions.

use std::time::Duration;

use serde_json::json;

use super::{
    EmailAddress,
    account::{NEWER_LINK, asked_too_often, checked_name, tell_of_own_address},
    password,
};
use crate::{
    audit::Actor,
    error::{Error, Result, both},
    mail::{self, Order},
    model::{MailTemplate, MembershipStatus, Source},
    secret,
    state::{Context, Rollcall},
    store::{self, Tx, UniqueKey, account_links::LinkPurpose, accounts::Account},
};

/// How long a link works that confirms a new address.
pub const EMAIL_LINK_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A person whom a directory manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Managed {
    /// The directory's name. It decides the person's name.
    pub by: String,
    /// Addresses that directories give the person besides the one that they sign in with. They may sign in with one of
    /// these instead once they have confirmed it, and with no other.
    pub addresses: Vec<String>,
}

/// The directory that manages this person, if one does.
///
/// # Errors
/// When the store fails.
pub async fn managed(rollcall: &Rollcall, account: &Account) -> Result<Option<Managed>> {
    let mut conn = rollcall.db.read().await?;
    let mut managed: Option<Managed> = None;
    for membership in store::memberships::list_of_account(&mut conn, &account.id).await? {
        let Some(directory) = membership.directory_id.as_ref().filter(|_| {
            membership.source == Source::Directory && membership.status != MembershipStatus::Removed
        }) else {
            continue;
        };
        let Some(directory) = store::directories::get(&mut conn, &membership.workspace_id, directory).await?
        else {
            continue;
        };
        let managed = managed.get_or_insert(Managed { by: directory.name, addresses: Vec::new() });
        if membership.email_key != account.email_key {
            managed.addresses.push(membership.email);
        }
    }
    Ok(managed)
}

/// Another address is the person's own affair, unless a directory manages them: then it is one that a directory gives
/// them.
pub(super) async fn refuse_other_address(
    rollcall: &Rollcall,
    account: &Account,
    new: &EmailAddress,
) -> Result<()> {
    let Some(managed) = managed(rollcall, account).await? else { return Ok(()) };
    let given = |address: &String| store::key(address) == new.key();
    if managed.addresses.iter().any(given) { Ok(()) } else { Err(refusal("email", &managed.by)) }
}

fn refusal(field: &'static str, directory: &str) -> Error {
    Error::conflict(field, format!("{directory} manages this. Ask your IT team to change it there."))
}

/// Changes the person's name, here and in the workspaces that know them by hand.
///
/// # Errors
/// `Invalid` on `name`; `Conflict` on `name` when a directory decides it.
pub async fn rename(rollcall: &Rollcall, account: &Account, name: &str) -> Result<()> {
    if let Some(managed) = managed(rollcall, account).await? {
        return Err(refusal("name", &managed.by));
    }
    let name = checked_name("name", name)?;
    let now = rollcall.clock.now();
    let mut tx = rollcall.db.write().await?;
    store::accounts::set_name(&mut tx, &account.id, &name, now).await?;
    store::memberships::rename_of_account(&mut tx, &account.id, &name, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Mails a link to the new address; the address changes when it is followed. Earlier links stop working.
///
/// # Errors
/// `Invalid` on `email` or `current`; `Conflict` on `email` when a directory decides it, when it is taken, and when there
/// were too many mails.
pub async fn request_email_change(
    rollcall: &Rollcall,
    account: &Account,
    new: &str,
    current_password: &str,
) -> Result<EmailAddress> {
    let (new, ()) = both(another_address(account, new), check_current(account, current_password).await)?;
    refuse_other_address(rollcall, account, &new).await?;
    mail_email_link(rollcall, account, &new).await?;
    Ok(new)
}

/// Mails a link to the new address, in place of every earlier link.
pub(super) async fn mail_email_link(
    rollcall: &Rollcall,
    account: &Account,
    new: &EmailAddress,
) -> Result<()> {
    let context = rollcall.context(Actor::Person(account.id.clone()));
    let mut tx = rollcall.db.write().await?;
    let ordered = order_email_change(&mut tx, &context, account, new).await;
    tx.end(ordered).await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn order_email_change(
    tx: &mut Tx,
    context: &Context,
    account: &Account,
    new: &EmailAddress,
) -> Result<()> {
    let holder = store::accounts::find_by_email(tx, &new.key()).await?;
    if holder.is_some_and(|holder| holder.id != account.id) {
        return Err(taken());
    }
    let template = MailTemplate::EmailChange;
    if asked_too_often(tx, context, &account.id, template).await? {
        let message = "A link was mailed a moment ago, or five times today. Wait before the next one.";
        return Err(Error::conflict("email", message));
    }
    store::account_links::delete_unused(tx, &account.id, LinkPurpose::ChangeEmail).await?;
    store::accounts::cancel_mails(tx, &account.id, template, None, NEWER_LINK, context.now).await?;
    store::account_links::want_address(tx, &account.id, new.as_str(), context.now).await?;
    let order = Order {
        template,
        workspace: None,
        subject_id: account.id.as_str(),
        generation: context.now.0,
        recipient: new.as_str(),
        delay: Duration::ZERO,
        detail: json!({ "old": account.email, "new": new.as_str() }),
    };
    Ok(mail::order(tx, context, &order).await?)
}

fn another_address(account: &Account, new: &str) -> Result<EmailAddress> {
    let new: EmailAddress = new.parse()?;
    if new.as_str() == account.email {
        return Err(Error::invalid("email", "This is your address already."));
    }
    Ok(new)
}

fn taken() -> Error {
    Error::conflict("email", "Another account has this address.")
}

async fn check_current(account: &Account, given: &str) -> Result<()> {
    if password::verify(account.password_hash.as_deref(), given).await? {
        Ok(())
    } else {
        Err(Error::invalid("current", "This is not your password."))
    }
}

/// The account that a link would give another address, and that address; `None` when it no longer works.
///
/// # Errors
/// When the store fails.
pub async fn of_email_link(rollcall: &Rollcall, token: &str) -> Result<Option<(Account, String)>> {
    let mut conn = rollcall.db.read().await?;
    let link = store::account_links::find(&mut conn, &secret::hash(token), LinkPurpose::ChangeEmail).await?;
    let now = rollcall.clock.now();
    let Some(link) = link.filter(|link| link.used_at.is_none() && link.expires_at > now) else {
        return Ok(None);
    };
    let (Some(id), Some(email)) = (link.account_id, link.email) else { return Ok(None) };
    let wanted = store::account_links::wanted_address(&mut conn, &id).await?;
    if wanted.is_none_or(|wanted| wanted.email != email) {
        return Ok(None);
    }
    Ok(store::accounts::get(&mut conn, &id).await?.map(|account| (account, email)))
}

/// Gives the account the address that the link was mailed to, tells the old one, and ends the account's sessions but
/// `kept`.
///
/// # Errors
/// `NotFound` when the link no longer works; `Conflict` on `email` when somebody took the address meanwhile.
pub async fn confirm_email(rollcall: &Rollcall, token: &str, kept: Option<&str>) -> Result<String> {
    let dead = || Error::NotFound { what: "link, or it was used already" };
    let (account, email) = of_email_link(rollcall, token).await?.ok_or_else(dead)?;
    let email: EmailAddress = email.parse()?;
    refuse_other_address(rollcall, &account, &email).await?;
    let context = rollcall.context(Actor::Person(account.id.clone()));
    let mut tx = rollcall.db.write().await?;
    let changed = async {
        // Cancelled at this moment, the link is dead too.
        if !store::account_links::forget_wanted_address(&mut tx, &account.id, email.as_str()).await?
            || !store::account_links::use_up(&mut tx, &secret::hash(token), context.now).await?
        {
            return Err(dead());
        }
        set_email(&mut tx, &context, &account, &email).await?;
        Ok(store::sessions::delete_others_of_account(&mut tx, &account.id, kept.unwrap_or_default()).await?)
    }
    .await;
    tx.end(changed).await?;
    rollcall.mail_due.notify_one();
    rollcall.held_due.notify_one();
    Ok(email.as_str().to_owned())
}

async fn set_email(tx: &mut Tx, context: &Context, account: &Account, email: &EmailAddress) -> Result<()> {
    let (key, now) = (email.key(), context.now);
    match store::accounts::set_email(tx, &account.id, email.as_str(), &key, now).await {
        Err(store::Error::Unique(UniqueKey::AccountEmail)) => return Err(taken()),
        stored => stored?,
    }
    store::memberships::readdress_of_account(tx, account, email.as_str(), &key, now).await?;
    // A link to the old address, mailed or about to be, must not open the account any more.
    store::accounts::cancel_mailed_links(tx, &account.id, "The address was changed.", now).await?;
    for purpose in [LinkPurpose::SetPassword, LinkPurpose::ChangeEmail] {
        store::account_links::delete_unused(tx, &account.id, purpose).await?;
    }
    Ok(tell_of_own_address(tx, context, account, email.as_str()).await?)
}

/// Changes the password, and ends every session but `kept`.
///
/// # Errors
/// `Invalid` on `current` or `password`.
pub async fn change_password(
    rollcall: &Rollcall,
    account: &Account,
    current: &str,
    new: &str,
    kept: Option<&str>,
) -> Result<()> {
    let new_password = password::check(new, &account.email, &account.name);
    both(check_current(account, current).await, new_password)?;
    let hash = password::hash(&rollcall.clock, new).await?;
    let mut tx = rollcall.db.write().await?;
    let now = rollcall.clock.now();
    store::accounts::set_credentials(&mut tx, &account.id, &account.name, &hash, now).await?;
    store::account_links::delete_unused(&mut tx, &account.id, LinkPurpose::SetPassword).await?;
    store::sessions::delete_others_of_account(&mut tx, &account.id, kept.unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends one of the account's sessions.
///
/// # Errors
/// `NotFound` when it is none of the account's.
pub async fn end_session(rollcall: &Rollcall, account: &Account, id: &str) -> Result<()> {
    let mut tx = rollcall.db.write().await?;
    let ended = store::sessions::delete_one_of_account(&mut tx, &account.id, id).await?;
    tx.commit().await?;
    if ended { Ok(()) } else { Err(Error::NotFound { what: "session of yours" }) }
}

/// Ends every session of the account but `kept`; gives their number.
///
/// # Errors
/// When the store fails.
pub async fn end_other_sessions(rollcall: &Rollcall, account: &Account, kept: &str) -> Result<u64> {
    let mut tx = rollcall.db.write().await?;
    let ended = store::sessions::delete_others_of_account(&mut tx, &account.id, kept).await?;
    tx.commit().await?;
    Ok(ended)
}
