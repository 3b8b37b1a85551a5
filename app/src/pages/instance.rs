//! The installation as a whole: what runs, whether mail leaves, and what each mail looks like.

use leptos::prelude::*;
use rollcall::model::MailTemplate;

use super::{
    Page,
    email_log::{Trouble, trouble_notice},
    instance_email,
    instance_sender::{Sender, sender_card},
};
use crate::{
    ui::{Card, Fact, PageHead, Reader, Tab, Tone, code, facts, notice, plain, tabs, time},
    when::Style,
};

/// `/instance`
#[derive(Clone, Debug)]
pub struct Instance {
    /// The clock.
    pub now: i64,
    /// The program's version.
    pub version: &'static str,
    /// The database engine, such as `PostgreSQL`.
    pub engine: &'static str,
    /// How many migrations are applied.
    pub migrations: usize,
    /// The address by which people and identity providers reach it.
    pub base_url: String,
    /// How mail leaves.
    pub mail: MailFacts,
    /// What the DNS says of the sender; nothing while mail stays in the built-in mailbox.
    pub sender: Option<Sender>,
    /// Why no mail leaves.
    pub trouble: Option<Trouble>,
    /// What became of the test mail.
    pub tested: Option<Tested>,
    /// Who looks; the test mail goes to them.
    pub reader: Reader,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailFacts {
    /// Where to, such as `smtp://relay.acme.com:587`.
    pub transport: String,
    /// The sender.
    pub from: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// Whether bounces are heard of, and how.
    pub bounces: &'static str,
    /// Most mails a minute.
    pub rate: Option<u32>,
    /// How many wait, such as `14` or `more than 1000`.
    pub waiting: String,
    /// Since when the one is due that waits longest.
    pub due_since: Option<i64>,
}

/// What became of the test mail.
#[derive(Clone, Debug)]
pub enum Tested {
    /// The relay took it, and said this.
    Accepted(String),
    /// It lies in the built-in mailbox.
    Kept,
    /// It did not, and said this.
    Failed(String),
}

/// A mail that has been due for longer says that mail is slow.
const SLOW: i64 = 15 * 60 * 1_000_000;

const NAME: &str = "Instance";

impl Page for Instance {
    fn title(&self) -> String {
        NAME.to_owned()
    }

    fn view(self) -> AnyView {
        let now = self.now;
        let slow = self.mail.due_since.filter(|since| self.trouble.is_none() && now - since > SLOW);
        let slow = slow.map(|since| {
            let rate = self.mail.rate.map_or_else(String::new, |rate| format!(", and at most {rate} leave a minute"));
            notice(
                Tone::Warn,
                view! {
                    "Mail is slow: the mail that waits longest has been due since " {time(since, now, Style::Moment)}
                    {format!(". Waiting: {}{rate}.", self.mail.waiting)}
                },
            )
        });
        let engine = format!("{}, {} migrations applied", self.engine, self.migrations);
        let program = facts(vec![
            Fact::new("Version", self.version),
            Fact::new("Database", engine),
            Fact::new("Base URL", code(self.base_url)),
        ]);
        plain(
            NAME,
            Some(&self.reader),
            view! {
                <PageHead
                    title=NAME
                    lead="This installation of Rollcall, for those who look after it.".into_any()
                    trail=vec![("/".to_owned(), "Workspace".to_owned())]
                />
                {self.trouble.map(|trouble| trouble_notice(&trouble, now))}
                {slow}
                <Card title="Program">{program}</Card>
                {mail_card(self.mail, self.tested, &self.reader.email, now)}
                {self.sender.map(|sender| sender_card(sender, now))}
                {previews()}
            },
        )
    }
}

fn mail_card(mail: MailFacts, tested: Option<Tested>, me: &str, now: i64) -> AnyView {
    let action = view! {
        <form method="post" action="/instance/test-mail">
            <button class="button">"Send test mail to me"</button>
        </form>
    };
    let rate = mail.rate.map_or_else(|| "no limit".to_owned(), |rate| format!("{rate} a minute"));
    let waiting = match mail.due_since {
        Some(since) => view! { {mail.waiting} ", due since " {time(since, now, Style::Relative)} }.into_any(),
        None => mail.waiting.into_any(),
    };
    let lines = facts(vec![
        Fact::new("Transport", code(mail.transport)),
        Fact::new("Sender", mail.from),
        Fact::new("Answers to", mail.reply_to.unwrap_or_else(|| "the sender".to_owned())),
        Fact::new("Bounces", mail.bounces),
        Fact::new("Rate", rate),
        Fact::new("Waiting", waiting),
        Fact::new("Sent", view! { <a href=instance_email::LIST>"Mails about accounts"</a> }),
    ]);
    let tested = tested.map(|tested| match tested {
        Tested::Accepted(words) => {
            notice(Tone::Ok, view! { {format!("The relay took the mail to {me}. It said: ")} <q>{words}</q> })
        }
        Tested::Kept => notice(
            Tone::Ok,
            view! { {format!("The mail to {me} lies in the ")} <a href="/dev/mailbox">"built-in mailbox"</a> "." },
        ),
        Tested::Failed(words) => {
            notice(Tone::Bad, view! { {format!("The mail to {me} was not taken: ")} <q>{words}</q> })
        }
    });
    view! {
        <Card title="Mail" lead="How mail leaves, and whether it does." action=action.into_any()>
            <div class="stack">{tested} {lines}</div>
        </Card>
    }
    .into_any()
}

fn previews() -> AnyView {
    let lines = MailTemplate::ALL
        .iter()
        .map(|template| {
            view! { <li><a href=format!("/instance/mails/{template}")>{template.label()}</a></li> }
        })
        .collect_view();
    view! {
        <Card title="Mails" lead="What each mail looks like, in each language.">
            <ul class="link-columns" role="list">
                {lines}
            </ul>
        </Card>
    }
    .into_any()
}

/// `/instance/mails/{template}`
#[derive(Clone, Debug)]
pub struct Preview {
    /// Who looks.
    pub reader: Reader,
    /// Which mail.
    pub template: MailTemplate,
    /// Its subject line.
    pub subject: String,
    /// The language's tag.
    pub language: String,
    /// Tag and own name of each language.
    pub languages: Vec<(&'static str, &'static str)>,
    /// What is shown.
    pub part: PreviewPart,
}

/// What is shown of a mail.
#[derive(Clone, Debug)]
pub enum PreviewPart {
    /// `light`
    Light,
    /// `dark`
    Dark,
    /// `text`
    Text(String),
}

impl PreviewPart {
    const fn word(&self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Text(_) => "text",
        }
    }
}

impl Page for Preview {
    fn title(&self) -> String {
        format!("{} · Mails", self.template.label())
    }

    fn view(self) -> AnyView {
        let base = format!("/instance/mails/{}", self.template);
        let now = self.part.word();
        let part = |word: &'static str, label: &'static str| Tab {
            href: format!("{base}?language={}&show={word}", self.language),
            label,
            count: None,
            current: word == now,
        };
        let parts = tabs(
            "Parts of this mail",
            vec![part("light", "Light"), part("dark", "Dark"), part("text", "Text")],
        );
        let languages = self
            .languages
            .iter()
            .map(|(tag, name)| {
                let href = format!("{base}?language={tag}&show={now}");
                view! { <a href=href lang=*tag aria-current=(*tag == self.language).then_some("true")>{*name}</a> }
            })
            .collect_view();
        let body = match self.part {
            PreviewPart::Text(text) => {
                view! { <pre class="card mail-text" tabindex="0" lang=self.language>{text}</pre> }.into_any()
            }
            PreviewPart::Light | PreviewPart::Dark => view! {
                <iframe
                    class="card mail-frame"
                    title="The mail as HTML"
                    src=format!("{base}/html?language={}&show={now}", self.language)
                    sandbox=""
                ></iframe>
            }
            .into_any(),
        };
        plain(
            NAME,
            Some(&self.reader),
            view! {
                <PageHead
                    title=self.template.label()
                    lead=self.subject.into_any()
                    trail=vec![("/instance".to_owned(), NAME.to_owned())]
                >
                    <nav class="segmented" aria-label="Language">{languages}</nav>
                </PageHead>
                {parts}
                {body}
            },
        )
    }
}
