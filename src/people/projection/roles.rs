//! Roles that groups give: worked out anew whenever a mapped group, its members or its mapping change.

use serde_json::json;

use crate::{
    audit,
    error::Result,
    model::{DirectoryId, WorkspaceId},
    state::Context,
    store::{
        self, Tx,
        role_mappings::{NewRole, Scope},
    },
};

/// Works out the roles of these people anew; gives how many changed.
///
/// # Errors
/// When the database fails.
pub async fn apply(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    scope: &Scope<'_>,
) -> Result<usize> {
    let changed = store::role_mappings::apply(tx, scope, context.now).await?;
    let events: Vec<_> = changed.iter().map(|new| (new.id.0.clone(), detail(new))).collect();
    audit::record_all(tx, context, workspace, "membership.role_changed", events).await?;
    Ok(changed.len())
}

/// The same for one directory user, when the directory maps groups at all.
///
/// # Errors
/// When the database fails.
pub async fn apply_to_user(
    tx: &mut Tx,
    context: &Context,
    workspace: &WorkspaceId,
    directory: &DirectoryId,
    user: &str,
) -> Result<()> {
    if store::role_mappings::any(tx, directory).await? {
        apply(tx, context, workspace, &Scope::Users(&[user.to_owned()])).await?;
    }
    Ok(())
}

fn detail(new: &NewRole) -> serde_json::Value {
    json!({ "after": new.role, "group": new.role_group_id })
}
