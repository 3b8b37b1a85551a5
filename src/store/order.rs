//! The order of a list: by columns that an index holds.

use scim::list::SortKey;

use super::sql::{Arg, Statement};
use crate::clock::Timestamp;

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
    /// The columns of the index, in its order. The id makes the order of equals stable.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id"],
            Self::UserName => &["user_name_key", "id"],
            Self::DisplayName => &["display_name_order", "id"],
            Self::ExternalId => &["external_id_order", "id"],
            Self::Active => &["active", "id"],
            Self::Created => &["created_at", "id"],
            Self::LastModified => &["updated_at", "id"],
        }
    }

    /// What stands in the columns of a resource with this key and id; `None` when no resource has such a key.
    fn values(self, key: &SortKey, id: &str) -> Option<Vec<Arg>> {
        let value = match (self, key) {
            (Self::Id, _) => return Some(vec![Arg::Text(id.to_owned())]),
            (Self::UserName, SortKey::Text(name)) => Arg::Text(name.clone()),
            (Self::DisplayName | Self::ExternalId, SortKey::Text(text)) => Arg::Text(format!("={text}")),
            (Self::DisplayName | Self::ExternalId, SortKey::Absent) => Arg::Text("~".to_owned()),
            (Self::Active, SortKey::Boolean(active)) => Arg::Boolean(*active),
            (Self::Created | Self::LastModified, SortKey::Time(nanoseconds)) => {
                Arg::Integer(i64::try_from(nanoseconds / 1000).ok()?)
            }
            _ => return None,
        };
        Some(vec![value, Arg::Text(id.to_owned())])
    }
}

/// What a list in the order of a time is sorted by.
pub(in crate::store) fn time_key(at: Timestamp) -> SortKey {
    SortKey::Time(i128::from(at.0) * 1000)
}

/// What a list in the order of a text is sorted by.
pub(in crate::store) fn text_key(text: Option<String>) -> SortKey {
    text.map_or(SortKey::Absent, SortKey::Text)
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What it is sorted by.
    pub by: Column,
    /// Whether it is turned round.
    pub descending: bool,
}

/// The place of a resource in an order, whether or not the resource is still there.
#[derive(Clone, Debug)]
pub struct Place {
    pub(in crate::store) id: String,
    values: Vec<Arg>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slice<'a> {
    /// Only what comes behind this place in the order of the list.
    pub behind: Option<&'a Place>,
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

impl Order {
    /// The place of a resource with this id and this value of what the list is sorted by. `None` when nothing in such a
    /// list has a value of this type.
    pub fn place(self, key: &SortKey, id: &str) -> Option<Place> {
        Some(Place { id: id.to_owned(), values: self.by.values(key, id)? })
    }

    fn push(self, statement: &mut Statement) {
        for (index, column) in self.by.columns().iter().enumerate() {
            statement.push(if index == 0 { " ORDER BY " } else { ", " }).push(column);
            if self.descending {
                statement.push(" DESC");
            }
        }
    }

    fn push_behind(self, statement: &mut Statement, place: &Place) {
        statement.push(" AND (").push(&self.by.columns().join(", "));
        statement.push(if self.descending { ") < (" } else { ") > (" });
        for (index, value) in place.values.iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " }).bind(value.clone());
        }
        statement.push(")");
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
    if let Some(place) = slice.behind {
        order.push_behind(&mut statement, place);
    }
    order.push(&mut statement);
    statement.push(" LIMIT ").bind(Arg::Integer(slice.limit));
    statement.push(" OFFSET ").bind(Arg::Integer(slice.offset));
    // CROSS JOIN keeps SQLite from walking the whole table in order and looking each row up in the slice.
    statement.push(") AS slice CROSS JOIN ").push(table).push(" WHERE id = wanted");
    order.push(&mut statement);
    statement
}
