//! Points conformance suites at a running Rollcall: `SUITE.sh BASE_URL TOKEN`, good when it ends with 0.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::packages;
use crate::postgres::Postgres;
use crate::process::{in_path, run_within};
use crate::server::Server;
use crate::step::note;
use crate::workspace::Workspace;

/// Names the folder of the suites. Without it there is no such step.
pub(crate) const FOLDER: &str = "ROLLCALL_CONFORMANCE";

/// Each suite with the provider whose directory it plays.
const SUITES: [(&str, &str); 6] = [
    ("scim2_tester", "generic"),
    ("scim_sanity", "generic"),
    ("okta_sim", "okta"),
    ("google_sim", "google"),
    ("onelogin_sim", "onelogin"),
    ("jumpcloud_sim", "jumpcloud"),
];

const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Runs all suites on one engine; every one of them, also after one has failed.
pub(crate) fn run(workspace: &Workspace, suites: &Path, postgres: Option<&Postgres>) -> Result<String> {
    let suites =
        suites.canonicalize().with_context(|| format!("{FOLDER}: {} is not there", suites.display()))?;
    if in_path("python3").is_none() {
        packages::apt(&["python3"], "Python, which the conformance suites are written in")?;
    }
    let folder = workspace.tools().join("conformance");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let (database, engine) = match postgres {
        Some(postgres) => (postgres.database("rollcall_conformance")?, postgres.version.as_str()),
        None => (format!("sqlite:{}", folder.join("rollcall.db").display()), "SQLite"),
    };
    let server = Server::start(&workspace.program("debug"), &database, &folder)?;
    let mut failed = Vec::new();
    for (suite, provider) in SUITES {
        let (base_url, token) = directory(&server, suite, provider)?;
        let script = suites.join(format!("{suite}.sh"));
        note(&format!("{suite}, on {engine}"));
        let mut command = Command::new("bash");
        if let Err(error) = run_within(command.arg(&script).args([&base_url, &token]), LIMIT) {
            note(&format!("{error:#}"));
            failed.push(suite);
        }
    }
    if !failed.is_empty() {
        bail!(
            "on {engine}: {}; what the server said: {}",
            failed.join(", "),
            folder.join("rollcall.log").display()
        );
    }
    Ok(format!("{} suites on {engine}", SUITES.len()))
}

/// An empty directory in a workspace of its own: where it is and its token.
fn directory(server: &Server, suite: &str, provider: &str) -> Result<(String, String)> {
    let owner = format!("owner@{}.test", suite.replace('_', "-"));
    let workspace = server.ask(&["workspace", "create", "--name", suite, "--owner", &owner])?;
    let slug = text(&workspace, "/workspace/slug")?;
    let directory = server.ask(&["directory", "create", "--workspace", &slug, "--provider", provider])?;
    Ok((text(&directory, "/base_url")?, text(&directory, "/token")?))
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("there is no {pointer} in {value}"))?.to_owned())
}
