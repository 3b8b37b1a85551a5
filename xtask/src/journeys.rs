//! The browser journeys of `end2end/`, by Playwright in a real Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::packages;
use crate::postgres::{self, Postgres};
use crate::process::{in_path, run, run_within};
use crate::workspace::Workspace;

/// Playwright has its own limits per test and in all; this one is for Playwright itself.
const LIMIT: Duration = Duration::from_secs(25 * 60);

const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Node's packages and a browser: what the journeys need before they can run.
pub(crate) struct Ready {
    folder: PathBuf,
    /// None: Playwright's own.
    chromium: Option<PathBuf>,
}

pub(crate) fn prepare(workspace: &Workspace) -> Result<Ready> {
    let folder = workspace.root.join("end2end");
    packages::npm()?;
    packages::npm_ci(&folder)?;
    let chromium = match chromium() {
        Some(program) => Some(program),
        None if packages::has_apt() => {
            packages::apt(&["chromium", "fonts-liberation"], "Chromium, for the browser tests")?;
            Some(chromium().context("Debian's chromium is installed, and yet it is not in PATH")?)
        }
        None => {
            run(tool(&folder, "playwright").args(["install", "chromium"]))?;
            None
        }
    };
    Ok(Ready { folder, chromium })
}

/// The types of the journeys hold; Playwright itself does not look at them.
pub(crate) fn check_types(ready: &Ready) -> Result<String> {
    run(tool(&ready.folder, "tsc").arg("--noEmit"))?;
    Ok(String::new())
}

pub(crate) fn play(workspace: &Workspace, ready: &Ready, postgres: Option<&Postgres>) -> Result<String> {
    let mut playwright = tool(&ready.folder, "playwright");
    playwright.arg("test").env("ROLLCALL_BIN", workspace.program("debug"));
    if let Some(chromium) = &ready.chromium {
        playwright.env("CHROMIUM", chromium);
    }
    let engine = match postgres {
        Some(postgres) => {
            playwright.env("ROLLCALL_E2E_ENGINE", "postgres").env(postgres::URL, &postgres.url);
            postgres.version.as_str()
        }
        None => {
            playwright.env("ROLLCALL_E2E_ENGINE", "sqlite");
            "SQLite"
        }
    };
    run_within(&mut playwright, LIMIT)?;
    Ok(format!("on {engine}"))
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| CHROMIUM.iter().find_map(|name| in_path(name)))
}

/// A program of the installed packages.
fn tool(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(folder.join("node_modules/.bin").join(name));
    command.current_dir(folder);
    command
}
