//! Short messages at the edge of the page.
#![expect(missing_docs, reason = "the island macro makes a struct that takes no doc comment")]

use leptos::prelude::*;

/// Shows the message that the last action left behind. It stays until it is closed, or goes by itself after a while.
#[island]
pub fn Toasts(
    /// The message, if there is one.
    first: Option<String>,
    /// Whether it says that something did not work; such a message does not go by itself.
    bad: bool,
) -> impl IntoView {
    let shown = RwSignal::new(first.is_some());
    // A live region speaks only when it changes, so the words come into it after waking.
    let said = RwSignal::new(String::new());
    #[cfg(feature = "hydrate")]
    if let Some(text) = first.clone() {
        use std::time::Duration;
        Effect::new(move |_| {
            let text = text.clone();
            set_timeout(move || said.set(text), Duration::from_millis(120));
            if !bad {
                set_timeout(move || shown.set(false), Duration::from_secs(7));
            }
        });
    }
    view! {
        <section class="toasts" id="messages" aria-label="Messages">
            <div class="toast" class:bad=bad hidden=move || !shown.get()>
                <p class="toast-text">{first.unwrap_or_default()}</p>
                <button type="button" class="toast-close" aria-label="Close message" on:click=move |_| shown.set(false)></button>
            </div>
        </section>
        <span class="sr-only" role="status">{move || said.get()}</span>
    }
}
