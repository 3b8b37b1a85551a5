//! What the planner knows of the tables.

use sqlx::AssertSqlSafe;

use super::{
    Db, Result,
    sql::{execute, scalars},
};

/// Tables of fewer pages than this are read as quickly by any plan.
const SMALL: &str = "4";

/// Has PostgreSQL look at the tables that grew to more than twice their size since it last did, and gives their names.
/// It would do so by itself after a minute, but an import fills a table in less, and until then statements keep the plan
/// that was good for an empty one: with new statistics each is planned anew. On the way it notes which rows everyone can
/// see, so that counting and passing over need the index alone. SQLite plans by rule and needs none of it.
///
/// # Errors
/// When the database fails.
pub async fn refresh(db: &Db) -> Result<Vec<String>> {
    let mut conn = db.read().await?;
    if !conn.is_postgres() {
        return Ok(Vec::new());
    }
    let grown = scalars!(
        &mut conn,
        String,
        const_format::concatcp!(
            "SELECT quote_ident(relname) FROM pg_class \
             WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace \
             AND pg_relation_size(oid) / current_setting('block_size')::bigint > 2 * GREATEST(relpages, ",
            SMALL,
            ") ORDER BY relname"
        )
    )?;
    for table in &grown {
        execute!(&mut conn, AssertSqlSafe(format!("VACUUM (ANALYZE) {table}")))?;
    }
    Ok(grown)
}
