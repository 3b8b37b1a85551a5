//! The commands for automation, most of them while a server runs on the same file.

use std::{
    io::Read,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::program::{Place, Server, path_of};

const PASSWORD: &str = "correct horse battery";

#[test]
fn every_command_works_while_a_server_runs_on_the_same_file() {
    let place = Place::new();
    let server = place.serve();
    let base = format!("http://{}", server.address);

    let made = place
        .run_with(
            &[
                "workspace",
                "create",
                "--name",
                "Acme",
                "--owner",
                "ada@acme.test",
                "--password-stdin",
                "--json",
            ],
            PASSWORD,
        )
        .json();
    assert_eq!(
        (&made["workspace"]["slug"], &made["owner"]["email"]),
        (&json!("acme"), &json!("ada@acme.test"))
    );
    assert!(made["owner"]["setup_url"].is_null() && made["workspace"]["id"].is_string());

    let second =
        place.run(&["--json", "workspace", "create", "--name", "Beta", "--owner", "bea@beta.test"]).json();
    let setup_url = second["owner"]["setup_url"].as_str().unwrap();
    assert!(setup_url.starts_with(&format!("{base}/password/")), "the running server's address: {setup_url}");
    let (status, _) = server.request("GET", &path_of(setup_url), None, None).unwrap();
    assert_eq!(status, 303, "to the form, with the secret in a cookie");

    let all = place.run(&["workspace", "list", "--json"]).json();
    let slugs: Vec<&str> = all.as_array().unwrap().iter().map(|w| w["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["acme", "beta"]);

    let okta =
        place.run(&["directory", "create", "--workspace", "acme", "--provider", "okta", "--json"]).json();
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

    let rotate = ["directory", "rotate-token", "--workspace", "acme", "--life"];
    let rotated = place.run(&[&rotate[..], &["1y", "--json"]].concat()).json();
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
    assert_eq!(
        (&listed[0]["provider"], &listed[0]["tokens"].as_array().unwrap().len()),
        (&json!("okta"), &1)
    );
    assert!(!listed.to_string().contains(newest["token"].as_str().unwrap()));

    let removed =
        place.run(&["directory", "remove", "--workspace", "acme", "--members", "suspend", "--json"]).json();
    assert_eq!((&removed["removed"], &removed["people"]), (&json!(true), &json!(1)));
    assert_eq!(server.request("GET", &users, newest["token"].as_str(), None).unwrap().0, 401);
    let members = place.run(&["member", "list", "--workspace", "acme", "--json"]).json();
    assert_eq!(members[1]["status"], "suspended");

    let recovered = place.run(&["recover-owner", "--workspace", "acme", "--json"]).json();
    let url = recovered["setup_url"].as_str().unwrap();
    assert_eq!(server.request("GET", &path_of(url), None, None).unwrap().0, 303);
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
    assert_eq!(
        server.request("GET", &path_of(&link), None, None).unwrap().0,
        404,
        "claimed at the command line"
    );
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
        (
            &["directory", "create", "--workspace", "acme", "--provider", "okta", "--default-role", "owner"],
            "default_role",
        ),
        (&["directory", "remove", "--workspace", "acme"], "directory"),
        (&["member", "list", "--workspace", "nowhere"], "workspace"),
        (&["recover-owner", "--email", "bo@acme.test"], "email"),
    ] {
        let said = place.run(&[arguments, &["--json"]].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{arguments:?}: {}", said.err);
        let error: Value =
            serde_json::from_str(&said.err).unwrap_or_else(|cause| panic!("{cause}: {}", said.err));
        assert_eq!(error["error"]["field"], json!(field), "{arguments:?}: {error}");
    }
    let short = ["workspace", "create", "--name", "Beta", "--owner", "bo@acme.test", "--password-stdin"];
    place.run_with(&short, "short").refuses_with("Use at least 12 characters.");
    assert_eq!(place.run(&["workspace", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(place.run(&["directory", "create", "--workspace", "acme", "--provider", "fax"]).code, Some(2));
}

#[test]
fn deviations_are_reported_also_of_the_last_request_before_a_stop() {
    let place = Place::new();
    let mut server = place.serve();
    place.run(&["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test", "--json"]).json();
    let okta =
        place.run(&["directory", "create", "--workspace", "acme", "--provider", "okta", "--json"]).json();
    let report = ["directory", "deviations", "--workspace", "acme", "--json"];
    assert_eq!(place.run(&report).json(), json!([]));

    let (id, token) = (okta["id"].as_str().unwrap(), okta["token"].as_str().unwrap());
    let ana = json!({ "userName": "ana@acme.test" });
    let users = format!("/scim/v2/{id}/Users");
    assert_eq!(server.request("POST", &users, Some(token), Some(&ana)).unwrap().0, 201);
    server.stop();

    let report = place.run(&report).json();
    assert_eq!(report.as_array().unwrap().len(), 1);
    assert_eq!((&report[0]["deviation"], &report[0]["seen"]), (&json!("missing_schema"), &json!(1)));
    assert_eq!(report[0]["refused_when_strict"], json!(true));
    assert!(report[0]["standard"].as_str().unwrap().starts_with("RFC 7643 section 3"));
    let example = report[0]["example"].as_str().unwrap();
    assert!(
        example.contains(&format!("/w/acme/settings/security/directories/{id}/activity/act_")),
        "{example}"
    );
}

#[test]
fn settings_of_directory_and_workspace() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).code, Some(0));
    place.run(&["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test", "--json"]).json();
    place.run(&["directory", "create", "--workspace", "acme", "--provider", "okta", "--json"]).json();
    let set = |arguments: &[&str]| place.run(&[&["directory", "set", "--json"], arguments].concat());

    let settings = set(&[]).json();
    assert_eq!(settings["invitation_mode"], json!("send"));
    assert_eq!(settings["email_sources"], json!(["work", "primary", "any", "userName"]));
    assert_eq!(settings["allowed_domains"], json!([]));
    assert_eq!((&settings["strict"], &settings["when_full"]), (&json!(false), &json!("hold")));

    let settings = set(&[
        "--strict",
        "on",
        "--invitation-mode",
        "hold",
        "--allowed-domains",
        "Acme.test,b.test",
        "--email-sources",
        "userName,work",
        "--when-full",
        "refuse",
        "--default-role",
        "viewer",
    ])
    .json();
    assert_eq!(settings["allowed_domains"], json!(["acme.test", "b.test"]));
    let kept = set(&["--invitation-mode", "add"]).json();
    for (setting, value) in [
        ("strict", json!(true)),
        ("invitation_mode", json!("add")),
        ("email_sources", json!(["userName", "work"])),
        ("when_full", json!("refuse")),
        ("default_role", json!("viewer")),
    ] {
        assert_eq!(kept[setting], value, "what is left out stays: {kept}");
    }
    assert_eq!(set(&["--allowed-domains", ""]).json()["allowed_domains"], json!([]));
    let listed = place.run(&["directory", "list", "--workspace", "acme", "--json"]).json();
    assert_eq!(listed[0]["settings"]["strict"], json!(true));

    for wrong in [
        ["--invitation-mode", "mail"],
        ["--allowed-domains", "ada@acme.test"],
        ["--email-sources", "fax"],
        ["--strict", "maybe"],
    ] {
        assert_eq!(set(&wrong).code, Some(2), "{wrong:?}");
    }
    assert_eq!(set(&["--default-role", "owner"]).code, Some(1));

    let seats = |limit: &str| place.run(&["workspace", "set", "--json", "--seat-limit", limit]);
    assert_eq!(seats("2").json()["seat_limit"], json!(2));
    assert_eq!(place.run(&["workspace", "list", "--json"]).json()[0]["seat_limit"], json!(2));
    assert_eq!(seats("none").json()["seat_limit"], json!(null));
    let language = |tag: &str| place.run(&["workspace", "set", "--json", "--language", tag]);
    assert_eq!(language("de").json()["language"], json!("de"));
    assert_eq!(seats("2").json()["language"], json!("de"), "what is left out stays");
    assert_eq!(language("tlh").code, Some(1));
    assert_eq!((seats("0").code, seats("many").code), (Some(1), Some(2)));
}
