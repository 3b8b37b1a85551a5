//! The time by the database's own clock, which is one for all hosts. What is compared between processes, such as until
//! when a worker holds a mail, is measured by it and never by the clock of a host.

use super::{Conn, Result, sql::scalar};
use crate::clock::Timestamp;

/// The time now. On SQLite it is the machine's: the file has one host.
///
/// # Errors
/// When the database fails.
pub async fn now(conn: &mut Conn) -> Result<Timestamp> {
    if conn.is_postgres() {
        // Of this moment, not of the beginning of the transaction.
        scalar!(conn, Timestamp, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
    } else {
        scalar!(conn, Timestamp, "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)")
    }
}
