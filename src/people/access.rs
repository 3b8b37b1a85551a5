//! Who is calling, in which workspace, and what they may do. Deny by default.

use crate::{
    audit::Actor,
    error::{Error, Result},
    model::{MembershipStatus, Role},
    state::Rollcall,
    store::{self, accounts::Account, memberships::Membership, workspaces::Workspace},
};

/// Something that a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Read the list of people.
    ReadPeople,
    /// Invite, suspend, remove people and change their roles.
    ManagePeople,
    /// Make another person an owner, or an owner something else.
    ManageOwners,
    /// Read the mails that speak for the workspace.
    ReadMail,
    /// Read and change directories and their tokens.
    ManageDirectories,
    /// Change the workspace's name and seat limit.
    ManageWorkspace,
}

impl Permission {
    /// Every permission, the most common first.
    pub const ALL: &'static [Self] = &[
        Self::ReadPeople,
        Self::ManagePeople,
        Self::ReadMail,
        Self::ManageDirectories,
        Self::ManageWorkspace,
        Self::ManageOwners,
    ];

    /// The least role that has it; every higher role has it too.
    pub const fn least_role(self) -> Role {
        match self {
            Self::ReadPeople => Role::Member,
            Self::ManagePeople | Self::ReadMail | Self::ManageDirectories | Self::ManageWorkspace => {
                Role::Admin
            }
            Self::ManageOwners => Role::Owner,
        }
    }

    const fn refusal(self) -> &'static str {
        match self {
            Self::ReadPeople => "Viewers do not see the list of people. Ask an admin for the role Member.",
            Self::ManagePeople => "Only admins and owners can change people. Ask an admin of this workspace.",
            Self::ReadMail => "Only admins and owners see the mails. Ask an admin of this workspace.",
            Self::ManageOwners => "Only owners can make or change owners. Ask an owner of this workspace.",
            Self::ManageDirectories => {
                "Only admins and owners can change Directory Sync. Ask an admin of this workspace."
            }
            Self::ManageWorkspace => {
                "Only admins and owners can change the workspace. Ask an admin of this workspace."
            }
        }
    }

    /// The same, for someone who only wanted to look.
    const fn refusal_to_look(self) -> &'static str {
        match self {
            Self::ManageDirectories => {
                "Only admins and owners see how Directory Sync is set up. Ask an admin of this workspace."
            }
            _ => self.refusal(),
        }
    }
}

/// An active member in their workspace: proof that the membership was looked up on this very request.
#[derive(Clone, Debug)]
pub struct Access {
    /// The workspace.
    pub workspace: Workspace,
    /// The caller's account.
    pub account: Account,
    /// The caller's membership.
    pub membership: Membership,
}

impl Access {
    /// Enters a workspace. `None` when there is no such workspace or the account is no active member of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn enter(rollcall: &Rollcall, account: &Account, slug: &str) -> Result<Option<Self>> {
        let mut conn = rollcall.db.read().await?;
        let Some(workspace) = store::workspaces::find_by_slug(&mut conn, slug).await? else {
            return Ok(None);
        };
        let membership = store::memberships::find_by_account(&mut conn, &workspace.id, &account.id).await?;
        Ok(membership
            .filter(|membership| membership.status == MembershipStatus::Active)
            .map(|membership| Self { workspace, account: account.clone(), membership }))
    }

    /// Whether the caller may do this.
    pub fn can(&self, permission: Permission) -> bool {
        self.membership.role >= permission.least_role()
    }

    /// Lets only those through who may do this.
    ///
    /// # Errors
    /// `Forbidden`, with who may.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.can(permission) { Ok(()) } else { Err(Error::forbidden(permission.refusal())) }
    }

    /// Lets only those look at something who may also do this with it.
    ///
    /// # Errors
    /// `Forbidden`, with who may.
    pub fn require_to_look(&self, permission: Permission) -> Result<()> {
        if self.can(permission) { Ok(()) } else { Err(Error::forbidden(permission.refusal_to_look())) }
    }
}

/// Who asks for a change in a workspace: a member by the browser, or someone at the command line of the host.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// An active member.
    Member(&'a Access),
    /// Someone who can read the database anyway.
    CommandLine(&'a Workspace),
}

impl Caller<'_> {
    /// The workspace that the change happens in.
    pub fn workspace(&self) -> &Workspace {
        match self {
            Self::Member(access) => &access.workspace,
            Self::CommandLine(workspace) => workspace,
        }
    }

    /// Lets only those through who may do this.
    ///
    /// # Errors
    /// `Forbidden`, with who may.
    pub fn require(&self, permission: Permission) -> Result<()> {
        match self {
            Self::Member(access) => access.require(permission),
            Self::CommandLine(_) => Ok(()),
        }
    }

    /// The membership of the caller, when it is a member.
    pub fn membership(&self) -> Option<&Membership> {
        match self {
            Self::Member(access) => Some(&access.membership),
            Self::CommandLine(_) => None,
        }
    }

    /// The caller as the author of a change.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Member(access) => Actor::Person(access.account.id.clone()),
            Self::CommandLine(_) => Actor::CommandLine,
        }
    }
}
