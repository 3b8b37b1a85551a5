//! The built program in a folder of its own, and requests to it over the network.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own in which the program runs.
pub struct Place {
    folder: TempDir,
}

/// What a command printed.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It worked: the JSON that it printed.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{} {}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|cause| panic!("{cause}: {}", self.out))
    }

    /// It refused in one sentence or two on standard error.
    #[track_caller]
    pub fn refuses_with(&self, words: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        assert!(
            self.err.starts_with("rollcall: ") && (self.err.ends_with(".\n") || self.err.ends_with("?\n")),
            "{:?}",
            self.err
        );
        assert_eq!(self.err.lines().count(), 1, "{:?}", self.err);
        assert!(self.err.contains(words), "no “{words}” in {}", self.err);
        for leak in ["panicked", "RUST_BACKTRACE", "Error {", "Driver(", "src/"] {
            assert!(!self.err.contains(leak), "{}", self.err);
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> String {
        format!("sqlite:{}", self.path("rollcall.db").display())
    }

    /// The program in this folder, without settings from outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROLLCALL_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ROLLCALL_LOG", "off")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command on a database.
    pub fn run_on(&self, database: &str, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).env("ROLLCALL_DATABASE_URL", database).output().unwrap())
    }

    /// Runs a command on the database of this place.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.run_on(&self.database(), arguments)
    }

    /// Runs a command on the database of this place with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        self.run_on_with(&self.database(), arguments, input)
    }

    /// Runs a command on a database with something on standard input.
    pub fn run_on_with(&self, database: &str, arguments: &[&str], input: &str) -> Said {
        let mut child = self
            .command(arguments)
            .env("ROLLCALL_DATABASE_URL", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Said::of(child.wait_with_output().unwrap())
    }

    /// The files of this place.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn serve(&self) -> Server {
        self.serve_with(|_| {})
    }

    pub fn serve_with(&self, change: impl FnOnce(&mut Command)) -> Server {
        let address = free_address();
        let mut command = self.command(&["serve"]);
        command
            .env("ROLLCALL_DATABASE_URL", self.database())
            .env("ROLLCALL_LISTEN", address.to_string())
            .env("ROLLCALL_RATE_LIMIT", "off")
            .stdout(Stdio::piped());
        change(&mut command);
        let server = Server { child: command.spawn().unwrap(), address };
        server.wait_until_ready();
        server
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
}

impl Server {
    fn wait_until_ready(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if self.request("GET", "/readyz", None, None).is_some_and(|(status, _)| status == 200) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not get ready");
    }

    /// One request; nothing when the connection breaks.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Option<(u16, String)> {
        request(self.address, method, path, token, body)
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Server {
    /// Tells the server to stop, as a service manager does, and waits until it has.
    pub fn stop(&mut self) {
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(told.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Option<(u16, String)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/scim+json\r\n\
         {authorization}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub fn path_of(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}
