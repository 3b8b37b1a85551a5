//! Finds programs, and installs those that are missing from Debian's packages or from npm.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::process::{capture, in_path, run, succeeds};
use crate::step::note;
use crate::workspace::Workspace;

/// Whether Debian's packages can be installed here at all. (Not Ubuntu's: its `chromium` is no browser.)
pub(crate) fn has_apt() -> bool {
    let debian = std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian" || line == "ID=\"debian\""));
    debian && in_path("apt-get").is_some()
}

/// Installs Debian packages; `what` tells what they are for.
pub(crate) fn apt(names: &[&str], what: &str) -> Result<()> {
    let names_shown = names.join(" ");
    if !has_apt() {
        bail!("{what} is missing: install what Debian calls {names_shown}, and try again");
    }
    note(&format!("installing {what}: {names_shown}"));
    static LISTS: OnceLock<bool> = OnceLock::new();
    let apt = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"];
    // Without fresh lists apt asks for versions that are gone. Stale ones may still do, so its failure is no end.
    LISTS.get_or_init(|| as_root("env", |env| env.args(apt).arg("update")).is_ok());
    as_root("env", |env| env.args(apt).args(["install", "-y", "--no-install-recommends"]).args(names))
        .with_context(|| format!("{what} could not be installed from Debian's packages ({names_shown})"))
}

/// Runs a command as root: directly, or by sudo where there is one.
pub(crate) fn as_root(program: &str, arguments: impl Fn(&mut Command) -> &mut Command) -> Result<()> {
    if is_root() {
        return run(arguments(&mut Command::new(program)));
    }
    let mut plain = Command::new(program);
    let shown = crate::process::shown(arguments(&mut plain));
    if in_path("sudo").is_none() {
        bail!(
            "this needs to be run by root, and there is no sudo: run it yourself and try again:\n  {shown}"
        );
    }
    let mut sudo = Command::new("sudo");
    // sudo asks for a password on the terminal itself; without one it must not wait for it.
    if !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        sudo.arg("-n");
    }
    sudo.arg(program);
    run(arguments(&mut sudo)).with_context(|| format!("run it yourself and try again:\n  sudo {shown}"))
}

pub(crate) fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| capture(Command::new("id").arg("-u")).is_ok_and(|id| id == "0"))
}

/// npm with its Node.js.
pub(crate) fn npm() -> Result<()> {
    if in_path("npm").is_none() || in_path("node").is_none() {
        apt(&["nodejs", "npm"], "Node.js and npm, for the browser tests")?;
    }
    let version = capture(Command::new("node").arg("--version"))?;
    let major: u32 =
        version.trim_start_matches('v').split('.').next().unwrap_or_default().parse().unwrap_or(0);
    if major < 18 {
        bail!("Node.js {version} is too old for the browser tests: install 18 or newer and try again");
    }
    Ok(())
}

/// Installs exactly what the lock file of this folder says, if that has not been done.
pub(crate) fn npm_ci(folder: &Path) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let installed = folder.join("node_modules/.installed-package-lock.json");
    if std::fs::read(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    Ok(std::fs::write(installed, lock)?)
}

/// A program of an npm package, kept among the tools. `None` where it cannot be had.
pub(crate) fn npm_tool(
    workspace: &Workspace,
    package: &str,
    version: &str,
    program: &str,
) -> Option<PathBuf> {
    let folder = workspace.tools().join(format!("{package}-{version}"));
    let path = folder.join("node_modules/.bin").join(program);
    if !path.exists() {
        in_path("npm")?;
        std::fs::create_dir_all(&folder).ok()?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix"]).arg(&folder);
        run(npm.arg(format!("{package}@{version}"))).ok()?;
    }
    succeeds(Command::new(&path).arg("--version")).then_some(path)
}
