//! The command line: settings by flag or environment, and the commands for automation.

mod commands;
mod deviations;
mod directory;
mod extensions;
mod mail;
mod member;
mod named;
mod open;
mod output;
mod settings;
mod workspace;

use clap::{Parser, Subcommand};

pub use self::{
    commands::run,
    directory::{Changes, DirectoryCommand, Switch},
    extensions::ExtensionCommand,
    mail::MailCommand,
    member::MemberCommand,
    named::Target,
    open::{Opening, open},
    output::report,
    settings::Settings,
    workspace::{SeatLimit, WorkspaceCommand},
};

/// Self-hosted Directory Sync for workspaces: a SCIM 2.0 server, invitations and a dashboard in one binary.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version, about, max_term_width = 100)]
pub struct Cli {
    /// Where it listens, where its store is, how it sends mail.
    #[command(flatten)]
    pub settings: Settings,

    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the dashboard, the SCIM API and the mail worker.
    Serve,
    /// Bring the database's tables up to date; makes the SQLite file when it is not there.
    Migrate,
    /// Workspaces.
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Directories: the synced sources of people and groups.
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// People of a workspace.
    #[command(subcommand)]
    Member(MemberCommand),
    /// Mail that comes back.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Print a one-time link by which an owner sets a new password.
    RecoverOwner {
        /// The workspace's slug; may be left out when there is only one.
        #[arg(long)]
        workspace: Option<String>,
        /// Which owner; may be left out when there is only one.
        #[arg(long)]
        email: Option<String>,
    },
}
