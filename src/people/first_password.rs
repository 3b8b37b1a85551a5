//! Members whom a directory added directly and who have set no password yet: their account, and the mail with the link
//! that sets one.

use std::time::Duration;

use serde_json::json;

use super::{
    Caller, Permission,
    account::{NEWER_LINK, asked_too_often},
};
use crate::{
    error::{Error, Result},
    mail::{self, Order},
    model::{MailTemplate, MembershipId, MembershipStatus},
    state::{Context, Rollcall},
    store::{self, Tx, accounts::Account, memberships::Membership},
};

/// The account that the member's address has, or one without a password.
///
/// # Errors
/// `Unique(AccountEmail)` when the address got an account at this moment.
pub(super) async fn account_of_address(
    tx: &mut Tx,
    context: &Context,
    membership: &Membership,
) -> store::Result<Account> {
    if let Some(account) = store::accounts::find_by_email(tx, &membership.email_key).await? {
        return Ok(account);
    }
    let account = Account {
        id: context.clock.new_id(),
        email: membership.email.clone(),
        email_key: membership.email_key.clone(),
        name: membership.name.clone(),
        password_hash: None,
        created_at: context.now,
        updated_at: context.now,
    };
    store::accounts::insert(tx, &account).await?;
    Ok(account)
}

/// The member's account, when it has no password.
///
/// # Errors
/// When the database fails.
pub(super) async fn account_without(tx: &mut Tx, membership: &Membership) -> store::Result<Option<Account>> {
    let account = match &membership.account_id {
        Some(id) => store::accounts::get(tx, id).await?,
        None => None,
    };
    Ok(account.filter(|account| account.password_hash.is_none()))
}

/// Queues the mail with a link that sets the first password, if the member has none; true when there will be one. The
/// link itself is made when the mail leaves; what is still queued of earlier mails is cancelled.
///
/// # Errors
/// When the database fails.
pub(super) async fn order_link(
    tx: &mut Tx,
    context: &Context,
    membership: &Membership,
    delay: Duration,
) -> store::Result<bool> {
    let Some(account) = account_without(tx, membership).await? else { return Ok(false) };
    let (template, workspace) = (MailTemplate::Added, Some(&membership.workspace_id));
    store::accounts::cancel_mails(tx, &account.id, template, workspace, NEWER_LINK, context.now).await?;
    let order = Order {
        template,
        workspace,
        subject_id: account.id.as_str(),
        generation: context.now.0,
        recipient: &account.email,
        delay,
        detail: json!({}),
    };
    mail::order(tx, context, &order).await?;
    Ok(true)
}

/// Takes a member without a password along to the account of their new address, so that the links that went to the old
/// one open nothing here. The caller stores the membership.
///
/// Whoever has set a password keeps their account, and the address that they sign in with: a directory must not take an
/// account over by giving it another address.
///
/// # Errors
/// `Unique(AccountEmail)` when the new address got an account at this moment.
pub(super) async fn follow_address(
    tx: &mut Tx,
    context: &Context,
    membership: &mut Membership,
) -> store::Result<()> {
    let Some(former) = account_without(tx, membership).await? else { return Ok(()) };
    if membership.joined_at.is_none() || former.email_key == membership.email_key {
        return Ok(());
    }
    let account = account_of_address(tx, context, membership).await?;
    store::memberships::vacate_account(tx, &membership.workspace_id, &account.id).await?;
    membership.account_id = Some(account.id);
    let (template, workspace) = (MailTemplate::Added, Some(&membership.workspace_id));
    let reason = "The address was changed.";
    store::accounts::cancel_mails(tx, &former.id, template, workspace, reason, context.now).await?;
    let others = store::memberships::list_of_account(tx, &former.id).await?;
    if others.iter().all(|other| other.id == membership.id) {
        store::accounts::delete_without_password(tx, &former.id).await?;
    }
    Ok(())
}

/// Mails a fresh link to a member who has no password yet. Earlier links stop working when it leaves.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` on `member` when they have a password or no access, or were mailed too often.
pub async fn send_link(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let ordered = async {
        let found = store::memberships::get_for_update(&mut tx, &caller.workspace().id, id).await?;
        let membership = found.ok_or(Error::NotFound { what: "person in this workspace" })?;
        if let Some(refusal) = refusal(&mut tx, &context, &membership).await? {
            return Err(Error::conflict("member", refusal));
        }
        Ok(order_link(&mut tx, &context, &membership, Duration::ZERO).await?)
    }
    .await;
    tx.end(ordered).await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn refusal(tx: &mut Tx, context: &Context, membership: &Membership) -> store::Result<Option<String>> {
    let email = &membership.email;
    if membership.status != MembershipStatus::Active {
        return Ok(Some(format!("{email} has no access, so there is no password to set.")));
    }
    let Some(account) = account_without(tx, membership).await? else {
        return Ok(Some(format!(
            "{email} has a password. Who forgot theirs asks for a new one on the sign-in page."
        )));
    };
    let often = asked_too_often(tx, context, &account.id, MailTemplate::Added).await?;
    Ok(often.then(|| {
        format!("{email} was mailed a link a moment ago, or five times today. Wait before the next one.")
    }))
}
