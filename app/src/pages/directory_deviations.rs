//! The report of what an identity provider sends otherwise than the standards say.

use leptos::prelude::*;

use super::{counted, directory::Directory};
use crate::{
    ui::{Card, time},
    when::Style,
};

/// A deviation that was seen.
#[derive(Clone, Debug)]
pub struct DeviationRow {
    /// What was sent.
    pub sent: &'static str,
    /// What the standard says.
    pub standard: &'static str,
    /// In how many requests.
    pub seen: u64,
    /// In which first.
    pub first: i64,
    /// In which last.
    pub last: i64,
    /// The reference of an example.
    pub example: Option<String>,
}

/// The section of the directory's page; nothing before the first request.
pub(super) fn view(page: &Directory) -> Option<AnyView> {
    page.last_request?;
    let provider = page.provider.short_label();
    if page.deviations.is_empty() {
        let lead = format!("Every request of {provider} so far followed the standard.");
        return Some(view! { <Card title="Standards" lead=lead /> }.into_any());
    }
    let lead = if page.is_strict {
        format!(
            "This directory is strict: what {provider} sends like this is refused, unless it does no harm."
        )
    } else {
        format!(
            "What {provider} sends otherwise than the standard says. Rollcall understands it all the same."
        )
    };
    let lines = page.deviations.iter().map(|row| line(page, row)).collect_view();
    Some(
        view! {
            <Card title="Standards" lead=lead>
                <ul class="lines" role="list">
                    {lines}
                </ul>
            </Card>
        }
        .into_any(),
    )
}

fn line(page: &Directory, row: &DeviationRow) -> AnyView {
    let now = page.frame.now;
    let example = row.example.as_ref().map(|reference| {
        let href = page.url(&format!("/activity/{reference}"));
        let spoken = format!(" request: {}", row.sent);
        view! {
            " · "
            <a href=href>"Example" <span class="sr-only">{spoken}</span></a>
        }
    });
    let when = if row.seen == 1 {
        view! { ", " {time(row.last, now, Style::Relative)} }.into_any()
    } else {
        view! { ", first " {time(row.first, now, Style::Date)} ", last " {time(row.last, now, Style::Relative)} }.into_any()
    };
    view! {
        <li>
            {row.sent} <span class="sub">{row.standard}</span>
            <span class="sub num">{counted(row.seen, "request", "requests")} {when} {example}</span>
        </li>
    }
    .into_any()
}
