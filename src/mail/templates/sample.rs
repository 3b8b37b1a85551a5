//! A sample of each mail, for the preview. Its names are made up and its secrets open nothing.

use std::time::Duration;

use super::{
    AccessSuspended, Added, Declined, DirectoryEmailChanged, DirectoryFailing, EmailChange, EmailChanged,
    Failure, Invitation, InvitedBy, LastOwner, Letter, MassChange, Occasion, PasswordReset, SeatLimitReached,
    SignIn, TestMail, TokenExpiring,
};
use crate::{
    clock::Timestamp,
    model::{MailTemplate, Provider, Role, SuspendedBy},
    secret::Secret,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A sample of a mail that is written now.
pub fn sample(template: MailTemplate, now: Timestamp) -> Letter {
    let (workspace, directory) = ("Acme".to_owned(), "Okta".to_owned());
    let path = "/".to_owned();
    let invitation = |occasion, invited_by, days| {
        Letter::Invitation(Invitation {
            occasion,
            workspace: workspace.clone(),
            invited_by,
            role: Role::Member,
            token: Secret::masked(),
            expires_at: now.plus(days * DAY),
        })
    };
    match template {
        MailTemplate::Invitation => {
            invitation(Occasion::Invited, InvitedBy::Person("Ada Lovelace".to_owned()), 14)
        }
        MailTemplate::Reminder => invitation(Occasion::Reminded, InvitedBy::Directory(Provider::Okta), 7),
        MailTemplate::NewLink => invitation(Occasion::AskedForLink, InvitedBy::Directory(Provider::Okta), 14),
        MailTemplate::TokenExpiring => Letter::TokenExpiring(TokenExpiring {
            workspace,
            directory,
            hint: "scim_…7f3a".to_owned(),
            expires_at: now.plus(14 * DAY),
            path,
        }),
        MailTemplate::DirectoryFailing => Letter::DirectoryFailing(DirectoryFailing {
            workspace,
            directory,
            failure: Failure::Refused { refused: 7, of: 10 },
            since: now.minus(DAY / 8),
            answer: Some("userName: is required".to_owned()),
            path,
        }),
        MailTemplate::LastOwner => Letter::LastOwner(LastOwner {
            workspace,
            directory,
            person: "Ada Lovelace".to_owned(),
            email: "ada@acme.example".to_owned(),
            path,
        }),
        MailTemplate::MassChange => Letter::MassChange(MassChange {
            workspace,
            directory,
            suspended: 43,
            of: 180,
            since: now.minus(DAY / 144),
            path,
        }),
        MailTemplate::SeatLimitReached => {
            Letter::SeatLimitReached(SeatLimitReached { workspace, limit: 50, at: now, path })
        }
        MailTemplate::AccessSuspended => {
            Letter::AccessSuspended(AccessSuspended { workspace, by: SuspendedBy::Directory })
        }
        MailTemplate::Added => {
            Letter::Added(Added { workspace, token: Secret::masked(), expires_at: now.plus(3 * DAY) })
        }
        MailTemplate::PasswordReset => {
            Letter::PasswordReset(PasswordReset { token: Secret::masked(), expires_at: now.plus(DAY / 24) })
        }
        MailTemplate::EmailChange => Letter::EmailChange(EmailChange {
            token: Secret::masked(),
            old: "grace@acme.example".to_owned(),
            new: "grace.hopper@acme.example".to_owned(),
            expires_at: now.plus(DAY),
        }),
        MailTemplate::EmailChanged => Letter::EmailChanged(EmailChanged {
            old: "grace@acme.example".to_owned(),
            new: "grace.hopper@acme.example".to_owned(),
            at: now,
        }),
        MailTemplate::DirectoryEmailChanged => Letter::DirectoryEmailChanged(DirectoryEmailChanged {
            workspace,
            old: "grace@acme.example".to_owned(),
            new: "grace.hopper@acme.example".to_owned(),
            at: now,
            sign_in: SignIn::AsBefore,
        }),
        MailTemplate::Declined => {
            Letter::Declined(Declined { workspace, email: "grace@acme.example".to_owned(), path })
        }
        MailTemplate::Test => Letter::Test(TestMail { asked_by: "Ada Lovelace".to_owned(), at: now }),
    }
}
