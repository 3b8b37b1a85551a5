//! The Directory Sync dialog: choose, carry two values over, watch the first calls.

use leptos::prelude::*;
use rollcall::model::{DirectoryId, Progress, Provider, Role};

use super::{Field, Frame, people_dialogs::role_hint};
use crate::{
    islands::ProgressTicks,
    ui::{
        Choice, DialogFrame, Fact, SelectField, TextField, Tone, code, dialog_foot, dialog_head, facts,
        form_error, notice, pill, secret, time,
    },
    when::Style,
};

/// `?dialog=directory-sync`
#[derive(Clone, Debug)]
pub enum SecurityDialog {
    /// A new directory.
    Choose(ChooseForm),
    /// `&directory=ID`: its two values and its first calls, or, later, what it is.
    Directory(Box<DirectoryValues>),
}

/// Choosing a provider.
#[derive(Clone, Debug)]
pub struct ChooseForm {
    /// Makes a second press of the button harmless.
    pub key: String,
    /// What was chosen.
    pub provider: Option<Provider>,
    /// What is wrong with the choice.
    pub provider_error: Option<String>,
    /// The directory's name.
    pub name: Field,
    /// What new people may do.
    pub default_role: Role,
    /// What is wrong with all of it.
    pub error: Option<String>,
    /// How many directories there are already.
    pub others: u64,
}

/// The values of one directory.
#[derive(Clone, Debug)]
pub struct DirectoryValues {
    /// Which.
    pub id: DirectoryId,
    /// Its name.
    pub name: String,
    /// The kind of identity provider: decides the labels.
    pub provider: Provider,
    /// The SCIM base URL.
    pub endpoint: String,
    /// The token, or what is left of it.
    pub token: TokenShown,
    /// How far it has come.
    pub progress: Progress,
}

/// A token is shown once.
#[derive(Clone, Debug)]
pub enum TokenShown {
    /// Just made: the whole token, this one time.
    Once(String),
    /// Made before: those that work.
    Hints(Vec<LiveToken>),
}

/// A token that works.
#[derive(Clone, Debug)]
pub struct LiveToken {
    /// Such as `scim_…3UaC`.
    pub hint: String,
    /// When it was last used.
    pub last_used: Option<i64>,
}

pub(super) fn view(frame: &Frame, dialog: SecurityDialog) -> AnyView {
    match dialog {
        SecurityDialog::Choose(form) => choose(frame, form),
        SecurityDialog::Directory(values) => match values.token.clone() {
            TokenShown::Once(token) => carry_over(frame, *values, &token),
            TokenShown::Hints(tokens) => reopened(frame, *values, tokens),
        },
    }
}

/// What the provider picker and the settings of a directory have in common: one choice of a default role.
pub(super) fn role_choices(chosen: Role) -> Vec<Choice> {
    // Ownership never comes from a directory.
    [Role::Admin, Role::Member, Role::Viewer]
        .into_iter()
        .map(|role| Choice {
            value: role.as_str().to_owned(),
            label: role.label().to_owned(),
            chosen: role == chosen,
        })
        .collect()
}

fn choose(frame: &Frame, form: ChooseForm) -> AnyView {
    let close = frame.url("/settings/security");
    let error = form.provider_error;
    let described = error.is_some().then_some("provider-error");
    let tiles = Provider::ALL.iter().map(|&provider| tile(provider, form.provider)).collect_view();
    let google = Provider::Google
        .hint()
        .map(|hint| view! { <div class="only-google">{notice(Tone::Warn, hint)}</div> });
    let others = (form.others > 0)
        .then(|| notice(Tone::Info, "This adds one more directory. The one you have is not changed."));
    let content = view! {
        {dialog_head("Directory Sync", "Where do you manage people?", &close)}
        <form class="dialog-form" method="post" action=frame.url("/settings/security/directories")>
            <div class="dialog-body">
                {form_error(form.error)} {others} <input type="hidden" name="key" value=form.key />
                <fieldset class="field" aria-describedby=described>
                    <legend>"Directory Provider"</legend>
                    <div class="tiles">{tiles}</div>
                    {google}
                    {error.map(|error| view! { <p class="error" id="provider-error" role="alert">{error}</p> })}
                </fieldset>
                <div class="pair">
                    <TextField
                        name="name"
                        id="directory-name"
                        label="Name"
                        field=form.name
                        optional=true
                        hint="Left empty, it is called like the provider."
                    />
                    <SelectField
                        name="default_role"
                        label="Role for new people"
                        choices=role_choices(form.default_role)
                        hint=role_hint()
                    />
                </div>
            </div>
            {dialog_foot(
                None,
                view! {
                    <a class="button" href=close.clone() data-close="">
                        "Cancel"
                    </a>
                    <button class="button primary">"Save changes"</button>
                }
                .into_any(),
            )}
        </form>
    };
    DialogFrame { wide: true, ..DialogFrame::new(close, "configure") }.wrap(content.into_any())
}

fn tile(provider: Provider, chosen: Option<Provider>) -> AnyView {
    let checked = chosen == Some(provider);
    // The first tile takes the focus when none is chosen, as arrow keys then reach the others.
    let focus = checked || (chosen.is_none() && provider == Provider::Okta);
    view! {
        <label class="tile">
            <input
                type="radio"
                name="provider"
                value=provider.as_str()
                checked=checked
                required
                autofocus=focus
                data-names=provider.default_directory_name()
            />
            <span class="tile-name">{provider.label()}</span>
        </label>
    }
    .into_any()
}

fn ticks(frame: &Frame, id: &DirectoryId, progress: Progress) -> AnyView {
    let url = frame.url(&format!("/settings/security/directories/{id}/progress"));
    view! { <ProgressTicks url=url first=progress /> }.into_any()
}

/// The live steps, as the directory's own page shows them too.
pub(super) fn progress(frame: &Frame, id: &DirectoryId, progress: Progress) -> AnyView {
    ticks(frame, id, progress)
}

fn carry_over(frame: &Frame, values: DirectoryValues, token: &str) -> AnyView {
    let close = frame.url("/settings/security");
    let provider = values.provider;
    let lead = match provider {
        Provider::Generic => "Paste these two values into your identity provider.".to_owned(),
        other => format!("Paste these two values into {}.", other.short_label()),
    };
    let page = frame.url(&format!("/settings/security/directories/{}", values.id));
    let content = view! {
        {dialog_head("Directory Sync", lead, &close)}
        <div class="dialog-body">
            {secret("endpoint", provider.endpoint_label(), &values.endpoint, false, None)}
            {secret("token", provider.token_label(), token, true, Some("Shown only once. We keep a fingerprint of it, not the token."))}
            {provider.hint().map(|hint| notice(Tone::Info, hint))} {ticks(frame, &values.id, values.progress)}
        </div>
        {dialog_foot(
            Some(view! { <a href=page>"Open directory"</a> }.into_any()),
            view! {
                <a class="button primary" href=close.clone() data-close="">
                    "Done"
                </a>
            }
            .into_any(),
        )}
    };
    DialogFrame {
        wide: true,
        guard: Some("You have not copied the token. You can make a new one at any time."),
        ..DialogFrame::new(close, "configure")
    }
    .wrap(content.into_any())
}

fn reopened(frame: &Frame, values: DirectoryValues, tokens: Vec<LiveToken>) -> AnyView {
    let close = frame.url("/settings/security");
    let provider = values.provider;
    let base = frame.url(&format!("/settings/security/directories/{}", values.id));
    let lead = if tokens.is_empty() {
        format!("{} is refused: no token works. Rotate the token to make one.", values.name)
    } else {
        format!("{} is set up. The token cannot be shown again.", values.name)
    };
    let mut about = vec![Fact::new("Directory Provider", provider.label())];
    if tokens.is_empty() {
        about.push(Fact::new(provider.token_label(), pill(Tone::Bad, "No working token")));
    }
    about.extend(tokens.into_iter().map(|token| {
        let used = match token.last_used {
            Some(at) => view! { " · last used " {time(at, frame.now, Style::Relative)} }.into_any(),
            None => " · never used".into_any(),
        };
        Fact::new(provider.token_label(), view! { {code(token.hint)} <span class="sub">{used}</span> })
    }));
    let about = facts(about);
    let manages = frame.may_manage().then(|| {
        let (remove, rotate) = (format!("{base}?dialog=remove"), format!("{base}/rotate-token"));
        view! {
            <div class="dialog-tools">
                <form method="post" action=rotate>
                    <button class="button small">"Rotate token"</button>
                </form>
                <a class="button small" href=remove>
                    "Remove…"
                </a>
            </div>
        }
    });
    let content = view! {
        {dialog_head("Directory Sync", lead, &close)}
        <div class="dialog-body">
            {secret("endpoint", provider.endpoint_label(), &values.endpoint, false, None)} {about} {manages}
            {ticks(frame, &values.id, values.progress)}
        </div>
        {dialog_foot(
            Some(view! { <a href=base>"Open directory"</a> }.into_any()),
            view! {
                <a class="button primary" href=close.clone() data-close="" autofocus>
                    "Done"
                </a>
            }
            .into_any(),
        )}
    };
    DialogFrame { wide: true, ..DialogFrame::new(close, "configure") }.wrap(content.into_any())
}
