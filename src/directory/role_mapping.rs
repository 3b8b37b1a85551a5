//! Role from group: which groups of a directory give their members a role.

use serde_json::json;

use crate::{
    audit,
    error::{Error, Result},
    model::{DirectoryId, Role},
    people::{Caller, Permission, projection::roles},
    state::{Context, Rollcall},
    store::{self, Tx, directory_turn::Turn, role_mappings::Scope},
};

/// Longest name of a group.
const LONGEST_NAME: usize = 256;

/// Gives the members of the group this role, now and from now on; gives how many people's role changed. The group is
/// known by its name and need not be there yet. Of several mappings the one made first counts.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` on `role` for owner, on `group` for a name that cannot be one.
pub async fn map(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    group_name: &str,
    role: Role,
) -> Result<usize> {
    if role == Role::Owner {
        return Err(Error::invalid("role", "A group cannot make owners. Choose admin, member or viewer."));
    }
    let group_name = group_name.trim();
    if group_name.is_empty() || group_name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("group", format!("Name the group in 1 to {LONGEST_NAME} characters.")));
    }
    let detail = json!({ "group": group_name, "role": role });
    change(rollcall, caller, directory, group_name, ("role_mapping.set", &detail), async |tx| {
        store::role_mappings::put(tx, directory, group_name, role).await?;
        Ok(())
    })
    .await
}

/// Takes the mapping away; people get the role back that they had before. Gives how many people's role changed.
///
/// # Errors
/// `Forbidden`; `NotFound` for the directory or the mapping.
pub async fn unmap(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    group_name: &str,
) -> Result<usize> {
    let group_name = group_name.trim();
    let detail = json!({ "group": group_name });
    change(rollcall, caller, directory, group_name, ("role_mapping.removed", &detail), async |tx| {
        if store::role_mappings::delete(tx, directory, group_name).await? {
            return Ok(());
        }
        Err(Error::NotFound { what: "mapping of this group" })
    })
    .await
}

async fn change(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    group_name: &str,
    event: (&str, &serde_json::Value),
    write: impl AsyncFnOnce(&mut Tx) -> Result<()>,
) -> Result<usize> {
    caller.require(Permission::ManageDirectories)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let result = async {
        let workspace = &caller.workspace().id;
        if store::directories::get(&mut tx, workspace, directory).await?.is_none() {
            return Err(Error::NotFound { what: "directory in this workspace" });
        }
        store::directory_turn::take(&mut tx, directory, Turn::Alone).await?;
        write(&mut tx).await?;
        let (action, detail) = event;
        audit::record(&mut tx, &context, workspace, action, directory.as_str(), detail).await?;
        apply(&mut tx, &context, caller, directory, group_name).await
    }
    .await;
    tx.end(result).await
}

async fn apply(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    group_name: &str,
) -> Result<usize> {
    match store::directory_groups::find_by_name(tx, directory, group_name).await? {
        Some(group) => {
            roles::apply(tx, context, &caller.workspace().id, &Scope::Below(std::slice::from_ref(&group)))
                .await
        }
        None => Ok(0),
    }
}
