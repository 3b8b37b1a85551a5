//! `rollcall workspace`: workspaces, their seats and the language of their mails.

use std::io::Read;

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    commands::password_url,
    named::the_workspace,
    output::{print, table},
};
use crate::{
    error::{Error, Result},
    people::{Caller, workspace},
    state::Rollcall,
    store::{self, workspaces::Workspace},
};

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

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            number => number.parse().map(|number| Self(Some(number))).map_err(|_| {
                format!("“{text}” is no number of seats. Use a whole number such as 50, or none.")
            }),
        }
    }
}

/// Runs the command.
pub(super) async fn run(rollcall: &Rollcall, as_json: bool, command: &WorkspaceCommand) -> Result<()> {
    match command {
        WorkspaceCommand::Create { name, owner, password_stdin } => {
            let password = if *password_stdin { Some(read_password()?) } else { None };
            let (workspace, account, link) =
                workspace::create(rollcall, name, owner, password.as_deref()).await?;
            let setup_url = link.map(|link| password_url(rollcall, &link));
            let text = match &setup_url {
                Some(url) => format!(
                    "Workspace {} ({}).\nOwner {}: open this link once to set a password:\n{url}",
                    workspace.name, workspace.slug, account.email
                ),
                None => {
                    format!("Workspace {} ({}). Owner {}.", workspace.name, workspace.slug, account.email)
                }
            };
            let json = json!({
                "workspace": { "id": workspace.id, "slug": workspace.slug, "name": workspace.name },
                "owner": { "email": account.email, "setup_url": setup_url },
            });
            print(as_json, &json, &text);
        }
        WorkspaceCommand::Set { workspace, name, seat_limit, language } => {
            let before = the_workspace(rollcall, workspace.as_deref()).await?;
            let name = name.clone().unwrap_or_else(|| before.name.clone());
            let seats = seat_limit.map_or(before.seat_limit, |limit| limit.0);
            let language = language.as_ref().unwrap_or(&before.language);
            workspace::update(rollcall, &Caller::CommandLine(&before), &name, Ok(seats), language).await?;
            let after = the_workspace(rollcall, Some(&before.slug)).await?;
            let limit = match seats {
                None => "no seat limit".to_owned(),
                Some(1) => "one seat".to_owned(),
                Some(seats) => format!("{seats} seats"),
            };
            let text =
                format!("Workspace {} ({}): {limit}, mails in {}.", after.name, after.slug, after.language);
            print(as_json, &as_listed(&after), &text);
        }
        WorkspaceCommand::List => {
            let mut conn = rollcall.db.read().await?;
            let all = store::workspaces::list(&mut conn).await?;
            let json: Vec<Value> = all.iter().map(as_listed).collect();
            let rows: Vec<Vec<String>> = all.iter().map(|w| vec![w.slug.clone(), w.name.clone()]).collect();
            print(as_json, &Value::Array(json), &table(&["SLUG", "NAME"], &rows));
        }
    }
    Ok(())
}

/// A workspace as `list` and `set` print it.
fn as_listed(workspace: &Workspace) -> Value {
    json!({
        "id": workspace.id,
        "slug": workspace.slug,
        "name": workspace.name,
        "seat_limit": workspace.seat_limit,
        "language": workspace.language,
    })
}

fn read_password() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|cause| Error::invalid("password", format!("The password could not be read: {cause}.")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
