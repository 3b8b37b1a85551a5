//! A directory's own extensions: schemas of attributes that its people or groups have besides those of the RFCs.
//!
//! Values are never touched: what is stored under the URN of a schema stays when the schema comes or goes, and is read
//! by what is there then.

use scim::schema::{self, Schema};
use serde_json::json;

use super::kinds::{self, Extended, Kinds};
use crate::{
    audit,
    error::{Error, Result},
    model::DirectoryId,
    people::{Caller, Permission},
    state::{Context, Rollcall},
    store::{self, Tx, directory_extensions::DirectoryExtension},
};

/// Most extensions of one directory.
const MOST: usize = 20;

/// Gives a directory an extension, from now on: `json` is its schema in the form of RFC 7643 section 7. Gives the schema.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` on `file` for what is no such schema, or has a URN that means something already;
/// `Conflict` on `file` when the directory has it already, or has as many as it may.
pub async fn add(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    json: &str,
    extended: Extended,
    required: bool,
) -> Result<Schema> {
    let schema = schema::read_extension(json).map_err(|refusal| Error::invalid("file", refusal.detail))?;
    let schema_json = serde_json::to_string(&schema)
        .map_err(|cause| Error::Internal(format!("a schema that cannot be written: {cause}")))?;
    change(rollcall, caller, directory, async |tx, context| {
        let mut all = store::directory_extensions::list(tx, directory).await?;
        let new = DirectoryExtension {
            resource_type: extended.as_str().to_owned(),
            required,
            schema_json,
            created_at: context.now,
        };
        check_beside(&all, &schema)?;
        all.push(new.clone());
        Kinds::with(&all).map_err(|refusal| match refusal {
            Error::Scim(refusal) => Error::invalid("file", refusal.detail),
            other => other,
        })?;
        store::directory_extensions::insert(tx, directory, &schema.id, &new).await?;
        let detail = json!({
            "schema": schema.id,
            "resource": extended.as_str(),
            "required": required,
            "attributes": schema.attributes.len(),
        });
        let workspace = &caller.workspace().id;
        audit::record(tx, context, workspace, "directory_extension.added", directory.as_str(), &detail)
            .await?;
        Ok(())
    })
    .await?;
    Ok(schema)
}

fn check_beside(others: &[DirectoryExtension], schema: &Schema) -> Result<()> {
    for other in others {
        let other = kinds::stored_schema(other)?;
        if other.is_called(&schema.id) {
            return Err(Error::conflict(
                "file",
                format!(
                    "The directory has an extension {} already. To change it, remove it and add it anew: stored values stay.",
                    other.id
                ),
            ));
        }
    }
    if others.len() >= MOST {
        return Err(Error::conflict(
            "file",
            format!("The directory has {MOST} extensions, which is the most. Remove one first."),
        ));
    }
    Ok(())
}

/// Takes an extension of a directory away, from now on. Values under its URN stay as those of an unknown schema.
///
/// # Errors
/// `Forbidden`; `NotFound` for the directory; `Invalid` on `urn` when it has no such extension.
pub async fn remove(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    urn: &str,
) -> Result<()> {
    let urn = urn.trim();
    change(rollcall, caller, directory, async |tx, context| {
        if !store::directory_extensions::delete(tx, directory, urn).await? {
            return Err(Error::invalid("urn", unknown(tx, directory, urn).await?));
        }
        let workspace = &caller.workspace().id;
        let detail = json!({ "schema": urn });
        audit::record(tx, context, workspace, "directory_extension.removed", directory.as_str(), &detail)
            .await?;
        Ok(())
    })
    .await
}

async fn unknown(tx: &mut Tx, directory: &DirectoryId, urn: &str) -> Result<String> {
    let known = store::directory_extensions::list(tx, directory).await?;
    let known: Vec<String> =
        known.iter().map(|row| kinds::stored_schema(row).map(|schema| schema.id)).collect::<Result<_>>()?;
    let known = match known.is_empty() {
        true => "It has none.".to_owned(),
        false => format!("Known: {}.", known.join(", ")),
    };
    Ok(format!("The directory has no extension “{urn}”. {known}"))
}

/// A change of one directory's extensions: one after the other.
async fn change(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    directory: &DirectoryId,
    write: impl AsyncFnOnce(&mut Tx, &Context) -> Result<()>,
) -> Result<()> {
    caller.require(Permission::ManageDirectories)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let result = async {
        let workspace = &caller.workspace().id;
        if store::directories::get_for_update(&mut tx, workspace, directory).await?.is_none() {
            return Err(Error::NotFound { what: "directory in this workspace" });
        }
        write(&mut tx, &context).await
    }
    .await;
    tx.end(result).await
}
