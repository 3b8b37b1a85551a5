//! The menu of a row: a native popover, so it needs no script, closes by Escape and lies above everything.

use leptos::prelude::*;

use super::{Icon, icon};

/// One line of a menu.
pub enum Action {
    /// Goes somewhere.
    Link {
        /// Where.
        href: String,
        /// A verb.
        label: &'static str,
        /// Takes something away.
        danger: bool,
    },
    /// Does something at once.
    Post {
        /// The form's address.
        action: String,
        /// A verb.
        label: &'static str,
        /// Takes something away.
        danger: bool,
    },
    /// Cannot be done, and why.
    Off {
        /// A verb.
        label: &'static str,
        /// Why not.
        reason: String,
    },
}

/// A button that asks once more, in a sentence, before it does something. `id` is unique on the page.
pub fn ask(id: &str, verb: &'static str, spoken: &str, text: String, action: String) -> AnyView {
    let popover = format!("ask-{id}");
    view! {
        <div class="row-menu">
            <button type="button" class="button small" popovertarget=popover.clone() aria-label=spoken.to_owned()>
                {verb}
            </button>
            <div class="menu ask" id=popover popover="auto">
                <p>{text}</p>
                <form method="post" action=action>
                    <button class="button small danger">{spoken.to_owned()}</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

/// Three dots and the actions behind them. `id` is unique on the page; the button's id is `menu-{id}`.
pub fn row_menu(id: &str, of: &str, actions: Vec<Action>) -> AnyView {
    if actions.is_empty() {
        return ().into_any();
    }
    let popover = format!("actions-{id}");
    let lines = actions
        .into_iter()
        .map(|action| match action {
            Action::Link { href, label, danger } => {
                view! { <a class="menu-item" class:danger=danger href=href>{label}</a> }.into_any()
            }
            Action::Post { action, label, danger } => view! {
                <form method="post" action=action>
                    <button class="menu-item" class:danger=danger>
                        {label}
                    </button>
                </form>
            }
            .into_any(),
            Action::Off { label, reason } => view! {
                <p class="menu-item off">
                    <span>{label}</span>
                    <span class="sub">{reason}</span>
                </p>
            }
            .into_any(),
        })
        .collect_view();
    view! {
        <div class="row-menu">
            <button type="button" class="icon-button" id=format!("menu-{id}") popovertarget=popover.clone() aria-label=format!("Actions for {of}")>
                {icon(Icon::More)}
            </button>
            <div class="menu" id=popover popover="auto">
                {lines}
            </div>
        </div>
    }
    .into_any()
}
