//! An owner who cannot sign in any more is let in again by whoever runs Rollcall.

use super::account;
use crate::{
    audit::Actor,
    error::{Error, Result},
    secret::Secret,
    state::{Context, Rollcall},
    store::{self, Tx, memberships::Membership, workspaces::Workspace},
};

/// Makes a one-time link that sets a new password for an active owner: the one with this address, or else the only one.
///
/// # Errors
/// `Invalid` on `email` when it is no owner's, or is left out and there are several; `NotFound` when the owner has no
/// account.
pub async fn recover(
    rollcall: &Rollcall,
    workspace: &Workspace,
    email: Option<&str>,
) -> Result<(Membership, Secret)> {
    let context = rollcall.context(Actor::CommandLine);
    let mut tx = rollcall.db.write().await?;
    let recovered = recover_in(&mut tx, &context, workspace, email).await;
    tx.end(recovered).await
}

async fn recover_in(
    tx: &mut Tx,
    context: &Context,
    workspace: &Workspace,
    email: Option<&str>,
) -> Result<(Membership, Secret)> {
    let owner = find(tx, workspace, email).await?;
    let account = owner.account_id.as_ref().ok_or(Error::NotFound { what: "account of this owner" })?;
    let link = account::new_password_link(tx, context, account).await?;
    Ok((owner, link))
}

async fn find(tx: &mut Tx, workspace: &Workspace, email: Option<&str>) -> Result<Membership> {
    let mut owners = Vec::new();
    for id in store::memberships::list_active_owners(tx, &workspace.id).await? {
        owners.extend(store::memberships::get(tx, &workspace.id, &id).await?);
    }
    if let Some(email) = email {
        owners.retain(|owner| owner.email_key == store::key(email.trim()));
    }
    match (owners.pop(), owners.as_slice()) {
        (Some(owner), []) => Ok(owner),
        (None, _) => {
            let message = format!("{} has no active owner with this address.", workspace.name);
            Err(Error::invalid("email", message))
        }
        (Some(last), others) => {
            let known: Vec<&str> = others.iter().chain([&last]).map(|owner| owner.email.as_str()).collect();
            let known = known.join(", ");
            Err(Error::invalid(
                "email",
                format!("There are several owners: {known}. Say which with --email."),
            ))
        }
    }
}
