//! Making a workspace with its first owner: in the browser by the one-time set-up link, or at the command line.

use std::time::Duration;

use serde_json::json;

use super::{Caller, EmailAddress, Permission, account, password};
use crate::{
    audit::{self, Actor},
    clock::Clock,
    error::{Error, Result, both},
    mail,
    model::{MembershipStatus, Role, Source},
    secret::Secret,
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey,
        account_links::{LinkPurpose, NewLink},
        accounts::Account,
        memberships::Membership,
        workspaces::Workspace,
    },
};

/// How long the set-up link of a fresh instance works; a restart prints a new one.
const CLAIM_LINK_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Words that may not be a workspace's slug, because they would mislead in an address.
const RESERVED: &[&str] =
    &["new", "settings", "admin", "api", "scim", "login", "setup", "invite", "account", "instance"];

/// Makes the one-time set-up link of an instance without accounts; `None` when there is an account.
///
/// # Errors
/// When the store or the machine fails.
pub async fn new_claim_link(rollcall: &Rollcall) -> Result<Option<Secret>> {
    let mut tx = rollcall.db.write().await?;
    let secret = new_claim_link_in(&mut tx, &rollcall.clock).await;
    tx.end(secret).await
}

async fn new_claim_link_in(tx: &mut Tx, clock: &Clock) -> Result<Option<Secret>> {
    if store::accounts::any(tx).await? {
        return Ok(None);
    }
    let secret = Secret::generate(clock, "")?;
    let now = clock.now();
    let link = NewLink {
        token_hash: &secret.hash(),
        purpose: LinkPurpose::ClaimInstance,
        account: None,
        email: None,
        mail: None,
        created_at: now,
        expires_at: now.plus(CLAIM_LINK_LIFE),
    };
    store::account_links::insert(tx, &link).await?;
    Ok(Some(secret))
}

/// Whether this instance still waits for its first owner.
///
/// # Errors
/// When the store fails.
pub async fn is_unclaimed(rollcall: &Rollcall) -> Result<bool> {
    let mut conn = rollcall.db.read().await?;
    Ok(!store::accounts::any(&mut conn).await?)
}

/// Whether this set-up link works.
///
/// # Errors
/// When the store fails.
pub async fn claim_link_works(rollcall: &Rollcall, token: &str) -> Result<bool> {
    let mut conn = rollcall.db.read().await?;
    let link = store::account_links::find(&mut conn, &crate::secret::hash(token), LinkPurpose::ClaimInstance)
        .await?;
    Ok(link.is_some_and(|link| link.used_at.is_none() && link.expires_at > rollcall.clock.now()))
}

/// What the first owner fills in.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The workspace's name.
    pub workspace: String,
}

/// Claims the instance: makes the first owner and the workspace, and uses the link up.
///
/// # Errors
/// `Invalid` on a field; `Forbidden` when the link does not work or the instance is claimed.
pub async fn claim(rollcall: &Rollcall, token: &str, claim: &Claim) -> Result<(Workspace, Account)> {
    let refused = || {
        Error::forbidden(
            "This set-up link does not work any more. Restart Rollcall: while there is no account it prints a new one.",
        )
    };
    if !claim_link_works(rollcall, token).await? {
        return Err(refused());
    }
    let (name, email, workspace_name) = checked(claim)?;
    let hash = password::hash(&rollcall.clock, &claim.password).await?;

    let context = rollcall.context(Actor::Invitee);
    let mut tx = rollcall.db.write().await?;
    let made = async {
        let claimed = store::accounts::any(&mut tx).await?;
        if claimed || !store::account_links::use_up(&mut tx, &crate::secret::hash(token), context.now).await?
        {
            return Err(refused());
        }
        store::account_links::delete_claims(&mut tx).await?;
        let account = account::insert(&mut tx, &context, &email, &name, Some(hash)).await?;
        let workspace = insert(&mut tx, &context, &workspace_name, &account).await?;
        Ok((workspace, account))
    }
    .await;
    tx.end(made).await
}

fn checked(claim: &Claim) -> Result<(String, EmailAddress, String)> {
    let name = account::checked_name("name", &claim.name);
    let password = password::check(&claim.password, claim.email.trim(), claim.name.trim());
    let workspace = account::checked_name("workspace", &claim.workspace);
    let ((name, email), ((), workspace)) = both(both(name, claim.email.parse()), both(password, workspace))?;
    Ok((name, email, workspace))
}

/// Makes a workspace at the command line. The owner's account is made when the address has none; without a password
/// a one-time link that sets one is given back.
///
/// # Errors
/// `Invalid` on `name`, `owner` or `password`.
pub async fn create(
    rollcall: &Rollcall,
    name: &str,
    owner: &str,
    new_password: Option<&str>,
) -> Result<(Workspace, Account, Option<Secret>)> {
    let password = new_password.map_or(Ok(()), |new| password::check(new, owner.trim(), name.trim()));
    let names = both(account::checked_name("name", name), owner.parse::<EmailAddress>());
    let ((name, email), ()) = both(names, password)?;
    let hash = match new_password {
        Some(new) => Some(password::hash(&rollcall.clock, new).await?),
        None => None,
    };
    let context = rollcall.context(Actor::CommandLine);
    let mut tx = rollcall.db.write().await?;
    let made = create_in(&mut tx, &context, &name, &email, hash).await;
    tx.end(made).await
}

async fn create_in(
    tx: &mut Tx,
    context: &Context,
    name: &str,
    email: &EmailAddress,
    hash: Option<String>,
) -> Result<(Workspace, Account, Option<Secret>)> {
    let account = match store::accounts::find_by_email(tx, &email.key()).await? {
        Some(_) if hash.is_some() => {
            return Err(Error::conflict(
                "password",
                format!("{email} has an account with a password already. Leave the password out."),
            ));
        }
        Some(account) => account,
        None => {
            let local_part = email.as_str().split('@').next().unwrap_or_default().to_owned();
            account::insert(tx, context, email, &local_part, hash).await?
        }
    };
    store::account_links::delete_claims(tx).await?;
    let workspace = insert(tx, context, name, &account).await?;
    let link = match account.password_hash {
        Some(_) => None,
        None => Some(account::new_password_link(tx, context, &account.id).await?),
    };
    Ok((workspace, account, link))
}

/// Most seats that a limit can name.
const MOST_SEATS: i64 = 10_000_000;

/// Changes name, seat limit and language of mails (BCP 47, one of [`mail::languages`]). The slug stays, so that
/// addresses go on leading here. A limit below the seats that are taken takes nothing away; nobody new comes in until
/// seats are free. A seat limit that could not be read is told with all else that is wrong.
///
/// # Errors
/// `Forbidden`; `Invalid` on `name`, `seat_limit` or `language`.
pub async fn update(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    name: &str,
    seat_limit: Result<Option<i64>>,
    language: &str,
) -> Result<()> {
    caller.require(Permission::ManageWorkspace)?;
    let seat_limit = seat_limit.and_then(checked_seat_limit);
    let name = account::checked_name("name", name);
    let ((name, seat_limit), language) = both(both(name, seat_limit), checked_language(language))?;
    let context = rollcall.context(caller.actor());
    let id = &caller.workspace().id;
    let mut tx = rollcall.db.write().await?;
    store::seats::set_limit(&mut tx, id, seat_limit).await?;
    store::workspaces::update(&mut tx, id, &name, language).await?;
    let detail = json!({ "name": name, "seat_limit": seat_limit, "language": language });
    audit::record(&mut tx, &context, id, "workspace.updated", id.as_str(), &detail).await?;
    tx.commit().await?;
    rollcall.held_due.notify_one();
    Ok(())
}

fn checked_seat_limit(limit: Option<i64>) -> Result<Option<i64>> {
    if limit.is_some_and(|limit| !(1..=MOST_SEATS).contains(&limit)) {
        let message = format!("Use a whole number from 1 to {MOST_SEATS}, or nothing for no limit.");
        return Err(Error::invalid("seat_limit", message));
    }
    Ok(limit)
}

/// A language that mails can be written in, by its tag.
///
/// # Errors
/// `Invalid` on `language`.
pub(super) fn checked_language(tag: &str) -> Result<&'static str> {
    mail::known_language(tag).ok_or_else(|| {
        let known: Vec<&str> = mail::languages().map(|(tag, _)| tag).collect();
        Error::invalid(
            "language",
            format!("There are no mails in the language “{tag}”. Use one of: {}.", known.join(", ")),
        )
    })
}

async fn insert(tx: &mut Tx, context: &Context, name: &str, owner: &Account) -> Result<Workspace> {
    let workspace = Workspace {
        id: context.clock.new_id(),
        slug: free_slug(tx, name).await?,
        name: name.to_owned(),
        seat_limit: None,
        language: mail::default_language().to_owned(),
        created_at: context.now,
    };
    match store::workspaces::insert(tx, &workspace).await {
        Err(store::Error::Unique(UniqueKey::WorkspaceSlug)) => {
            return Err(Error::conflict("name", "Another workspace took this name just now. Try again."));
        }
        other => other?,
    }
    let membership = Membership {
        id: context.clock.new_id(),
        workspace_id: workspace.id.clone(),
        account_id: Some(owner.id.clone()),
        email: owner.email.clone(),
        email_key: owner.email_key.clone(),
        name: owner.name.clone(),
        language: None,
        role: Role::Owner,
        status: MembershipStatus::Active,
        source: Source::Manual,
        directory_id: None,
        suspended_by: None,
        status_changed_at: context.now,
        joined_at: Some(context.now),
        last_active_at: None,
        created_at: context.now,
        updated_at: context.now,
    };
    store::memberships::insert(tx, &membership).await?;
    let detail = json!({ "name": workspace.name, "slug": workspace.slug, "owner": owner.email });
    audit::record(tx, context, &workspace.id, "workspace.created", workspace.id.as_str(), &detail).await?;
    Ok(workspace)
}

/// The first of `acme`, `acme-2`, `acme-3`, … that is free.
async fn free_slug(tx: &mut Tx, name: &str) -> store::Result<String> {
    let stem = slug_of(name);
    let mut slug = stem.clone();
    let mut number = 2;
    while RESERVED.contains(&slug.as_str()) || store::workspaces::find_by_slug(tx, &slug).await?.is_some() {
        slug = format!("{stem}-{number}");
        number += 1;
    }
    Ok(slug)
}

/// Letters and digits of the name in lower case, with one hyphen for each run of anything else.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_end_matches('-').chars().take(40).collect();
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "workspace".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn slugs() {
        for (name, slug) in [
            ("Acme", "acme"),
            ("Acme & Sons, Ltd.", "acme-sons-ltd"),
            ("  --  ", "workspace"),
            ("Жук", "workspace"),
            ("Zürich 2", "z-rich-2"),
        ] {
            assert_eq!(slug_of(name), slug);
        }
        assert!(slug_of(&"a b ".repeat(40)).len() <= 40);
    }
}
