//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

pub(crate) struct Workspace {
    /// The folder of the clone.
    pub(crate) root: PathBuf,
    /// Where cargo builds, which `CARGO_TARGET_DIR` or a cargo configuration may have moved out of the clone.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // At run time when cargo says it: a kept build folder may hold an xtask compiled for another clone.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask/ has no parent folder")?.to_path_buf();
        // This program is TARGET/debug/xtask.
        let program = std::env::current_exe().context("the path of this program is not known")?;
        let target =
            program.ancestors().nth(2).context("this program is not in a build folder")?.to_path_buf();
        Ok(Self { root, target })
    }

    /// Where the server finds (or, in a release, embeds) the browser code: in the clone, wherever cargo builds.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// Where downloaded tools and notes about what was built are kept.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The server, as built by the profile whose folder is named.
    pub(crate) fn program(&self, profile: &str) -> PathBuf {
        self.target.join(profile).join("rollcall")
    }

    /// The cargo that runs this program, in the clone.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(Path::new(&cargo))
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }
}
