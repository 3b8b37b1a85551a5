//! A button that copies the value of a field and says so.
#![expect(missing_docs, reason = "the island macro makes a struct that takes no doc comment")]

use leptos::prelude::*;

/// Bubbles from a field whose value was copied.
#[cfg(feature = "hydrate")]
pub(super) const COPIED_EVENT: &str = "copied";

/// Copies the value of the field with the id `field`. Says "Copied" for two seconds, in the button and to screen readers.
///
/// The value is read from the field when the button is pressed, so a secret stands in the document only once.
#[expect(clippy::needless_pass_by_value, reason = "what an island is given has to travel, so it is owned")]
#[island]
pub fn CopyButton(
    /// The id of the input to copy from.
    field: String,
    /// What is copied, such as "SCIM 2.0 Base URL": tells several buttons apart.
    what: String,
    /// The button's icon.
    children: Children,
) -> impl IntoView {
    let said = RwSignal::new("");
    let press = {
        #[cfg(feature = "hydrate")]
        {
            let field = field.clone();
            move |_| browser::copy(&field, said)
        }
        #[cfg(not(feature = "hydrate"))]
        move |_: leptos::ev::MouseEvent| {}
    };
    view! {
        <button type="button" class="copy" class:copied=move || said.get() == "Copied" on:click=press data-copies=field>
            {children()}
            <span class="copy-word" aria-hidden="true">"Copy"</span>
            <span class="copy-done" aria-hidden="true">"Copied"</span>
            <span class="sr-only">{format!("Copy {what}")}</span>
        </button>
        <span class="sr-only" role="status">{move || said.get()}</span>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::web_sys::{EventInit, HtmlInputElement};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::{JsFuture, spawn_local};

    use super::COPIED_EVENT;

    /// The attribute of a field whose value has been copied.
    const COPIED: &str = "data-copied";

    fn bubbling() -> EventInit {
        let init = EventInit::new();
        init.set_bubbles(true);
        init
    }

    pub(super) fn copy(field: &str, said: RwSignal<&'static str>) {
        let found =
            document().get_element_by_id(field).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = found else { return };
        let value = input.value();
        spawn_local(async move {
            let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
            let there = clipboard.is_ok_and(|clipboard| !clipboard.is_undefined());
            let copied =
                there && JsFuture::from(window().navigator().clipboard().write_text(&value)).await.is_ok();
            let _ = input.set_attribute(COPIED, "");
            if let Ok(event) = web_sys::Event::new_with_event_init_dict(COPIED_EVENT, &bubbling()) {
                let _ = input.dispatch_event(&event);
            }
            if copied {
                said.set("Copied");
                set_timeout(move || said.set(""), Duration::from_secs(2));
            } else {
                // Without HTTPS the clipboard is closed: leave the value selected, ready for the keyboard.
                let _ = input.focus();
                input.select();
                said.set("Selected. Press Ctrl C to copy.");
            }
        });
    }
}
