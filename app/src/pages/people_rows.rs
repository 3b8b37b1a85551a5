//! The rows of the four lists of people.

use leptos::prelude::*;
use rollcall::model::{InvitationStatus, MailStatus, MembershipId, MembershipStatus, Role, Source};

use super::people::{InvitationRow, LeftRow, MemberRow, Place};
use crate::{
    ui::{Action, Column, Tone, cell, person, pill, row_menu, table, time},
    when::Style,
};

pub(super) fn members(here: &Place<'_>, rows: Vec<MemberRow>) -> AnyView {
    let columns = [
        Column::sorted("Person", "col-person"),
        Column::new("Role", "col-role"),
        Column::new("Source", "col-source"),
        Column::new("State", "col-state"),
        Column::new("Last active", "col-when"),
        Column::new("", "col-menu"),
    ];
    let rows = rows.into_iter().map(|row| member(here, &row)).collect();
    table("Members", &columns, rows)
}

fn member(here: &Place<'_>, row: &MemberRow) -> AnyView {
    let now = here.frame.now;
    let (tone, word) = member_state(row);
    // Where a row is a card, the label stands before the words and has to fit them.
    let label = if row.status == MembershipStatus::Invited { "Invitation" } else { "Last active" };
    let last = match (row.status, row.expires, row.last_active) {
        (MembershipStatus::Invited, Some(expires), _) => {
            view! { "expires " {time(expires, now, Style::Relative)} }.into_any()
        }
        (_, _, Some(last)) => time(last, now, Style::Relative),
        (MembershipStatus::Active, ..) if row.without_password => {
            view! { <span class="faint">"no password yet"</span> }.into_any()
        }
        _ => view! { <span class="faint">"not yet"</span> }.into_any(),
    };
    let kept = row.kept_as_last_owner.then(|| {
        let directory = row.directory.as_deref().unwrap_or("Directory");
        view! { <span class="sub">{format!("{directory} says inactive")}</span> }
    });
    view! {
        <tr role="row" id=format!("row-{}", row.id)>
            {cell("Person", "col-person", person(&row.name, &row.email, row.you))}
            {cell("Role", "col-role", role(here, &row.id, row.role, row.role_locked.as_deref(), &named(&row.name, &row.email)))}
            {cell("Source", "col-source", source(row.source, row.directory.as_deref()))}
            {cell("State", "col-state", view! { {pill(tone, word)} {kept} })}
            {cell(label, "col-when", last)} {cell("", "col-menu", member_menu(here, row))}
        </tr>
    }
    .into_any()
}

/// The state of a member, in a colour and a word.
pub(super) fn member_state(row: &MemberRow) -> (Tone, &'static str) {
    match row.status {
        MembershipStatus::Active if row.kept_as_last_owner => (Tone::Warn, "Active"),
        MembershipStatus::Active => (Tone::Ok, "Active"),
        MembershipStatus::Invited => (Tone::Info, "Invited"),
        MembershipStatus::Provisioned => (Tone::Quiet, invitation_over(row.invitation)),
        status => (Tone::Quiet, status.label()),
    }
}

/// How someone stands who was granted nothing: by what became of their invitation.
fn invitation_over(invitation: Option<InvitationStatus>) -> &'static str {
    match invitation {
        Some(InvitationStatus::Declined) => "Declined",
        Some(InvitationStatus::Expired) => "Expired",
        Some(InvitationStatus::Revoked) => "Withdrawn",
        Some(InvitationStatus::Pending | InvitationStatus::Accepted) | None => {
            MembershipStatus::Provisioned.label()
        }
    }
}

fn member_menu(here: &Place<'_>, row: &MemberRow) -> AnyView {
    let name = named(&row.name, &row.email);
    let mut actions =
        vec![Action::Link { href: here.dialog("member", Some(&row.id)), label: "Details", danger: false }];
    if here.frame.may_manage() {
        if row.status == MembershipStatus::Invited {
            actions.push(Action::Post {
                action: here.act(&row.id, "resend"),
                label: "Resend invitation",
                danger: false,
            });
            actions.push(Action::Post {
                action: here.act(&row.id, "revoke"),
                label: "Revoke invitation",
                danger: true,
            });
        }
        if row.status == MembershipStatus::Active && row.without_password {
            let action = here.act(&row.id, "password-link");
            actions.push(Action::Post { action, label: "Send a password link", danger: false });
        }
        match &row.guard {
            Some(reason) => actions.push(Action::Off { label: "Suspend or remove", reason: reason.clone() }),
            None => {
                if row.status == MembershipStatus::Active {
                    let href = here.dialog("suspend", Some(&row.id));
                    actions.push(Action::Link { href, label: "Suspend…", danger: false });
                }
                let href = here.dialog("remove", Some(&row.id));
                actions.push(Action::Link { href, label: "Remove…", danger: true });
            }
        }
    }
    row_menu(row.id.as_str(), &name, actions)
}

/// The role: a select that submits itself, or the word with the reason why not.
pub(super) fn role(
    here: &Place<'_>,
    id: &MembershipId,
    role: Role,
    locked: Option<&str>,
    of: &str,
) -> AnyView {
    let above = role > here.frame.viewer.role;
    let locked = locked.or((above && here.frame.may_manage()).then_some("only an owner can change this"));
    if locked.is_some() || !here.frame.may_manage() {
        let why = locked.map(|reason| view! { <span class="sub">{reason.to_owned()}</span> });
        return view! { <span class="two-lines"><span>{role.label()}</span> {why}</span> }.into_any();
    }
    let options = Role::ALL
        .iter()
        .rev()
        // Only an owner can make an owner.
        .filter(|value| **value <= here.frame.viewer.role)
        .map(|value| view! { <option value=value.as_str() selected=*value == role>{value.label()}</option> })
        .collect_view();
    view! {
        <form class="role-form" method="post" action=here.act(id, "role")>
            <select class="select bare" name="role" aria-label=format!("Role of {of}") autocomplete="off" data-autosubmit>
                {options}
            </select>
            <button class="button small no-script">"Save"</button>
        </form>
    }
    .into_any()
}

/// Where someone comes from: the directory's name, or Manual.
pub(super) fn source(source: Source, directory: Option<&str>) -> AnyView {
    match (source, directory) {
        (Source::Directory, Some(name)) => name.to_owned().into_any(),
        (Source::DirectoryAndManual, Some(name)) => {
            view! { <span class="two-lines"><span>{name.to_owned()}</span> <span class="sub">"and by hand"</span></span> }
                .into_any()
        }
        (source, _) => source.label().into_any(),
    }
}

pub(super) fn invitations(here: &Place<'_>, rows: Vec<InvitationRow>) -> AnyView {
    let columns = [
        Column::sorted("Person", "col-person"),
        Column::new("Role", "col-role"),
        Column::new("Invited by", "col-source"),
        Column::new("Mail", "col-state"),
        Column::new("Expires", "col-when"),
        Column::new("", "col-menu"),
    ];
    let rows = rows.into_iter().map(|row| invitation(here, &row)).collect();
    table("Invitations", &columns, rows)
}

fn invitation(here: &Place<'_>, row: &InvitationRow) -> AnyView {
    let now = here.frame.now;
    let by = row
        .invited_by
        .clone()
        .or_else(|| row.directory.clone())
        .unwrap_or_else(|| row.source.label().to_owned());
    let tone = match row.mail {
        MailStatus::Queued => Tone::Info,
        MailStatus::Accepted | MailStatus::Kept => Tone::Ok,
        MailStatus::Deferred => Tone::Warn,
        MailStatus::Refused | MailStatus::GaveUp | MailStatus::Bounced => Tone::Bad,
        MailStatus::Cancelled => Tone::Quiet,
    };
    // Of a mail that the relay took, its answer is only a number of its queue.
    let answer = match &row.mail_answer {
        Some(answer) if row.mail != MailStatus::Accepted => {
            view! { <span class="clamped verbatim" title=answer.clone()>{answer.clone()}</span> }.into_any()
        }
        _ => time(row.sent, now, Style::Relative),
    };
    let expires = match row.status {
        Some(InvitationStatus::Pending) => time(row.expires, now, Style::Relative),
        Some(InvitationStatus::Expired) => view! { <span class="bad-text">"expired"</span> }.into_any(),
        Some(InvitationStatus::Declined) => view! { <span class="faint">"declined"</span> }.into_any(),
        Some(InvitationStatus::Revoked) => view! { <span class="faint">"withdrawn"</span> }.into_any(),
        Some(InvitationStatus::Accepted) => view! { <span class="faint">"accepted"</span> }.into_any(),
        None => view! { <span class="faint">"not invited"</span> }.into_any(),
    };
    let menu = if here.frame.may_manage() {
        let again = if row.status.is_some() { "Resend" } else { "Invite" };
        let resend = match &row.resend_blocked {
            Some(reason) => Action::Off { label: again, reason: reason.clone() },
            None => Action::Post { action: here.act(&row.id, "resend"), label: again, danger: false },
        };
        let href = here.dialog("member", Some(&row.id));
        let details = Action::Link { href, label: "Details", danger: false };
        let end = if row.status == Some(InvitationStatus::Pending) {
            Action::Post { action: here.act(&row.id, "revoke"), label: "Revoke", danger: true }
        } else {
            let href = here.dialog("remove", Some(&row.id));
            Action::Link { href, label: "Remove…", danger: true }
        };
        row_menu(row.id.as_str(), &named(&row.name, &row.email), vec![details, resend, end])
    } else {
        ().into_any()
    };
    let mail = match row.status {
        Some(_) => view! { <span class="two-lines">{pill(tone, row.mail.label())} <span class="sub">{answer}</span></span> }
            .into_any(),
        None => view! { <span class="faint">"none"</span> }.into_any(),
    };
    view! {
        <tr role="row" id=format!("row-{}", row.id)>
            {cell("Person", "col-person", person(&row.name, &row.email, false))}
            {cell("Role", "col-role", row.role.label())} {cell("Invited by", "col-source", by)}
            {cell("Mail", "col-state", mail)} {cell("Expires", "col-when", expires)} {cell("", "col-menu", menu)}
        </tr>
    }
    .into_any()
}

pub(super) fn suspended(here: &Place<'_>, rows: Vec<LeftRow>) -> AnyView {
    left(here, "Suspended people", "Suspended", rows, |here, row| {
        let mut actions = vec![match &row.reinstate_blocked {
            Some(reason) => Action::Off { label: "Reinstate", reason: reason.clone() },
            None => {
                Action::Post { action: here.act(&row.id, "reinstate"), label: "Reinstate", danger: false }
            }
        }];
        let href = here.dialog("remove", Some(&row.id));
        actions.push(Action::Link { href, label: "Remove…", danger: true });
        actions
    })
}

pub(super) fn removed(here: &Place<'_>, rows: Vec<LeftRow>) -> AnyView {
    left(here, "Removed people", "Removed", rows, |_, _| Vec::new())
}

fn left(
    here: &Place<'_>,
    caption: &'static str,
    when: &'static str,
    rows: Vec<LeftRow>,
    actions: impl Fn(&Place<'_>, &LeftRow) -> Vec<Action>,
) -> AnyView {
    let columns = [
        Column::new("Person", "col-person"),
        Column::new("Role before", "col-role"),
        Column::new("Source", "col-source"),
        Column::new(when, "col-when"),
        Column::new("", "col-menu"),
    ];
    let now = here.frame.now;
    let rows = rows
        .into_iter()
        .map(|row| {
            let actions = if here.frame.may_manage() { actions(here, &row) } else { Vec::new() };
            let menu = row_menu(row.id.as_str(), &named(&row.name, &row.email), actions);
            let by = if row.was_invitation {
                format!("invitation withdrawn by {}", row.by)
            } else {
                format!("by {}", row.by)
            };
            view! {
                <tr role="row" id=format!("row-{}", row.id)>
                    {cell("Person", "col-person", person(&row.name, &row.email, false))}
                    {cell("Role before", "col-role", row.role.label())}
                    {cell("Source", "col-source", source(row.source, row.directory.as_deref()))}
                    {cell(
                        when,
                        "col-when",
                        view! {
                            <span class="two-lines">
                                {time(row.since, now, Style::Date)} <span class="sub">{by}</span>
                            </span>
                        },
                    )} {cell("", "col-menu", menu)}
                </tr>
            }
            .into_any()
        })
        .collect();
    table(caption, &columns, rows)
}

/// The name, or the address of someone without one.
pub(super) fn named(name: &str, email: &str) -> String {
    if name.trim().is_empty() { email.to_owned() } else { name.to_owned() }
}
