//! Setting a password: someone new without one, someone who forgot theirs, or recovery at the command line.

use leptos::prelude::*;

use super::{Field, Page};
use crate::ui::{Kind, TextField, form_error, signed_out};

/// `/password` and `/password/new`
#[derive(Clone, Debug)]
pub enum Password {
    /// The link is good.
    Form(PasswordForm),
    /// `/password`: asking for a link.
    Forgot(Field),
    /// A link may be on its way: the same words whether or not the address has an account.
    Sent {
        /// As typed.
        email: String,
    },
    /// The link is wrong, old or used.
    DeadLink,
}

/// What one types.
#[derive(Clone, Debug, Default)]
pub struct PasswordForm {
    /// Whose password it is.
    pub email: String,
    /// Their name.
    pub name: Field,
    /// Only the error is shown.
    pub password: Field,
    /// What is wrong with all of it.
    pub error: Option<String>,
}

impl Page for Password {
    fn title(&self) -> String {
        "Set a password".to_owned()
    }

    fn view(self) -> AnyView {
        match self {
            Self::Form(form) => {
                let lead = format!("For {}. Other devices are signed out.", form.email);
                signed_out("Set a password", lead, fields(form))
            }
            Self::Forgot(email) => signed_out(
                "Forgot your password?",
                "We mail you a link that sets a new one.",
                view! {
                    <form class="form" method="post" action="/password">
                        <TextField name="email" label="E-mail" field=email kind=Kind::Email autofocus=true />
                        <button class="button primary wide">"Send the link"</button>
                        <p class="hint centre">
                            <a href="/login">"Back to sign-in"</a>
                        </p>
                    </form>
                },
            ),
            Self::Sent { email } => signed_out(
                "Look at your mail",
                format!("If {email} has an account, a link is on its way. It works once, for an hour."),
                view! { <a class="button wide" href="/login">"Back to sign-in"</a> },
            ),
            Self::DeadLink => signed_out(
                "This link does not work any more",
                "It was used already, or it is too old.",
                view! {
                    <div class="form">
                        <a class="button primary wide" href="/password">
                            "Send me a new link"
                        </a>
                        <a class="button wide" href="/login">
                            "Go to sign-in"
                        </a>
                    </div>
                },
            ),
        }
    }
}

fn fields(form: PasswordForm) -> AnyView {
    let named = !form.name.value.is_empty();
    view! {
        <form class="form" method="post" action="/password/new">
            {form_error(form.error)}
            // The address helps a password manager to file the new password.
            <input type="email" name="email" autocomplete="username" value=form.email hidden readonly />
            <TextField name="name" label="Your name" field=form.name kind=Kind::Name autofocus=!named />
            <TextField
                name="password"
                label="New password"
                field=form.password
                kind=Kind::NewPassword
                hint="At least 12 characters. A few plain words are fine."
                autofocus=named
            />
            <button class="button primary wide">"Set password"</button>
        </form>
    }
    .into_any()
}
