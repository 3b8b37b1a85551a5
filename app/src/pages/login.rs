//! Sign-in.

use leptos::prelude::*;

use super::{Field, Page};
use crate::{
    ui::{Kind, TextField, Tone, notice, signed_out, time},
    when::Style,
};

/// `/login`
#[derive(Clone, Debug)]
pub enum Login {
    /// Address and password.
    Form(LoginForm),
    /// Signed in, but a member of nothing.
    NoWorkspace {
        /// Who is signed in.
        email: String,
    },
}

/// What one types to sign in.
#[derive(Clone, Debug, Default)]
pub struct LoginForm {
    /// As typed.
    pub email: String,
    /// Where to go afterwards; a path of this site, or empty.
    pub next: String,
    /// Why one is here again.
    pub problem: Option<LoginProblem>,
}

/// Why signing in did not work.
#[derive(Clone, Debug)]
pub enum LoginProblem {
    /// No such address, or not its password: the same words for both.
    Wrong,
    /// Too many tries.
    TooManyTries {
        /// When the next one is allowed.
        until: i64,
        /// The clock.
        now: i64,
    },
    /// The password is right, but the access is gone.
    Suspended {
        /// The workspace's name.
        workspace: String,
        /// Whether the directory did it, rather than a person.
        by_directory: bool,
        /// When.
        at: i64,
        /// The clock.
        now: i64,
        /// The name of a workspace whose invitation waits.
        invited_to: Option<String>,
    },
    /// The session ran out or was ended.
    SignedOut,
}

impl Page for Login {
    fn title(&self) -> String {
        "Sign in".to_owned()
    }

    fn view(self) -> AnyView {
        match self {
            Self::Form(form) => signed_out("Sign in", "Use your work e-mail.", fields(form)),
            Self::NoWorkspace { email } => signed_out(
                "No workspace yet",
                format!(
                    "You are signed in as {email}, but you belong to no workspace. Ask your admin for an invitation, or sign in with another address."
                ),
                view! {
                    <form method="post" action="/logout">
                        <button class="button wide">"Sign out"</button>
                    </form>
                },
            ),
        }
    }
}

fn fields(form: LoginForm) -> AnyView {
    let known = !form.email.is_empty();
    view! {
        <form class="form" method="post" action="/login">
            {form.problem.map(problem)}
            <input type="hidden" name="next" value=form.next />
            <TextField name="email" label="E-mail" field=Field::new(form.email) kind=Kind::Email autofocus=!known />
            <TextField name="password" label="Password" field=Field::default() kind=Kind::Password autofocus=known />
            <button class="button primary wide">"Sign in"</button>
            <p class="hint centre">
                <a href="/password">"Forgot your password?"</a>
            </p>
        </form>
    }
    .into_any()
}

fn problem(problem: LoginProblem) -> AnyView {
    match problem {
        LoginProblem::Wrong => {
            notice(Tone::Bad, "That e-mail and password do not match. Check both and try again.")
        }
        LoginProblem::TooManyTries { until, now } => notice(
            Tone::Bad,
            view! { "Too many tries. The next one is possible " {time(until, now, Style::Relative)} "." },
        ),
        LoginProblem::Suspended { workspace, by_directory, at, now, invited_to } => {
            let (by, then) = if by_directory {
                ("your organization's directory", "Ask your IT team.")
            } else {
                ("an admin", "Ask them to restore it.")
            };
            let invited = invited_to.map(|other| {
                format!(" You are invited to {other}: to join, open the link in the mail of that invitation.")
            });
            notice(
                Tone::Bad,
                view! {
                    {format!("Your access to {workspace} was removed by {by} on ")} {time(at, now, Style::Date)} ". "
                    {then} {invited}
                },
            )
        }
        LoginProblem::SignedOut => notice(Tone::Info, "You were signed out. Sign in to go on."),
    }
}
