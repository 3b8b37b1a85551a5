//! The people page: memberships with what explains them, searched and in pages.

use sqlx::FromRow;

use super::{
    Conn, Result, directory_users, key,
    memberships::Membership,
    sql::{Arg, Statement, all_of, optional, scalar_of},
};
use crate::{
    clock::Timestamp,
    model::{InvitationStatus, MailStatus, MembershipId, MembershipStatus, Role, WorkspaceId},
};

/// What a page of people is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The states wanted; none means all.
    pub statuses: Vec<MembershipStatus>,
    /// Part of a name or an address.
    pub text: Option<String>,
    /// One role.
    pub role: Option<Role>,
    /// By hand (`false`) or vouched for by a directory (`true`).
    pub from_directory: Option<bool>,
}

impl Search {
    fn push_conditions(&self, statement: &mut Statement, workspace: &WorkspaceId) {
        statement.push("WHERE m.workspace_id = ").bind(Arg::Text(workspace.0.clone()));
        if !self.statuses.is_empty() {
            statement.push(" AND m.status IN ").bind_list(self.statuses.iter().map(|status| status.as_str()));
        }
        if let Some(text) = &self.text {
            statement.push(" AND m.search_key").containing(&key(text));
        }
        if let Some(role) = self.role {
            statement.push(" AND m.role = ").bind(Arg::Text(role.as_str().to_owned()));
        }
        match self.from_directory {
            Some(true) => statement.push(" AND m.source <> 'manual'"),
            Some(false) => statement.push(" AND m.source = 'manual'"),
            None => statement,
        };
    }
}

/// A line of the people page: a membership with what explains it.
#[derive(Clone, Debug, FromRow)]
pub struct Person {
    /// The membership.
    #[sqlx(flatten)]
    pub membership: Membership,
    /// The name of the directory that vouches for it.
    pub directory_name: Option<String>,
    /// The name of the group that gives the role.
    pub role_group: Option<String>,
    /// Where its latest invitation stands.
    pub invitation_status: Option<InvitationStatus>,
    /// When the latest invitation was last sent.
    pub invitation_sent_at: Option<Timestamp>,
    /// When the latest invitation ends.
    pub invitation_expires_at: Option<Timestamp>,
    /// When the invitation page was first opened.
    pub invitation_opened_at: Option<Timestamp>,
    /// Who invited.
    pub invited_by: Option<String>,
    /// Directories speak of the person, and none calls them active.
    pub called_inactive: bool,
    /// Has an account for which nobody has set a password yet.
    pub without_password: bool,
    /// What is known of the invitation's latest mail.
    pub mail_status: Option<MailStatus>,
    /// What the relay said of it.
    pub mail_answer: Option<String>,
}

const SELECT: &str =
    const_format::concatcp!("SELECT ", directory_users::CALLED_INACTIVE, " AS called_inactive, ", JOINED);

const JOINED: &str = "m.*, d.name AS directory_name, g.display_name AS role_group, i.status AS invitation_status, \
    i.sent_at AS invitation_sent_at, i.expires_at AS invitation_expires_at, i.opened_at AS invitation_opened_at, \
    a.name AS invited_by, own.id IS NOT NULL AND own.password_hash IS NULL AS without_password, o.status AS mail_status, o.answer AS mail_answer \
    FROM memberships m \
    LEFT JOIN directories d ON d.id = m.directory_id \
    LEFT JOIN directory_groups g ON g.id = m.role_group_id \
    LEFT JOIN invitations i ON i.id = (SELECT id FROM invitations WHERE membership_id = m.id ORDER BY id DESC LIMIT 1) \
    LEFT JOIN accounts a ON a.id = i.invited_by \
    LEFT JOIN accounts own ON own.id = m.account_id \
    LEFT JOIN outbox o ON o.template IN ('invitation', 'new_link') AND o.subject_id = i.id AND o.generation = i.generation ";

/// A page of people by name.
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    search: &Search,
    offset: i64,
    limit: i64,
) -> Result<Vec<Person>> {
    let mut statement = Statement::new(SELECT);
    search.push_conditions(&mut statement, workspace);
    statement.push(" ORDER BY m.search_key, m.id LIMIT ").bind(Arg::Integer(limit));
    statement.push(" OFFSET ").bind(Arg::Integer(offset));
    all_of!(conn, Person, statement)
}

/// One person of the people page.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, workspace: &WorkspaceId, id: &MembershipId) -> Result<Option<Person>> {
    optional!(
        conn,
        Person,
        const_format::concatcp!(SELECT, "WHERE m.id = $1 AND m.workspace_id = $2"),
        id,
        workspace
    )
}

/// How many people the search finds.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, workspace: &WorkspaceId, search: &Search) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM memberships m ");
    search.push_conditions(&mut statement, workspace);
    scalar_of!(conn, i64, statement)
}
