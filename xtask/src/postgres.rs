//! A real PostgreSQL for the tests: started from the system's binaries, on loopback, gone afterwards.

use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::packages;
use crate::process::{capture, free_port, in_path, stop, wait_until};
use crate::step::note;

/// Where a caller may name a PostgreSQL of their own, and where the tests read which to use.
pub(crate) const URL: &str = "ROLLCALL_TEST_POSTGRES_URL";

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(20);

/// Its data is made anew for each run and thrown away, so nothing of it needs to survive a power cut.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
];

/// The folders of earlier runs are known by this and the id of the process that made them.
const PREFIX: &str = "rollcall-test-postgres-";

pub(crate) struct Postgres {
    /// A superuser's, to the maintenance database.
    pub(crate) url: String,
    /// `PostgreSQL 15.18`.
    pub(crate) version: String,
    psql: PathBuf,
    /// Ends with this. None for one of the caller's own.
    _running: Option<Running>,
}

struct Running {
    server: Child,
    folder: PathBuf,
}

/// PostgreSQL refuses to run as root; anyone else runs it as themselves.
struct User {
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// The one that `ROLLCALL_TEST_POSTGRES_URL` names, or one of our own.
    pub(crate) fn start() -> Result<Self> {
        if let Ok(url) = std::env::var(URL) {
            let psql =
                in_path("psql").or_else(|| Some(binaries()?.join("psql"))).context("psql is not in PATH")?;
            let mut own = Self { url, version: String::new(), psql, _running: None };
            own.version = own.ask("SHOW server_version").with_context(|| format!("{URL} leads nowhere"))?;
            own.version = format!("PostgreSQL {} (of {URL})", own.version);
            return Ok(own);
        }
        sweep();
        let binaries = installed()?;
        let user = packages::is_root().then(other_user).transpose()?;
        let folder = folder(user.as_ref())?;
        let data = folder.join("data");
        let password = password()?;
        let password_file = folder.join("password");
        write_as(&password_file, &password, user.as_ref())?;
        capture(
            as_user(Command::new(binaries.join("initdb")), user.as_ref(), &folder)
                .arg("--pgdata")
                .arg(&data)
                .args(["--username", "postgres", "--auth", "password", "--encoding", "UTF8", "--no-sync"])
                .args(["--locale", if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" }])
                .arg("--pwfile")
                .arg(&password_file),
        )?;

        let port = free_port()?;
        let log = folder.join("log");
        let output = std::fs::File::create(&log)?;
        let mut postgres = as_user(Command::new(binaries.join("postgres")), user.as_ref(), &folder);
        postgres
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            .stdout(output.try_clone()?)
            .stderr(output);
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let mut running =
            Running { server: postgres.spawn().context("PostgreSQL could not be started")?, folder };
        wait_until(&mut running.server, START, || is_ready(&data)).map_err(|error| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            anyhow!("PostgreSQL did not start: {error}. It said:\n{said}")
        })?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let version = capture(Command::new(binaries.join("postgres")).arg("--version"))?;
        let version = version.split_whitespace().nth(2).unwrap_or("?");
        note(&format!("PostgreSQL {version} listens on 127.0.0.1:{port}"));
        let psql = binaries.join("psql");
        Ok(Self { url, version: format!("PostgreSQL {version}"), psql, _running: Some(running) })
    }

    /// The URL of a new empty database.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.ask(&format!("DROP DATABASE IF EXISTS {name}"))?;
        self.ask(&format!("CREATE DATABASE {name}"))?;
        let (server, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (server, _) = server.rsplit_once('/').with_context(|| format!("{URL} names no database"))?;
        Ok(if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") })
    }

    fn ask(&self, statement: &str) -> Result<String> {
        capture(
            Command::new(&self.psql).args(["--no-psqlrc", "--no-align", "--tuples-only", "--quiet"]).args([
                "--command",
                statement,
                &self.url,
            ]),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGINT is its fast way out: it ends its clients' sessions instead of waiting for them.
        stop(&mut self.server, "INT", STOP);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the system's newest `initdb` and `postgres`.
fn binaries() -> Option<PathBuf> {
    let complete =
        |folder: &Path| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let mut versions: Vec<(u32, PathBuf)> = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?;
            Some((name.trim_start_matches("postgresql@").parse().ok()?, path.join("bin")))
        })
        .collect();
    versions.sort();
    let in_path =
        in_path("initdb").and_then(|program| program.canonicalize().ok()?.parent().map(Path::to_path_buf));
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    newest_first.chain(in_path).find(|folder| complete(folder))
}

fn installed() -> Result<PathBuf> {
    if let Some(folder) = binaries() {
        return Ok(folder);
    }
    if !packages::has_apt() {
        bail!(
            "PostgreSQL's programs (initdb, postgres, psql) were found neither in PATH nor in the usual folders. \
             Install PostgreSQL 14 or newer and try again, or name a server whose superuser the tests may be:\n  \
             {URL}=postgres://USER:PASSWORD@HOST/postgres cargo xtask test"
        );
    }
    packages::apt(&["postgresql"], "PostgreSQL")?;
    binaries()
        .context("Debian's postgresql is installed, and yet its programs are not under /usr/lib/postgresql")
}

/// Ends the servers, and removes the folders, of runs that were interrupted.
fn sweep() {
    let folders =
        std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten().map(|entry| entry.path());
    for folder in folders {
        let maker =
            folder.file_name().and_then(|name| name.to_str()?.strip_prefix(PREFIX)?.parse::<u32>().ok());
        let Some(maker) = maker else { continue };
        if alive(maker) {
            continue;
        }
        let server = std::fs::read_to_string(folder.join("data/postmaster.pid"));
        if let Some(server) = server.ok().and_then(|text| text.lines().next()?.parse().ok())
            && command_line(server).contains(PREFIX)
        {
            crate::process::send("QUIT", server);
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
}

fn alive(process: u32) -> bool {
    crate::process::succeeds(Command::new("sh").args(["-c", &format!("kill -0 {process}")]))
}

/// Empty where it cannot be read: then a process is nobody we know.
fn command_line(process: u32) -> String {
    std::fs::read(format!("/proc/{process}/cmdline"))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

fn other_user() -> Result<User> {
    for name in ["postgres", "nobody"] {
        let ask =
            |what: &str| -> Result<u32> { Ok(capture(Command::new("id").args([what, name]))?.parse()?) };
        if let (Ok(uid), Ok(gid)) = (ask("-u"), ask("-g")) {
            return Ok(User { uid, gid });
        }
    }
    bail!(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as"
    )
}

fn as_user(mut command: Command, user: Option<&User>, folder: &Path) -> Command {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command.current_dir(folder).stdin(std::process::Stdio::null());
    // Settings of the caller's own PostgreSQL would lead astray.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command
}

/// A new folder that only the user of the server can look into.
fn folder(user: Option<&User>) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("{} could not be made", folder.display()))?;
    give(&folder, user)?;
    Ok(folder)
}

fn write_as(file: &Path, text: &str, user: Option<&User>) -> Result<()> {
    std::fs::write(file, text)?;
    give(file, user)
}

fn give(path: &Path, user: Option<&User>) -> Result<()> {
    if let Some(user) = user {
        chown(path, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Loopback is open to everyone on the machine, and a superuser may run programs.
fn password() -> Result<String> {
    use std::io::Read;
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What `pg_ctl` looks at: the last line of this file tells how far the server is.
fn is_ready(data: &Path) -> bool {
    std::fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}
