//! What each mail says. One type for each, with what it tells; [`Letter`] lists them.
//!
//! To add a mail: its word in [`MailTemplate`], its texts in `words/` (the compiler asks for every language), a type
//! here with a `sheet`, a variant of [`Letter`], a sample for the preview, and an arm in `jobs::drafting` that gathers
//! what it tells from the store.

mod account;
mod alerts;
mod invitation;
mod sample;
mod sheet;

pub use account::{
    AccessSuspended, Added, DirectoryEmailChanged, EmailChange, EmailChanged, PasswordReset, SignIn, TestMail,
};
pub use alerts::{DirectoryFailing, Failure, LastOwner, MassChange, SeatLimitReached, TokenExpiring};
pub use invitation::{Declined, Invitation, InvitedBy, Occasion};
pub use sample::sample;

use self::sheet::Sheet;
use super::{
    message::{Identity, Message, Parts},
    words::Words,
};
use crate::{config::BaseUrl, model::MailTemplate};

/// Whom a mail is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The address.
    pub email: String,
    /// The person's language (BCP 47), when it is known.
    pub language: Option<String>,
}

/// Every mail.
#[derive(Clone, Debug)]
pub enum Letter {
    /// An invitation, its reminder, or a new link to it.
    Invitation(Invitation),
    /// A directory's token ends soon.
    TokenExpiring(TokenExpiring),
    /// A directory's changes are refused.
    DirectoryFailing(DirectoryFailing),
    /// The directory calls the last owner inactive.
    LastOwner(LastOwner),
    /// A directory took away the access of many people in a short time.
    MassChange(MassChange),
    /// Someone could not come in for want of a seat.
    SeatLimitReached(SeatLimitReached),
    /// The reader's access was taken away.
    AccessSuspended(AccessSuspended),
    /// A directory made the reader a member at once.
    Added(Added),
    /// A link that sets a new password.
    PasswordReset(PasswordReset),
    /// A link that confirms a new address; it goes there.
    EmailChange(EmailChange),
    /// An address was changed; it goes to the old one.
    EmailChanged(EmailChanged),
    /// A directory changed the address of a member.
    DirectoryEmailChanged(DirectoryEmailChanged),
    /// Someone declined an invitation; it goes to who invited.
    Declined(Declined),
    /// A mail that shows that mail arrives.
    Test(TestMail),
}

impl Letter {
    /// Which mail it is.
    pub fn template(&self) -> MailTemplate {
        match self {
            Self::Invitation(mail) => mail.template(),
            Self::TokenExpiring(_) => MailTemplate::TokenExpiring,
            Self::DirectoryFailing(_) => MailTemplate::DirectoryFailing,
            Self::LastOwner(_) => MailTemplate::LastOwner,
            Self::MassChange(_) => MailTemplate::MassChange,
            Self::SeatLimitReached(_) => MailTemplate::SeatLimitReached,
            Self::AccessSuspended(_) => MailTemplate::AccessSuspended,
            Self::Added(_) => MailTemplate::Added,
            Self::PasswordReset(_) => MailTemplate::PasswordReset,
            Self::EmailChange(_) => MailTemplate::EmailChange,
            Self::EmailChanged(_) => MailTemplate::EmailChanged,
            Self::DirectoryEmailChanged(_) => MailTemplate::DirectoryEmailChanged,
            Self::Declined(_) => MailTemplate::Declined,
            Self::Test(_) => MailTemplate::Test,
        }
    }

    /// Renders the mail to `addressee`. Its links lead to `base_url`.
    ///
    /// # Errors
    /// A sentence when the address cannot be written to.
    pub fn render(
        &self,
        addressee: &Addressee,
        identity: &Identity,
        base_url: &BaseUrl,
    ) -> Result<Message, String> {
        let words = Words::of(addressee.language.as_deref());
        let sheet = self.sheet(words, addressee, base_url);
        let (text, html) = sheet.render()?;
        let parts = Parts {
            recipient: addressee.email.clone(),
            subject: sheet.subject,
            text,
            html,
            unsubscribe: sheet.unsubscribe,
        };
        Message::build(identity, parts)
    }

    fn sheet(&self, words: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        match self {
            Self::Invitation(mail) => mail.sheet(words, to, base_url),
            Self::TokenExpiring(mail) => mail.sheet(words, to, base_url),
            Self::DirectoryFailing(mail) => mail.sheet(words, to, base_url),
            Self::LastOwner(mail) => mail.sheet(words, to, base_url),
            Self::MassChange(mail) => mail.sheet(words, to, base_url),
            Self::SeatLimitReached(mail) => mail.sheet(words, to, base_url),
            Self::AccessSuspended(mail) => mail.sheet(words, to),
            Self::Added(mail) => mail.sheet(words, to, base_url),
            Self::PasswordReset(mail) => mail.sheet(words, to, base_url),
            Self::EmailChange(mail) => mail.sheet(words, to, base_url),
            Self::EmailChanged(mail) => mail.sheet(words, to),
            Self::DirectoryEmailChanged(mail) => mail.sheet(words, to, base_url),
            Self::Declined(mail) => mail.sheet(words, to, base_url),
            Self::Test(mail) => mail.sheet(words, to, base_url),
        }
    }
}
