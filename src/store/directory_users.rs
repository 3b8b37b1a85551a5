//! Directory users: people as the identity provider described them.

use scim::list::SortKey;
use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    order::{Column, Order, Slice, select_slice, text_key, time_key},
    sql::{Arg, Statement, all, all_of, execute, execute_of, optional, scalar, scalar_of},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, DirectoryUserId, HeldReason, MembershipId},
};

/// A person as the identity provider described them.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DirectoryUser {
    /// The SCIM `id`.
    pub id: DirectoryUserId,
    /// The directory that the person belongs to.
    pub directory_id: DirectoryId,
    /// SCIM `userName`, as written.
    pub user_name: String,
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// SCIM `active`: the identity provider's last word.
    pub active: bool,
    /// SCIM `displayName`, or the name put together from `name`.
    pub display_name: Option<String>,
    /// The address that invitations go to.
    pub email: Option<String>,
    /// The whole resource as received: a JSON object without what the server adds.
    pub document: String,
    /// Counts the changes; the ETag.
    pub version: i64,
    /// The membership that the person was granted.
    pub membership_id: Option<MembershipId>,
    /// Why no membership was granted.
    pub held_reason: Option<HeldReason>,
    /// Since when nothing is granted for that reason.
    pub held_since: Option<Timestamp>,
    /// When an admin let the person in, past mode and domains.
    pub approved_at: Option<Timestamp>,
    /// When the identity provider first sent the person.
    pub created_at: Timestamp,
    /// When the resource last changed.
    pub updated_at: Timestamp,
    /// Whether the identity provider deleted the person; since `updated_at`.
    pub deleted: bool,
}

impl DirectoryUser {
    /// What stands for the person in this order.
    pub fn sort_key(&self, by: Column) -> SortKey {
        match by {
            Column::Id => SortKey::Text(self.id.0.clone()),
            Column::UserName => SortKey::Text(key(&self.user_name)),
            Column::DisplayName => text_key(display_name_key(self)),
            Column::ExternalId => text_key(self.external_id.clone()),
            Column::Active => SortKey::Boolean(self.active),
            Column::Created => time_key(self.created_at),
            Column::LastModified => time_key(self.updated_at),
        }
    }
}

/// An address of a directory user, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailKey {
    /// The case-folded address.
    pub value: String,
    /// The case-folded `type`.
    pub kind: Option<String>,
}

const COLUMNS: &str = "id, directory_id, user_name, external_id, active, display_name, email, document, version, \
                       membership_id, held_reason, held_since, approved_at, created_at, updated_at, deleted";
pub(super) const SELECT: &str = const_format::concatcp!("SELECT ", COLUMNS, " FROM directory_users ");

/// The form in which names and addresses are compared.
pub fn key(text: &str) -> String {
    scim::filter::fold(text)
}

/// What a list sorted by `displayName` compares: the attribute itself, never the name that stands in for it.
fn display_name_key(user: &DirectoryUser) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(&user.document).ok()?;
    document.get("displayName")?.as_str().map(key)
}

/// Adds a person with their addresses.
///
/// # Errors
/// `Unique(DirectoryUserName)` when the `userName` is taken in the directory.
pub async fn insert(tx: &mut Tx, user: &DirectoryUser, emails: &[EmailKey]) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO directory_users \
         (id, directory_id, user_name, user_name_key, external_id, active, display_name, display_name_key, email, \
         email_key, document, version, membership_id, held_reason, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &user.id,
        &user.directory_id,
        &user.user_name,
        key(&user.user_name),
        &user.external_id,
        user.active,
        &user.display_name,
        display_name_key(user),
        &user.email,
        user.email.as_deref().map(key),
        &user.document,
        user.version,
        &user.membership_id,
        user.held_reason,
        user.created_at,
        user.updated_at
    )?;
    insert_emails(tx, user, emails).await
}

async fn insert_emails(tx: &mut Tx, user: &DirectoryUser, emails: &[EmailKey]) -> Result<()> {
    if emails.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::new(
        "INSERT INTO directory_user_emails (user_id, position, directory_id, value_key, type_key) VALUES ",
    );
    for (position, email) in emails.iter().enumerate() {
        statement.push(if position == 0 { "(" } else { ", (" });
        statement.bind(Arg::Text(user.id.0.clone()));
        statement.push(", ").bind(Arg::Integer(i64::try_from(position).unwrap_or(i64::MAX)));
        statement.push(", ").bind(Arg::Text(user.directory_id.0.clone()));
        statement.push(", ").bind(Arg::Text(email.value.clone())).push(", ");
        match &email.kind {
            Some(kind) => statement.bind(Arg::Text(kind.clone())),
            None => statement.push("NULL"),
        };
        statement.push(")");
    }
    execute_of!(tx, statement)?;
    Ok(())
}

/// Replaces what the identity provider said of a person, and their addresses.
///
/// # Errors
/// `Unique(DirectoryUserName)` when the new `userName` is taken in the directory.
pub async fn update(tx: &mut Tx, user: &DirectoryUser, emails: &[EmailKey]) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_users SET user_name = $2, user_name_key = $3, external_id = $4, active = $5, \
         display_name = $6, display_name_key = $7, email = $8, email_key = $9, document = $10, version = $11, \
         updated_at = $12 WHERE id = $1",
        &user.id,
        &user.user_name,
        key(&user.user_name),
        &user.external_id,
        user.active,
        &user.display_name,
        display_name_key(user),
        &user.email,
        user.email.as_deref().map(key),
        &user.document,
        user.version,
        user.updated_at
    )?;
    execute!(tx, "DELETE FROM directory_user_emails WHERE user_id = $1", &user.id)?;
    insert_emails(tx, user, emails).await
}

/// Records what the projection granted the person.
///
/// # Errors
/// When the database fails.
pub async fn set_grant(
    tx: &mut Tx,
    id: &DirectoryUserId,
    membership: Option<&MembershipId>,
    held: Option<HeldReason>,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_users SET membership_id = $2, held_reason = $3, \
         held_since = COALESCE(CASE WHEN held_reason = $3 THEN held_since END, $4) WHERE id = $1",
        id,
        membership,
        held,
        held.map(|_| now)
    )?;
    Ok(())
}

/// Stores the address that was found by other sources.
///
/// # Errors
/// When the database fails.
pub async fn set_email(tx: &mut Tx, id: &DirectoryUserId, email: Option<&str>) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_users SET email = $2, email_key = $3 WHERE id = $1",
        id,
        email,
        email.map(key)
    )?;
    Ok(())
}

/// Turns the person into a tombstone: gone for the identity provider, kept so that a rehire is recognised.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &DirectoryUserId, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE directory_users SET deleted = TRUE, updated_at = $2 WHERE id = $1", id, now)?;
    execute!(tx, "DELETE FROM directory_user_emails WHERE user_id = $1", id)?;
    super::directory_groups::leave_all(tx, id.as_str(), now).await
}

/// The person with this id in this directory.
///
/// # Errors
/// When the database fails.
pub async fn get(
    conn: &mut Conn,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    optional!(
        conn,
        DirectoryUser,
        const_format::concatcp!(SELECT, "WHERE id = $1 AND directory_id = $2 AND NOT deleted"),
        id,
        directory
    )
}

/// The same, locked until the transaction ends, to decide on what it says.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(
    tx: &mut Tx,
    directory: &DirectoryId,
    id: &DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    if !tx.is_postgres() {
        return get(tx, directory, id).await;
    }
    optional!(
        tx,
        DirectoryUser,
        const_format::concatcp!(SELECT, "WHERE id = $1 AND directory_id = $2 AND NOT deleted FOR UPDATE"),
        id,
        directory
    )
}

/// The latest earlier record of the person with this `externalId`: deleted, for recognising a rehire, or inactive,
/// because Okta renames by deactivating one record and creating another.
///
/// # Errors
/// When the database fails.
pub async fn find_predecessor(
    conn: &mut Conn,
    directory: &DirectoryId,
    external_id: &str,
    successor: &DirectoryUserId,
) -> Result<Option<DirectoryUser>> {
    optional!(
        conn,
        DirectoryUser,
        const_format::concatcp!(
            SELECT,
            "WHERE directory_id = $1 AND external_id = $2 AND id <> $3 AND (deleted OR NOT active) \
             ORDER BY id DESC LIMIT 1"
        ),
        directory,
        external_id,
        successor
    )
}

/// Every live directory user who is linked to the membership, of directories that there still are.
///
/// # Errors
/// When the database fails.
pub async fn list_of_membership(conn: &mut Conn, membership: &MembershipId) -> Result<Vec<DirectoryUser>> {
    all!(
        conn,
        DirectoryUser,
        const_format::concatcp!(
            SELECT,
            "WHERE membership_id = $1 AND NOT deleted \
             AND directory_id IN (SELECT id FROM directories WHERE removed_at IS NULL) ORDER BY id"
        ),
        membership
    )
}

/// SQL: whether directories speak of the membership `m` and none of them calls the person active.
pub(super) const CALLED_INACTIVE: &str = "COALESCE((SELECT MAX(CASE WHEN u.active THEN 1 ELSE 0 END) \
     FROM directory_users u WHERE u.membership_id = m.id AND NOT u.deleted \
     AND u.directory_id IN (SELECT id FROM directories WHERE removed_at IS NULL)), 1) = 0";

/// A condition that an index answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserCondition {
    /// `id`, case-exact.
    Id(String),
    /// One of these ids.
    Ids(Vec<String>),
    /// `userName`, case-insensitive.
    UserName(String),
    /// `externalId`, case-exact.
    ExternalId(String),
    /// An e-mail address, case-insensitive, optionally of one type.
    Email {
        /// The address.
        value: String,
        /// The type, such as `work`.
        kind: Option<String>,
    },
    /// `active`.
    Active(bool),
    /// In this group, directly or through other groups.
    Group(String),
    /// `userName` begins so, case-insensitive.
    UserNameStart(String),
    /// Changed at this time or later.
    ChangedSince(Timestamp),
    /// One of these.
    Any(Vec<UserCondition>),
}

fn push_conditions(statement: &mut Statement, directory: &DirectoryId, conditions: &[UserCondition]) {
    statement.push("WHERE directory_id = ").bind(Arg::Text(directory.0.clone())).push(" AND NOT deleted");
    for condition in conditions {
        push_condition(statement, directory, condition);
    }
}

fn push_condition(statement: &mut Statement, directory: &DirectoryId, condition: &UserCondition) {
    match condition {
        UserCondition::Id(id) => statement.push(" AND id = ").bind(Arg::Text(id.clone())),
        UserCondition::Ids(ids) => statement.push(" AND id IN ").bind_list(ids),
        UserCondition::UserName(name) => statement.push(" AND user_name_key = ").bind(Arg::Text(key(name))),
        UserCondition::ExternalId(id) => statement.push(" AND external_id = ").bind(Arg::Text(id.clone())),
        UserCondition::Active(active) => statement.push(" AND active = ").bind(Arg::Boolean(*active)),
        UserCondition::ChangedSince(time) => statement.push(" AND updated_at >= ").bind(Arg::Integer(time.0)),
        UserCondition::Email { value, kind } => {
            statement
                .push(" AND id IN (SELECT user_id FROM directory_user_emails WHERE directory_id = ")
                .bind(Arg::Text(directory.0.clone()))
                .push(" AND value_key = ")
                .bind(Arg::Text(key(value)));
            if let Some(kind) = kind {
                statement.push(" AND type_key = ").bind(Arg::Text(key(kind)));
            }
            statement.push(")")
        }
        UserCondition::Group(id) => statement
            .push(" AND id IN (WITH RECURSIVE nested (id) AS (SELECT CAST(")
            .bind(Arg::Text(id.clone()))
            .push(
                " AS TEXT) UNION SELECT m.member_id FROM nested \
                 JOIN directory_group_members m ON m.group_id = nested.id WHERE m.member_kind = 'Group') \
                 SELECT m.member_id FROM nested JOIN directory_group_members m ON m.group_id = nested.id)",
            ),
        UserCondition::UserNameStart(start) => {
            let start = key(start);
            let beyond = beyond(&start);
            statement.push(" AND user_name_key >= ").bind(Arg::Text(start));
            if let Some(beyond) = beyond {
                statement.push(" AND user_name_key < ").bind(Arg::Text(beyond));
            }
            statement
        }
        UserCondition::Any(conditions) => {
            // Each by its own index: neither engine has one for an OR of look-ups in several tables.
            for (index, condition) in conditions.iter().enumerate() {
                statement.push(if index == 0 { " AND id IN (" } else { " UNION ALL " });
                statement.push("SELECT id FROM directory_users ");
                push_conditions(statement, directory, std::slice::from_ref(condition));
            }
            statement.push(")")
        }
    };
}

/// The first text behind all that begin with this one; `None` when there is none.
fn beyond(start: &str) -> Option<String> {
    let mut start: Vec<char> = start.chars().collect();
    while let Some(last) = start.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            start.push(next);
            return Some(start.into_iter().collect());
        }
    }
    None
}

/// A slice of the directory's people.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    directory: &DirectoryId,
    conditions: &[UserCondition],
    order: Order,
    slice: Slice<'_>,
) -> Result<Vec<DirectoryUser>> {
    let statement = select_slice(COLUMNS, "directory_users", order, slice, |statement| {
        push_conditions(statement, directory, conditions);
    });
    all_of!(conn, DirectoryUser, statement)
}

/// How many of the directory's people meet the conditions.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, directory: &DirectoryId, conditions: &[UserCondition]) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM directory_users ");
    push_conditions(&mut statement, directory, conditions);
    scalar_of!(conn, i64, statement)
}

/// How many of the directory's people the identity provider calls active.
///
/// # Errors
/// When the database fails.
pub async fn count_active(conn: &mut Conn, directory: &DirectoryId) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM directory_users WHERE directory_id = $1 AND NOT deleted AND active",
        directory
    )
}
