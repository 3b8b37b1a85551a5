//! The mails of no workspace: what was sent about an account alone, such as a new password.

use leptos::prelude::*;
use rollcall::model::MailId;

use super::{
    Page,
    email::{Known, Letter, about, letter},
    email_log::{Filter, List, Place, Trouble, results, trouble_notice},
};
use crate::ui::{PageHead, Reader, plain};

/// The address of the list.
pub const LIST: &str = "/instance/email";
const NAME: &str = "Instance";
const TITLE: &str = "Account mails";

/// `/instance/email`
#[derive(Clone, Debug)]
pub struct AccountMails {
    /// Who looks.
    pub reader: Reader,
    /// The clock.
    pub now: i64,
    /// Why no mail leaves.
    pub trouble: Option<Trouble>,
    /// The mails.
    pub list: List,
    /// The cursor of the page with newer mails.
    pub newer: Option<MailId>,
    /// The cursor of the page with older mails.
    pub older: Option<MailId>,
}

impl Page for AccountMails {
    fn title(&self) -> String {
        format!("{TITLE} · {NAME}")
    }

    fn view(self) -> AnyView {
        let Self { reader, now, trouble, list, newer, older } = self;
        let place = Place {
            base: LIST.to_owned(),
            people: String::new(),
            now,
            nothing: "Password resets and confirmations of a new address are listed here, with what the mail relay said.",
        };
        plain(
            NAME,
            Some(&reader),
            view! {
                <PageHead
                    title=TITLE
                    lead="Mails about an account and no workspace. All others stand in the email log of their workspace."
                        .into_any()
                    trail=vec![("/instance".to_owned(), NAME.to_owned())]
                />
                {trouble.map(|trouble| trouble_notice(&trouble, now))}
                {results(&place, &Filter::default(), list, newer, older)}
            },
        )
    }
}

/// `/instance/email/{id}`
#[derive(Clone, Debug)]
pub struct AccountMail {
    /// Who looks.
    pub reader: Reader,
    /// The clock.
    pub now: i64,
    /// What is known of it.
    pub known: Known,
    /// What it says.
    pub letter: Letter,
}

impl Page for AccountMail {
    fn title(&self) -> String {
        format!("{} to {} · {TITLE}", self.known.label, self.known.to)
    }

    fn view(self) -> AnyView {
        let Self { reader, now, known, letter: says } = self;
        let trail = vec![("/instance".to_owned(), NAME.to_owned()), (LIST.to_owned(), TITLE.to_owned())];
        let title = says.title(&known);
        let base = format!("{LIST}/{}", known.id);
        plain(
            NAME,
            Some(&reader),
            view! {
                <PageHead title=title trail=trail beside=known.state.pill() />
                <div class="mail-about">{about(&known, ().into_any(), now)}</div>
                {letter(&base, says)}
            },
        )
    }
}
