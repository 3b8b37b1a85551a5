//! What people are told of their own access and account.

use super::{
    Addressee,
    sheet::{Sheet, name},
};
use crate::{
    clock::Timestamp,
    config::BaseUrl,
    mail::words::{Words, fill},
    model::SuspendedBy,
    secret::Secret,
};

/// The reader's access was taken away.
#[derive(Clone, Debug)]
pub struct AccessSuspended {
    /// The workspace's name.
    pub workspace: String,
    /// Who did it.
    pub by: SuspendedBy,
}

impl AccessSuspended {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee) -> Sheet {
        let words = &language.access_suspended;
        let workspace = name(&self.workspace);
        let filled = |text| fill(text, &[("workspace", &workspace)]);
        let what = match self.by {
            SuspendedBy::Directory => words.by_directory,
            SuspendedBy::Admin => words.by_admin,
        };
        Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(what), filled(words.kept)])
    }
}

/// A directory made the reader a member at once: a link that sets their password, `/password/{token}`.
#[derive(Clone, Debug)]
pub struct Added {
    /// The workspace's name.
    pub workspace: String,
    /// The secret in the link.
    pub token: Secret,
    /// When the link ends.
    pub expires_at: Timestamp,
}

impl Added {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.added;
        let link = base_url.join(&format!("/password/{}", self.token.reveal()));
        let (workspace, email) = (name(&self.workspace), name(&to.email));
        let filled = |text| fill(text, &[("workspace", &workspace), ("email", &email)]);
        let mut sheet = Sheet::new(language, to, filled(words.subject), filled(words.heading))
            .saying(vec![filled(words.what), words.now.to_owned(), words.not_you.to_owned()])
            .leading(words.action, link);
        sheet.note = Some(fill(language.frame.works_once, &[("moment", &language.moment(self.expires_at))]));
        sheet
    }
}

/// A link that sets a new password: `/password/{token}`.
#[derive(Clone, Debug)]
pub struct PasswordReset {
    /// The secret in the link.
    pub token: Secret,
    /// When the link ends.
    pub expires_at: Timestamp,
}

impl PasswordReset {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.password_reset;
        let link = base_url.join(&format!("/password/{}", self.token.reveal()));
        let email = name(&to.email);
        let mut sheet = Sheet::new(language, to, words.subject.to_owned(), words.heading.to_owned())
            .saying(vec![fill(words.what, &[("email", &email)]), words.not_you.to_owned()])
            .leading(words.action, link);
        sheet.note = Some(fill(language.frame.works_once, &[("moment", &language.moment(self.expires_at))]));
        sheet
    }
}

/// A link that confirms a new address, `/account/email/{token}`; it goes to the new one.
#[derive(Clone, Debug)]
pub struct EmailChange {
    /// The secret in the link.
    pub token: Secret,
    /// The address that the account has.
    pub old: String,
    /// The address that it gets.
    pub new: String,
    /// When the link ends.
    pub expires_at: Timestamp,
}

impl EmailChange {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.email_change;
        let link = base_url.join(&format!("/account/email/{}", self.token.reveal()));
        let (old, new) = (name(&self.old), name(&self.new));
        let what = fill(words.what, &[("old", &old), ("new", &new)]);
        let mut sheet = Sheet::new(language, to, words.subject.to_owned(), words.heading.to_owned())
            .saying(vec![what, words.not_you.to_owned()])
            .leading(words.action, link);
        sheet.note = Some(fill(language.frame.works_once, &[("moment", &language.moment(self.expires_at))]));
        sheet
    }
}

/// An address was changed; it goes to the old one.
#[derive(Clone, Debug)]
pub struct EmailChanged {
    /// The address that the account had.
    pub old: String,
    /// The address that it has.
    pub new: String,
    /// When it was changed.
    pub at: Timestamp,
}

impl EmailChanged {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee) -> Sheet {
        let words = &language.email_changed;
        let (old, new) = (name(&self.old), name(&self.new));
        let moment = language.moment(self.at);
        let what = fill(words.what, &[("old", &old), ("new", &new), ("moment", &moment)]);
        Sheet::new(language, to, words.subject.to_owned(), words.heading.to_owned())
            .saying(vec![what, words.not_you.to_owned()])
    }
}

/// A directory changed the address of a member; it goes to the old address and to the new one.
#[derive(Clone, Debug)]
pub struct DirectoryEmailChanged {
    /// The workspace's name.
    pub workspace: String,
    /// The address that the workspace knew.
    pub old: String,
    /// The address that it knows.
    pub new: String,
    /// When it was changed.
    pub at: Timestamp,
    /// How the person signs in now.
    pub sign_in: SignIn,
}

/// How someone signs in whose address a directory changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// With the address of their account, which is another one.
    AsBefore,
    /// With the new address.
    WithNew,
    /// Not yet: they have no password.
    NotYet,
}

impl DirectoryEmailChanged {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.directory_email_changed;
        let (workspace, old, new) = (name(&self.workspace), name(&self.old), name(&self.new));
        let moment = language.moment(self.at);
        let values = [("workspace", &*workspace), ("old", &*old), ("new", &*new), ("moment", &*moment)];
        let filled = |text| fill(text, &values);
        let then = match self.sign_in {
            SignIn::AsBefore => words.signs_in_as_before,
            SignIn::WithNew => words.signs_in_with_new,
            SignIn::NotYet => words.no_password,
        };
        let sheet = Sheet::new(language, to, filled(words.subject), filled(words.heading)).saying(vec![
            filled(words.what),
            filled(then),
            words.not_you.to_owned(),
        ]);
        match self.sign_in {
            SignIn::AsBefore => sheet.leading(words.action, base_url.join("/account")),
            SignIn::WithNew | SignIn::NotYet => sheet,
        }
    }
}

/// A mail that shows that mail arrives.
#[derive(Clone, Debug)]
pub struct TestMail {
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub at: Timestamp,
}

impl TestMail {
    pub(super) fn sheet(&self, language: &'static Words, to: &Addressee, base_url: &BaseUrl) -> Sheet {
        let words = &language.test;
        let person = name(&self.asked_by);
        let moment = language.moment(self.at);
        let filled =
            |text| fill(text, &[("person", &person), ("moment", &moment), ("address", base_url.as_str())]);
        Sheet::new(language, to, words.subject.to_owned(), words.heading.to_owned())
            .saying(vec![filled(words.what), words.nothing_to_do.to_owned()])
    }
}
