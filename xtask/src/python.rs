//! A Python with the real SMTP server (PyPI's `aiosmtpd`) that the mail tests send to.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages::apt;
use crate::process::{in_path, run, succeeds};
use crate::step::note;
use crate::workspace::Workspace;

/// Tells the tests which Python has it.
pub(crate) const VARIABLE: &str = "ROLLCALL_TEST_PYTHON";

const SMTP_SERVER: &str = "aiosmtpd==1.4.6";

/// The Python named by the environment, or one in a virtual environment of its own, made once.
pub(crate) fn prepare(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        return Ok(named);
    }
    let folder = workspace.tools().join("python");
    let python = folder.join("bin/python");
    if has_smtp_server(&python) {
        return Ok(python);
    }
    make_environment(&folder)?;
    run(Command::new(&python).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        SMTP_SERVER,
    ]))
    .context("the SMTP server for the tests could not be installed from PyPI")?;
    Ok(python)
}

fn has_smtp_server(python: &Path) -> bool {
    python.exists() && succeeds(Command::new(python).args(["-c", "import aiosmtpd"]))
}

fn make_environment(folder: &Path) -> Result<()> {
    let make = || succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    if in_path("python3").is_some() && make() {
        return Ok(());
    }
    // Debian has Python without what makes environments.
    apt(&["python3", "python3-venv"], "Python with virtual environments")?;
    note("making a Python environment for the mail tests");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
}
