//! The command line: settings by flag or environment, and the commands for automation.

mod commands;
mod deviations;
mod extensions;
mod named;
mod open;
mod output;
mod settings;

use clap::{Parser, Subcommand};

pub use self::{
    commands::run,
    extensions::ExtensionCommand,
    open::{Opening, open},
    output::report,
    settings::Settings,
};
use crate::model::{AllowedDomains, EmailSources, InvitationMode, Provider, Role, TokenLife, WhenFull};

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
    /// Change a workspace; prints how it is then.
    Set {
        /// The workspace's slug; may be left out when there is only one.
        #[arg(long)]
        workspace: Option<String>,
        /// Another name. The slug stays.
        #[arg(long)]
        name: Option<String>,
        /// Most people who are active or invited: a number, or none.
        #[arg(long)]
        seat_limit: Option<SeatLimit>,
        /// The language of mails to people of whom no other is known, such as en, fr or de.
        #[arg(long)]
        language: Option<String>,
    },
    /// List workspaces.
    List,
}

/// A number of seats, or `none`.
#[derive(Clone, Copy, Debug)]
pub struct SeatLimit(pub Option<i64>);

impl std::str::FromStr for SeatLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            number => number.parse().map(|number| Self(Some(number))).map_err(|_| {
                format!("“{text}” is no number of seats. Use a whole number such as 50, or none.")
            }),
        }
    }
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
    /// Change the settings of a directory; prints how they are then. What is left out stays.
    Set {
        /// The workspace's slug; may be left out when there is only one.
        #[arg(long)]
        workspace: Option<String>,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
        /// on refuses requests that deviate from the RFC; off understands the deviations that are known.
        #[arg(long, value_enum)]
        strict: Option<Switch>,
        /// What happens when it names a new person: send (an invitation), add (a member at once) or hold (for approval).
        #[arg(long)]
        invitation_mode: Option<InvitationMode>,
        /// The domains of which addresses are let in, with commas between; empty for any.
        #[arg(long)]
        allowed_domains: Option<AllowedDomains>,
        /// Where the address of a person is looked for, in this order: work, primary, any, userName.
        #[arg(long)]
        email_sources: Option<EmailSources>,
        /// What happens to new people beyond the workspace's seat limit: hold or refuse.
        #[arg(long)]
        when_full: Option<WhenFull>,
        /// The role of people whom it adds: admin, member or viewer.
        #[arg(long)]
        default_role: Option<Role>,
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
        /// How long it works: forever, 90d or 1y. Owners are mailed 30, 14 and 3 days before its end.
        #[arg(long, default_value = "forever")]
        life: TokenLife,
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
    /// Attributes of your own for the people or groups of a directory (RFC 7643 section 3.3).
    #[command(subcommand)]
    Extension(ExtensionCommand),
    /// Report how the identity provider's requests differ from the RFCs, and were accepted all the same.
    Deviations {
        /// The workspace's slug.
        #[arg(long)]
        workspace: String,
        /// The directory's id or name; may be left out when there is only one.
        #[arg(long)]
        directory: Option<String>,
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

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
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
