//! People whom a directory named and who were granted nothing: why, and what to do.

use leptos::prelude::*;
use rollcall::model::{DirectoryUserId, HeldReason};

use super::{Paging, counted, directory::Directory};
use crate::{
    ui::{Card, Column, cell, pager, person, table, time},
    when::Style,
};

/// The held people of a directory.
#[derive(Clone, Debug)]
pub struct Held {
    /// One page of them, those who wait longest first.
    pub people: Vec<HeldPerson>,
    /// Which page.
    pub paging: Paging,
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

impl HeldPerson {
    /// Whether an approval lets them in.
    const fn may_be_approved(&self) -> bool {
        matches!(self.reason, HeldReason::NeedsApproval | HeldReason::DomainNotAllowed)
    }
}

pub(super) fn card(page: &Directory) -> Option<AnyView> {
    let held = &page.held;
    let total = held.paging.total;
    if total == 0 {
        return None;
    }
    let manages = page.frame.may_manage();
    let lead = format!(
        "{} named {} who {} not been let in.",
        page.name,
        counted(total, "person", "people"),
        if total == 1 { "has" } else { "have" },
    );
    let selectable = manages && held.people.iter().filter(|one| one.may_be_approved()).count() > 1;
    // The first button is the one that Enter in a checkbox presses.
    let approve = selectable.then(|| view! { <button class="button">"Approve selected"</button> });
    let approve_all = (held.for_approval > 1 && manages).then(|| {
        view! {
            <button class="button" formaction=page.url("/held/approve-all")>
                {format!("Approve all {}", held.for_approval)}
            </button>
        }
    });
    let columns = [
        Column::new("Person", "col-person"),
        Column::new("Why, and what to do", "col-why"),
        Column::sorted("Since", "col-when"),
        Column::new("", "col-action"),
    ];
    let rows = held.people.iter().map(|one| row(page, one, selectable)).collect();
    let list = table("Held people", &columns, rows);
    let steps = (held.people.len() as u64) < total;
    let pages = steps.then(|| pager(held.paging, |number| page.url(&format!("?held={number}#held"))));
    let action = view! { {approve} {approve_all} }.into_any();
    let card = view! {
        <form id="held" method="post" action=page.url("/held/approve")>
            <Card title="Held people" lead=lead action=action>
                {list} {pages}
            </Card>
        </form>
    };
    Some(card.into_any())
}

fn row(page: &Directory, one: &HeldPerson, selectable: bool) -> AnyView {
    let (why, what) = words(page, one);
    let action = page.frame.may_manage().then(|| action(page, one)).flatten();
    let checkbox = selectable.then(|| checkbox(one));
    let whom = person(&one.name, &one.address, false);
    view! {
        <tr role="row" id=format!("held-{}", one.id)>
            {cell("Person", "col-person", view! { <span class="selectable">{checkbox} {whom}</span> })}
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

/// A checkbox for those whom an approval lets in; as much room for the others.
fn checkbox(one: &HeldPerson) -> AnyView {
    if !one.may_be_approved() {
        return view! { <span class="checkbox"></span> }.into_any();
    }
    let whom = format!("Select {}", one.address);
    view! { <input class="checkbox" type="checkbox" name="person" value=one.id.to_string() aria-label=whom /> }
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
    let action = page.url(&format!("/held/{}/{path}", one.id));
    if one.reason == HeldReason::Conflict {
        return Some(ask_to_link(page, one, whom, action));
    }
    let button = view! {
        <button
            class="button small"
            formaction=action
            aria-label=whom
        >
            {verb}
        </button>
    };
    Some(button.into_any())
}

/// A link is never taken back, so it is asked for once more. The rows stand in a form of their own already.
fn ask_to_link(page: &Directory, one: &HeldPerson, whom: String, action: String) -> AnyView {
    let popover = format!("ask-link-{}", one.id);
    let provider = page.provider.short_label();
    view! {
        <div class="row-menu">
            <button type="button" class="button small" popovertarget=popover.clone() aria-label=whom.clone()>
                "Link…"
            </button>
            <div class="menu ask" id=popover popover="auto">
                <p>
                    {format!("{provider} then decides about the member {}: name, role, and whether they have access. This cannot be undone.", one.address)}
                </p>
                <button class="button small danger" formaction=action>
                    {whom}
                </button>
            </div>
        </div>
    }
    .into_any()
}
