//! Directory users by the names that identity providers know them by.

use sqlx::FromRow;

use super::{
    CHUNK, Result, Tx, key,
    sql::{Arg, Statement, all_of},
};
use crate::model::DirectoryId;

/// A directory user, and their names.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Named {
    /// The SCIM `id`.
    pub id: String,
    /// The case-folded `userName`.
    pub user_name_key: String,
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// SCIM `active`.
    pub active: bool,
}

/// The people who have one of these names as `externalId`, case-exact, or as `userName`, without case. On PostgreSQL
/// they are held until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, directory: &DirectoryId, names: &[&str]) -> Result<Vec<Named>> {
    let mut found = Vec::new();
    for chunk in names.chunks(CHUNK) {
        for column in ["external_id", "user_name_key"] {
            let mut statement = Statement::new(
                "SELECT id, user_name_key, external_id, active FROM directory_users WHERE directory_id = ",
            );
            statement.bind(Arg::Text(directory.0.clone())).push(" AND NOT deleted AND ");
            statement.push(column).push(" IN ");
            if column == "external_id" {
                statement.bind_list(chunk);
            } else {
                statement.bind_list(chunk.iter().map(|name| key(name)));
            }
            statement.push(" ORDER BY id");
            if tx.is_postgres() {
                statement.push(" FOR SHARE");
            }
            found.extend(all_of!(tx, Named, statement)?);
        }
    }
    Ok(found)
}
