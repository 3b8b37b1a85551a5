//! The command line: settings by flag or environment, and the commands for automation.

mod commands;
mod open;
mod output;
mod settings;

use clap::{Parser, Subcommand};

pub use self::{
    commands::run,
    open::{Opening, open},
    output::report,
    settings::Settings,
};
use crate::model::{Provider, Role};

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

/// Workspaces.
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Make a workspace and its first owner.
    Create {
        /// Its name, such as Acme.
        #[arg(long)]
        name: String,
        /// The owner's e-mail address.
        #[arg(long)]
        owner: String,
        /// Read the owner's password from standard input; otherwise a one-time link that sets one is printed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List workspaces.
    List,
}

/// Mail that comes back.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Read a delivery status notification (RFC 3464) from standard input and mark its mail as bounced: for the alias
    /// of the return path, such as: bounces: "|rollcall mail bounce".
    Bounce,
}

/// Directories.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Make a directory; prints its base URL and its token, which is shown this once.
    Create {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// okta, entra, google, onelogin, jumpcloud or generic.
        #[arg(long)]
        provider: Provider,
        /// Its name; the provider's when left out.
        #[arg(long)]
        name: Option<String>,
        /// The role of people whom it adds: admin, member or viewer.
        #[arg(long, default_value = "member")]
        default_role: Role,
    },
    /// List the directories of a workspace.
    List {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
    },
    /// Make a second token; the first keeps working until it is revoked.
    RotateToken {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
        /// Revoke the earlier tokens at once.
        #[arg(long)]
        revoke_others: bool,
    },
    /// Give the members of a group a role. The group is known by its name and need not be there yet; of several
    /// mappings that concern a person, the one made first counts.
    MapGroup {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
        /// The group's name (SCIM displayName).
        #[arg(long)]
        group: String,
        /// admin, member or viewer.
        #[arg(long)]
        role: Role,
    },
    /// Take a group's role away; people get back the role that they had before.
    UnmapGroup {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
        /// The group's name (SCIM displayName).
        #[arg(long)]
        group: String,
    },
    /// Remove a directory; its tokens stop at once.
    Remove {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
        /// What happens to its people.
        #[arg(long, value_enum, default_value = "keep")]
        members: Members,
    },
}

/// What happens to the people of a removed directory.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Members {
    /// They stay, as if added by hand.
    Keep,
    /// Their access is taken away, reversibly.
    Suspend,
    /// They are removed.
    Remove,
}

/// People of a workspace.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// List everyone, with role and status.
    List {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
    },
}
