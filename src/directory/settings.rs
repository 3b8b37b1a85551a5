//! What an admin decides for a directory, and changing it.

use serde_json::{Value, json};

use super::administration::{check_role, taken};
pub use crate::store::directories::Settings;
use crate::{
    audit,
    error::{Error, Result},
    model::{DirectoryId, Provider},
    people::{Caller, Permission, account::checked_name},
    state::{Context, Rollcall},
    store::{self, Tx, directories::Directory},
};

/// A directory as an admin wants it to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The kind of identity provider. Another one only changes labels.
    pub provider: Provider,
    /// Its name.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
}

/// Changes name, provider and settings. The tokens stay.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` or `Conflict` on `name`, `default_role`.
pub async fn update(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    id: &DirectoryId,
    wanted: &Wanted,
) -> Result<Directory> {
    caller.require(Permission::ManageDirectories)?;
    check_role(wanted.settings.default_role)?;
    let wanted = Wanted { name: checked_name("name", &wanted.name)?, ..wanted.clone() };
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let directory = update_in(&mut tx, &context, caller, id, wanted).await;
    let directory = tx.end(directory).await?;
    rollcall.held_due.notify_one();
    Ok(directory)
}

async fn update_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    id: &DirectoryId,
    wanted: Wanted,
) -> Result<Directory> {
    let workspace = &caller.workspace().id;
    // Held until the end: of two changes at once, the later compares with what the earlier has made of it.
    let before = store::directories::get_for_update(tx, workspace, id)
        .await?
        .ok_or(Error::NotFound { what: "directory in this workspace" })?;
    let Wanted { provider, name, settings } = wanted;
    store::directories::update(tx, id, &name, provider, &settings).await.map_err(|e| taken(e, &name))?;
    if settings != before.settings {
        store::held::ask_recheck(tx, id).await?;
    }
    let mut detail = to_json(&settings);
    detail["provider"] = json!(provider);
    detail["name"] = json!(name);
    audit::record(tx, context, workspace, "directory.updated", id.as_str(), &detail).await?;
    Ok(Directory { provider, name, settings, ..before })
}

/// The settings as the command line prints them.
pub fn to_json(settings: &Settings) -> Value {
    json!({
        "default_role": settings.default_role,
        "invitation_mode": settings.invitation_mode,
        "allowed_domains": settings.allowed_domains.as_slice(),
        "email_sources": settings.email_sources.as_slice(),
        "when_full": settings.when_full,
        "strict": settings.strict,
    })
}
