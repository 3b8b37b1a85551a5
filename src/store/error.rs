//! What can go wrong in the store, without the engine's own words.

use std::fmt;

/// A rule that the database keeps by a unique index. Also those that no caller tells from others: the log names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueKey {
    /// One workspace to a slug.
    WorkspaceSlug,
    /// One account to an e-mail address.
    AccountEmail,
    /// One live directory to a name in a workspace.
    DirectoryName,
    /// One directory to a submitted form.
    DirectoryCreation,
    /// One directory user to a `userName` in a directory.
    DirectoryUserName,
    /// One directory group to a `displayName` in a directory.
    DirectoryGroupName,
    /// One membership to an address in a workspace.
    MembershipEmail,
    /// One membership to an account in a workspace.
    MembershipAccount,
    /// One open invitation to a membership.
    PendingInvitation,
    /// One mail to a template, subject and generation.
    OutboxOnce,
    /// Another unique index or a primary key.
    Other,
}

/// SQLite names the columns in its message, PostgreSQL names the index: the first word that occurs decides.
const UNIQUE_KEYS: &[(&str, &str, UniqueKey)] = &[
    ("workspaces_slug", "workspaces.slug", UniqueKey::WorkspaceSlug),
    ("accounts_email", "accounts.email_key", UniqueKey::AccountEmail),
    ("directories_name", "directories.name_key", UniqueKey::DirectoryName),
    ("directories_creation", "directories.creation_key", UniqueKey::DirectoryCreation),
    ("directory_users_user_name", "directory_users.user_name_key", UniqueKey::DirectoryUserName),
    ("directory_groups_name", "directory_groups.display_name_key", UniqueKey::DirectoryGroupName),
    ("memberships_email", "memberships.email_key", UniqueKey::MembershipEmail),
    ("memberships_account", "memberships.account_id", UniqueKey::MembershipAccount),
    ("invitations_pending", "invitations.membership_id", UniqueKey::PendingInvitation),
    ("outbox_once", "outbox.template", UniqueKey::OutboxOnce),
];

/// A failure of the store.
#[derive(Debug)]
pub enum Error {
    /// A unique index refused the row.
    Unique(UniqueKey),
    /// A stored value that cannot be read back: a fault of ours or of a hand that edited the database.
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row and what is wrong with it.
        detail: String,
    },
    /// Nothing was stored; the same call may go through later.
    Unavailable(String),
    /// Another transaction won, and nothing of this one was stored: the same again may go through at once.
    Lost(String),
    /// What was begun beside other changes of its directory has to be made while there are none; nothing of it was stored.
    NotAlone,
    /// The database said no for another reason.
    Driver(sqlx::Error),
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unique(key) => write!(f, "a row with this key exists ({key:?})"),
            Self::Inconsistent { table, detail } => write!(f, "table {table}: {detail}"),
            Self::Unavailable(why) => write!(f, "the database is not available: {why}"),
            Self::Lost(why) => write!(f, "another change came first: {why}"),
            Self::NotAlone => f.write_str("the change needs the directory for itself"),
            Self::Driver(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Driver(cause) => Some(cause),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        let database = match &cause {
            sqlx::Error::Database(database) => database,
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::WorkerCrashed => {
                return Self::Unavailable(cause.to_string());
            }
            _ => return Self::Driver(cause),
        };
        if database.is_unique_violation() {
            let words = format!("{} {}", database.constraint().unwrap_or_default(), database.message());
            let key = UNIQUE_KEYS
                .iter()
                .find(|(index, columns, _)| words.contains(index) || words.contains(columns));
            return Self::Unique(key.map_or(UniqueKey::Other, |(_, _, key)| *key));
        }
        // 40001, 40P01: PostgreSQL asks to try again. 5, 6, 261, 517: SQLite is busy or locked.
        match database.code().as_deref() {
            Some("40001" | "40P01") => Self::Lost(cause.to_string()),
            Some("5" | "6" | "261" | "517" | "57P01" | "53300") => Self::Unavailable(cause.to_string()),
            _ => Self::Driver(cause),
        }
    }
}
