//! The mails of a workspace: where each one stands, and what the relay said.

use leptos::prelude::*;
use rollcall::model::{MailId, MailStatus, MailTemplate, MembershipId};

use super::{Frame, Page};
use crate::{
    ui::{
        Action, Card, Column, Here, Icon, PageHead, Tone, cell, empty, failed, icon, in_workspace, notice,
        person, pill, row_menu, table, time, url,
    },
    when::Style,
};

/// `/w/{slug}/settings/email`
#[derive(Clone, Debug)]
pub struct EmailLog {
    /// The frame.
    pub frame: Frame,
    /// Why no mail leaves.
    pub trouble: Option<Trouble>,
    /// What was asked for.
    pub filter: Filter,
    /// The mails.
    pub list: List,
    /// The cursor of the page with newer mails.
    pub newer: Option<MailId>,
    /// The cursor of the page with older mails.
    pub older: Option<MailId>,
    /// Whether people are mailed when their access is suspended.
    pub tells_suspended: bool,
}

/// Why no mail leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Since when.
    pub since: i64,
    /// What the relay said.
    pub words: String,
    /// How many mails of this workspace wait, such as `14` or `more than 1000`.
    pub waiting: String,
}

/// The filter in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of an address.
    pub q: String,
    /// Only in this state.
    pub status: Option<MailStatus>,
    /// Only this mail.
    pub template: Option<MailTemplate>,
}

/// The mails.
#[derive(Clone, Debug)]
pub enum List {
    /// Newest first.
    Mails(Vec<MailRow>),
    /// They could not be read.
    Failed {
        /// Finds the entry in the log.
        reference: String,
    },
}

/// A mail in the list.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// Which.
    pub id: MailId,
    /// The address.
    pub to: String,
    /// The person with this address.
    pub person: Option<(MembershipId, String)>,
    /// Which mail, in words.
    pub label: String,
    /// Its subject line, once it was tried.
    pub subject: Option<String>,
    /// What is known of it.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// What the relay said, or why it was cancelled.
    pub answer: Option<String>,
    /// When it was asked for.
    pub at: i64,
    /// What can be done.
    pub can: Can,
}

/// What is known of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It leaves once its time has come.
    Queued {
        /// Not before this.
        due: i64,
    },
    /// It is being handed over at this moment.
    Sending,
    /// It did not go through and is tried again.
    Deferred {
        /// Then.
        due: i64,
    },
    /// Anything that stays as it is.
    Settled(MailStatus),
}

/// What can be done with a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Can {
    /// It can be cancelled.
    pub cancel: bool,
    /// It can be sent again, and what that is called.
    pub again: Option<&'static str>,
}

impl State {
    /// A colour and a word.
    pub fn pill(self) -> AnyView {
        let (tone, word) = match self {
            Self::Queued { .. } => (Tone::Info, "Queued"),
            Self::Sending => (Tone::Info, "Sending"),
            Self::Deferred { .. } => (Tone::Warn, "Deferred"),
            Self::Settled(status) => {
                let tone = match status {
                    MailStatus::Accepted | MailStatus::Kept => Tone::Ok,
                    MailStatus::Refused | MailStatus::GaveUp | MailStatus::Bounced => Tone::Bad,
                    MailStatus::Queued | MailStatus::Deferred | MailStatus::Cancelled => Tone::Quiet,
                };
                (tone, status.label())
            }
        };
        pill(tone, word)
    }

    /// When it is tried next.
    pub fn next_try(self, now: i64) -> Option<AnyView> {
        match self {
            Self::Queued { due } if due > now => {
                Some(view! { "leaves " {time(due, now, Style::Relative)} }.into_any())
            }
            Self::Deferred { due } if due <= now => {
                Some("next try when the relay takes mail again".into_any())
            }
            Self::Deferred { due } => {
                Some(view! { "next try " {time(due, now, Style::Relative)} }.into_any())
            }
            _ => None,
        }
    }
}

impl Page for EmailLog {
    fn title(&self) -> String {
        format!("Email log · {}", self.frame.workspace.name)
    }

    fn view(self) -> AnyView {
        let Self { frame, trouble, filter, list, newer, older, tells_suspended } = self;
        let unfiltered = filter == Filter::default();
        let nothing = matches!(&list, List::Mails(rows) if rows.is_empty()) && unfiltered && newer.is_none();
        let mailbox = frame.mailbox.then(|| {
            view! {
                <a class="button" href="/dev/mailbox">
                    "Open mailbox"
                </a>
            }
        });
        let searching = (!nothing).then(|| search(&frame, &filter));
        let place = Place {
            base: frame.url("/settings/email"),
            people: frame.url("/people"),
            now: frame.now,
            nothing: "Invitations, reminders and alerts to owners are listed here, with what the mail relay said.",
        };
        let content = results(&place, &filter, list, newer, older);
        in_workspace(
            &frame,
            Here::Email,
            view! {
                <PageHead
                    title="Email log"
                    lead="Every mail that speaks for this workspace, and what is known of it.".into_any()
                >
                    {mailbox}
                </PageHead>
                {trouble.map(|trouble| trouble_notice(&trouble, frame.now))}
                {searching}
                {content}
                {suspended_notice(&frame, tells_suspended)}
            },
        )
    }
}

/// Where mails are listed.
pub(super) struct Place {
    /// The address of the list.
    pub(super) base: String,
    /// The address of the list of people.
    pub(super) people: String,
    /// The clock.
    pub(super) now: i64,
    /// What will be listed here, while nothing is.
    pub(super) nothing: &'static str,
}

/// What everyone should know who wonders where a mail is.
pub(super) fn trouble_notice(trouble: &Trouble, now: i64) -> AnyView {
    let words = trouble.words.trim_end_matches('.').to_owned();
    notice(
        Tone::Bad,
        view! {
            "No mail has left since " {time(trouble.since, now, Style::Moment)} ": " <q>{words}</q>
            {match trouble.waiting.as_str() {
                "0" => ". Nothing waits now; the next mail shows whether the relay takes mail again.".to_owned(),
                waiting => format!(". Waiting: {waiting}. They leave by themselves once the relay takes mail again."),
            }}
        },
    )
}

fn search(frame: &Frame, filter: &Filter) -> AnyView {
    let status = filter.status;
    let template = filter.template;
    let states = MailStatus::ALL
        .iter()
        .map(|value| view! { <option value=value.as_str() selected=status == Some(*value)>{value.label()}</option> })
        .collect_view();
    let mails = MailTemplate::ALL
        .iter()
        .filter(|value| value.is_of_workspace())
        .map(|value| view! { <option value=value.as_str() selected=template == Some(*value)>{value.label()}</option> })
        .collect_view();
    view! {
        <form class="filters" method="get" action=frame.url("/settings/email") role="search" data-live="results">
            <span class="search">
                {icon(Icon::Search)}
                <input
                    type="search"
                    name="q"
                    value=filter.q.clone()
                    placeholder="Search by address"
                    aria-label="Search by address"
                    aria-controls="results"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength="200"
                />
            </span>
            <select class="select" class:set=status.is_some() name="state" aria-label="State" autocomplete="off">
                <option value="">"Any state"</option>
                {states}
            </select>
            <select class="select" class:set=template.is_some() name="mail" aria-label="Mail" autocomplete="off">
                <option value="">"Any mail"</option>
                {mails}
            </select>
            <button class="button no-script">"Search"</button>
            <span class="sr-only" role="status" data-live-status></span>
        </form>
    }
    .into_any()
}

fn address(place: &Place, filter: &Filter, cursor: (&str, &str)) -> String {
    url::with(
        &place.base,
        &[
            ("q", &filter.q),
            ("state", filter.status.map_or("", MailStatus::as_str)),
            ("mail", filter.template.map_or("", MailTemplate::as_str)),
            cursor,
        ],
    )
}

pub(super) fn results(
    place: &Place,
    filter: &Filter,
    list: List,
    newer: Option<MailId>,
    older: Option<MailId>,
) -> AnyView {
    let (summary, content) = match list {
        List::Failed { reference } => {
            ("Not loaded".to_owned(), failed("The list", &reference, &address(place, filter, ("", ""))))
        }
        List::Mails(rows) if rows.is_empty() => ("No mail found".to_owned(), nothing(place, filter)),
        List::Mails(rows) => {
            let more = if older.is_some() || newer.is_some() { " on this page" } else { "" };
            let summary = super::counted(u64::try_from(rows.len()).unwrap_or_default(), "mail", "mails");
            (format!("{summary}{more}"), mails(place, rows))
        }
    };
    let step = |id: Option<MailId>, name: &'static str, word: &'static str, rel: &'static str| match id {
        Some(id) => {
            let href = address(place, filter, (name, id.as_str()));
            view! { <a class="button small" href=href rel=rel>{word}</a> }.into_any()
        }
        None => view! { <span class="button small off" aria-disabled="true">{word}</span> }.into_any(),
    };
    let pages = (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                <p>"Newest first"</p>
                <div class="pager-steps">
                    {step(newer, "newer", "Newer", "prev")} {step(older, "older", "Older", "next")}
                </div>
            </nav>
        }
    });
    view! { <div id="results" data-summary=summary>{content} {pages}</div> }.into_any()
}

fn nothing(place: &Place, filter: &Filter) -> AnyView {
    if *filter == Filter::default() {
        return empty("No mail yet", place.nothing, None);
    }
    let clear = address(place, &Filter::default(), ("", ""));
    let title = if filter.q.is_empty() {
        "No mail matches".to_owned()
    } else {
        format!("No mail to “{}”", filter.q)
    };
    let action = view! { <a class="button" href=clear>"Clear filters"</a> }.into_any();
    empty(&title, "No mail of this workspace is like that.", Some(action))
}

fn mails(place: &Place, rows: Vec<MailRow>) -> AnyView {
    let columns = [
        Column::new("To", "col-person"),
        Column::new("Mail", "col-mail"),
        Column::new("State", "col-state"),
        Column::new("Tries", "col-tries"),
        Column::new("Asked for", "col-when"),
        Column::new("", "col-menu"),
    ];
    let rows = rows.into_iter().map(|row| mail(place, row)).collect();
    table("Mails", &columns, rows)
}

fn mail(place: &Place, row: MailRow) -> AnyView {
    let now = place.now;
    let href = format!("{}/{}", place.base, row.id);
    let name = row.person.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    let actions = actions(place, &row, &href);
    // Of a mail that the relay took, its answer is only a number of its queue; the mail's own page has it.
    let answer = row.answer.filter(|_| row.state != State::Settled(MailStatus::Accepted));
    view! {
        <tr role="row" id=format!("row-{}", row.id)>
            {cell("To", "col-person", person(&name, &row.to, false))}
            {cell(
                "Mail",
                "col-mail",
                view! {
                    <span class="two-lines">
                        <a href=href>{row.label}</a> {row.subject.map(|subject| view! { <span class="sub">{subject}</span> })}
                    </span>
                },
            )}
            {cell(
                "State",
                "col-state",
                view! {
                    <span class="two-lines">
                        {row.state.pill()}
                        {row.state.next_try(now).map(|next| view! { <span class="sub">{next}</span> })}
                        {answer.map(|answer| view! { <span class="sub clamped verbatim" title=answer>{answer.clone()}</span> })}
                    </span>
                },
            )} {cell("Tries", "col-tries num", row.attempts)}
            {cell("Asked for", "col-when", time(row.at, now, Style::Relative))}
            {cell("", "col-menu", row_menu(row.id.as_str(), &format!("the mail to {}", row.to), actions))}
        </tr>
    }
    .into_any()
}

fn actions(place: &Place, row: &MailRow, href: &str) -> Vec<Action> {
    let mut actions = vec![Action::Link { href: href.to_owned(), label: "Details", danger: false }];
    if let Some((member, _)) = &row.person {
        let href = format!("{}?dialog=member&member={member}", place.people);
        actions.push(Action::Link { href, label: "Show person", danger: false });
    }
    if let Some(label) = row.can.again {
        actions.push(Action::Post { action: format!("{href}/again"), label, danger: false });
    }
    if row.can.cancel {
        actions.push(Action::Post { action: format!("{href}/cancel"), label: "Cancel", danger: false });
    }
    actions
}

fn suspended_notice(frame: &Frame, tells: bool) -> AnyView {
    let (lead, verb, value) = if tells {
        ("On: people get a mail when a directory or an admin suspends them.", "Turn off", "off")
    } else {
        ("Off: people find out when they next sign in.", "Turn on", "on")
    };
    let action = view! {
        <form method="post" action=frame.url("/settings/email/suspended-notice")>
            <input type="hidden" name="tell" value=value />
            <button class="button">{verb}</button>
        </form>
    };
    view! { <Card class="after-list" title="Tell people when their access is suspended" lead=lead action=action.into_any() /> }
        .into_any()
}
