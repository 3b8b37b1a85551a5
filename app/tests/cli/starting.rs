//! What the program says when it cannot start, and that it leaves everything as it was.

use std::{
    fs,
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::program::{Place, Said, free_address};

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

/// Whatever is logged: who reads the log must not be able to use the links of others.
#[test]
fn the_log_names_routes_and_never_the_secrets_in_addresses() {
    let place = Place::new();
    let log = fs::File::create(place.path("log")).unwrap();
    let server = place.serve_with(|command| {
        command.env("ROLLCALL_LOG", "trace").stderr(log);
    });
    for path in ["/invite/s3cret-a", "/password/s3cret-b", "/setup?token=s3cret-c", "/nowhere/s3cret-d"] {
        server.request("GET", path, None, None).unwrap();
    }
    drop(server);
    let log = fs::read_to_string(place.path("log")).unwrap();
    assert!(log.contains("/invite/{token}"), "{log}");
    let leaks: Vec<_> = log.lines().filter(|line| line.contains("s3cret")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
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
    place
        .run(&["workspace", "list"])
        .refuses_with("Check that this user may read and write the file and its folder");
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
    let err = said
        .err
        .lines()
        .filter(|line| !line.starts_with("Made a new database"))
        .collect::<Vec<_>>()
        .join("\n");
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
        said.refuses_with(&format!("connection refused at {address}"));
        assert!(!said.err.contains("geheim"), "{}", said.err);
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn other_settings_that_cannot_be_used_are_explained_and_nothing_is_made() {
    let place = Place::new();
    for (name, value, words) in [
        ("ROLLCALL_SMTP_URL", "mail.acme.test", "smtp"),
        ("ROLLCALL_SMTP_URL", "http://mail.acme.test", "smtp"),
        ("ROLLCALL_SMTP_URL", "smtp:/mail.acme.test", "smtp"),
        ("ROLLCALL_MAIL_FROM", "nobody", "nobody"),
        ("ROLLCALL_MAIL_RATE", "many", "ROLLCALL_MAIL_RATE"),
        ("ROLLCALL_INVITATION_DELAY", "1m", "ROLLCALL_INVITATION_DELAY"),
        ("ROLLCALL_RATE_LIMIT", "0", "ROLLCALL_RATE_LIMIT"),
        ("ROLLCALL_LISTEN", "3000", "127.0.0.1:3000"),
        ("ROLLCALL_LISTEN", "99999", "ADDRESS:PORT"),
        ("ROLLCALL_LISTEN", "everywhere", "ADDRESS:PORT"),
        ("ROLLCALL_BASE_URL", "acme.test", "https://HOST"),
        ("ROLLCALL_BASE_URL", "https://acme.test/rollcall", "https://acme.test"),
        ("ROLLCALL_BASE_URL", "https://acme.test", "ROLLCALL_SMTP_URL"),
    ] {
        let output = place
            .command(&["serve"])
            .env("ROLLCALL_DATABASE_URL", place.database())
            .env(name, value)
            .output();
        Said::of(output.unwrap()).refuses_with(words);
        assert!(place.files().is_empty(), "{name}={value} made {:?}", place.files());
    }
}
