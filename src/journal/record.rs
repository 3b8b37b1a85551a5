//! An entry and what it changed, as a row of the journal.

use serde_json::Value;

use super::{
    Entry, EntryWithEvents,
    redact::{Secrets, cut},
    reference, words,
};
use crate::{
    model::RequestKind,
    store::{self, events::Event, scim_requests::ScimRequest},
};

/// The row.
pub(super) fn of(with_events: &EntryWithEvents<'_>) -> ScimRequest {
    let EntryWithEvents { entry, events } = with_events;
    let reference = reference(&entry.id);
    let secrets = Secrets::with(&entry.secret_names);
    let target = secrets.out_of_target(&entry.target);
    let summary = words::summary(entry, events);
    let deviations: Vec<&str> = with_events.deviations().iter().map(scim::Deviation::id).collect();
    let search_key = search_key(entry, events, &[&summary, &reference, &target]);
    let short = |text: &str| cut(text, 300);
    ScimRequest {
        id: entry.id.clone(),
        directory_id: entry.directory_id.clone(),
        reference,
        at: entry.at,
        kind: kind(entry),
        method: entry.method.clone(),
        target,
        status: i64::from(entry.status),
        scim_type: entry.error().and_then(|error| Some(error.scim_type?.as_str().to_owned())),
        detail: entry.error().map(|error| cut(&error.detail, 2048)),
        duration: i64::try_from(entry.duration.as_micros()).unwrap_or(i64::MAX),
        address: entry.address.clone(),
        user_agent: entry.user_agent.as_deref().map(short),
        token_hint: entry.token_hint.clone(),
        request_body: secrets.out_of(&entry.request_body),
        response_body: secrets.out_of(&entry.response_body),
        deviations: deviations.join(" "),
        summary,
        search_key,
    }
}

/// How it is listed.
pub(super) fn kind(entry: &Entry) -> RequestKind {
    match entry.status {
        _ if entry.rejection.is_some() => RequestKind::Rejected,
        400.. => RequestKind::Error,
        _ if entry.refused.is_some() => RequestKind::Error,
        _ if is_read(&entry.method, &entry.target) => RequestKind::Read,
        _ => RequestKind::Change,
    }
}

/// Whether a request only asks.
pub(super) fn is_read(method: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    matches!(method, "GET" | "HEAD" | "OPTIONS") || path.trim_end_matches('/').ends_with("/.search")
}

/// The names of whom and what the request was about, beside what is shown of it.
fn search_key(entry: &Entry, events: &[&Event], shown: &[&str]) -> String {
    let mut key = shown.join("\n");
    let sent: Option<Value> = serde_json::from_slice(&entry.request_body).ok();
    let details = events.iter().filter_map(|event| serde_json::from_str(&event.detail).ok());
    for document in sent.into_iter().chain(details.take(50)) {
        for name in ["userName", "displayName", "externalId", "email"] {
            if let Some(text) = document.get(name).and_then(Value::as_str) {
                key.push('\n');
                key.push_str(text);
            }
        }
    }
    cut(&store::key(&key), 4096)
}
