//! The pages of a directory's activity.

use app::pages::{
    activity::{Activity, ActivityFilter, ActivityRow, Health},
    activity_entry::{ActivityEntry, Request},
    directory_deviations::DeviationRow,
    directory_extensions::ExtensionRow,
};
use rollcall::{
    journal::Consequence,
    model::{Provider, RequestKind, Role},
};

use crate::{
    Sample,
    samples::{DAY, HOUR, ID, MINUTE, NOW, frame},
};

/// What an Okta directory was seen with.
pub(crate) fn extensions() -> Vec<ExtensionRow> {
    let row = |name: &str, urn: &str, is_of_groups: bool, attributes: u64| ExtensionRow {
        name: name.into(),
        urn: urn.into(),
        is_of_groups,
        required: !is_of_groups,
        attributes,
    };
    vec![
        row("Acme", "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User", false, 7),
        row("", "urn:acme:scim:Team:1.0:Group", true, 1),
    ]
}

pub(crate) fn deviations(waiting: bool) -> Vec<DeviationRow> {
    if waiting {
        return Vec::new();
    }
    vec![
        DeviationRow {
            sent: "A PATCH operation came without path, with the attributes inside its value.",
            standard: "RFC 7644 section 3.5.2 allows it; the interoperability profile asks for a path in every operation.",
            seen: 214,
            first: NOW - 40 * DAY,
            last: NOW - 2 * HOUR,
            example: Some("act_7Q2MK3XD".into()),
        },
        DeviationRow {
            sent: "A PATCH carries a read-only attribute, such as the id of the group that it renames.",
            standard: "RFC 7644 section 3.5.2 forbids a change of read-only attributes.",
            seen: 1,
            first: NOW - 3 * DAY,
            last: NOW - 3 * DAY,
            example: None,
        },
    ]
}

fn row(ago: i64, summary: &str, asked: &str, status: i64, kind: RequestKind) -> ActivityRow {
    ActivityRow {
        reference: "act_7Q2MK3XD".into(),
        at: NOW - ago,
        summary: summary.into(),
        asked: asked.into(),
        status,
        kind,
        duration: 11_200,
    }
}

fn activity(rows: Vec<ActivityRow>) -> Activity {
    Activity {
        frame: frame(Role::Owner),
        directory: ID.to_owned().into(),
        name: "Okta".into(),
        provider: Provider::Okta,
        health: Health::Connected,
        filter: ActivityFilter::default(),
        rows,
        is_first: true,
        older: Some("019a".into()),
        has_any: true,
    }
}

fn filled() -> Vec<ActivityRow> {
    use RequestKind::{Change, Error, Read, Rejected};
    vec![
        row(
            20,
            "Deactivated donald@acme.com",
            "PATCH /Users/0192f0a4-7c1e-7abc-8def-0123456789ab",
            200,
            Change,
        ),
        row(
            40,
            "Looked up donald@acme.com",
            "GET /Users?filter=userName%20eq%20%22donald%40acme.com%22&startIndex=1&count=100",
            200,
            Read,
        ),
        row(
            4 * MINUTE,
            "Added 12 members to Engineering",
            "PATCH /Groups/0192eeb2-7c1e-7abc-8def-0123456789ab",
            204,
            Change,
        ),
        row(
            HOUR,
            "Refused: A User with the userName “margaret@acme.com” exists in this directory",
            "POST /Users",
            409,
            Error,
        ),
        row(2 * HOUR, "A request arrived with a wrong token", "GET /Users", 401, Rejected),
        row(DAY, "Added and invited alan@acme.com", "POST /Users", 201, Change),
    ]
}

fn entry(request: Option<Request>) -> ActivityEntry {
    ActivityEntry {
        frame: frame(Role::Owner),
        directory: ID.to_owned().into(),
        name: "Okta".into(),
        provider: Provider::Okta,
        reference: "act_7Q2MK3XD".into(),
        request,
    }
}

fn deactivation() -> Request {
    let consequence = |term, sentence: &str| Consequence { term, sentence: sentence.into() };
    Request {
        at: NOW - 20,
        kind: RequestKind::Change,
        summary: "Deactivated donald@acme.com".into(),
        method: "PATCH".into(),
        target: "/Users/0192f0a4-7c1e-7abc-8def-0123456789ab".into(),
        status: 200,
        scim_type: None,
        detail: None,
        duration: 11_200,
        address: "20.1.2.3".into(),
        user_agent: Some("Okta SCIM Client 1.0.0".into()),
        token_hint: Some("scim_…3UaC".into()),
        sent: Some("{\n  \"schemas\": [\n    \"urn:ietf:params:scim:api:messages:2.0:PatchOp\"\n  ],\n  \"Operations\": [\n    {\n      \"op\": \"replace\",\n      \"value\": {\n        \"active\": false\n      }\n    }\n  ]\n}".into()),
        answered: Some("{\n  \"id\": \"0192f0a4\",\n  \"userName\": \"donald@acme.com\",\n  \"active\": false\n}".into()),
        changed: vec![
            consequence("Membership", "Suspended, 3 sessions ended, 1 mail cancelled"),
            consequence("Person", "Deactivated donald@acme.com"),
        ],
        deviations: deviations(false).iter().take(1).map(|row| (row.sent, row.standard)).collect(),
        curl: "curl -X PATCH 'https://rollcall.acme.com/scim/v2/0192/Users/0192f0a4' -H 'Authorization: Bearer TOKEN'".into(),
    }
}

fn refusal() -> Request {
    Request {
        kind: RequestKind::Error,
        summary: "Refused: A User with the userName “margaret@acme.com” exists in this directory".into(),
        method: "POST".into(),
        target: "/Users".into(),
        status: 409,
        scim_type: Some("uniqueness".into()),
        detail: Some("A User with the userName “margaret@acme.com” exists in this directory. Look it up with a filter on userName and update it.".into()),
        changed: Vec::new(),
        deviations: Vec::new(),
        ..deactivation()
    }
}

/// Every state of the pages.
pub(crate) fn all() -> Vec<Sample> {
    vec![
        Sample::new("activity", || activity(filled())),
        Sample::new("activity-empty", || Activity { has_any: false, older: None, ..activity(Vec::new()) }),
        Sample::new("activity-no-match", || Activity {
            filter: ActivityFilter { kind: None, q: "grace".into() },
            older: None,
            ..activity(Vec::new())
        }),
        Sample::new("activity-no-errors", || Activity {
            filter: ActivityFilter { kind: Some(RequestKind::Error), q: String::new() },
            older: None,
            ..activity(Vec::new())
        }),
        Sample::new("activity-change", || entry(Some(deactivation()))),
        Sample::new("activity-refusal", || entry(Some(refusal()))),
        Sample::new("activity-unknown", || entry(None)),
    ]
}
