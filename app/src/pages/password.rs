//! Setting a password: a new owner made on the command line, or recovery.

use leptos::prelude::*;

use super::{Field, Page};
use crate::ui::{Kind, TextField, form_error, signed_out};

/// `/password/{token}`
#[derive(Clone, Debug)]
pub enum Password {
    /// The link is good.
    Form(PasswordForm),
    /// The link is wrong, old or used.
    DeadLink,
}

/// What one types.
#[derive(Clone, Debug, Default)]
pub struct PasswordForm {
    /// From the link.
    pub token: String,
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
            Self::DeadLink => signed_out(
                "This link does not work any more",
                "It was used already, or it is too old. Ask whoever gave it to you for a new one.",
                view! { <a class="button wide" href="/login">"Go to sign-in"</a> },
            ),
        }
    }
}

fn fields(form: PasswordForm) -> AnyView {
    let named = !form.name.value.is_empty();
    view! {
        <form class="form" method="post" action=format!("/password/{}", form.token)>
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
