//! The workspace or directory that a command names; who names none that there is hears of those that there are.

use clap::Args;

use crate::{
    error::{Error, Result},
    state::Rollcall,
    store::{self, directories::Directory, workspaces::Workspace},
};

/// Which directory a command is about.
#[derive(Debug, Args)]
pub struct Target {
    /// The workspace's slug; may be left out when there is only one.
    #[arg(long)]
    pub workspace: Option<String>,
    /// The directory's id or name; may be left out when there is only one.
    #[arg(long)]
    pub directory: Option<String>,
}

impl Target {
    pub(super) async fn find(&self, rollcall: &Rollcall) -> Result<(Workspace, Directory)> {
        let workspace = the_workspace(rollcall, self.workspace.as_deref()).await?;
        let directory = find_directory(rollcall, &workspace, self.directory.as_deref()).await?;
        Ok((workspace, directory))
    }
}

pub(super) async fn find_workspace(rollcall: &Rollcall, slug: &str) -> Result<Workspace> {
    let mut conn = rollcall.db.read().await?;
    if let Some(workspace) = store::workspaces::find_by_slug(&mut conn, slug.trim()).await? {
        return Ok(workspace);
    }
    let known: Vec<String> = store::workspaces::list(&mut conn).await?.into_iter().map(|w| w.slug).collect();
    Err(Error::invalid(
        "workspace",
        format!("There is no workspace “{slug}”. {}", known_ones("workspaces", &known)),
    ))
}

pub(super) async fn the_workspace(rollcall: &Rollcall, slug: Option<&str>) -> Result<Workspace> {
    match slug {
        Some(slug) => find_workspace(rollcall, slug).await,
        None => only_workspace(rollcall).await,
    }
}

async fn only_workspace(rollcall: &Rollcall) -> Result<Workspace> {
    let mut conn = rollcall.db.read().await?;
    let mut all = store::workspaces::list(&mut conn).await?;
    match (all.pop(), all.is_empty()) {
        (Some(workspace), true) => Ok(workspace),
        _ => Err(Error::invalid("workspace", "Say which workspace with --workspace SLUG.")),
    }
}

async fn find_directory(
    rollcall: &Rollcall,
    workspace: &Workspace,
    wanted: Option<&str>,
) -> Result<Directory> {
    let mut conn = rollcall.db.read().await?;
    let all = store::directories::list(&mut conn, &workspace.id).await?;
    let names: Vec<String> = all.iter().map(|directory| directory.name.clone()).collect();
    let mut found: Vec<Directory> = all
        .into_iter()
        .filter(|directory| {
            wanted.is_none_or(|wanted| {
                directory.id.as_str() == wanted || directory.name.to_lowercase() == wanted.to_lowercase()
            })
        })
        .collect();
    match (found.pop(), found.is_empty(), wanted) {
        (Some(directory), true, _) => Ok(directory),
        (_, _, None) => Err(Error::invalid(
            "directory",
            format!("Say which directory with --directory. {}", known_ones("directories", &names)),
        )),
        (_, _, Some(wanted)) => Err(Error::invalid(
            "directory",
            format!("There is no directory “{wanted}”. {}", known_ones("directories", &names)),
        )),
    }
}

fn known_ones(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        format!("There are no {what} yet.")
    } else {
        format!("Known {what}: {}.", names.join(", "))
    }
}
