//! Settings → Security: how people are added and removed.

use leptos::prelude::*;
use rollcall::model::{DirectoryId, Provider};

pub use super::security_dialog::{ChooseForm, DirectoryValues, LiveToken, SecurityDialog, TokenShown};
use super::{Frame, Page, counted, security_dialog};
use crate::{
    ui::{Card, Here, PageHead, Tone, in_workspace, pill, time},
    when::Style,
};

/// `/w/{slug}/settings/security`
#[derive(Clone, Debug)]
pub struct Security {
    /// The frame.
    pub frame: Frame,
    /// Directories, oldest first.
    pub directories: Vec<DirectorySummary>,
    /// `?dialog=directory-sync`
    pub dialog: Option<SecurityDialog>,
}

/// A directory in a line.
#[derive(Clone, Debug)]
pub struct DirectorySummary {
    /// Which.
    pub id: DirectoryId,
    /// Its name, such as "Okta".
    pub name: String,
    /// The kind of identity provider.
    pub provider: Provider,
    /// How it is.
    pub health: Health,
    /// People it has sent.
    pub people: u64,
    /// Groups it has sent.
    pub groups: u64,
    /// People it has sent who were not let in.
    pub held: u64,
    /// When it was set up.
    pub created: i64,
    /// The last authenticated request.
    pub last_request: Option<i64>,
}

/// How a directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// No authenticated request yet.
    Waiting,
    /// Requests come as they should.
    Connected,
    /// Nothing for longer than usual.
    Quiet,
    /// No token works: everything is refused.
    NoToken,
    /// Something wants a look: a short sentence without a full stop, such as "The token expires in 2 days".
    Attention(String),
}

impl Health {
    /// Its pill.
    pub fn pill(&self) -> AnyView {
        match self {
            Self::Waiting => pill(Tone::Info, "Waiting"),
            Self::Connected => pill(Tone::Ok, "Connected"),
            Self::Quiet => pill(Tone::Quiet, "Quiet"),
            Self::NoToken => pill(Tone::Bad, "No working token"),
            Self::Attention(_) => pill(Tone::Warn, "Attention"),
        }
    }
}

impl DirectorySummary {
    /// The address of its page.
    pub fn url(&self, frame: &Frame) -> String {
        frame.url(&format!("/settings/security/directories/{}", self.id))
    }

    /// What is known of it, in a few words beside its pill.
    pub fn state_words(&self, now: i64) -> AnyView {
        match (&self.health, self.last_request) {
            (Health::NoToken, _) => {
                format!("{} is refused until it has a new token", self.provider.short_label()).into_any()
            }
            (Health::Attention(what), None) => what.clone().into_any(),
            (Health::Waiting, _) | (_, None) => view! {
                "created " {time(self.created, now, Style::Relative)}
                {format!(", no request from {} yet", self.provider.short_label())}
            }
            .into_any(),
            (Health::Attention(what), Some(last)) => {
                view! { {what.clone()} " · last request " {time(last, now, Style::Relative)} }.into_any()
            }
            (_, Some(last)) => view! {
                {format!(
                    "{} · {}{} · last request ",
                    counted(self.people, "person", "people"),
                    counted(self.groups, "group", "groups"),
                    if self.held > 0 { format!(" · {} held", self.held) } else { String::new() },
                )} {time(last, now, Style::Relative)}
            }
            .into_any(),
        }
    }
}

impl Page for Security {
    fn title(&self) -> String {
        format!("Security · {}", self.frame.workspace.name)
    }

    fn view(self) -> AnyView {
        let Self { frame, directories, dialog } = self;
        let card = directory_sync(&frame, &directories);
        let dialog = dialog.map(|dialog| security_dialog::view(&frame, dialog));
        in_workspace(
            &frame,
            Here::Security,
            view! {
                <PageHead title="Security" lead="How people are added and removed.".into_any() />
                {card}
                {dialog}
            },
        )
    }
}

fn directory_sync(frame: &Frame, directories: &[DirectorySummary]) -> AnyView {
    let manages = frame.may_manage();
    let href = frame.url("/settings/security?dialog=directory-sync");
    // One way in: "Configure" opens the set-up, or the directory that is there.
    let action = match directories {
        [] if !manages => view! { <button type="button" class="button" disabled aria-describedby="directory-sync-why">"Configure"</button> }.into_any(),
        [] => view! { <a class="button primary" id="configure" href=href>"Configure"</a> }.into_any(),
        [one] if manages => {
            let href = format!("{href}&directory={}", one.id);
            view! { <a class="button" id="configure" href=href>"Configure"</a> }.into_any()
        }
        _ if manages => view! { <a class="button" id="configure" href=href>"Add directory"</a> }.into_any(),
        _ => ().into_any(),
    };
    let foot = match directories {
        [] if !manages => Some(
            view! { <p class="state-words" id="directory-sync-why">"Only owners and admins can set this up."</p> }
                .into_any(),
        ),
        [] => None,
        several => {
            let lines = several
                .iter()
                .map(|directory| {
                    view! {
                        <li class="state-line">
                            {directory.health.pill()}
                            <span class="state-words">
                                <b>{directory.name.clone()}</b> " · " {directory.state_words(frame.now)}
                            </span>
                            {manages.then(|| view! {
                                <a class="state-link" href=directory.url(frame)>
                                    "Open directory"
                                </a>
                            })}
                        </li>
                    }
                })
                .collect_view();
            Some(view! { <ul class="state-lines" role="list">{lines}</ul> }.into_any())
        }
    };
    let lead = "Automatically add and remove people from your identity provider.";
    match foot {
        Some(foot) => view! { <Card title="Directory Sync" lead=lead action=action foot=foot /> }.into_any(),
        None => view! { <Card title="Directory Sync" lead=lead action=action /> }.into_any(),
    }
}
