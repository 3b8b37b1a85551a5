//! `rollcall member`: the people of a workspace.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    named::find_workspace,
    output::{print, table},
};
use crate::{error::Result, state::Rollcall, store};

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

/// Prints everyone of a workspace.
pub(super) async fn list(rollcall: &Rollcall, as_json: bool, workspace: &str) -> Result<()> {
    let workspace = find_workspace(rollcall, workspace).await?;
    let mut conn = rollcall.db.read().await?;
    let all = store::memberships::list(&mut conn, &workspace.id).await?;
    let json: Vec<Value> = all
        .iter()
        .map(|m| {
            json!({ "email": m.email, "name": m.name, "role": m.role, "status": m.status, "source": m.source })
        })
        .collect();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|m| {
            vec![
                m.email.clone(),
                m.name.clone(),
                m.role.to_string(),
                m.status.to_string(),
                m.source.to_string(),
            ]
        })
        .collect();
    print(as_json, &Value::Array(json), &table(&["E-MAIL", "NAME", "ROLE", "STATUS", "SOURCE"], &rows));
    Ok(())
}
