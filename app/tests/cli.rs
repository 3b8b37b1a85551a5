//! The `rollcall` program: its commands while a server runs, what it says when it cannot start, and what is left when
//! it is killed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: what goes wrong fails the test"
)]

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, atomic::{AtomicUsize, Ordering}},
    thread,
    time::{Duration, Instant},
};

use rollcall::store::{Create, DatabaseUrl, Db};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";

/// A folder of its own in which the program runs.
struct Place {
    folder: TempDir,
}

/// What a command printed.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It worked: the JSON that it printed.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{} {}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|cause| panic!("{cause}: {}", self.out))
    }

    /// It refused in one sentence or two on standard error.
    #[track_caller]
    fn refuses_with(&self, words: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        assert!(self.err.starts_with("rollcall: ") && self.err.ends_with(".\n"), "{:?}", self.err);
        assert_eq!(self.err.lines().count(), 1, "{:?}", self.err);
        assert!(self.err.contains(words), "no “{words}” in {}", self.err);
        for leak in ["panicked", "RUST_BACKTRACE", "Error {", "Driver(", "src/"] {
            assert!(!self.err.contains(leak), "{}", self.err);
        }
    }
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.path("rollcall.db").display())
    }

    /// The program in this folder, without settings from outside.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROLLCALL_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path()).env("ROLLCALL_LOG", "off").stdin(Stdio::null());
        command
    }

    /// Runs a command on a database.
    fn run_on(&self, database: &str, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).env("ROLLCALL_DATABASE_URL", database).output().unwrap())
    }

    /// Runs a command on the database of this place.
    fn run(&self, arguments: &[&str]) -> Said {
        self.run_on(&self.database(), arguments)
    }

    /// Runs a command with something on standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self
            .command(arguments)
            .env("ROLLCALL_DATABASE_URL", self.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Said::of(child.wait_with_output().unwrap())
    }

    /// The files of this place.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn serve(&self) -> Server {
        let address = free_address();
        let child = self
            .command(&["serve"])
            .env("ROLLCALL_DATABASE_URL", self.database())
            .env("ROLLCALL_LISTEN", address.to_string())
            .env("ROLLCALL_RATE_LIMIT", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Server { child, address };
        server.wait_until_ready();
        server
    }
}

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
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
    fn request(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Option<(u16, String)> {
        request(self.address, method, path, token, body)
    }

    /// Ends it at once, as a power cut would.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(
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

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn path_of(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

#[test]
fn every_command_works_while_a_server_runs_on_the_same_file() {
    let place = Place::new();
    let server = place.serve();
    let base = format!("http://{}", server.address);

    let made = place
        .run_with(&["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test", "--password-stdin", "--json"], PASSWORD)
        .json();
    assert_eq!((&made["workspace"]["slug"], &made["owner"]["email"]), (&json!("acme"), &json!("ada@acme.test")));
    assert!(made["owner"]["setup_url"].is_null() && made["workspace"]["id"].is_string());

    let second = place.run(&["--json", "workspace", "create", "--name", "Beta", "--owner", "bea@beta.test"]).json();
    let setup_url = second["owner"]["setup_url"].as_str().unwrap();
    assert!(setup_url.starts_with(&format!("{base}/password/")), "the running server's address: {setup_url}");
    assert_eq!(server.request("GET", &path_of(setup_url), None, None).unwrap().0, 200);

    let all = place.run(&["workspace", "list", "--json"]).json();
    let slugs: Vec<&str> = all.as_array().unwrap().iter().map(|w| w["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["acme", "beta"]);

    let okta = place.run(&["directory", "create", "--workspace", "acme", "--provider", "okta", "--json"]).json();
    let (id, token) = (okta["id"].as_str().unwrap(), okta["token"].as_str().unwrap());
    assert_eq!(okta["base_url"], json!(format!("{base}/scim/v2/{id}")));
    let users = format!("/scim/v2/{id}/Users");
    let ana = json!({ "userName": "ana@acme.test", "displayName": "Ana" });
    assert_eq!(server.request("POST", &users, Some(token), Some(&ana)).unwrap().0, 201);

    let members = place.run(&["member", "list", "--workspace", "acme", "--json"]).json();
    assert_eq!(
        members,
        json!([
            { "email": "ada@acme.test", "name": "ada", "role": "owner", "status": "active", "source": "manual" },
            { "email": "ana@acme.test", "name": "Ana", "role": "member", "status": "invited", "source": "directory" },
        ])
    );
    assert!(mailed(&server, "ana@acme.test").contains(&format!("{base}/invite/")));

    let rotated = place.run(&["directory", "rotate-token", "--workspace", "acme", "--json"]).json();
    let newer = rotated["token"].as_str().unwrap();
    for token in [token, newer] {
        assert_eq!(server.request("GET", &users, Some(token), None).unwrap().0, 200);
    }
    place.run(&["directory", "rotate-token", "--workspace", "acme"]).refuses_with("Two tokens work already.");
    let newest =
        place.run(&["directory", "rotate-token", "--workspace", "acme", "--revoke-others", "--json"]).json();
    for (token, status) in [(token, 401), (newer, 401), (newest["token"].as_str().unwrap(), 200)] {
        assert_eq!(server.request("GET", &users, Some(token), None).unwrap().0, status);
    }
    let listed = place.run(&["directory", "list", "--workspace", "acme", "--json"]).json();
    assert_eq!((&listed[0]["provider"], &listed[0]["tokens"].as_array().unwrap().len()), (&json!("okta"), &1));
    assert!(!listed.to_string().contains(newest["token"].as_str().unwrap()));

    let removed = place.run(&["directory", "remove", "--workspace", "acme", "--members", "suspend", "--json"]).json();
    assert_eq!((&removed["removed"], &removed["people"]), (&json!(true), &json!(1)));
    assert_eq!(server.request("GET", &users, newest["token"].as_str(), None).unwrap().0, 401);
    let members = place.run(&["member", "list", "--workspace", "acme", "--json"]).json();
    assert_eq!(members[1]["status"], "suspended");

    let recovered = place.run(&["recover-owner", "--workspace", "acme", "--json"]).json();
    let url = recovered["setup_url"].as_str().unwrap();
    assert_eq!(server.request("GET", &path_of(url), None, None).unwrap().0, 200);
    assert_eq!(place.run(&["migrate", "--json"]).json()["engine"], "SQLite");
}

/// Everything that the built-in mailbox holds for an address, once it has come.
fn mailed(server: &Server, address: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let (_, body) = server.request("GET", "/dev/mailbox.json", None, None).unwrap();
        if body.contains(address) {
            return body;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no mail to {address}");
}

#[test]
fn a_fresh_server_prints_a_link_that_makes_the_first_owner() {
    let place = Place::new();
    let mut server = place.serve();
    let link = {
        let mut text = String::new();
        let mut out = server.child.stdout.take().unwrap();
        let mut byte = [0];
        while !text.contains("/setup?token=") || !text.ends_with('\n') {
            assert_eq!(out.read(&mut byte).unwrap(), 1, "no link in {text}");
            text.push(char::from(byte[0]));
        }
        text.lines().find(|line| line.contains("/setup?token=")).unwrap().trim().to_owned()
    };
    assert!(link.starts_with(&format!("http://{}/setup?token=", server.address)), "{link}");
    assert_eq!(server.request("GET", &path_of(&link), None, None).unwrap().0, 200);
    place.run(&["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test"]);
    assert_eq!(server.request("GET", &path_of(&link), None, None).unwrap().0, 404, "claimed at the command line");
}

#[test]
fn a_database_url_that_cannot_be_used_is_explained_and_nothing_is_made() {
    for (url, words) in [
        ("sqlit:rollcall.db", "sqlite:PATH"),
        ("rollcall.db", "sqlite:PATH"),
        ("./rollcall.db", "sqlite:PATH"),
        ("postgre://localhost/rollcall", "postgres://"),
        ("mysql://localhost/rollcall", "Accepted:"),
        ("sqlite:", "sqlite:"),
        ("sqlite:nowhere/rollcall.db", "There is no folder nowhere"),
        ("sqlite:.", "is a folder"),
    ] {
        let place = Place::new();
        for command in [&["serve"][..], &["migrate"], &["workspace", "list"]] {
            let said = place.run_on(url, command);
            if command == ["workspace", "list"] && url.contains("nowhere") {
                said.refuses_with("There is no database at nowhere/rollcall.db.");
            } else {
                said.refuses_with(words);
            }
            assert!(place.files().is_empty(), "{url} {command:?} made {:?}", place.files());
        }
    }
}

#[test]
fn commands_never_make_a_new_database() {
    let place = Place::new();
    for command in [
        &["workspace", "list"][..],
        &["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test"],
        &["member", "list", "--workspace", "acme"],
        &["directory", "list", "--workspace", "acme"],
        &["recover-owner"],
    ] {
        place.run(command).refuses_with("There is no database at");
        assert!(place.files().is_empty(), "{command:?} made {:?}", place.files());
    }
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    assert!(place.files().contains(&"rollcall.db".to_owned()));
    assert_eq!(place.run(&["workspace", "list", "--json"]).json(), json!([]));
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::new();
    let text = "Dear diary, this is certainly no database.\n".repeat(100);
    fs::write(place.path("rollcall.db"), &text).unwrap();
    for command in [&["serve"][..], &["migrate"], &["workspace", "list"]] {
        place.run(command).refuses_with("is not an SQLite database");
    }
    assert_eq!(fs::read_to_string(place.path("rollcall.db")).unwrap(), text);
}

#[cfg(unix)]
#[test]
fn a_file_or_folder_without_rights_is_explained() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    let file = place.path("rollcall.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&file).is_ok() {
        eprintln!("not covered: this user may read everything");
        return;
    }
    place.run(&["workspace", "list"]).refuses_with("Check that this user may read and write the file and its folder");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    place.run(&["serve"]).refuses_with("cannot be written");
}

#[test]
fn a_database_of_a_newer_version_is_not_touched() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::{ConnectOptions, Executor};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.path("rollcall.db"));
        let mut conn = options.connect().await.unwrap();
        conn.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (99999999, 'the future', TRUE, X'00', 0)",
        )
        .await
        .unwrap();
    });
    place.run(&["serve"]).refuses_with("the database is newer than this program");
}

#[test]
fn a_port_in_use_is_explained_with_another_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let place = Place::new();
    let said = Said::of(
        place
            .command(&["serve"])
            .env("ROLLCALL_DATABASE_URL", place.database())
            .env("ROLLCALL_LISTEN", address.to_string())
            .output()
            .unwrap(),
    );
    let err = said.err.lines().filter(|line| !line.starts_with("Made a new database")).collect::<Vec<_>>().join("\n");
    let said = Said { err: format!("{err}\n"), ..said };
    said.refuses_with(&format!("Port {} of 127.0.0.1 is in use", address.port()));
    said.refuses_with("ROLLCALL_LISTEN=127.0.0.1:");
}

#[test]
fn a_postgresql_that_does_not_answer_is_explained_without_its_password() {
    let place = Place::new();
    let began = Instant::now();
    let address = free_address();
    let url = format!("postgres://ada:geheim@{address}/rollcall");
    for command in [&["serve"][..], &["workspace", "list"]] {
        let said = place.run_on(&url, command);
        said.refuses_with(&format!("PostgreSQL at postgres://ada:***@{address}/rollcall cannot be used"));
        assert!(!said.err.contains("geheim"), "{}", said.err);
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn other_settings_that_cannot_be_used_are_explained() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    for (name, value, words) in [
        ("ROLLCALL_SMTP_URL", "mail.acme.test", "smtp"),
        ("ROLLCALL_SMTP_URL", "http://mail.acme.test", "smtp"),
        ("ROLLCALL_SMTP_URL", "smtp:/mail.acme.test", "smtp"),
        ("ROLLCALL_MAIL_FROM", "nobody", "nobody"),
        ("ROLLCALL_MAIL_RATE", "many", "ROLLCALL_MAIL_RATE"),
        ("ROLLCALL_INVITATION_DELAY", "1m", "ROLLCALL_INVITATION_DELAY"),
        ("ROLLCALL_RATE_LIMIT", "0", "ROLLCALL_RATE_LIMIT"),
        ("ROLLCALL_LISTEN", "3000", "127.0.0.1:3000"),
        ("ROLLCALL_LISTEN", "everywhere", "ADDRESS:PORT"),
        ("ROLLCALL_BASE_URL", "acme.test", "https://HOST"),
        ("ROLLCALL_BASE_URL", "https://acme.test/rollcall", "https://acme.test"),
    ] {
        let output =
            place.command(&["serve"]).env("ROLLCALL_DATABASE_URL", place.database()).env(name, value).output();
        Said::of(output.unwrap()).refuses_with(words);
    }
}

#[test]
fn refusals_name_the_field_as_json() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    let create = ["workspace", "create", "--json", "--name"];
    place.run(&[&create[..], &["Acme", "--owner", "ada@acme.test"]].concat()).json();
    for (arguments, field) in [
        (&["workspace", "create", "--name", " ", "--owner", "bo@acme.test"][..], "name"),
        (&["workspace", "create", "--name", "Beta", "--owner", "nobody"], "email"),
        (&["directory", "create", "--workspace", "nowhere", "--provider", "okta"], "workspace"),
        (&["directory", "create", "--workspace", "acme", "--provider", "okta", "--default-role", "owner"], "default_role"),
        (&["directory", "remove", "--workspace", "acme"], "directory"),
        (&["member", "list", "--workspace", "nowhere"], "workspace"),
        (&["recover-owner", "--email", "bo@acme.test"], "email"),
    ] {
        let said = place.run(&[arguments, &["--json"]].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{arguments:?}: {}", said.err);
        let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|cause| panic!("{cause}: {}", said.err));
        assert_eq!(error["error"]["field"], json!(field), "{arguments:?}: {error}");
    }
    let short = ["workspace", "create", "--name", "Beta", "--owner", "bo@acme.test", "--password-stdin"];
    place.run_with(&short, "short").refuses_with("Use at least 12 characters.");
    assert_eq!(place.run(&["workspace", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(place.run(&["directory", "create", "--workspace", "acme", "--provider", "fax"]).code, Some(2));
}

#[test]
fn what_was_answered_survives_a_kill_and_nothing_is_there_in_part() {
    let place = Place::new();
    for round in 0..3 {
        let mut server = place.serve();
        let (address, name) = (server.address, format!("W{round}"));
        place.run(&["workspace", "create", "--name", &name, "--owner", "ada@acme.test"]);
        let slug = name.to_lowercase();
        let made = place.run(&["directory", "create", "--workspace", &slug, "--provider", "okta", "--json"]).json();
        let path = format!("/scim/v2/{}/Users", made["id"].as_str().unwrap());
        let token = made["token"].as_str().unwrap();

        let acknowledged = Mutex::new(Vec::new());
        let number = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    loop {
                        let user_name = format!("r{round}-{}@acme.test", number.fetch_add(1, Ordering::Relaxed));
                        match request(address, "POST", &path, Some(token), Some(&json!({ "userName": user_name }))) {
                            Some((201, _)) => acknowledged.lock().unwrap().push(user_name),
                            Some((status, body)) => panic!("{status}: {body}"),
                            None => return,
                        }
                    }
                });
            }
            let deadline = Instant::now() + Duration::from_secs(60);
            while acknowledged.lock().unwrap().len() < 60 + 40 * round && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
            server.kill();
        });
        let acknowledged = acknowledged.into_inner().unwrap();
        assert!(acknowledged.len() >= 60, "only {} were answered", acknowledged.len());

        let stored = stored(&place.path("rollcall.db"));
        for user_name in &acknowledged {
            assert!(stored.contains(user_name), "{user_name} was answered with 201 and is lost");
        }
    }
}

/// The `userName`s in the file, after checking that each is there with everything that belongs to it.
fn stored(file: &Path) -> HashSet<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::ConnectOptions;
        let url: DatabaseUrl = format!("sqlite:{}", file.display()).parse().unwrap();
        drop(Db::open(&url, Create::Never).await.unwrap());
        let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap();
        assert_eq!(check, "ok");
        let partial: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM directory_users u WHERE NOT EXISTS (SELECT 1 FROM memberships m \
             JOIN invitations i ON i.membership_id = m.id JOIN outbox o ON o.subject_id = i.id \
             WHERE m.id = u.membership_id)",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        assert_eq!(partial, 0, "a person without membership, invitation or mail");
        let names: Vec<String> =
            sqlx::query_scalar("SELECT user_name FROM directory_users").fetch_all(&mut conn).await.unwrap();
        names.into_iter().collect()
    })
}
