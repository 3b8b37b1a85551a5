//! What a directory's identity provider asked for, and what it was answered.

use leptos::prelude::*;
use rollcall::model::{DirectoryId, Provider, RequestKind};

pub use super::security::Health;
use super::{Frame, Page, directory_tabs};
use crate::{
    ui::{Here, Icon, PageHead, Tone, empty, icon, in_workspace, time, url},
    when::Style,
};

/// `/w/{slug}/settings/security/directories/{id}/activity`
#[derive(Clone, Debug)]
pub struct Activity {
    /// The frame.
    pub frame: Frame,
    /// Which directory.
    pub directory: DirectoryId,
    /// Its name.
    pub name: String,
    /// The kind of identity provider.
    pub provider: Provider,
    /// How it is.
    pub health: Health,
    /// What was asked for.
    pub filter: ActivityFilter,
    /// Newest first.
    pub rows: Vec<ActivityRow>,
    /// Whether this is the first page of the list.
    pub is_first: bool,
    /// The id behind which the next page begins, when there is one.
    pub older: Option<String>,
    /// Whether any request ever came, whatever the filter.
    pub has_any: bool,
}

/// The filter in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Only these.
    pub kind: Option<RequestKind>,
    /// Part of a person's or group's name, or a reference.
    pub q: String,
}

/// A request.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    /// What stands for it in the answer.
    pub reference: String,
    /// When.
    pub at: i64,
    /// What it did, in a sentence.
    pub summary: String,
    /// The method and what it was aimed at.
    pub asked: String,
    /// The HTTP status.
    pub status: i64,
    /// How it is listed.
    pub kind: RequestKind,
    /// How long it took, in microseconds.
    pub duration: i64,
}

impl Page for Activity {
    fn title(&self) -> String {
        format!("Activity · {}", self.name)
    }

    fn view(self) -> AnyView {
        let trail = vec![
            (self.frame.url("/settings/security"), "Security".to_owned()),
            (self.frame.url("/settings/security"), "Directory Sync".to_owned()),
        ];
        let tabs = directory_tabs(&self.frame, &self.directory, true);
        let search = self.has_any.then(|| search(&self));
        let lead = format!(
            "Every change and refusal of the last 30 days, and a sample of what {} only read.",
            self.provider.short_label()
        );
        in_workspace(
            &self.frame,
            Here::Security,
            view! {
                <PageHead title=self.name.clone() trail=trail beside=self.health.pill() lead=lead.into_any() />
                {tabs}
                {search}
                {results(&self)}
            },
        )
    }
}

impl Activity {
    fn url(&self, path: &str) -> String {
        self.frame.url(&format!("/settings/security/directories/{}/activity{path}", self.directory))
    }

    fn with(&self, filter: &ActivityFilter, before: &str) -> String {
        let kind = filter.kind.map_or("", RequestKind::as_str);
        url::with(&self.url(""), &[("kind", kind), ("q", &filter.q), ("before", before)])
    }
}

fn search(page: &Activity) -> AnyView {
    let chosen = page.filter.kind;
    let choice = |kind: Option<RequestKind>, label: &'static str| {
        let filter = ActivityFilter { kind, q: page.filter.q.clone() };
        view! {
            <li>
                <a href=page.with(&filter, "") aria-current=(kind == chosen).then_some("true")>
                    {label}
                </a>
            </li>
        }
    };
    let kind = chosen.map(|kind| view! { <input type="hidden" name="kind" value=kind.as_str() /> });
    view! {
        <div class="filters">
            <form class="search" method="get" action=page.url("") role="search" data-live="results">
                {kind} {icon(Icon::Search)}
                <input
                    type="search"
                    name="q"
                    value=page.filter.q.clone()
                    placeholder="Person, group or reference"
                    aria-label="Search by person, group or reference"
                    aria-controls="results"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength="200"
                />
                <span class="sr-only" role="status" data-live-status></span>
            </form>
            <nav class="chips" aria-label="Kind of request">
                <ul role="list">
                    {choice(None, "All")} {choice(Some(RequestKind::Change), "Changes")}
                    {choice(Some(RequestKind::Error), "Errors")} {choice(Some(RequestKind::Rejected), "Rejected sign-ins")}
                </ul>
            </nav>
        </div>
    }
    .into_any()
}

fn results(page: &Activity) -> AnyView {
    let (summary, content) = if !page.rows.is_empty() {
        (format!("{} shown", super::counted(page.rows.len() as u64, "request", "requests")), list(page))
    } else if page.has_any {
        ("No request found".to_owned(), no_match(page))
    } else {
        ("No request yet".to_owned(), nothing_yet(page))
    };
    view! { <div id="results" data-summary=summary>{content}</div> }.into_any()
}

fn list(page: &Activity) -> AnyView {
    let lines = page.rows.iter().map(|row| line(page, row)).collect_view();
    let newest = (!page.is_first).then(|| page.with(&page.filter, ""));
    let older = page.older.as_ref().map(|id| page.with(&page.filter, id));
    let pages = (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                <p>{if page.is_first { "Newest first" } else { "Older requests" }}</p>
                <div class="pager-steps">{step(newest, "Newest", "first")} {step(older, "Older", "next")}</div>
            </nav>
        }
    });
    view! {
        <ol class="card requests" role="list" aria-label="Requests, newest first">{lines}</ol>
        {pages}
    }
    .into_any()
}

fn step(href: Option<String>, word: &'static str, rel: &'static str) -> AnyView {
    match href {
        Some(href) => view! { <a class="button small" href=href rel=rel>{word}</a> }.into_any(),
        None => view! { <span class="button small off" aria-disabled="true">{word}</span> }.into_any(),
    }
}

fn line(page: &Activity, row: &ActivityRow) -> AnyView {
    let now = page.frame.now;
    view! {
        <li>
            <a class="request" href=page.url(&format!("/{}", row.reference))>
                <span class="request-at">
                    {time(row.at, now, Style::Clock)} <span class="sub">{time(row.at, now, Style::Date)}</span>
                </span>
                <span class="request-words">
                    <span class="request-summary">{row.summary.clone()}</span>
                    <span class="request-asked mono">{row.asked.clone()}</span>
                </span>
                <span class="request-took num">{took(row.duration)}</span>
                {status(row.status, row.kind)}
            </a>
        </li>
    }
    .into_any()
}

/// The status of an answer: red where it was refused, green where something was changed.
pub(super) fn status(status: i64, kind: RequestKind) -> AnyView {
    let tone = match kind {
        RequestKind::Read => Tone::Quiet,
        RequestKind::Change => Tone::Ok,
        RequestKind::Error | RequestKind::Rejected => Tone::Bad,
    };
    let spoken = kind.label();
    view! {
        <span class=format!("status num {}", tone.class())>
            <span class="sr-only">{spoken}", "</span>
            {status}
        </span>
    }
    .into_any()
}

/// `11 ms`, `0.4 ms`, `2.1 s`.
pub(super) fn took(micros: i64) -> String {
    match micros {
        ..1_000 => format!("0.{} ms", (micros.max(0) / 100)),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn no_match(page: &Activity) -> AnyView {
    let clear = page.with(&ActivityFilter::default(), "");
    let title = match (page.filter.q.as_str(), page.filter.kind) {
        ("", Some(RequestKind::Rejected)) => "No sign-in was rejected".to_owned(),
        ("", Some(RequestKind::Error)) => "No request was refused".to_owned(),
        ("", _) => "Nothing was changed yet".to_owned(),
        (q, _) => format!("No request matches “{q}”"),
    };
    let text = if page.filter.q.is_empty() {
        "At least not in the last 30 days."
    } else {
        "Try a person's user name, a group's name, or a reference such as act_7Q2MK3XD. Requests are kept for 30 days."
    };
    empty(&title, text, Some(view! { <a class="button" href=clear>"Show all"</a> }.into_any()))
}

fn nothing_yet(page: &Activity) -> AnyView {
    let provider = page.provider.short_label();
    empty(
        "No request yet",
        format!("As soon as {provider} sends something, it stands here: what came, what it was answered, and what it changed."),
        Some(
            view! {
                <a class="button" href=page.frame.url(&format!("/settings/security/directories/{}", page.directory))>
                    "See the connection"
                </a>
            }
            .into_any(),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::took;

    #[test]
    fn durations_have_the_unit_that_fits() {
        assert_eq!(
            [took(0), took(420), took(11_900), took(2_140_000)],
            ["0.0 ms", "0.4 ms", "11 ms", "2.1 s"]
        );
    }
}
