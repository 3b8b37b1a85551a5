//! What compiles Rust for the browser: a toolchain with the standard library of `wasm32-unknown-unknown`.
//!
//! Four ways, in this order: it is there; rustup adds it; Debian's own newer Rust builds it once from its source;
//! or one sentence says what to do.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::packages;
use crate::process::{capture, in_path, run, succeeds};
use crate::step::note;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// The name under which rustup knows Debian's Rust, once linked.
const DEBIAN: &str = "debian";

/// The toolchain that builds the browser code. The server is always built by the active one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one this program was started with.
    Active,
    /// Debian's, beside rustup's.
    Debian,
}

impl Toolchain {
    /// `cargo VERB` for the browser, in the clone.
    pub(crate) fn cargo(self, workspace: &Workspace, verb: &str) -> Command {
        let mut cargo = match self {
            Self::Active => workspace.cargo(),
            Self::Debian => self.program("cargo"),
        };
        cargo.current_dir(&workspace.root).args([verb, "--target", TARGET]);
        cargo
    }

    /// Makes sure that it has clippy.
    pub(crate) fn with_clippy(self) -> Result<()> {
        match self {
            Self::Active => component("clippy", "cargo-clippy"),
            Self::Debian if Path::new("/usr/bin/clippy-driver").exists() => Ok(()),
            Self::Debian => packages::apt(&["rust-web-clippy"], "clippy for the browser code"),
        }
    }

    fn program(self, name: &str) -> Command {
        match self {
            Self::Active => Command::new(name),
            Self::Debian if rustup().is_some() => {
                let mut command = Command::new("rustup");
                command.args(["run", DEBIAN, name]);
                command
            }
            Self::Debian => Command::new(Path::new("/usr/bin").join(name)),
        }
    }

    /// Whether it compiles and links for the browser: tried, since a standard library of another version is no use.
    fn works(self, workspace: &Workspace) -> Result<bool> {
        let folder = workspace.tools().join("probe");
        std::fs::create_dir_all(&folder)?;
        let source = folder.join("probe.rs");
        std::fs::write(
            &source,
            "#[unsafe(no_mangle)] pub extern \"C\" fn probe() -> usize { vec![1; 7].len() }\n",
        )?;
        let mut rustc = self.program("rustc");
        rustc.args(["--edition", "2024", "--crate-type", "cdylib", "--target", TARGET, "--out-dir"]);
        Ok(succeeds(rustc.arg(&folder).arg(&source)))
    }
}

/// Finds it, or installs what is missing.
pub(crate) fn find(workspace: &Workspace) -> Result<Toolchain> {
    if Toolchain::Active.works(workspace)? {
        note("the active toolchain does");
        return Ok(Toolchain::Active);
    }
    if Toolchain::Debian.works(workspace)? {
        note("Debian's does");
        return Ok(Toolchain::Debian);
    }
    let tried = match (rustup(), may_download()) {
        (Some(_), true) => match run(Command::new("rustup").args(["target", "add", TARGET])) {
            Ok(()) if Toolchain::Active.works(workspace)? => return Ok(Toolchain::Active),
            Ok(()) => "`rustup target add` ran, and yet the active toolchain cannot compile for the browser",
            Err(_) => "`rustup target add` failed",
        },
        (Some(_), false) => "rustup may not download here (RUSTUP_AUTO_INSTALL is 0)",
        (None, _) => "there is no rustup",
    };
    note(tried);
    if packages::has_apt() && !Path::new("/usr/bin/rustup").exists() {
        return from_debian(workspace).with_context(|| {
            format!(
                "{TARGET} could not be had: {tried}, and Debian's Rust did not help either.\n{}",
                by_hand()
            )
        });
    }
    bail!(
        "Code for the browser cannot be compiled: the Rust target {TARGET} is missing, and {tried}.\n{}",
        by_hand()
    )
}

/// Makes sure that the active toolchain has a component that minimal installations leave out.
pub(crate) fn component(name: &str, program: &str) -> Result<()> {
    if succeeds(Command::new(program).arg("--version")) {
        return Ok(());
    }
    if rustup().is_some() && may_download() {
        return run(Command::new("rustup").args(["component", "add", name]));
    }
    bail!("`{program}` is missing. Install it with `rustup component add {name}` and try again.")
}

fn by_hand() -> String {
    format!("Run `rustup target add {TARGET}` where rustup can download, and try again.")
}

fn rustup() -> Option<PathBuf> {
    in_path("rustup")
}

fn may_download() -> bool {
    std::env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0")
}

/// Debian's security archive carries a newer Rust, `rustc-web`, without this target but with its source.
fn from_debian(workspace: &Workspace) -> Result<Toolchain> {
    note("taking Debian's own Rust for the browser code; this is done once");
    packages::apt(&["rustc-web", "cargo-web", "rust-web-src"], "Debian's newer Rust and its source")?;
    let version = capture(Command::new("/usr/bin/rustc").arg("-vV"))?;
    let [release, host, llvm] = ["release: ", "host: ", "LLVM version: "]
        .map(|label| version.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default());
    if !new_enough(release, env!("CARGO_PKG_RUST_VERSION")) {
        bail!(
            "Debian offers Rust {release}, and Rollcall needs {}: `apt-get update` with Debian's security archive \
             in its list may offer a newer one",
            env!("CARGO_PKG_RUST_VERSION")
        );
    }
    let llvm = llvm.split('.').next().unwrap_or_default();
    let linker = format!("/usr/lib/llvm-{llvm}/bin/lld");
    if !Path::new(&linker).exists() {
        packages::apt(&[&format!("lld-{llvm}")], "the linker for the browser code")?;
    }

    let libraries = standard_library(workspace)?;
    let system = Path::new("/usr/lib/rustlib");
    let home = system.join(TARGET).join("lib");
    let linkers = system.join(host).join("bin");
    packages::as_root("rm", |rm| rm.arg("-rf").arg(&home))?;
    packages::as_root("mkdir", |mkdir| mkdir.arg("-p").arg(&home).arg(&linkers))?;
    packages::as_root("cp", |cp| cp.arg("-r").arg(libraries.join(".")).arg(&home))?;
    packages::as_root("ln", |ln| ln.args(["-sf", &linker]).arg(linkers.join("rust-lld")))?;
    if rustup().is_some() && !succeeds(Toolchain::Debian.program("rustc").arg("--version")) {
        run(Command::new("rustup").args(["toolchain", "link", DEBIAN, "/usr"]))?;
    }
    if !Toolchain::Debian.works(workspace)? {
        bail!(
            "Debian's Rust cannot compile for the browser even with its standard library in {}",
            home.display()
        );
    }
    Ok(Toolchain::Debian)
}

/// Compiles the target's standard library with Debian's cargo, as a dependency of an empty crate.
/// Returns the folder that then holds it and nothing else.
fn standard_library(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.tools().join("wasm-std");
    // What an older compiler left would be copied along.
    let _ = std::fs::remove_dir_all(&folder);
    let (built, libraries) = (folder.join("target"), folder.join("lib"));
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::create_dir_all(&libraries)?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    std::fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
         [lib]\n[workspace]\n[profile.release]\npanic = \"abort\"\n",
    )?;
    let path = std::env::var("PATH").unwrap_or_default();
    run(Command::new("/usr/bin/cargo")
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort,proc_macro"])
        .current_dir(&folder)
        .env("PATH", format!("/usr/bin:{path}"))
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", &built)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS"))?;
    for entry in std::fs::read_dir(built.join(TARGET).join("release/deps"))? {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        if shown.ends_with(".rlib") && !shown.starts_with("libempty-") {
            std::fs::copy(built.join(TARGET).join("release/deps").join(&name), libraries.join(&name))?;
        }
    }
    Ok(libraries)
}

/// Compares versions of Rust by major and minor number.
fn new_enough(release: &str, wanted: &str) -> bool {
    let numbers = |version: &str| -> Vec<u32> {
        version.split('.').take(2).map(|number| number.parse().unwrap_or(0)).collect()
    };
    numbers(release) >= numbers(wanted)
}

#[cfg(test)]
mod tests {
    use super::new_enough;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(new_enough("1.96.0", "1.95"));
        assert!(new_enough("1.100.1", "1.95"));
        assert!(!new_enough("1.85.0", "1.95"));
        assert!(!new_enough("", "1.95"));
    }
}
