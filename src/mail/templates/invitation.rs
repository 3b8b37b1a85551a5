//! The invitation, its reminder, and the new link that someone asked for.

use super::{
    Addressee,
    sheet::{Sheet, WayOut, name},
};
use crate::{
    clock::Timestamp,
    config::BaseUrl,
    mail::words::{Words, fill},
    model::{MailTemplate, Provider, Role},
    secret::Secret,
};

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

/// Why the person is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// They are invited.
    Invited,
    /// Half of the time is over and nobody has answered.
    Reminded,
    /// They asked for a new link.
    AskedForLink,
}

/// What an invitation says.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Why the person is written to.
    pub occasion: Occasion,
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
}

impl Invitation {
    pub(super) fn template(&self) -> MailTemplate {
        match self.occasion {
            Occasion::Invited => MailTemplate::Invitation,
            Occasion::Reminded => MailTemplate::Reminder,
            Occasion::AskedForLink => MailTemplate::NewLink,
        }
    }

    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.invitation;
        let workspace = name(&self.workspace);
        let filled = |text| fill(text, &[("workspace", &workspace)]);
        let (subject, opening) = match self.occasion {
            Occasion::Invited => (words.subject, None),
            Occasion::Reminded => (words.reminder_subject, Some(words.reminder)),
            Occasion::AskedForLink => (words.new_link_subject, Some(words.new_link)),
        };
        let who = self.who(language, &workspace);
        let paragraphs = opening.map(str::to_owned).into_iter().chain([who, words.about.to_owned()]);
        let link = base_url.join(&format!("/invite/{}", self.token.reveal()));
        let mut sheet = Sheet::new(language, to, filled(subject), filled(words.heading))
            .saying(paragraphs.collect())
            .leading(words.accept, link.clone());
        sheet.note = Some(fill(words.expires, &[("moment", &language.moment(self.expires_at))]));
        sheet.unsubscribe = Some(format!("{link}/decline"));
        sheet.way_out = Some(WayOut { question: words.not_you, label: words.decline, link });
        sheet
    }

    fn who(&self, language: &Words, workspace: &str) -> String {
        let words = &language.invitation;
        let (sentence, inviter) = match &self.invited_by {
            InvitedBy::Person(person) => (words.by_person, name(person)),
            InvitedBy::Directory(Provider::Generic) => (words.by_it_team, String::new()),
            InvitedBy::Directory(provider) => (words.by_directory, provider.short_label().to_owned()),
            InvitedBy::Nobody => (words.by_nobody, String::new()),
        };
        let role = language.role(self.role);
        fill(
            sentence,
            &[("inviter", &inviter), ("provider", &inviter), ("workspace", workspace), ("role", role)],
        )
    }
}

/// Someone declined an invitation; it goes to who invited.
#[derive(Clone, Debug)]
pub struct Declined {
    /// The workspace's name.
    pub workspace: String,
    /// Who declined.
    pub email: String,
    /// The page with the invitations.
    pub path: String,
}

impl Declined {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.declined;
        let (workspace, email) = (name(&self.workspace), name(&self.email));
        let filled = |text| fill(text, &[("workspace", &workspace), ("email", &email)]);
        Sheet::new(language, to, filled(words.subject), words.heading.to_owned())
            .saying(vec![filled(words.what), words.then.to_owned()])
            .leading(words.action, base_url.join(&self.path))
    }
}
