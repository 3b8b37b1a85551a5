//! A dialog that has an address.
#![expect(missing_docs, reason = "the island macro makes a struct that takes no doc comment")]

use leptos::prelude::*;

/// The server renders `<dialog open>` at the dialog's own address; this makes it modal without moving anything.
///
/// Escape and every `[data-close]` link lead to `close`. When that address is already behind us in the history, closing
/// goes back to it, so Back never finds the same page twice; otherwise the address is replaced. The focus returns to
/// the element with the id `opener`, also across that step back.
#[expect(clippy::needless_pass_by_value, reason = "what an island is given has to travel, so it is owned")]
#[island]
pub fn Dialog(
    /// The address without the dialog.
    close: String,
    /// The id of the link that opens this dialog.
    opener: String,
    /// The id of the dialog's heading.
    title: String,
    /// Classes besides `dialog`.
    class: String,
    /// A sentence asked once before closing while nothing marked `data-secret` has been copied.
    guard: Option<String>,
    /// Header, body and foot.
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Dialog>::new();
    let asking = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        let guarded = guard.is_some();
        let (target, opener) = (close.clone(), opener.clone());
        Effect::new(move |_| {
            if let Some(dialog) = node.get() {
                browser::wake(&dialog, &target, &opener, guarded.then_some(asking));
            }
        });
    }

    view! {
        <dialog open node_ref=node class=format!("dialog {class}") aria-labelledby=title data-opener=opener>
            {children()}
            {move || {
                asking
                    .get()
                    .then(|| {
                        view! {
                            <div class="dialog-guard" role="alert">
                                <p>{guard.clone()}</p>
                                <a class="button small" href=close.clone() data-close="sure">
                                    "Close anyway"
                                </a>
                            </div>
                        }
                    })
            }}
        </dialog>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::web_sys::{Element, Event, HtmlDialogElement, HtmlElement};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};

    use crate::islands::{copy::COPIED_EVENT, dom, place};

    pub(super) fn wake(
        dialog: &HtmlDialogElement,
        close: &str,
        opener: &str,
        asking: Option<RwSignal<bool>>,
    ) {
        // Someone may be typing already; becoming modal must not take the focus away.
        let had_focus = document().active_element().filter(|active| dialog.contains(Some(active)));
        let _ = dialog.remove_attribute("open");
        if dialog.show_modal().is_err() {
            let _ = dialog.set_attribute("open", "");
            return;
        }
        if let Some(element) = had_focus.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }

        let leave = {
            let (dialog, close, opener) = (dialog.clone(), close.to_owned(), opener.to_owned());
            move |sure: bool| {
                if let Some(asking) = asking
                    && !sure
                    && !asking.get_untracked()
                    && keeps_a_secret(&dialog)
                {
                    asking.set(true);
                    return;
                }
                dialog.close();
                go(&close, &opener);
            }
        };
        if let Some(asking) = asking {
            on(dialog, COPIED_EVENT, move |_| asking.set(false));
        }
        on(dialog, "cancel", {
            let leave = leave.clone();
            move |event| {
                // A file picker or a select inside cancels too; only our own counts.
                if event.target() == event.current_target() {
                    event.prevent_default();
                    leave(false);
                }
            }
        });
        on(dialog, "click", move |event| {
            if let Some(link) = dom::closest(&event, "[data-close]") {
                event.prevent_default();
                leave(link.get_attribute("data-close").as_deref() == Some("sure"));
            }
        });
    }

    fn keeps_a_secret(dialog: &HtmlDialogElement) -> bool {
        matches!(dialog.query_selector("[data-secret]:not([data-copied])"), Ok(Some(_)))
    }

    fn on(element: &Element, event: &str, handler: impl FnMut(Event) + 'static) {
        let listener = Closure::<dyn FnMut(Event)>::new(handler);
        let _ = element.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
        listener.forget();
    }

    /// Goes to the address without the dialog.
    fn go(close: &str, opener: &str) {
        dom::focus(opener);
        if let Some(steps) = steps_back(close)
            && let Ok(history) = window().history()
        {
            if let Some(session) = dom::session() {
                let _ = session.set_item(place::FOCUS, opener);
            }
            if history.go_with_delta(-steps).is_ok() {
                return;
            }
        }
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(close));
        }
    }

    /// How many steps back the address lies, if everything between is the same page with some dialog.
    fn steps_back(close: &str) -> Option<i32> {
        let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &JsValue::from_str(name)).ok();
        let navigation = get(&window(), "navigation").filter(|found| !found.is_undefined())?;
        let entries: js_sys::Function = get(&navigation, "entries")?.dyn_into().ok()?;
        let entries = js_sys::Array::from(&entries.call0(&navigation).ok()?);
        let here = get(&get(&navigation, "currentEntry")?, "index")?.as_f64()?;
        let base = window().location().href().ok()?;
        let wanted = web_sys::Url::new_with_base(close, &base).ok()?;
        for steps in 1..=3_i32 {
            let index = here - f64::from(steps);
            if index < 0.0 {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "an index into a short list"
            )]
            let entry = entries.get(index as u32);
            let url = web_sys::Url::new(&get(&entry, "url")?.as_string()?).ok()?;
            if url.pathname() != wanted.pathname() {
                return None;
            }
            if url.href() == wanted.href() {
                return Some(steps);
            }
        }
        None
    }
}
