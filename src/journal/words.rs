//! What a request did, in words.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Entry, RefusedOperations, record::is_read, redact::cut};
use crate::{
    model::{HeldReason, Role},
    store::events::Event,
};

/// One sentence for the list: what was changed when something was, else what was asked.
pub(super) fn summary(entry: &Entry, events: &[&Event]) -> String {
    if let Some(rejection) = entry.rejection {
        return rejection.sentence().to_owned();
    }
    let sentence = match (&entry.refusal, &entry.refused) {
        (Some(refusal), _) if entry.status >= 500 => format!("Failed: {}", first_sentence(&refusal.detail)),
        (Some(refusal), _) => format!("Refused: {}", first_sentence(&refusal.detail)),
        (None, Some(refused)) => refused_operations(refused),
        (None, None) => changed(events).unwrap_or_else(|| asked(&entry.method, &entry.target)),
    };
    cut(&sentence, 300)
}

/// `Refused 1 of 2 operations: …`.
fn refused_operations(RefusedOperations { refused, of, first }: &RefusedOperations) -> String {
    let operations = counted(*of, "operation", "operations");
    format!("Refused {refused} of {operations}: {}", first_sentence(&first.detail))
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end().trim_end_matches('.')
}

/// What the events tell: the one person or group, or how many.
fn changed(events: &[&Event]) -> Option<String> {
    let about: Vec<&&Event> = events.iter().filter(|event| is_of_mirror(event)).collect();
    let ids = |table: &str| -> usize {
        let of_table = about.iter().filter(|event| event.action.starts_with(table));
        of_table.map(|event| event.subject_id.as_str()).collect::<BTreeSet<_>>().len()
    };
    let (people, groups) = (ids("directory_user."), ids("directory_group."));
    let first = about.first()?;
    if people + groups == 1 {
        let followed = |action: &str| events.iter().any(|event| event.action == action);
        return Some(of_one(first, followed("invitation.sent"), followed("directory_user.held")));
    }
    let people = (people > 0).then(|| counted(people as u64, "person", "people"));
    let groups = (groups > 0).then(|| counted(groups as u64, "group", "groups"));
    Some(format!("Changed {}", people.into_iter().chain(groups).collect::<Vec<_>>().join(" and ")))
}

fn is_of_mirror(event: &Event) -> bool {
    let of_mirror =
        event.action.starts_with("directory_user.") || event.action.starts_with("directory_group.");
    of_mirror && event.action != "directory_user.held"
}

fn of_one(event: &Event, was_invited: bool, is_held: bool) -> String {
    let detail = detail_of(event);
    let user = text(&detail, "userName");
    let group = text(&detail, "displayName");
    match event.action.as_str() {
        "directory_user.created" if was_invited => format!("Added and invited {user}"),
        "directory_user.created" if is_held => format!("Added {user}, who is held"),
        "directory_user.created" => format!("Added {user}"),
        "directory_user.deactivated" => format!("Deactivated {user}"),
        "directory_user.reactivated" => format!("Reactivated {user}"),
        "directory_user.updated" if was_invited => format!("Updated and invited {user}"),
        "directory_user.updated" => format!("Updated {user}"),
        "directory_user.deleted" => format!("Deleted {user}"),
        "directory_group.created" => format!("Created the group {group}{}", with_members(&detail)),
        "directory_group.updated" => updated_group(&detail, group),
        "directory_group.deleted" => format!("Deleted the group {group}"),
        other => other.replace(['.', '_'], " "),
    }
}

fn with_members(detail: &Value) -> String {
    let added = match number(detail, "added") {
        0 => String::new(),
        added => format!(" with {}", counted(added, "member", "members")),
    };
    format!("{added}{}", unknown(detail))
}

/// `, 2 members unknown so far`.
fn unknown(detail: &Value) -> String {
    match number(detail, "unknown") {
        0 => String::new(),
        unknown => format!(", {} unknown so far", counted(unknown, "member", "members")),
    }
}

fn updated_group(detail: &Value, group: &str) -> String {
    let (added, removed) = (number(detail, "added"), number(detail, "removed"));
    let sentence = match (added, removed) {
        (0, 0) => format!("Updated the group {group}"),
        (added, 0) => format!("Added {} to {group}", counted(added, "member", "members")),
        (0, removed) => format!("Removed {} from {group}", counted(removed, "member", "members")),
        (added, removed) => {
            format!("Added {} to {group} and removed {removed}", counted(added, "member", "members"))
        }
    };
    format!("{sentence}{}", unknown(detail))
}

/// The members that a change of a group named before their person arrived.
pub(super) fn unknown_members(event: &Event) -> u64 {
    if event.action.starts_with("directory_group.") { number(&detail_of(event), "unknown") } else { 0 }
}

/// What a request asked for, when it changed nothing.
fn asked(method: &str, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut parts = path.trim_matches('/').split('/');
    let (collection, rest) = (parts.next().unwrap_or_default(), parts.next());
    if !is_read(method, target) {
        return match (collection, method) {
            ("Bulk", _) => "Bulk request that changed nothing".to_owned(),
            ("Users", _) => "Wrote a person; nothing was different".to_owned(),
            ("Groups", _) => "Wrote a group; nothing was different".to_owned(),
            _ => format!("{method} that changed nothing"),
        };
    }
    let looked_up = sought(query);
    match (collection, rest, looked_up) {
        ("Users", _, Some(value)) => format!("Looked up {value}"),
        ("Groups", _, Some(value)) => format!("Looked up the group {value}"),
        ("Users", None | Some(".search"), None) => "Listed people".to_owned(),
        ("Groups", None | Some(".search"), None) => "Listed groups".to_owned(),
        ("Users", Some(_), None) => "Read a person".to_owned(),
        ("Groups", Some(_), None) => "Read a group".to_owned(),
        ("GroupMembers", ..) => "Read the members of a group".to_owned(),
        ("" | ".search", ..) => "Searched people and groups".to_owned(),
        ("ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..) => {
            "Read what this server supports".to_owned()
        }
        ("Roles", ..) => "Read the roles".to_owned(),
        ("Entitlements", ..) => "Read the entitlements".to_owned(),
        _ => format!("Asked for {path}"),
    }
}

/// The one value that a filter such as `userName eq "ana"` compares with.
fn sought(query: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let filter = pairs.iter().find(|(name, _)| name.ends_with("filter")).map(|(_, value)| value)?;
    let (_, value) = filter.rsplit_once(" eq ").or_else(|| filter.rsplit_once(" EQ "))?;
    let value = value.trim().trim_end_matches(']').trim_matches('"');
    (!value.is_empty() && filter.matches('"').count() <= 4).then(|| cut(value, 120))
}

/// One thing that a request changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// What: `Person`, `Membership`, …
    pub term: &'static str,
    /// What became of it.
    pub sentence: String,
}

/// An event as a consequence of a request.
pub fn consequence(event: &Event) -> Consequence {
    let detail = detail_of(event);
    let (term, sentence) = match event.action.as_str() {
        "directory_user.held" => {
            ("Held", format!("{}: {}", text(&detail, "userName"), held(text(&detail, "reason"))))
        }
        action if action.starts_with("directory_user.") => ("Person", of_one(event, false, false)),
        action if action.starts_with("directory_group.") => ("Group", of_one(event, false, false)),
        "invitation.sent" => {
            ("Invitation", format!("Sent to {} as {}", text(&detail, "email"), role(&detail, "role")))
        }
        "invitation.revoked" => ("Invitation", "Withdrawn".to_owned()),
        "membership.suspended" => ("Membership", format!("Suspended{}", ended(&detail))),
        "membership.removed" => ("Membership", format!("Removed{}", ended(&detail))),
        "membership.reinstated" => ("Membership", format!("Reinstated as {}", role(&detail, "role"))),
        "membership.role_changed" => ("Role", format!("Now {}", role(&detail, "after"))),
        "membership.address_changed" => ("Membership", format!("Address is now {}", text(&detail, "email"))),
        "membership.last_owner_kept" => (
            "Membership",
            "Kept: the last owner. Sessions ended; it is suspended as soon as another owner is active"
                .to_owned(),
        ),
        other => ("Other", other.replace(['.', '_'], " ")),
    };
    Consequence { term, sentence }
}

fn held(reason: &str) -> &str {
    reason.parse::<HeldReason>().map_or(reason, |reason| reason.label())
}

fn role<'a>(detail: &'a Value, name: &str) -> &'a str {
    let word = text(detail, name);
    word.parse::<Role>().map_or(word, |role| role.label())
}

/// `, 3 sessions ended, 1 mail cancelled`.
fn ended(detail: &Value) -> String {
    let part = |name: &str, one: &str, many: &str, verb: &str| match number(detail, name) {
        0 => String::new(),
        count => format!(", {} {verb}", counted(count, one, many)),
    };
    [
        part("sessions", "session", "sessions", "ended"),
        part("invitations", "invitation", "invitations", "withdrawn"),
        part("mails", "mail", "mails", "cancelled"),
    ]
    .concat()
}

fn detail_of(event: &Event) -> Value {
    serde_json::from_str(&event.detail).unwrap_or_default()
}

fn text<'a>(detail: &'a Value, name: &str) -> &'a str {
    detail.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(detail: &Value, name: &str) -> u64 {
    detail.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{clock::Timestamp, model::WorkspaceId};

    fn event(action: &str, subject: &str, detail: &Value) -> Event {
        Event {
            id: String::new(),
            workspace_id: WorkspaceId(String::new()),
            at: Timestamp::ZERO,
            actor: "directory".to_owned(),
            actor_id: None,
            action: action.to_owned(),
            subject_id: subject.to_owned(),
            detail: detail.to_string(),
            request_id: None,
        }
    }

    #[test]
    fn a_change_is_told_by_its_events() {
        let ana = |action: &str| event(action, "1", &json!({"userName": "ana"}));
        let team = |detail: Value| event("directory_group.updated", "2", &detail);
        let other = event("directory_user.updated", "3", &json!({"userName": "bo"}));
        let sent = event("invitation.sent", "9", &json!({}));
        let cases = [
            (vec![ana("directory_user.created"), sent], "Added and invited ana"),
            (vec![ana("directory_user.held"), ana("directory_user.created")], "Added ana, who is held"),
            (vec![ana("directory_user.deactivated")], "Deactivated ana"),
            (vec![team(json!({"displayName": "IT", "added": 12}))], "Added 12 members to IT"),
            (vec![team(json!({"displayName": "IT", "removed": 1}))], "Removed 1 member from IT"),
            (
                vec![team(json!({"displayName": "IT", "added": 1, "removed": 2}))],
                "Added 1 member to IT and removed 2",
            ),
            (vec![team(json!({"displayName": "IT"}))], "Updated the group IT"),
            (
                vec![ana("directory_user.created"), other, team(json!({"displayName": "IT"}))],
                "Changed 2 people and 1 group",
            ),
        ];
        for (events, expected) in cases {
            assert_eq!(changed(&events.iter().collect::<Vec<_>>()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_changed_nothing_is_told_by_what_it_asked() {
        let cases = [
            ("GET", "/Users?filter=userName+eq+%22ana%40acme.test%22&", "Looked up ana@acme.test"),
            ("GET", "/Users?aadOptscim062020&filter=externalId%20eq%20jyoung", "Looked up jyoung"),
            (
                "GET",
                "/Users?filter=emails%5Btype%20eq%20%22work%22%20and%20value%20eq%20%22a%22%5D",
                "Looked up a",
            ),
            (
                "GET",
                "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22IT%22",
                "Looked up the group IT",
            ),
            ("GET", "/Users?startIndex=1&count=2", "Listed people"),
            ("GET", "/Groups/019a", "Read a group"),
            ("GET", "/GroupMembers?filter=group.value+eq+%22a%22", "Read the members of a group"),
            ("GET", "/?filter=meta.resourceType+pr", "Searched people and groups"),
            ("POST", "/Users/.search", "Listed people"),
            ("GET", "/Schemas", "Read what this server supports"),
            ("PATCH", "/Users/019a", "Wrote a person; nothing was different"),
            ("GET", "/Nothing", "Asked for /Nothing"),
        ];
        for (method, target, expected) in cases {
            assert_eq!(asked(method, target), expected, "{target}");
        }
    }

    #[test]
    fn consequences_say_what_ended() {
        let suspended =
            event("membership.suspended", "1", &json!({"sessions": 3, "invitations": 0, "mails": 1}));
        assert_eq!(
            consequence(&suspended),
            Consequence {
                term: "Membership",
                sentence: "Suspended, 3 sessions ended, 1 mail cancelled".to_owned()
            }
        );
    }
}
