//! Who changes a directory at the same time as whom.

use super::{Result, Tx, sql::execute};
use crate::model::DirectoryId;

/// How a change of a directory stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At the same time as others; rows that it rests on are locked.
    Beside,
    /// While there is no other: it rests on what no lock of a row holds, such as which group is in which, however far up,
    /// or that nobody has a certain name.
    Alone,
}

/// Waits for the turn, and has it until the transaction ends. It comes before every other lock, so that nobody who has
/// one waits for a turn. Gives the turn that the change really has: the one writer of SQLite is always alone.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, directory: &DirectoryId, turn: Turn) -> Result<Turn> {
    if !tx.is_postgres() {
        return Ok(Turn::Alone);
    }
    let sql = match turn {
        Turn::Beside => "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
        Turn::Alone => "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
    };
    execute!(tx, sql, directory)?;
    Ok(turn)
}
