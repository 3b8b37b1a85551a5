//! Pages of no workspace: first run, sign-in, invitations, one's own account, the mailbox, errors.

use app::pages::{
    Field,
    account::{Account, ConfirmEmail, Managed, NewAddress, NewAddressLink, SessionRow},
    error::ErrorPage,
    invite::{Invite, Invitee, Inviter, Join},
    login::{Login, LoginForm, LoginProblem},
    mailbox::{MailRow, Mailbox, Message, Part},
    password::{Password, PasswordForm},
    setup::{Setup, SetupForm},
};
use rollcall::model::Role;

use super::{
    Sample,
    samples::{DAY, HOUR, MINUTE, NOW, reader},
};

fn account(managed: Option<Managed>) -> Account {
    let row = |id: &str, browser: &str, since: i64, this: bool| SessionRow {
        id: id.into(),
        browser: browser.into(),
        since,
        this,
    };
    Account {
        reader: reader(),
        waiting: None,
        name: Field::new("Ada Lovelace"),
        email: "ada@acme.com".into(),
        managed,
        new_email: Field::default(),
        email_password: Field::default(),
        current: Field { value: String::new(), error: Some("This is not your password.".into()) },
        password: Field::default(),
        sessions: vec![
            row("s1", "Firefox on Linux", NOW - 5 * MINUTE, true),
            row("s2", "Safari on iPhone", NOW - 3 * DAY, false),
        ],
        now: NOW,
    }
}

fn waiting(name: &'static str, link: NewAddressLink) -> Sample {
    Sample::new(name, move || Account {
        waiting: Some(NewAddress { email: "ada@new.example".into(), link: link.clone() }),
        ..account(None)
    })
}

fn join(as_whom: Invitee, by: Inviter) -> Invite {
    Invite::Join(Join {
        workspace: "Acme".into(),
        role: Role::Member,
        by,
        email: "grace@acme.com".into(),
        expires: NOW + 14 * DAY,
        now: NOW,
        as_whom,
    })
}

fn login(problem: Option<LoginProblem>) -> Login {
    let email = if problem.is_some() { "ada@acme.com".into() } else { String::new() };
    Login::Form(LoginForm { email, next: String::new(), problem })
}

fn message(part: Part) -> Message {
    Message {
        id: "m1".to_owned().into(),
        from: "Rollcall <rollcall@localhost>".into(),
        to: "grace@acme.com".into(),
        subject: "Join Acme on Rollcall".into(),
        at: NOW - 4 * MINUTE,
        now: NOW,
        part,
        links: vec!["http://127.0.0.1:3000/invite/inv_6hT2mQ0xZr8WkE4n".into()],
    }
}

pub(crate) fn all() -> Vec<Sample> {
    let new = || Invitee::New { name: Field::new("Grace Hopper"), password: Field::default(), error: None };
    vec![
        Sample::new("setup", || Setup::Form(SetupForm { token: "t".into(), ..SetupForm::default() })),
        Sample::new("setup-errors", || {
            Setup::Form(SetupForm {
                token: "t".into(),
                name: "Ada Lovelace".into(),
                email: Field::wrong("ada@", "This is no e-mail address. It needs a part after the @."),
                password: Field::wrong("", "Too short. Use at least 12 characters."),
                workspace: "Acme".into(),
                error: None,
            })
        }),
        Sample::new("setup-dead", || Setup::DeadLink),
        Sample::new("login", || login(None)),
        Sample::new("login-wrong", || login(Some(LoginProblem::Wrong))),
        Sample::new("login-tries", || {
            login(Some(LoginProblem::TooManyTries { until: NOW + 14 * MINUTE, now: NOW }))
        }),
        Sample::new("login-suspended", || {
            login(Some(LoginProblem::Suspended {
                workspace: "Acme".into(),
                by_directory: true,
                at: NOW - 18 * DAY,
                now: NOW,
                invited_to: None,
            }))
        }),
        Sample::new("login-suspended-and-invited", || {
            login(Some(LoginProblem::Suspended {
                workspace: "Acme".into(),
                by_directory: false,
                at: NOW - 18 * DAY,
                now: NOW,
                invited_to: Some("Beta".into()),
            }))
        }),
        Sample::new("login-no-workspace", || Login::NoWorkspace { email: "ada@acme.com".into() }),
        Sample::new("password", || {
            Password::Form(PasswordForm { email: "ada@acme.com".into(), ..PasswordForm::default() })
        }),
        Sample::new("password-dead", || Password::DeadLink),
        Sample::new("invite", move || join(new(), Inviter::Directory("Okta".into()))),
        Sample::new("invite-has-account", || {
            let as_whom = Invitee::HasAccount { password: Field::default(), error: None };
            join(as_whom, Inviter::Person("Ada Lovelace".into()))
        }),
        Sample::new("invite-wrong-password", || {
            let password = Field::wrong("", "This is not the password of your account.");
            join(Invitee::HasAccount { password, error: None }, Inviter::Person("Ada Lovelace".into()))
        }),
        Sample::new("invite-too-many-tries", || {
            let error = Some("Too many tries. Wait a few seconds before the next one.".into());
            let as_whom = Invitee::HasAccount { password: Field::default(), error };
            join(as_whom, Inviter::Person("Ada Lovelace".into()))
        }),
        Sample::new("invite-signed-in", || {
            join(Invitee::SignedIn { error: None }, Inviter::Person("Ada Lovelace".into()))
        }),
        Sample::new("invite-signed-in-refused", || {
            let error = Some(
                "grace@acme.com is known in Acme as g.hopper@acme.com, without access. Ask an admin there."
                    .into(),
            );
            join(Invitee::SignedIn { error }, Inviter::Person("Ada Lovelace".into()))
        }),
        Sample::new("invite-other", || Invite::OtherAccount {
            workspace: "Acme".into(),
            invited: "ada@acme.com".into(),
            signed_in: "bob@acme.com".into(),
        }),
        Sample::new("invite-expired", || Invite::Expired {
            workspace: "Acme".into(),
            at: NOW - 2 * DAY,
            now: NOW,
            renewable: None,
            error: None,
        }),
        Sample::new("invite-expired-renewable", || Invite::Expired {
            workspace: "Acme".into(),
            at: NOW - 2 * DAY,
            now: NOW,
            renewable: Some("ada@acme.com".into()),
            error: None,
        }),
        Sample::new("invite-renewed", || Invite::Renewed { email: "ada@acme.com".into() }),
        Sample::new("invite-full", || Invite::Full {
            workspace: "Acme".into(),
            expires: NOW + 6 * DAY,
            now: NOW,
            told: true,
        }),
        Sample::new("invite-full-untold", || Invite::Full {
            workspace: "Acme".into(),
            expires: NOW + 6 * DAY,
            now: NOW,
            told: false,
        }),
        Sample::new("password-forgot", || Password::Forgot(Field::default())),
        Sample::new("password-sent", || Password::Sent { email: "ada@acme.com".into() }),
        Sample::new("account", || account(None)),
        waiting("account-waiting-sent", NewAddressLink::Sent { at: NOW - 2 * MINUTE, until: NOW + DAY }),
        waiting("account-waiting-queued", NewAddressLink::Waits(None)),
        waiting("account-waiting-deferred", NewAddressLink::Waits(Some("451 4.7.1 Try again later".into()))),
        waiting("account-waiting-refused", NewAddressLink::Failed("550 5.1.1 No such user here".into())),
        waiting("account-waiting-expired", NewAddressLink::Expired(NOW - HOUR)),
        Sample::new("account-managed", || {
            account(Some(Managed { by: "Okta".into(), addresses: Vec::new() }))
        }),
        Sample::new("account-managed-moved", || {
            account(Some(Managed { by: "Okta".into(), addresses: vec!["ada.king@acme.com".into()] }))
        }),
        Sample::new("account-email", || ConfirmEmail::Ask {
            old: "ada@acme.com".into(),
            new: "ada@lovelace.example".into(),
            error: None,
        }),
        Sample::new("account-email-done", || ConfirmEmail::Done { email: "ada@lovelace.example".into() }),
        Sample::new("invite-without-link", || Invite::WithoutLink),
        Sample::new("invite-withdrawn", || Invite::Withdrawn),
        Sample::new("invite-replaced", || Invite::Replaced { workspace: "Acme".into() }),
        Sample::new("invite-declined", || Invite::Declined { workspace: "Acme".into() }),
        Sample::new("invite-used", || Invite::Used { workspace: "Acme".into() }),
        Sample::new("mailbox", || Mailbox {
            mails: [
                "grace@acme.com",
                "alan.mathison.turing@computing.cambridge.example.org",
                "edgar@partner.io",
            ]
            .iter()
            .enumerate()
            .map(|(index, to)| MailRow {
                id: format!("m{index}").into(),
                to: (*to).to_owned(),
                subject: "Join Acme on Rollcall".into(),
                at: NOW - (1 + index as i64 * 70) * MINUTE,
            })
            .collect(),
            now: NOW,
        }),
        Sample::new("mailbox-empty", || Mailbox { mails: Vec::new(), now: NOW }),
        Sample::new("mailbox-html", || message(Part::Html)),
        Sample::new("mailbox-text", || {
            message(Part::Text(
                "Hello Grace,\n\nyour IT team invites you to Acme, through Okta.\n\nJoin Acme:\nhttp://127.0.0.1:3000/invite/inv_6hT2mQ0xZr8WkE4n\n\nThe link is valid until 5 Dec 2026.\n"
                    .into(),
            ))
        }),
        Sample::new("error-403", || ErrorPage::Forbidden {
            reason: "Only owners and admins can invite people. Ask Ada Lovelace if you need to.".into(),
            home: Some("/w/acme".into()),
        }),
        Sample::new("error-404", || ErrorPage::NotFound { home: None }),
        Sample::new("error-500", || ErrorPage::Failed { reference: "0192f0a4c7b1".into() }),
        Sample::new("access-ended", || ErrorPage::AccessEnded {
            workspace: "Acme".into(),
            by_directory: true,
            at: NOW - MINUTE,
            now: NOW,
        }),
    ]
}
