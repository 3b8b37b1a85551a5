//! Which deviations from the RFCs a directory's identity provider was seen with.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{Arg, Statement, all, execute_of},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, ScimRequestId},
};

/// A deviation that was tolerated, and how often.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SeenDeviation {
    /// The directory.
    pub directory_id: DirectoryId,
    /// The name of the `scim::Deviation`.
    pub deviation: String,
    /// In how many requests.
    pub seen: i64,
    /// In which request first.
    pub first_at: Timestamp,
    /// In which request last.
    pub last_at: Timestamp,
    /// The latest example in the journal.
    pub request_id: Option<ScimRequestId>,
}

/// Counts deviations, some hundred in one statement. Each pair of directory and deviation may occur once.
///
/// # Errors
/// When the database fails, or a directory is not there.
pub async fn add_all(tx: &mut Tx, deviations: &[SeenDeviation]) -> Result<()> {
    for chunk in deviations.chunks(super::CHUNK / 6) {
        let mut statement = Statement::new(
            "INSERT INTO directory_deviations (directory_id, deviation, seen, first_at, last_at, request_id) VALUES ",
        );
        for (index, deviation) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            statement.bind(Arg::Text(deviation.directory_id.0.clone())).push(", ");
            statement.bind(Arg::Text(deviation.deviation.clone())).push(", ");
            statement.bind(Arg::Integer(deviation.seen)).push(", ");
            statement.bind(Arg::Integer(deviation.first_at.0)).push(", ");
            statement.bind(Arg::Integer(deviation.last_at.0)).push(", ");
            statement.bind_optional(deviation.request_id.as_ref().map(ScimRequestId::as_str)).push(")");
        }
        statement.push(
            " ON CONFLICT (directory_id, deviation) DO UPDATE SET \
             seen = directory_deviations.seen + excluded.seen, \
             last_at = CASE WHEN excluded.last_at > directory_deviations.last_at THEN excluded.last_at \
               ELSE directory_deviations.last_at END, \
             request_id = COALESCE(excluded.request_id, directory_deviations.request_id)",
        );
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// A deviation with the reference of its example, if the journal still has it.
#[derive(Clone, Debug, FromRow)]
pub struct ReportedDeviation {
    /// What was seen.
    #[sqlx(flatten)]
    pub seen: SeenDeviation,
    /// Opens the example.
    pub reference: Option<String>,
}

impl ReportedDeviation {
    /// The deviation in words; `None` for a name that this version does not know.
    pub fn explanation(&self) -> Option<scim::Explanation> {
        scim::Deviation::from_id(&self.seen.deviation).map(scim::Deviation::explanation)
    }
}

/// The deviations of a directory, the most frequent first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<ReportedDeviation>> {
    all!(
        conn,
        ReportedDeviation,
        "SELECT v.*, r.reference FROM directory_deviations v LEFT JOIN scim_requests r ON r.id = v.request_id \
         WHERE v.directory_id = $1 ORDER BY v.seen DESC, v.deviation",
        directory
    )
}
