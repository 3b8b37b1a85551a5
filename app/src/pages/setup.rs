//! First run: the first owner and the first workspace.

use leptos::prelude::*;

use super::{Field, Page};
use crate::ui::{Kind, TextField, form_error, signed_out};

/// `/setup`
#[expect(clippy::large_enum_variant, reason = "one is made for a request and shown at once")]
#[derive(Clone, Debug)]
pub enum Setup {
    /// The link is good.
    Form(SetupForm),
    /// The link is wrong, missing or used.
    DeadLink,
}

/// What the first owner types.
#[derive(Clone, Debug, Default)]
pub struct SetupForm {
    /// From the link.
    pub token: String,
    /// Their name.
    pub name: Field,
    /// Their work e-mail.
    pub email: Field,
    /// Only the error is shown.
    pub password: Field,
    /// The workspace's name.
    pub workspace: Field,
    /// What is wrong with all of it.
    pub error: Option<String>,
}

impl Page for Setup {
    fn title(&self) -> String {
        "Set up".to_owned()
    }

    fn view(self) -> AnyView {
        match self {
            Self::Form(form) => signed_out(
                "Set up Rollcall",
                "You become the first owner. This page is gone once you are done.",
                fields(form),
            ),
            Self::DeadLink => signed_out(
                "This set-up link does not work",
                "It is incomplete, or it was used already. While nobody owns this server, it prints a new link each time it starts.",
                view! { <a class="button wide" href="/login">"Go to sign-in"</a> },
            ),
        }
    }
}

fn fields(form: SetupForm) -> AnyView {
    let first = form.name.error.is_none()
        && form.email.error.is_none()
        && form.password.error.is_none()
        && form.workspace.error.is_none();
    view! {
        <form class="form" method="post" action="/setup">
            {form_error(form.error)}
            <input type="hidden" name="token" value=form.token />
            <TextField name="name" label="Your name" field=form.name kind=Kind::Name autofocus=first />
            <TextField name="email" label="Work e-mail" field=form.email kind=Kind::Email />
            <TextField
                name="password"
                label="Password"
                field=form.password
                kind=Kind::NewPassword
                hint="At least 12 characters. A few plain words are fine."
            />
            <TextField
                name="workspace"
                label="Workspace name"
                field=form.workspace
                kind=Kind::Organization
                hint="Usually your company."
            />
            <button class="button primary wide">"Create workspace"</button>
        </form>
    }
    .into_any()
}
