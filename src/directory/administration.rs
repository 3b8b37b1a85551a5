//! What an admin does to a directory: make it and remove it.

use serde_json::json;

use super::{settings::Settings, token};
use crate::{
    audit,
    error::{Error, Result},
    model::{
        DirectoryId, MembershipStatus, OnRemoval, Provider, Role, Source, SuspendedBy, TokenLife, WorkspaceId,
    },
    people::{
        Caller, Permission,
        account::checked_name,
        grants,
        projection::{last_owner, roles},
    },
    secret::Secret,
    state::{Context, Rollcall},
    store::{
        self, Tx, UniqueKey, directories::Directory, directory_turn::Turn, memberships::Membership,
        role_mappings::Scope,
    },
};

/// What an admin chooses for a directory.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The kind of identity provider.
    pub provider: Provider,
    /// Its name; empty for the provider's.
    pub name: String,
    /// The role of people whom it adds.
    pub default_role: Role,
}

impl Choice {
    fn checked(&self) -> Result<Self> {
        let name =
            if self.name.trim().is_empty() { self.provider.default_directory_name() } else { &self.name };
        check_role(self.default_role)?;
        Ok(Self { name: checked_name("name", name)?, ..self.clone() })
    }
}

/// Ownership never comes from a directory.
pub(super) fn check_role(role: Role) -> Result<()> {
    if role == Role::Owner {
        return Err(Error::invalid(
            "default_role",
            "A directory cannot make owners. Choose admin, member or viewer.",
        ));
    }
    Ok(())
}

/// Makes a directory with its first token. A second submit of the same form (`creation_key`) finds the directory that
/// the first one made and, while its token was never used, gets a token in place of that one.
///
/// # Errors
/// `Forbidden`; `Invalid` or `Conflict` on `name`, `default_role`.
pub async fn create(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    choice: &Choice,
    creation_key: Option<&str>,
) -> Result<(Directory, Option<Secret>)> {
    caller.require(Permission::ManageDirectories)?;
    let choice = choice.checked()?;
    match try_create(rollcall, caller, &choice, creation_key).await {
        // The same form may have been faster, at this very moment: then its directory is there now.
        Err(Error::Conflict { .. }) if creation_key.is_some() => {
            try_create(rollcall, caller, &choice, creation_key).await
        }
        outcome => outcome,
    }
}

async fn try_create(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    choice: &Choice,
    creation_key: Option<&str>,
) -> Result<(Directory, Option<Secret>)> {
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let made = create_in(&mut tx, &context, caller, choice, creation_key).await;
    tx.end(made).await
}

async fn create_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    choice: &Choice,
    creation_key: Option<&str>,
) -> Result<(Directory, Option<Secret>)> {
    let workspace = &caller.workspace().id;
    if let Some(key) = creation_key
        && let Some(directory) = store::directories::find_by_creation_key(tx, workspace, key).await?
    {
        let tokens = store::directory_tokens::list(tx, &directory.id).await?;
        if tokens.iter().any(|token| token.last_used_at.is_some()) {
            return Ok((directory, None));
        }
        store::directory_tokens::revoke_all(tx, &directory.id, context.now).await?;
        let secret = token::insert(tx, context, &directory.id, TokenLife::Forever).await?;
        return Ok((directory, Some(secret)));
    }
    let directory = Directory {
        id: context.clock.new_id(),
        workspace_id: workspace.clone(),
        provider: choice.provider,
        name: choice.name.clone(),
        settings: Settings::new(choice.default_role),
        created_by: context.actor.account().cloned(),
        created_at: context.now,
    };
    store::directories::insert(tx, &directory, creation_key).await.map_err(|e| taken(e, &choice.name))?;
    let secret = token::insert(tx, context, &directory.id, TokenLife::Forever).await?;
    let detail = json!({ "provider": choice.provider, "name": choice.name });
    audit::record(tx, context, workspace, "directory.created", directory.id.as_str(), &detail).await?;
    Ok((directory, Some(secret)))
}

pub(super) fn taken(cause: store::Error, name: &str) -> Error {
    match cause {
        store::Error::Unique(UniqueKey::DirectoryName) => {
            Error::conflict("name", format!("A directory named “{name}” exists. Choose another name."))
        }
        store::Error::Unique(UniqueKey::DirectoryCreation) => {
            Error::conflict("name", "This form was submitted twice at the same moment. Reload the page.")
        }
        other => Error::Store(other),
    }
}

pub(super) async fn found(tx: &mut Tx, workspace: &WorkspaceId, id: &DirectoryId) -> Result<Directory> {
    store::directories::get(tx, workspace, id)
        .await?
        .ok_or(Error::NotFound { what: "directory in this workspace" })
}

/// Removes a directory: its tokens stop at once, and its people are kept, suspended or removed. The last owner is
/// always kept. Gives the number of people that the choice was carried out for.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn remove(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    id: &DirectoryId,
    choice: OnRemoval,
) -> Result<usize> {
    caller.require(Permission::ManageDirectories)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let number = remove_in(&mut tx, &context, &caller.workspace().id, id, choice).await;
    let number = tx.end(number).await?;
    // People may have left their seats and addresses, and are told that their access ended.
    rollcall.held_due.notify_one();
    rollcall.mail_due.notify_one();
    Ok(number)
}

async fn remove_in(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    id: &DirectoryId,
    choice: OnRemoval,
) -> Result<usize> {
    // Changes of the directory are over then, and find from now on that it is gone.
    store::directory_turn::take(tx, id, Turn::Alone).await?;
    let directory = found(tx, workspace, id).await?;
    store::directory_tokens::revoke_all(tx, id, context.now).await?;
    store::directories::remove(tx, id, context.now).await?;
    store::role_mappings::delete_all(tx, id).await?;
    store::directory_extensions::delete_all(tx, id).await?;
    roles::apply(tx, context, workspace, &Scope::GivenByDirectory(id)).await?;
    let people = store::memberships::list_of_directory(tx, id).await?;
    let mut number = 0;
    for mut membership in people {
        if part_with(tx, context, &mut membership, choice).await? {
            number += 1;
        }
    }
    let detail = json!({ "name": directory.name, "people": number });
    audit::record(tx, context, workspace, "directory.removed", id.as_str(), &detail).await?;
    Ok(number)
}

/// Carries out the choice for one person; false when there was nothing to do.
async fn part_with(
    tx: &mut Tx,
    context: &Context,
    membership: &mut Membership,
    choice: OnRemoval,
) -> Result<bool> {
    let has_access = matches!(membership.status, MembershipStatus::Active | MembershipStatus::Invited);
    let keep = choice == OnRemoval::Keep || last_owner::is_last(tx, membership).await?;
    membership.source = Source::Manual;
    if keep {
        // Nobody is left who would bring back a person whom the directory suspended: from now on an admin may.
        if membership.status == MembershipStatus::Suspended {
            membership.suspended_by = Some(SuspendedBy::Admin);
        }
        membership.updated_at = context.now;
        store::memberships::update(tx, membership).await?;
        return Ok(true);
    }
    match choice {
        OnRemoval::Suspend if has_access => {
            grants::suspend(tx, context, membership, SuspendedBy::Admin).await?;
        }
        OnRemoval::Remove => {
            grants::remove(tx, context, membership).await?;
        }
        OnRemoval::Keep | OnRemoval::Suspend => {
            membership.updated_at = context.now;
            store::memberships::update(tx, membership).await?;
            return Ok(false);
        }
    }
    Ok(true)
}
