//! A few short ways to the document.

use leptos::prelude::{document, window, window_event_listener_untyped};
use leptos::web_sys::{Element, Event, EventTarget, HtmlElement, NodeList, Storage};
use wasm_bindgen::JsCast;

/// Listens on the window for as long as the page lives.
pub(super) fn listen(event: &str, handler: impl Fn(&Event) + 'static) {
    // The handle removes the listener only when asked to; the page goes first.
    let _ = window_event_listener_untyped(event, move |event| handler(&event));
}

/// The element an event began at.
pub(super) fn target(event: &Event) -> Option<Element> {
    event.target().and_then(|target: EventTarget| target.dyn_into().ok())
}

/// The nearest element around the event's target that matches.
pub(super) fn closest(event: &Event, selector: &str) -> Option<Element> {
    target(event)?.closest(selector).ok().flatten()
}

/// Every element that matches.
pub(super) fn all(selector: &str) -> Vec<Element> {
    document().query_selector_all(selector).map(|list| elements(&list)).unwrap_or_default()
}

/// The elements of a list.
pub(super) fn elements(list: &NodeList) -> Vec<Element> {
    (0..list.length()).filter_map(|index| list.item(index)?.dyn_into().ok()).collect()
}

/// The first element that matches.
pub(super) fn first(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// Moves the focus to the element with this id.
pub(super) fn focus(id: &str) -> bool {
    let found = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    found.is_some_and(|element| element.focus().is_ok())
}

/// What this tab remembers across pages.
pub(super) fn session() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// What this browser remembers.
pub(super) fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
