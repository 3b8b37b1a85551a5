//! A running `rollcall serve` for tests from outside, and its command line beside it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::process::{capture, free_port, stop, wait_until};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(15);

pub(crate) struct Server {
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
    process: Child,
}

impl Server {
    /// Starts it on a free port of loopback, without a rate limit; `folder` takes what it prints.
    pub(crate) fn start(program: &Path, database: &str, folder: &Path) -> Result<Self> {
        let port = free_port()?;
        let settings = vec![
            ("ROLLCALL_LISTEN", format!("127.0.0.1:{port}")),
            ("ROLLCALL_BASE_URL", format!("http://127.0.0.1:{port}")),
            ("ROLLCALL_DATABASE_URL", database.to_owned()),
            ("ROLLCALL_RATE_LIMIT", String::from("off")),
        ];
        let log = folder.join("rollcall.log");
        let output = std::fs::File::create(&log)?;
        let process = command(program, &settings)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let mut server = Self { program: program.to_path_buf(), settings, process };
        wait_until(&mut server.process, START, || answers(port, "/readyz")).map_err(|error| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            anyhow!("`rollcall serve` did not start: {error}. It said:\n{said}")
        })?;
        Ok(server)
    }

    /// What `rollcall ARGUMENTS --json` answers, on the same database.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let answer = capture(command(&self.program, &self.settings).args(arguments).arg("--json"))?;
        serde_json::from_str(&answer)
            .with_context(|| format!("`rollcall {}` did not print JSON: {answer}", arguments.join(" ")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.process, "TERM", STOP);
    }
}

/// Rollcall with these settings and none of the caller's own.
fn command(program: &Path, settings: &[(&str, String)]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROLLCALL_")) {
        command.env_remove(name);
    }
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

/// Whether a GET there is answered with 200.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| answer.split_whitespace().nth(1) == Some("200"))
}
