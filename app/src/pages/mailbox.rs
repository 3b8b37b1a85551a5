//! The built-in mailbox: where mail goes while no relay is set.

use leptos::prelude::*;
use rollcall::model::MailId;

use super::Page;
use crate::{
    ui::{Fact, PageHead, Tab, empty, facts, plain, tabs, time},
    when::Style,
};

/// `/dev/mailbox`
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// Newest first.
    pub mails: Vec<MailRow>,
    /// The clock.
    pub now: i64,
}

/// A mail in the list.
#[derive(Clone, Debug)]
pub struct MailRow {
    /// Which.
    pub id: MailId,
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When.
    pub at: i64,
}

/// `/dev/mailbox/{id}`
#[derive(Clone, Debug)]
pub struct Message {
    /// Which.
    pub id: MailId,
    /// The sender.
    pub from: String,
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When.
    pub at: i64,
    /// The clock.
    pub now: i64,
    /// `?tab=`
    pub part: Part,
    /// The links in it, as in the text part.
    pub links: Vec<String>,
}

/// What is shown of a mail.
#[derive(Clone, Debug)]
pub enum Part {
    /// `html`, in a sandboxed frame that loads `/dev/mailbox/{id}/html`.
    Html,
    /// `text`
    Text(String),
    /// `source`
    Source(String),
}

const NAME: &str = "Built-in mailbox";

impl Page for Mailbox {
    fn title(&self) -> String {
        NAME.to_owned()
    }

    fn view(self) -> AnyView {
        let now = self.now;
        let filled = !self.mails.is_empty();
        let list = if filled {
            let lines = self
                .mails
                .into_iter()
                .map(|mail| {
                    view! {
                        <li>
                            <a class="mail-line" href=format!("/dev/mailbox/{}", mail.id)>
                                <span class="mail-subject">{mail.subject}</span>
                                <span class="mail-to">{mail.to}</span>
                                <span class="mail-at">{time(mail.at, now, Style::Relative)}</span>
                            </a>
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="card mails" role="list">{lines}</ul> }.into_any()
        } else {
            empty(
                "No mail yet",
                "Invite someone, or let a directory add a person: the invitation arrives here.",
                None,
            )
        };
        plain(
            NAME,
            None,
            view! {
                <PageHead
                    title="Mailbox"
                    lead="No mail relay is set, so every mail stays on this machine and is shown here.".into_any()
                >
                    {filled
                        .then(|| {
                            view! {
                                <form method="post" action="/dev/mailbox/clear">
                                    <button class="button">"Clear mailbox"</button>
                                </form>
                            }
                        })}
                </PageHead>
                {list}
            },
        )
    }
}

impl Page for Message {
    fn title(&self) -> String {
        self.subject.clone()
    }

    fn view(self) -> AnyView {
        let base = format!("/dev/mailbox/{}", self.id);
        let tab = |word: &'static str, label: &'static str, current: bool| Tab {
            href: format!("{base}?tab={word}"),
            label,
            count: None,
            current,
        };
        let about = facts(vec![
            Fact::new("From", self.from),
            Fact::new("To", self.to),
            Fact::new("Date", time(self.at, self.now, Style::Moment)),
        ]);
        let bar = tabs(
            "Parts of this mail",
            vec![
                tab("html", "HTML", matches!(self.part, Part::Html)),
                tab("text", "Text", matches!(self.part, Part::Text(_))),
                tab("source", "Source", matches!(self.part, Part::Source(_))),
            ],
        );
        let body = match self.part {
            // Allowed: links in a new tab, by a person's press. Scripts and forms are not.
            Part::Html => view! {
                <iframe
                    class="card mail-frame"
                    title="The mail as HTML"
                    src=format!("{base}/html")
                    sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
                ></iframe>
            }
            .into_any(),
            Part::Text(text) | Part::Source(text) => {
                view! { <pre class="card mail-text" tabindex="0">{text}</pre> }.into_any()
            }
        };
        let links = (!self.links.is_empty()).then(|| {
            let lines = self
                .links
                .into_iter()
                .map(|link| {
                    let href = link.clone();
                    view! { <li><a class="mono" href=href>{link}</a></li> }
                })
                .collect_view();
            view! {
                <section class="mail-links">
                    <h2>"Links in this mail"</h2>
                    <ul role="list">{lines}</ul>
                </section>
            }
        });
        plain(
            NAME,
            None,
            view! {
                <PageHead title=self.subject trail=vec![("/dev/mailbox".to_owned(), "Mailbox".to_owned())] />
                <div class="mail-about">{about}</div>
                {bar}
                {body}
                {links}
            },
        )
    }
}
