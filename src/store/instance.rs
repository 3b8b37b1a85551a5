//! Facts about this installation as a whole.

use super::{
    Conn, Result, Tx,
    sql::{execute, optional_scalar},
};

/// The address by which the server was last started: the command line prints links with it.
pub const BASE_URL: &str = "base_url";

/// Since when the mail relay takes nothing, and what it says: JSON. Not there while it does.
pub const MAIL_TROUBLE: &str = "mail_trouble";

/// What cursors are signed with: the same for all processes.
pub const CURSOR_KEY: &str = "cursor_key";

/// Remembers a fact.
///
/// # Errors
/// When the database fails.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO instance (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
        name,
        value
    )?;
    Ok(())
}

/// Remembers a fact unless one of this name is known.
///
/// # Errors
/// When the database fails.
pub async fn set_once(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    execute!(tx, "INSERT INTO instance (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, value)?;
    Ok(())
}

/// Forgets a fact.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, name: &str) -> Result<()> {
    execute!(tx, "DELETE FROM instance WHERE name = $1", name)?;
    Ok(())
}

/// A fact, if it is known.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    optional_scalar!(conn, String, "SELECT value FROM instance WHERE name = $1", name)
}
