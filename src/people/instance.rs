//! The admins of the instance: the owners of its first workspace, the one that claimed it.

use crate::{
    error::{Error, Result},
    model::{MembershipStatus, Role},
    store::{self, Conn, accounts::Account},
};

/// Whether this account is an admin of the instance.
///
/// # Errors
/// When the store fails.
pub async fn is_admin(conn: &mut Conn, account: &Account) -> store::Result<bool> {
    let Some(first) = store::workspaces::find_first(conn).await? else { return Ok(false) };
    let membership = store::memberships::find_by_account(conn, &first.id, &account.id).await?;
    Ok(membership
        .is_some_and(|member| member.status == MembershipStatus::Active && member.role == Role::Owner))
}

/// The addresses of the admins of the instance.
///
/// # Errors
/// When the store fails.
pub async fn list_admin_addresses(conn: &mut Conn) -> store::Result<Vec<String>> {
    match store::workspaces::find_first(conn).await? {
        Some(first) => store::memberships::list_owner_addresses(conn, &first.id).await,
        None => Ok(Vec::new()),
    }
}

/// Lets only admins of the instance through.
///
/// # Errors
/// `Forbidden`, with who may.
pub async fn require_admin(conn: &mut Conn, account: &Account) -> Result<()> {
    if is_admin(conn, account).await? {
        return Ok(());
    }
    Err(Error::forbidden("Only owners of this installation's first workspace see this page."))
}
