//! All SQL, one file per table family. The same text runs on SQLite and PostgreSQL.
//!
//! Reading takes a [`Conn`], writing a [`Tx`]; a `Tx` reads as well. To add a table: a numbered file in
//! `migrations/`, a file here with its record (`FromRow`) and functions named `get`, `find_by_x`, `list`, `insert`,
//! `update`, `delete`, and the unique indexes that callers must tell apart in `error.rs`.

pub mod account_links;
pub mod accounts;
pub mod database_clock;
mod db;
pub mod directories;
pub mod directory_deviations;
pub mod directory_extensions;
pub mod directory_group_members;
pub mod directory_groups;
pub mod directory_names;
pub mod directory_nesting;
pub mod directory_pending_members;
pub mod directory_tokens;
pub mod directory_troubles;
pub mod directory_turn;
pub mod directory_users;
mod error;
pub mod events;
pub mod freed_addresses;
pub mod held;
pub mod instance;
pub mod invitations;
pub mod languages;
pub mod mail_claims;
pub mod mail_log;
pub mod mail_rate;
pub mod mailbox;
pub mod membership_counts;
pub mod memberships;
pub mod order;
pub mod outbox;
pub mod people;
pub mod role_mappings;
pub mod scim_requests;
pub mod seats;
pub mod sessions;
mod sql;
pub mod statistics;
pub mod suspension_windows;
mod url;
pub mod workspaces;
mod writer;

pub use db::{Conn, Create, Db, Tx};
pub use error::{Error, Result, UniqueKey};
pub use url::{BadDatabaseUrl, DatabaseUrl};

/// Most placeholders in one generated statement; longer lists are cut into chunks.
const CHUNK: usize = 4000;
