//! `cargo xtask test`: everything that can be said about the code by machine.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::browser::{self, Flavour};
use crate::conformance;
use crate::journeys;
use crate::postgres::{self, Postgres};
use crate::process::{in_path, run, run_within};
use crate::step::Steps;
use crate::toolchain::{self, Toolchain, component};
use crate::workspace::Workspace;

/// Without building, which on a slow machine takes as long as it takes.
const RUST_TESTS: Duration = Duration::from_secs(20 * 60);

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

/// Which parts were asked for: all, unless some are named.
struct Parts {
    lint: bool,
    rust: bool,
    journeys: bool,
    conformance: bool,
}

impl Parts {
    fn read(named: &[String]) -> Result<Self> {
        if let Some(unknown) =
            named.iter().find(|name| !["lint", "rust", "journeys", "conformance"].contains(&name.as_str()))
        {
            bail!("`{unknown}` is no part of the tests. There are: lint, rust, journeys, conformance.");
        }
        let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
        let suites = conformance::folder().is_some();
        if !suites && named.iter().any(|name| name == "conformance") {
            bail!(
                "The conformance suites are not part of this repository: name their folder in {}.",
                conformance::FOLDER
            );
        }
        Ok(Self {
            lint: wanted("lint"),
            rust: wanted("rust"),
            journeys: wanted("journeys"),
            conformance: wanted("conformance") && suites,
        })
    }

    fn steps(&self) -> usize {
        let lint = if self.lint { 4 + usize::from(in_path("cargo-deny").is_some()) } else { 0 };
        let engines = if self.needs_postgres() { 1 } else { 0 };
        2 + lint
            + engines
            + usize::from(self.needs_server())
            + if self.rust { 2 } else { 0 }
            + if self.journeys { 4 } else { 0 }
            + if self.conformance { 2 } else { 0 }
    }

    fn needs_server(&self) -> bool {
        self.journeys || self.conformance
    }

    fn needs_postgres(&self) -> bool {
        self.rust || self.needs_server()
    }
}

pub(crate) fn test(workspace: &Workspace, named: &[String]) -> Result<()> {
    let parts = Parts::read(named)?;
    let mut steps = Steps::new(parts.steps());
    if parts.lint {
        steps.check("Formatting", || formatting(workspace));
    }
    // Native code needs the browser code too: it is embedded.
    let toolchain = steps.run("Find what compiles code for the browser", || toolchain::find(workspace))?;
    steps.run("Build the browser code", || browser::build(workspace, toolchain, Flavour::Development))?;
    if parts.lint {
        lint(workspace, toolchain, &mut steps);
    }
    if !parts.needs_postgres() {
        return steps.finish();
    }
    if parts.rust {
        // Server and tests in one go: each alone would have some crates built again with other features.
        steps.run("Build the server and the Rust tests", || {
            run(workspace.cargo().args(["build", "--all-targets"]))
        })?;
    } else {
        steps.run("Build the server", || run(workspace.cargo().arg("build")))?;
    }
    let postgres = steps.run("Start PostgreSQL", Postgres::start)?;
    if parts.rust {
        steps.check("Rust tests", || rust_tests(workspace, &postgres));
    }
    if parts.journeys {
        let ready = steps.run("Prepare the browser", || journeys::prepare(workspace))?;
        steps.check("Types of the browser journeys", || journeys::check_types(&ready));
        steps.check("Browser journeys on SQLite", || journeys::play(workspace, &ready, None));
        steps.check("Browser journeys on PostgreSQL", || journeys::play(workspace, &ready, Some(&postgres)));
    }
    if let Some(suites) = conformance::folder().filter(|_| parts.conformance) {
        steps.check("Conformance on SQLite", || conformance::run(workspace, &suites, None));
        steps.check("Conformance on PostgreSQL", || conformance::run(workspace, &suites, Some(&postgres)));
    }
    drop(postgres);
    steps.finish()
}

fn formatting(workspace: &Workspace) -> Result<String> {
    component("rustfmt", "cargo-fmt")?;
    run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(String::new())
}

fn lint(workspace: &Workspace, toolchain: Toolchain, steps: &mut Steps) {
    steps.check("Clippy", || {
        component("clippy", "cargo-clippy")?;
        run(workspace.cargo().args(["clippy", "--all-targets"]).args(DENY_WARNINGS))?;
        run(workspace.cargo().args(["clippy", "--all-targets", "--package", "xtask"]).args(DENY_WARNINGS))?;
        Ok(String::from("the product and its build tool"))
    });
    steps.check("Clippy on the browser code", || {
        toolchain.with_clippy()?;
        run(browser::cargo(workspace, toolchain, "clippy", Flavour::Development).args(DENY_WARNINGS))?;
        Ok(String::new())
    });
    steps.check("Documentation", || {
        run(workspace.cargo().args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
        Ok(String::new())
    });
    if let Some(deny) = in_path("cargo-deny") {
        // Not its advisories: they come over the network, and change without the code.
        steps.check("Licences and banned crates", || {
            run(workspace.command(&deny).args(["check", "bans", "licenses", "sources"]))?;
            Ok(String::new())
        });
    }
}

fn rust_tests(workspace: &Workspace, postgres: &Postgres) -> Result<String> {
    let with_postgres = |cargo: &mut Command| run_within(cargo.env(postgres::URL, &postgres.url), RUST_TESTS);
    let product = with_postgres(workspace.cargo().args(["test", "--no-fail-fast"]));
    let tool = run_within(workspace.cargo().args(["test", "--package", "xtask"]), RUST_TESTS);
    product.and(tool)?;
    Ok(format!("on SQLite and {}", postgres.version))
}
