//! `rollcall directory extension`: attributes that a directory has besides those of the RFCs.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use scim::schema::MAX_SCHEMA;
use serde_json::{Value, json};

use super::{
    named::Target,
    output::{print, table},
};
use crate::{
    directory::{
        extension,
        kinds::{Extended, stored_schema},
    },
    error::{Error, Result},
    people::Caller,
    state::Rollcall,
    store::{self, directories::Directory},
};

/// A directory's own extensions.
#[derive(Debug, Subcommand)]
pub enum ExtensionCommand {
    /// Give people or groups attributes of your own. They are advertised, checked and searched from the next request on;
    /// values that are stored under the URN already stay.
    Add {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// The schema, JSON as RFC 7643 section 7 has it; - for standard input.
        #[arg(long)]
        file: PathBuf,
        /// Whose attributes they are: user or group.
        #[arg(long, default_value = "user")]
        resource: Extended,
        /// Refuse people or groups who are created or replaced without it. PATCH works on as before.
        #[arg(long)]
        required: bool,
    },
    /// List the extensions of a directory.
    List {
        /// Which directory.
        #[command(flatten)]
        at: Target,
    },
    /// Take an extension away. Stored values stay, as those of an unknown schema.
    Remove {
        /// Which directory.
        #[command(flatten)]
        at: Target,
        /// The URN of its schema.
        urn: String,
    },
}

/// Runs the command.
pub(super) async fn run(rollcall: &Rollcall, as_json: bool, command: &ExtensionCommand) -> Result<()> {
    match command {
        ExtensionCommand::Add { at, file, resource, required } => {
            let (workspace, directory) = at.find(rollcall).await?;
            let caller = Caller::CommandLine(&workspace);
            let schema =
                extension::add(rollcall, &caller, &directory.id, &read(file)?, *resource, *required).await?;
            let number = schema.attributes.len();
            print(
                as_json,
                &json!({
                    "directory": directory.id,
                    "schema": schema.id,
                    "resource": resource.as_str(),
                    "required": required,
                    "attributes": number,
                }),
                &format!(
                    "{} has the extension {} of {resource} from now on: {}.",
                    directory.name,
                    schema.id,
                    attributes(number)
                ),
            );
        }
        ExtensionCommand::List { at } => {
            let (_, directory) = at.find(rollcall).await?;
            list(rollcall, as_json, &directory).await?;
        }
        ExtensionCommand::Remove { at, urn } => {
            let (workspace, directory) = at.find(rollcall).await?;
            extension::remove(rollcall, &Caller::CommandLine(&workspace), &directory.id, urn).await?;
            print(
                as_json,
                &json!({ "directory": directory.id, "schema": urn, "removed": true }),
                &format!(
                    "{} no longer has the extension {urn}. Stored values stay, as those of an unknown schema.",
                    directory.name
                ),
            );
        }
    }
    Ok(())
}

async fn list(rollcall: &Rollcall, as_json: bool, directory: &Directory) -> Result<()> {
    let mut conn = rollcall.db.read().await?;
    let (mut json, mut rows) = (Vec::new(), Vec::new());
    for row in store::directory_extensions::list(&mut conn, &directory.id).await? {
        let schema = stored_schema(&row)?;
        rows.push(vec![
            schema.id.clone(),
            schema.name.clone(),
            row.resource_type.clone(),
            if row.required { "yes" } else { "no" }.to_owned(),
            schema.attributes.len().to_string(),
        ]);
        json.push(json!({
            "resource": row.resource_type,
            "required": row.required,
            "schema": schema,
            "added_at": row.created_at.to_rfc3339(),
        }));
    }
    let text = if rows.is_empty() {
        format!("{} has no extensions.", directory.name)
    } else {
        table(&["SCHEMA", "NAME", "OF", "REQUIRED", "ATTRIBUTES"], &rows)
    };
    print(as_json, &Value::Array(json), &text);
    Ok(())
}

/// The text of the file, or as much of it as shows that it is too large.
fn read(file: &Path) -> Result<String> {
    let is_input = file.as_os_str() == "-";
    let most = u64::try_from(MAX_SCHEMA).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    let outcome = if is_input {
        io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    let name =
        if is_input { "The standard input".to_owned() } else { format!("The file {}", file.display()) };
    outcome.map_err(|cause| Error::invalid("file", format!("{name} cannot be read: {cause}.")))?;
    // The last letter may have been cut in two.
    if bytes.len() > MAX_SCHEMA {
        return Err(Error::invalid(
            "file",
            format!("{name} has more than {MAX_SCHEMA} bytes, the most for a schema."),
        ));
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid("file", format!("{name} is no text in UTF-8.")))
}

fn attributes(number: usize) -> String {
    if number == 1 { "one attribute".to_owned() } else { format!("{number} attributes") }
}
