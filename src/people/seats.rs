//! Seats: how many people may be active or invited in a workspace.

use crate::{
    error::{Error, Result},
    model::WorkspaceId,
    store::{self, Tx, seats::Seats},
};

/// What people are told who would take one seat too many.
pub const FULL: &str =
    "No seat is free. Raise the seat limit under General, or suspend or remove someone first.";

/// Whether one more person may be invited or become active. With a limit, whoever asks next waits for this transaction.
///
/// # Errors
/// When the database fails.
pub async fn is_free(tx: &mut Tx, workspace: &WorkspaceId) -> store::Result<bool> {
    Ok(store::seats::lock(tx, workspace).await?.is_none_or(|seats| seats.taken() < seats.limit))
}

/// Whether someone who is invited may become active: a limit may have been lowered since.
pub fn is_free_for_invited(seats: Option<Seats>) -> bool {
    seats.is_none_or(|seats| seats.active < seats.limit)
}

/// The refusal for the admin of the identity provider.
pub(super) async fn refusal(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Error> {
    let workspace = store::workspaces::get(tx, workspace).await?;
    let (name, limit) = workspace.map_or_else(Default::default, |found| (found.name, found.seat_limit));
    Ok(Error::Scim(scim::Error::forbidden(format!(
        "{name} has no free seat: its limit is {}. Ask an admin of {name} to raise the limit or to free a seat, then provision this person again.",
        limit.unwrap_or_default()
    ))))
}
