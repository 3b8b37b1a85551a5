//! People whom a directory named and who were granted nothing: why, and what to do.

use leptos::prelude::*;
use rollcall::model::{DirectoryUserId, HeldReason};

use super::{counted, directory::Directory};
use crate::{
    ui::{Card, Column, cell, person, table, time},
    when::Style,
};

/// The held people of a directory.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The first of them, those who wait longest first.
    pub people: Vec<HeldPerson>,
    /// How many there are.
    pub total: u64,
    /// How many wait for approval.
    pub for_approval: u64,
    /// The attributes that an address is looked for in, such as `userName`.
    pub sources: Vec<&'static str>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct HeldPerson {
    /// Which.
    pub id: DirectoryUserId,
    /// May be empty.
    pub name: String,
    /// The address, or the user name when there is none.
    pub address: String,
    /// Why.
    pub reason: HeldReason,
    /// Since when.
    pub since: i64,
}

pub(super) fn card(page: &Directory) -> Option<AnyView> {
    let held = &page.held;
    if held.total == 0 {
        return None;
    }
    let lead = format!(
        "{} {} {} who {} not been let in.",
        page.name,
        if page.name == page.provider.label() { "named" } else { "has named" },
        counted(held.total, "person", "people"),
        if held.total == 1 { "has" } else { "have" },
    );
    let approve_all = (held.for_approval > 1 && page.frame.may_manage()).then(|| {
        view! {
            <form method="post" action=page.url("/held/approve")>
                <button class="button">{format!("Approve all {}", held.for_approval)}</button>
            </form>
        }
        .into_any()
    });
    let columns = [
        Column::new("Person", "col-person"),
        Column::new("Why, and what to do", "col-why"),
        Column::sorted("Since", "col-when"),
        Column::new("", "col-action"),
    ];
    let rows = held.people.iter().map(|one| row(page, one)).collect();
    let shown = held.people.len() as u64;
    let more = (held.total > shown).then(|| {
        view! { <p class="hint">{format!("{} more wait behind these.", held.total - shown)}</p> }
    });
    let list = table("Held people", &columns, rows);
    let card = view! {
        <div id="held">
            <Card title="Held people" lead=lead action=approve_all.unwrap_or_else(|| ().into_any())>
                {list} {more}
            </Card>
        </div>
    };
    Some(card.into_any())
}

fn row(page: &Directory, one: &HeldPerson) -> AnyView {
    let (why, what) = words(page, one);
    let action = page.frame.may_manage().then(|| action(page, one)).flatten();
    view! {
        <tr role="row">
            {cell("Person", "col-person", person(&one.name, &one.address, false))}
            {cell(
                "Why",
                "col-why",
                view! {
                    <span class="two-lines">
                        <span>{why}</span>
                        <span class="sub">{what}</span>
                    </span>
                },
            )} {cell("Since", "col-when", time(one.since, page.frame.now, Style::Date))}
            {cell("", "col-action", action)}
        </tr>
    }
    .into_any()
}

/// Why somebody is held, and what to do about it.
fn words(page: &Directory, one: &HeldPerson) -> (String, AnyView) {
    let provider = page.provider.short_label();
    match one.reason {
        HeldReason::NeedsApproval => {
            ("Waits for approval".to_owned(), "Approve to send the invitation.".into_any())
        }
        HeldReason::SeatLimit => (
            "No free seat".to_owned(),
            view! {
                "Comes in as soon as a seat is free. "
                <a href=page.frame.url("/settings/general")>"Raise the limit"</a> " or suspend someone."
            }
            .into_any(),
        ),
        HeldReason::DomainNotAllowed => {
            let domain = one.address.rsplit_once('@').map_or("", |(_, domain)| domain);
            (
                format!("{domain} is not an allowed domain"),
                "Add the domain in the settings below, or let in this person alone.".into_any(),
            )
        }
        HeldReason::EmailMissing => (
            "No e-mail address".to_owned(),
            format!("In {provider}, map one to {}.", page.held.sources.join(" or ")).into_any(),
        ),
        HeldReason::Conflict => (
            "Another member has this address".to_owned(),
            format!("Link the two, and {provider} decides about that member from then on.").into_any(),
        ),
        HeldReason::LastOwner => (
            "Inactive, but the last owner".to_owned(),
            "Keeps access until there is another owner.".into_any(),
        ),
    }
}

fn action(page: &Directory, one: &HeldPerson) -> Option<AnyView> {
    let (verb, path) = match one.reason {
        HeldReason::NeedsApproval => ("Approve", "approve"),
        HeldReason::DomainNotAllowed => ("Let in", "approve"),
        HeldReason::Conflict => ("Link", "link"),
        HeldReason::SeatLimit | HeldReason::EmailMissing | HeldReason::LastOwner => return None,
    };
    let whom = format!("{verb} {}", one.address);
    let button = view! {
        <form method="post" action=page.url(&format!("/held/{}/{path}", one.id))>
            <button class="button small" aria-label=whom>
                {verb}
            </button>
        </form>
    };
    Some(button.into_any())
}
