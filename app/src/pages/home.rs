//! A workspace at a glance.

use leptos::prelude::*;

use super::{Frame, Page, people_dialogs::mail_waits, security::DirectorySummary};
use crate::ui::{Card, Here, PageHead, in_workspace};

/// `/w/{slug}`
#[derive(Clone, Debug)]
pub struct Home {
    /// The frame.
    pub frame: Frame,
    /// Members with access.
    pub active: u64,
    /// Open invitations.
    pub invited: u64,
    /// People whose access was taken away.
    pub suspended: u64,
    /// Directories, oldest first.
    pub directories: Vec<DirectorySummary>,
    /// Since when no mail leaves, if none does.
    pub mail_waits_since: Option<i64>,
}

impl Page for Home {
    fn title(&self) -> String {
        self.frame.workspace.name.clone()
    }

    fn view(self) -> AnyView {
        let frame = self.frame.clone();
        let alone =
            self.active <= 1 && self.invited == 0 && self.suspended == 0 && self.directories.is_empty();
        let waits =
            self.mail_waits_since.filter(|_| frame.may_manage()).map(|since| mail_waits(since, frame.now));
        let body = if alone && frame.may_manage() { checklist(&frame) } else { glance(self) };
        in_workspace(
            &frame,
            Here::Home,
            view! {
                <PageHead
                    title=frame.workspace.name.clone()
                    lead="Who has access, and where they come from.".into_any()
                />
                {waits}
                {body}
            },
        )
    }
}

fn checklist(frame: &Frame) -> AnyView {
    let step = |title: &'static str, text: &'static str, href: String, verb: &'static str, primary: bool| {
        view! {
            <li class="step">
                <div>
                    <h2>{title}</h2>
                    <p>{text}</p>
                </div>
                <a class="button" class:primary=primary href=href>
                    {verb}
                </a>
            </li>
        }
    };
    view! {
        <ol class="card steps" role="list">
            {step(
                "Set up Directory Sync",
                "People are added and removed by your identity provider: Okta, Entra ID, OneLogin and others.",
                frame.url("/settings/security?dialog=directory-sync"),
                "Set up",
                true,
            )}
            {step(
                "Invite someone",
                "For guests, or while the directory is not connected yet.",
                frame.url("/people?dialog=invite"),
                "Invite people",
                false,
            )}
        </ol>
    }
    .into_any()
}

fn glance(home: Home) -> AnyView {
    let frame = home.frame;
    let figure = |count: u64, label: &'static str, tab: &'static str| {
        let words = view! {
            <span class="figure-number num">{count}</span>
            <span class="figure-label">{label}</span>
        };
        if frame.may_read_people() {
            view! {
                <a class="figure" href=frame.url(tab)>
                    {words}
                </a>
            }
            .into_any()
        } else {
            view! { <span class="figure">{words}</span> }.into_any()
        }
    };
    let directories = if home.directories.is_empty() {
        let action = frame.may_manage().then(|| {
            view! {
                <a class="button" href=frame.url("/settings/security?dialog=directory-sync")>
                    "Set up"
                </a>
            }
            .into_any()
        });
        vec![
            view! {
                <Card
                    title="Directory Sync"
                    lead="Not set up. Automatically add and remove people from your identity provider."
                    action=action.unwrap_or_else(|| ().into_any())
                />
            }
            .into_any(),
        ]
    } else {
        home.directories.into_iter().map(|directory| directory_card(&frame, &directory)).collect()
    };
    view! {
        <div class="figures card" role="group" aria-label="People by state">
            {figure(home.active, "Active", "/people")} {figure(home.invited, "Invited", "/people?tab=invitations")}
            {figure(home.suspended, "Suspended", "/people?tab=suspended")}
        </div>
        {directories}
    }
    .into_any()
}

fn directory_card(frame: &Frame, directory: &DirectorySummary) -> AnyView {
    view! {
        <Card
            title=directory.name.clone()
            lead="Directory Sync"
            action=frame.may_manage().then(|| view! { <a class="button" href=directory.url(frame)>"Open directory"</a> }).into_any()
            foot=view! {
                {directory.health.pill()} <span class="state-words">{directory.state_words(frame.now)}</span>
            }
                .into_any()
        />
    }
    .into_any()
}
