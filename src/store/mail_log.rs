//! The mails of a workspace as its admins look at them, and those of no workspace, which speak to an account alone.

use sqlx::FromRow;

use super::{
    Conn, Result, database_clock, directory_users,
    outbox::EARLIEST_DUE,
    sql::{Arg, Statement, all_of, scalar},
};
use crate::{
    clock::Timestamp,
    model::{MailId, MailStatus, MailTemplate, MembershipId, MembershipStatus, Role, WorkspaceId},
};

/// A mail with the person it went to.
#[derive(Clone, Debug, FromRow)]
pub struct Entry {
    /// Its id.
    pub id: MailId,
    /// Which template.
    pub template: String,
    /// Its subject line, once it was tried.
    pub mail_subject: Option<String>,
    /// The address.
    pub recipient: String,
    /// What is known of it.
    pub status: MailStatus,
    /// How often it was tried.
    pub attempts: i64,
    /// When it waits: not before this.
    pub due_at: Timestamp,
    lease_until: Timestamp,
    /// Whether a worker holds it.
    #[sqlx(default)]
    pub being_sent: bool,
    /// What the relay said last, or why it was cancelled.
    pub answer: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The person of this workspace with this address.
    pub membership_id: Option<MembershipId>,
    /// Their name.
    pub person: Option<String>,
    /// Where they stand.
    pub person_status: Option<MembershipStatus>,
    /// What they may do.
    pub person_role: Option<Role>,
    /// Whether directories speak of them and none calls them active.
    pub person_called_inactive: bool,
    /// Whether they have an account and no password yet.
    pub wants_password: bool,
}

impl Entry {
    fn at(self, clock: Timestamp) -> Self {
        Self { being_sent: self.lease_until > clock, ..self }
    }
}

/// Which mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// In this state.
    pub status: Option<MailStatus>,
    /// Of this template.
    pub template: Option<MailTemplate>,
    /// To an address that holds this.
    pub text: String,
}

/// Where in the list, which goes from new to old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the newest.
    Newest,
    /// Just older than this one.
    OlderThan(MailId),
    /// Just newer than this one.
    NewerThan(MailId),
}

const SELECT: &str = const_format::concatcp!(
    "SELECT ",
    directory_users::CALLED_INACTIVE,
    " AS person_called_inactive, ",
    JOINED
);

const JOINED: &str = "o.id, o.template, o.mail_subject, o.recipient, o.status, o.attempts, o.due_at, \
                      o.lease_until, o.answer, o.created_at, o.updated_at, m.id AS membership_id, m.name AS person, \
                      m.status AS person_status, m.role AS person_role, \
                      EXISTS (SELECT 1 FROM accounts a WHERE a.id = m.account_id AND a.password_hash IS NULL) \
                      AS wants_password \
                      FROM outbox o LEFT JOIN memberships m \
                      ON m.workspace_id = o.workspace_id AND m.email_key = o.recipient_key ";

/// At most `limit` mails, newest first. Without a workspace those of none.
///
/// # Errors
/// When the database fails.
pub async fn page(
    conn: &mut Conn,
    workspace: Option<&WorkspaceId>,
    search: &Search,
    place: &Place,
    limit: i64,
) -> Result<Vec<Entry>> {
    let mut statement = Statement::new(SELECT);
    push_workspace(&mut statement, workspace);
    if let Some(status) = search.status {
        statement.push(" AND o.status = ").bind(Arg::Text(status.to_string()));
    }
    if let Some(template) = search.template {
        statement.push(" AND o.template = ").bind(Arg::Text(template.to_string()));
    }
    if !search.text.is_empty() {
        statement.push(" AND o.recipient_key").containing(&directory_users::key(&search.text));
    }
    let order = match place {
        Place::Newest => "DESC",
        Place::OlderThan(id) => {
            statement.push(" AND o.id < ").bind(Arg::Text(id.0.clone()));
            "DESC"
        }
        Place::NewerThan(id) => {
            statement.push(" AND o.id > ").bind(Arg::Text(id.0.clone()));
            "ASC"
        }
    };
    statement.push(" ORDER BY o.id ").push(order).push(" LIMIT ").bind(Arg::Integer(limit));
    let clock = database_clock::now(conn).await?;
    let entries = all_of!(conn, Entry, statement)?;
    let mut entries: Vec<Entry> = entries.into_iter().map(|entry| entry.at(clock)).collect();
    if order == "ASC" {
        entries.reverse();
    }
    Ok(entries)
}

fn push_workspace(statement: &mut Statement, workspace: Option<&WorkspaceId>) {
    match workspace {
        Some(workspace) => {
            statement.push("WHERE o.workspace_id = ").bind(Arg::Text(workspace.0.clone()));
        }
        None => {
            statement.push("WHERE o.workspace_id IS NULL");
        }
    }
}

/// One mail of a workspace, or of none.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, workspace: Option<&WorkspaceId>, id: &MailId) -> Result<Option<Entry>> {
    let mut statement = Statement::new(SELECT);
    push_workspace(&mut statement, workspace);
    statement.push(" AND o.id = ").bind(Arg::Text(id.0.clone()));
    let clock = database_clock::now(conn).await?;
    Ok(all_of!(conn, Entry, statement)?.pop().map(|entry| entry.at(clock)))
}

/// How many mails of a workspace wait; counts no further than `most`.
///
/// # Errors
/// When the database fails.
pub async fn count_waiting(conn: &mut Conn, workspace: &WorkspaceId, most: i64) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE workspace_id = $1 AND status IN ('queued', 'deferred') \
         LIMIT $2) AS waiting",
        workspace,
        most
    )
}

/// How many mails of this installation wait; counts no further than `most`.
///
/// # Errors
/// When the database fails.
pub async fn count_all_waiting(conn: &mut Conn, most: i64) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE status IN ('queued', 'deferred') LIMIT $1) AS waiting",
        most
    )
}

/// Since when the mail has been due that has waited longest, if any of this instance is due.
///
/// # Errors
/// When the database fails.
pub async fn waiting_since(conn: &mut Conn, now: Timestamp) -> Result<Option<Timestamp>> {
    scalar!(conn, Option<Timestamp>, const_format::str_replace!(EARLIEST_DUE, "{which}", "due_at <= $1"), now)
}
