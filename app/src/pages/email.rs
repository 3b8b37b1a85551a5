//! One mail of a workspace: what is known of it, and what it says, without its secret link.

use leptos::prelude::*;
use rollcall::model::{MailId, MembershipId};

use super::{
    Frame, Page,
    email_log::{Can, State},
};
use crate::{
    ui::{Fact, Here, PageHead, Tab, Tone, facts, in_workspace, notice, tabs, time},
    when::Style,
};

/// `/w/{slug}/settings/email/{id}`
#[derive(Clone, Debug)]
pub struct Email {
    /// The frame.
    pub frame: Frame,
    /// What is known of it.
    pub known: Known,
    /// The person with this address.
    pub person: Option<(MembershipId, String)>,
    /// What can be done.
    pub can: Can,
    /// What it says.
    pub letter: Letter,
}

/// What is known of a mail.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which.
    pub id: MailId,
    /// Which mail, in words.
    pub label: String,
    /// The address.
    pub to: String,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// What the relay said, or why it was cancelled.
    pub answer: Option<String>,
    /// When it was asked for.
    pub asked: i64,
    /// When something was last heard of it.
    pub changed: i64,
}

/// What a mail says.
#[derive(Clone, Debug)]
pub enum Letter {
    /// This; its link is masked.
    Shown {
        /// The subject line.
        subject: String,
        /// `?tab=`
        part: Part,
    },
    /// It cannot be shown any more, and why.
    Gone(String),
}

/// What is shown of a mail.
#[derive(Clone, Debug)]
pub enum Part {
    /// `html`, in a sandboxed frame.
    Html,
    /// `text`
    Text(String),
    /// `headers`
    Headers(String),
}

impl Page for Email {
    fn title(&self) -> String {
        format!("{} to {} · Email log", self.known.label, self.known.to)
    }

    fn view(self) -> AnyView {
        let frame = self.frame.clone();
        let trail = vec![(frame.url("/settings/email"), "Email log".to_owned())];
        let base = frame.url(&format!("/settings/email/{}", self.known.id));
        let title = self.letter.title(&self.known);
        let post = |verb: &str, label: &'static str| {
            view! {
                <form method="post" action=format!("{base}/{verb}")>
                    <button class="button">{label}</button>
                </form>
            }
        };
        let again = self.can.again.map(|label| post("again", label));
        let cancel = self.can.cancel.then(|| post("cancel", "Cancel"));
        let to = self.person.map(|(member, name)| {
            let href = frame.url(&format!("/people?dialog=member&member={member}"));
            let who = if name.is_empty() { "Show person".to_owned() } else { name };
            view! { " · " <a href=href>{who}</a> }
        });
        let about = about(&self.known, to.into_any(), frame.now);
        let letter = letter(&base, self.letter);
        in_workspace(
            &frame,
            Here::Email,
            view! {
                <PageHead title=title trail=trail beside=self.known.state.pill()>
                    {again}
                    {cancel}
                </PageHead>
                <div class="mail-about">{about}</div>
                {letter}
            },
        )
    }
}

impl Letter {
    /// The heading of its page.
    pub(super) fn title(&self, known: &Known) -> String {
        match self {
            Self::Shown { subject, .. } => subject.clone(),
            Self::Gone(_) => known.label.clone(),
        }
    }
}

/// What is known of a mail; `person` stands behind the address.
pub(super) fn about(known: &Known, person: AnyView, now: i64) -> AnyView {
    let mut lines = vec![
        Fact::new("To", view! { {known.to.clone()} {person} }),
        Fact::new("Mail", known.label.clone()),
        Fact::new("Asked for", time(known.asked, now, Style::Moment)),
        Fact::new("Tries", known.attempts),
    ];
    if let Some(next) = known.state.next_try(now) {
        lines.push(Fact::new("Next", next));
    }
    if let Some(answer) = known.answer.clone() {
        let at = time(known.changed, now, Style::Relative);
        lines.push(Fact::new("Answer", view! { {answer} " · " {at} }));
    }
    facts(lines)
}

pub(super) fn letter(base: &str, letter: Letter) -> AnyView {
    let part = match letter {
        Letter::Gone(why) => return notice(Tone::Info, why),
        Letter::Shown { part, .. } => part,
    };
    let tab = |word: &'static str, label: &'static str, current: bool| Tab {
        href: format!("{base}?tab={word}"),
        label,
        count: None,
        current,
    };
    let bar = tabs(
        "Parts of this mail",
        vec![
            tab("html", "HTML", matches!(part, Part::Html)),
            tab("text", "Text", matches!(part, Part::Text(_))),
            tab("headers", "Headers", matches!(part, Part::Headers(_))),
        ],
    );
    let body = match part {
        Part::Html => view! {
            <iframe class="card mail-frame" title="The mail as HTML" src=format!("{base}/html") sandbox=""></iframe>
        }
        .into_any(),
        Part::Text(text) | Part::Headers(text) => {
            view! { <pre class="card mail-text" tabindex="0">{text}</pre> }.into_any()
        }
    };
    view! {
        {bar}
        {body}
        <p class="hint mail-note">
            "Written anew from what Rollcall knows now. The secret in its link is masked: only the reader of the mail has it."
        </p>
    }
    .into_any()
}
