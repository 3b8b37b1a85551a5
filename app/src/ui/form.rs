//! Fields of forms, with their errors.

use leptos::prelude::*;

use super::{Tone, notice};

/// What stands in a field, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// As typed.
    pub value: String,
    /// What is wrong and what to do, in a sentence.
    pub error: Option<String>,
}

impl Field {
    /// A value with nothing wrong.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// A value and what is wrong with it.
    pub fn wrong(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }
}

impl<T: Into<String>> From<T> for Field {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What a text field is for; decides type, keyboard and what the browser may fill in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    #[default]
    Text,
    /// The reader's own name.
    Name,
    /// The reader's own address, with which they sign in.
    Email,
    /// A password to make.
    NewPassword,
    /// A password that exists.
    Password,
    /// The name of a company or team.
    Organization,
}

impl Kind {
    const fn html(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("text", "off"),
            Self::Name => ("text", "name"),
            Self::Email => ("email", "username"),
            Self::NewPassword => ("password", "new-password"),
            Self::Password => ("password", "current-password"),
            Self::Organization => ("text", "organization"),
        }
    }
}

/// A line of text with label, hint and error.
#[component]
pub fn TextField(
    /// Also its id.
    name: &'static str,
    /// The id, when the name stands twice on a page.
    #[prop(optional)]
    id: Option<&'static str>,
    /// The label.
    label: &'static str,
    /// Value and error.
    field: Field,
    /// What it is for.
    #[prop(optional)]
    kind: Kind,
    /// What to know before typing.
    #[prop(into, optional)]
    hint: Option<String>,
    /// May be left empty.
    #[prop(optional)]
    optional: bool,
    /// Cannot be changed here.
    #[prop(optional)]
    readonly: bool,
    /// Takes the focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// An example.
    #[prop(into, optional)]
    placeholder: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or(name);
    let (kind_type, autocomplete) = kind.html();
    let new_password = kind == Kind::NewPassword;
    let described = described(id, hint.is_some(), field.error.is_some());
    let value = if matches!(kind, Kind::Password | Kind::NewPassword) { String::new() } else { field.value };
    view! {
        <div class="field">
            <label for=id>{label} {optional.then(|| view! { <span class="optional">"optional"</span> })}</label>
            <input
                id=id
                name=name
                type=kind_type
                autocomplete=autocomplete
                value=value
                required=!optional
                readonly=readonly
                autofocus=autofocus || field.error.is_some()
                placeholder=placeholder
                minlength=new_password.then_some("12")
                maxlength="320"
                spellcheck=(kind != Kind::Text).then_some("false")
                autocapitalize=(kind == Kind::Email).then_some("none")
                aria-invalid=field.error.is_some().then_some("true")
                aria-describedby=described
            />
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            {field_error(id, field.error)}
        </div>
    }
}

/// One of the choices of a [`SelectField`].
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// What stands now.
    pub chosen: bool,
}

/// A choice from a short list.
#[component]
pub fn SelectField(
    /// Also its id.
    name: &'static str,
    /// The label.
    label: &'static str,
    /// What to choose from.
    choices: Vec<Choice>,
    /// What to know before choosing.
    #[prop(into, optional)]
    hint: Option<String>,
    /// What is wrong.
    #[prop(optional_no_strip)]
    error: Option<String>,
) -> impl IntoView {
    let described = described(name, hint.is_some(), error.is_some());
    let options = choices
        .into_iter()
        .map(|choice| view! { <option value=choice.value selected=choice.chosen>{choice.label}</option> })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select
                id=name
                name=name
                class="select"
                autofocus=error.is_some()
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
            >
                {options}
            </select>
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            {field_error(name, error)}
        </div>
    }
}

/// What is wrong with a form as a whole.
pub fn form_error(error: Option<String>) -> Option<AnyView> {
    error.map(|error| notice(Tone::Bad, error))
}

/// What is wrong with one field.
pub(crate) fn field_error(id: &str, error: Option<String>) -> Option<AnyView> {
    error.map(|error| view! { <p class="error" id=format!("{id}-error") role="alert">{error}</p> }.into_any())
}

pub(crate) fn described(id: &str, hint: bool, error: bool) -> Option<String> {
    let hint = hint.then(|| format!("{id}-hint"));
    let error = error.then(|| format!("{id}-error"));
    match (error, hint) {
        (Some(error), Some(hint)) => Some(format!("{error} {hint}")),
        (error, hint) => error.or(hint),
    }
}
