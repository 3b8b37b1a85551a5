//! `rollcall directory extension`, beside a server that runs.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Place, Said};

const URN: &str = "urn:acme:scim:Badge:1.0:User";

fn badge() -> Value {
    json!({ "id": URN, "name": "Badge", "attributes": [
        { "name": "number", "type": "integer", "required": true }, { "name": "colour", "type": "string" }
    ] })
}

/// A place with the workspace Acme and its directory Okta.
fn acme() -> (Place, Value) {
    let place = Place::new();
    place.run(&["migrate"]);
    place.run(&["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test", "--json"]).json();
    let okta =
        place.run(&["directory", "create", "--workspace", "acme", "--provider", "okta", "--json"]).json();
    (place, okta)
}

fn extension(place: &Place, arguments: &[&str]) -> Said {
    place.run(&[&["directory", "extension"], arguments].concat())
}

#[test]
fn an_extension_comes_and_goes_while_a_server_runs() {
    let (place, okta) = acme();
    let server = place.serve();
    let (id, token) = (okta["id"].as_str().unwrap(), okta["token"].as_str());
    let users = format!("/scim/v2/{id}/Users");
    let ana = json!({ "userName": "ana@acme.test", URN: { "number": "7" } });
    assert_eq!(server.request("POST", &users, token, Some(&ana)).unwrap().0, 201);
    let by_number = format!("{users}?filter={URN}:number+eq+7");
    let number = || server.request("GET", &users, token, None).unwrap().1.contains("\"number\":\"7\"");
    assert_eq!(server.request("GET", &by_number, token, None).unwrap().0, 400);

    assert_eq!(extension(&place, &["list", "--json"]).json(), json!([]));
    fs::write(place.path("badge.json"), badge().to_string()).unwrap();
    let added = extension(&place, &["add", "--workspace", "acme", "--file", "badge.json", "--json"]).json();
    assert_eq!(
        added,
        json!({ "directory": id, "schema": URN, "resource": "User", "required": false, "attributes": 2 })
    );
    assert_eq!(server.request("GET", &by_number, token, None).unwrap().0, 200);
    assert!(number(), "what is stored stays as it is");
    let listed = extension(&place, &["list", "--json"]).json();
    assert_eq!((&listed[0]["resource"], &listed[0]["required"]), (&json!("User"), &json!(false)));
    assert_eq!(listed[0]["schema"]["attributes"][0]["type"], "integer");
    let said = extension(&place, &["list"]);
    assert!(said.out.lines().any(|line| line.contains(URN) && line.contains("Badge")), "{}", said.out);

    let team = json!({ "id": "urn:acme:scim:Team:1.0:Group", "attributes": [{ "name": "cost" }] });
    let arguments = [
        "directory",
        "extension",
        "add",
        "--file",
        "-",
        "--resource",
        "group",
        "--required",
        "--directory",
        "okta",
    ];
    let said = place.run_with(&arguments, &team.to_string());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.out,
        "Okta has the extension urn:acme:scim:Team:1.0:Group of Group from now on: one attribute.\n"
    );

    let said = extension(&place, &["remove", URN]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("Stored values stay, as those of an unknown schema."), "{}", said.out);
    assert_eq!(server.request("GET", &by_number, token, None).unwrap().0, 400);
    assert!(number());
    let listed = extension(&place, &["list", "--json"]).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["required"]), (1, &json!(true)));
}

#[test]
fn a_file_that_cannot_be_one_is_refused_in_one_sentence() {
    let (place, _) = acme();
    let with = |name: &str, value: Value| {
        let mut schema = badge();
        schema[name] = value;
        schema.to_string()
    };
    for (text, words) in [
        (String::new(), "RFC 7643 section 7: EOF"),
        ("badge".to_owned(), "at line 1 column 1"),
        ("[]".to_owned(), "RFC 7643 section 7"),
        (with("id", json!(null)), "expected a string"),
        (with("id", json!("badge")), "is not a schema URN"),
        (with("id", json!("urn:ietf:params:scim:schemas:core:2.0:User")), "Choose a URN of your own"),
        (with("attributes", json!([{ "name": "a b" }])), "is not an attribute name"),
        (with("attributes", json!([{ "name": "a", "requierd": true }])), "unknown field `requierd`"),
        (with("description", json!("x".repeat(70_000))), "more than 65536 bytes"),
    ] {
        fs::write(place.path("schema.json"), &text).unwrap();
        extension(&place, &["add", "--file", "schema.json"]).refuses_with(words);
    }
    fs::write(place.path("schema.json"), [b'"', 0xff, b'"']).unwrap();
    extension(&place, &["add", "--file", "schema.json"]).refuses_with("UTF-8");
    extension(&place, &["add", "--file", "nowhere.json"]).refuses_with("nowhere.json cannot be read");
    extension(&place, &["remove", URN]).refuses_with("It has none.");
    let said = extension(&place, &["remove", URN, "--json"]);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["error"]["field"], "urn");

    fs::write(place.path("badge.json"), badge().to_string()).unwrap();
    assert_eq!(extension(&place, &["add", "--file", "badge.json"]).code, Some(0));
    extension(&place, &["add", "--file", "badge.json"])
        .refuses_with("has an extension urn:acme:scim:Badge:1.0:User already");
    assert_eq!(extension(&place, &["add", "--file", "badge.json", "--resource", "device"]).code, Some(2));
    extension(&place, &["list", "--directory", "nowhere"]).refuses_with("There is no directory");
}
