//! Page heads, cards, facts, secrets, and what stands where a list would be.

use leptos::prelude::*;

use super::{Icon, icon};
use crate::islands::CopyButton;

/// Title, one sentence, actions at the end of the line.
#[component]
pub fn PageHead(
    /// The page's name: its only `<h1>`.
    #[prop(into)]
    title: String,
    /// One sentence.
    #[prop(into, optional)]
    lead: Option<AnyView>,
    /// Where this page belongs: address and name.
    #[prop(optional)]
    trail: Vec<(String, String)>,
    /// Stands beside the title, such as a state.
    #[prop(into, optional)]
    beside: Option<AnyView>,
    /// Buttons and links.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let trail = (!trail.is_empty()).then(|| {
        let steps =
            trail.into_iter().map(|(href, name)| view! { <li><a href=href>{name}</a></li> }).collect_view();
        view! { <nav class="trail" aria-label="Breadcrumb"><ol role="list">{steps}</ol></nav> }
    });
    view! {
        <header class="page-head">
            <div class="page-words">
                {trail} <div class="page-title"><h1>{title}</h1> {beside}</div> {lead.map(|lead| view! { <p class="lead">{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}

/// Title, sentence, one action; the state in a sunk foot.
#[component]
pub fn Card(
    /// Its id, for links that lead to it.
    #[prop(optional)]
    id: Option<&'static str>,
    /// The card's name.
    #[prop(into)]
    title: String,
    /// One sentence.
    #[prop(into, optional)]
    lead: Option<String>,
    /// The action, at the end of the line.
    #[prop(into, optional)]
    action: Option<AnyView>,
    /// The state.
    #[prop(into, optional)]
    foot: Option<AnyView>,
    /// Classes besides `card`.
    #[prop(optional)]
    class: &'static str,
    /// The body.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class=format!("card {class}") id=id>
            <div class="card-head">
                <div class="card-words"><h2>{title}</h2> {lead.map(|lead| view! { <p>{lead}</p> })}</div>
                {action.map(|action| view! { <div class="card-action">{action}</div> })}
            </div>
            {children.map(|children| view! { <div class="card-body">{children()}</div> })}
            {foot.map(|foot| view! { <div class="card-foot">{foot}</div> })}
        </section>
    }
}

/// One line of a list of facts.
pub struct Fact {
    /// What it is.
    pub term: &'static str,
    /// What is so.
    pub detail: AnyView,
}

impl Fact {
    /// A line.
    pub fn new(term: &'static str, detail: impl IntoView + 'static) -> Self {
        Self { term, detail: detail.into_any() }
    }
}

/// Facts: term and detail, one a line.
pub fn facts(facts: Vec<Fact>) -> AnyView {
    let lines = facts
        .into_iter()
        .map(|fact| view! { <div><dt>{fact.term}</dt><dd>{fact.detail}</dd></div> })
        .collect_view();
    view! { <dl class="facts">{lines}</dl> }.into_any()
}

/// A value to carry elsewhere: label, field, Copy.
///
/// With `secret`, a dialog asks before it closes while the value has not been copied.
pub fn secret(
    id: &'static str,
    label: &str,
    value: &str,
    secret: bool,
    note: Option<&'static str>,
) -> AnyView {
    let described = note.map(|_| format!("{id}-note"));
    view! {
        <div class="field">
            <label for=id>{label.to_owned()}</label>
            <div class="secret">
                <input
                    id=id
                    class="mono"
                    type="text"
                    readonly
                    value=value.to_owned()
                    spellcheck="false"
                    autocomplete="off"
                    data-secret=secret.then_some("")
                    aria-describedby=described.clone()
                />
                <CopyButton field=id.to_owned() what=label.to_owned()>
                    {icon(Icon::Copy)}
                </CopyButton>
            </div>
            {note.map(|note| view! { <p class="hint" id=described>{note}</p> })}
        </div>
    }
    .into_any()
}

/// Nothing here: what would be, and what to do.
pub fn empty(title: &str, text: impl IntoView + 'static, action: Option<AnyView>) -> AnyView {
    view! {
        <div class="empty">
            <h2>{title.to_owned()}</h2>
            <p>{text.into_any()}</p>
            {action.map(|action| view! { <div class="empty-action">{action}</div> })}
        </div>
    }
    .into_any()
}

/// The list could not be read.
pub fn failed(what: &str, reference: &str, retry: &str) -> AnyView {
    view! {
        <div class="empty" role="alert">
            <h2>{format!("{what} could not be loaded")}</h2>
            <p>"The store did not answer. Nothing was changed. Reference " <code class="code">{reference.to_owned()}</code></p>
            <div class="empty-action">
                <a class="button" href=retry.to_owned()>
                    "Try again"
                </a>
            </div>
        </div>
    }
    .into_any()
}
