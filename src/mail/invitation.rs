//! The invitation and its reminder.

use std::sync::LazyLock;

use askama::Template;
use css_inline::{CSSInliner, InlineOptions};

use super::{
    message::{Identity, Message, Parts},
    one_line,
    words::{InvitationWords, Words, fill},
};
use crate::{
    clock::Timestamp,
    config::BaseUrl,
    model::{Provider, Role},
    secret::Secret,
};

/// Longest name of a person, workspace or directory in a mail.
const LONGEST_NAME: usize = 80;

/// Who invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitedBy {
    /// A person, by name.
    Person(String),
    /// The company's directory.
    Directory(Provider),
    /// Someone at the command line, or someone who is no longer known.
    Nobody,
}

/// What an invitation says.
#[derive(Clone, Debug)]
pub struct InvitationMail {
    /// The address.
    pub recipient: String,
    /// The person's language (BCP 47), when it is known.
    pub language: Option<String>,
    /// The workspace's name.
    pub workspace: String,
    /// Who invites.
    pub invited_by: InvitedBy,
    /// What the person becomes.
    pub role: Role,
    /// The secret in the link.
    pub token: Secret,
    /// When the invitation ends.
    pub expires_at: Timestamp,
    /// Whether the person was mailed before.
    pub reminder: bool,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct Html<'a> {
    mail: &'a Filled,
}

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct Text<'a> {
    mail: &'a Filled,
}

/// The texts with their blanks filled in; the templates put them in place and escape them.
struct Filled {
    words: &'static InvitationWords,
    language: &'static str,
    subject: String,
    heading: String,
    who: String,
    expires: String,
    meant_for: String,
    link: String,
    reminder: bool,
}

impl InvitationMail {
    /// Renders the mail. The link leads to `base_url`.
    ///
    /// # Errors
    /// A sentence when the address cannot be written to.
    pub fn render(&self, identity: &Identity, base_url: &BaseUrl) -> Result<Message, String> {
        let link = base_url.join(&format!("/invite/{}", self.token.reveal()));
        let unsubscribe = format!("{link}/decline");
        let filled = self.fill(link);
        let failed = |cause: &dyn std::fmt::Display| format!("the mail cannot be rendered: {cause}");
        let text = Text { mail: &filled }.render().map_err(|cause| failed(&cause))?;
        let html = Html { mail: &filled }.render().map_err(|cause| failed(&cause))?;
        let html = INLINER.inline(&html).map_err(|cause| failed(&cause))?;
        let parts = Parts {
            recipient: self.recipient.clone(),
            subject: filled.subject,
            text,
            html,
            unsubscribe: Some(unsubscribe),
        };
        Message::build(identity, parts)
    }

    fn fill(&self, link: String) -> Filled {
        let language = Words::of(self.language.as_deref());
        let words = &language.invitation;
        let workspace = &*one_line(&self.workspace, LONGEST_NAME);
        let role = language.role(self.role);
        let (sentence, inviter) = match &self.invited_by {
            InvitedBy::Person(name) => (words.by_person, one_line(name, LONGEST_NAME)),
            InvitedBy::Directory(Provider::Generic) => (words.by_it_team, String::new()),
            InvitedBy::Directory(provider) => (words.by_directory, provider.short_label().to_owned()),
            InvitedBy::Nobody => (words.by_nobody, String::new()),
        };
        let who = fill(
            sentence,
            &[("inviter", &inviter), ("provider", &inviter), ("workspace", workspace), ("role", role)],
        );
        let subject = if self.reminder { words.reminder_subject } else { words.subject };
        Filled {
            words,
            language: language.tag,
            subject: fill(subject, &[("workspace", workspace)]),
            heading: fill(words.heading, &[("workspace", workspace)]),
            who,
            expires: fill(words.expires, &[("moment", &language.moment(self.expires_at))]),
            meant_for: fill(words.meant_for, &[("email", &self.recipient)]),
            link,
            reminder: self.reminder,
        }
    }
}

/// Moves the style sheet onto the elements, where every mail program reads it; rules for the dark stay in the head.
static INLINER: LazyLock<CSSInliner<'static>> = LazyLock::new(|| {
    CSSInliner::new(InlineOptions {
        keep_at_rules: true,
        load_remote_stylesheets: false,
        ..InlineOptions::default()
    })
});
