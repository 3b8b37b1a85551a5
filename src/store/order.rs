//! The order of a list: by columns that an index holds.

use super::sql::{Arg, Statement};

/// What resources of the mirror are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// `id`: the order in which resources came.
    #[default]
    Id,
    /// `userName`, case-folded.
    UserName,
    /// `displayName`, case-folded.
    DisplayName,
    /// `externalId`.
    ExternalId,
    /// `active`.
    Active,
    /// `meta.created`.
    Created,
    /// `meta.lastModified`.
    LastModified,
}

impl Column {
    /// The columns of the index, in its order. Who has no value comes last (RFC 7644 section 3.4.2.3); the id makes
    /// the order of equals stable.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id"],
            Self::UserName => &["user_name_key"],
            Self::DisplayName => &["(display_name_key IS NULL)", "display_name_key", "id"],
            Self::ExternalId => &["(external_id IS NULL)", "external_id", "id"],
            Self::Active => &["active", "id"],
            Self::Created => &["created_at", "id"],
            Self::LastModified => &["updated_at", "id"],
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What it is sorted by.
    pub by: Column,
    /// Whether it is turned round.
    pub descending: bool,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice<'a> {
    /// Only what comes behind this id; for the order by id.
    pub after: Option<&'a str>,
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

impl Order {
    fn push(self, statement: &mut Statement) {
        for (index, column) in self.by.columns().iter().enumerate() {
            statement.push(if index == 0 { " ORDER BY " } else { ", " }).push(column);
            if self.descending {
                statement.push(" DESC");
            }
        }
    }
}

/// A statement that reads a slice of `table`. The ids are found by index alone, so that passing over 90,000 rows reads
/// none of them; `narrow` appends the WHERE clause.
pub(in crate::store) fn select_slice(
    columns: &str,
    table: &str,
    order: Order,
    slice: Slice<'_>,
    narrow: impl FnOnce(&mut Statement),
) -> Statement {
    let mut statement = Statement::new("SELECT ");
    statement.push(columns).push(" FROM (SELECT id AS wanted FROM ").push(table).push(" ");
    narrow(&mut statement);
    if let Some(after) = slice.after {
        statement.push(" AND id > ").bind(Arg::Text(after.to_owned()));
    }
    order.push(&mut statement);
    statement.push(" LIMIT ").bind(Arg::Integer(slice.limit));
    statement.push(" OFFSET ").bind(Arg::Integer(slice.offset));
    // CROSS JOIN keeps SQLite from walking the whole table in order and looking each row up in the slice.
    statement.push(") AS slice CROSS JOIN ").push(table).push(" WHERE id = wanted");
    order.push(&mut statement);
    statement
}
