//! What identity providers really send: one file per request in `corpus/<provider>/`.
//!
//! A file says what the request is (`about`), the resource `before` it, the `request`, and what comes of it: the
//! resource `after` (`null` if nothing changes), the changes of `members`, the checked `filter`, the `deviations` that
//! are reported, or the `error`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use scim::patch::{Member, MemberChange};
use scim::schema::{self, ResourceType};
use scim::{Accepted, Deviation, Document, Error, Mode, list, patch, resource};
use serde_json::{Value, json};

#[test]
fn every_request_of_the_corpus() {
    let mut failures = Vec::new();
    let mut seen = 0;
    for provider in ["entra", "okta", "onelogin", "jumpcloud", "google", "ping"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(provider);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for file in files {
            let path = file.unwrap().path();
            let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            seen += 1;
            if let Err(difference) = check(&case) {
                failures.push(format!("{}: {difference}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(seen >= 50, "only {seen} requests were found");
}

/// What comes of a request.
#[derive(Default)]
struct Outcome {
    fields: Vec<(&'static str, Value)>,
    deviations: Vec<Deviation>,
}

fn check(case: &Value) -> Result<(), String> {
    let outcome = match run(case) {
        Ok(outcome) => outcome,
        Err(error) => {
            let scim_type = json!(error.scim_type.map(|scim_type| scim_type.as_str()));
            return same("error", &scim_type, case.get("error").unwrap_or(&Value::Null));
        }
    };
    if let Some(error) = case.get("error") {
        return Err(format!("expected {error}, but it was accepted"));
    }
    for (name, value) in &outcome.fields {
        same(name, value, case.get(*name).ok_or_else(|| format!("the file does not say {name}: {value}"))?)?;
    }
    let ids: Vec<&str> = outcome.deviations.iter().map(Deviation::id).collect();
    same("deviations", &json!(ids), &case["deviations"])
}

fn same(name: &str, is: &Value, should_be: &Value) -> Result<(), String> {
    if is == should_be { Ok(()) } else { Err(format!("{name} is {is}, not {should_be}")) }
}

fn run(case: &Value) -> Result<Outcome, Error> {
    let kind = match case["kind"].as_str() {
        Some("User") => schema::user(),
        Some("Group") => schema::group(),
        other => panic!("kind {other:?}"),
    };
    let mode = if case["mode"] == "strict" { Mode::Strict } else { Mode::Tolerant };
    let request = &case["request"];
    match request["method"].as_str() {
        Some("GET") => get(kind, request["query"].as_str().unwrap(), mode),
        Some("POST" | "PUT") => write(kind, &request["body"], mode),
        Some("PATCH") => change(kind, &case["before"], &request["body"], mode),
        other => panic!("method {other:?}"),
    }
}

fn get(kind: &ResourceType, query: &str, mode: Mode) -> Result<Outcome, Error> {
    let Accepted { value, deviations } = list::from_query(kind, query, mode)?;
    let filter = value.filter.map(|filter| filter.to_string());
    Ok(Outcome { fields: vec![("filter", json!(filter))], deviations })
}

fn write(kind: &ResourceType, body: &Value, mode: Mode) -> Result<Outcome, Error> {
    let Accepted { value: mut doc, deviations } = resource::read(kind, body, mode)?;
    let mut fields = Vec::new();
    if kind.id == "Group" {
        let members = patch::take_members(&mut doc)?;
        fields.push(("members", members.iter().map(show_member).collect()));
    }
    fields.push(("after", Value::Object(doc)));
    Ok(Outcome { fields, deviations })
}

fn change(kind: &ResourceType, before: &Value, body: &Value, mode: Mode) -> Result<Outcome, Error> {
    let before: Document = before.as_object().cloned().unwrap();
    let Accepted { value: mut patch, mut deviations } = patch::parse(kind, body, mode)?;
    let mut fields = Vec::new();
    if kind.id == "Group" {
        let (rest, changes) = patch.split_members()?;
        patch = rest;
        fields.push(("members", changes.iter().map(show_change).collect()));
    }
    let applied = patch::apply(kind, &before, &patch)?;
    deviations.extend(applied.deviations);
    fields.push(("after", json!(applied.value)));
    Ok(Outcome { fields, deviations })
}

fn show_change(change: &MemberChange) -> Value {
    let list = |members: &[Member]| -> Value { members.iter().map(show_member).collect() };
    match change {
        MemberChange::Add(members) => json!({ "add": list(members) }),
        MemberChange::Remove(ids) | MemberChange::RemoveSelected(ids) => json!({ "remove": ids }),
        MemberChange::RemoveWhere(filter) => json!({ "remove_where": filter.to_string() }),
        MemberChange::Replace(members) => json!({ "replace": list(members) }),
        MemberChange::Clear => json!("clear"),
    }
}

fn show_member(member: &Member) -> Value {
    let mut shown = json!({ "value": member.value });
    if let Some(display) = &member.display {
        shown["display"] = json!(display);
    }
    if let Some(kind) = &member.kind {
        shown["type"] = json!(kind);
    }
    shown
}
