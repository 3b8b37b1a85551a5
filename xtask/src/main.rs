//! `cargo xtask VERB`: builds, starts and tests Rollcall from a bare machine.
//!
//! Each file is one subject: `toolchain` finds or makes what compiles browser code, `browser` compiles and lays it
//! out, `packages` installs from apt and npm, `postgres` and `server` run real processes for the tests, `journeys` and
//! `conformance` point tests at them, `process` and `step` run commands and tell what is going on.

mod browser;
mod conformance;
mod journeys;
mod packages;
mod postgres;
mod process;
mod server;
mod step;
mod test;
mod toolchain;
mod workspace;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::browser::Flavour;
use crate::process::run;
use crate::step::Steps;
use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask start [ARGUMENTS]   build Rollcall and start it; ARGUMENTS go to `rollcall serve`
cargo xtask test [PART…]        run every test; or only: lint, rust, journeys, conformance
cargo xtask build               build for development, without starting
cargo xtask release             build the one optimised program with everything inside";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match verb(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn verb(arguments: &[String]) -> Result<()> {
    let workspace = Workspace::find()?;
    let (verb, rest) =
        arguments.split_first().map_or(("help", &[][..]), |(verb, rest)| (verb.as_str(), rest));
    match (verb, rest) {
        ("start", _) => start(&workspace, rest),
        ("test", _) => test::test(&workspace, rest),
        ("build", []) => build(&workspace, &mut Steps::new(3)),
        ("release", []) => release(&workspace),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(())
        }
        ("build" | "release", _) => bail!("`cargo xtask {verb}` takes no arguments.\n\n{USAGE}"),
        _ => bail!("`cargo xtask {verb}` is not known. There are:\n\n{USAGE}"),
    }
}

/// What a development build is: what compiles browser code, the browser code, the server.
fn build(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let toolchain = steps.run("Find what compiles code for the browser", || toolchain::find(workspace))?;
    steps.run("Build the browser code", || browser::build(workspace, toolchain, Flavour::Development))?;
    steps.run("Build the server", || run(workspace.cargo().arg("build")))
}

fn start(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut steps = Steps::new(4);
    build(workspace, &mut steps)?;
    steps.announce("Start Rollcall (Ctrl-C ends it)");
    let program = workspace.program("debug");
    let mut serve = Command::new(&program);
    serve.arg("serve").args(arguments).current_dir(&workspace.root);
    // Rollcall takes this process's place, so Ctrl-C and the exit code are its own.
    Err(anyhow::Error::from(serve.exec()).context(format!("{} could not be started", program.display())))
}

fn release(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::new(4);
    let toolchain = steps.run("Find what compiles code for the browser", || toolchain::find(workspace))?;
    steps.run("Build the browser code, optimised", || {
        browser::build(workspace, toolchain, Flavour::Shipped)
    })?;
    steps.run("Build the server with everything inside", || {
        run(workspace.cargo().args(["build", "--release"]))
    })?;
    steps.run("Weigh it", || {
        let program = workspace.program("release");
        println!("  {:>9}  {}", browser::size(std::fs::metadata(&program)?.len()), program.display());
        browser::weigh(workspace)
    })
}
