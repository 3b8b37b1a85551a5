//! Keys: `/` searches, `g` and a letter goes, `?` shows the list. They can be switched off there.

use std::cell::Cell;

use leptos::web_sys::{Event, HtmlElement, KeyboardEvent};
use wasm_bindgen::{JsCast, JsValue};

use super::dom;

const OFF: &str = "shortcuts-off";

thread_local! {
    /// Until when a letter after `g` counts, in microseconds.
    static GOING: Cell<i64> = const { Cell::new(0) };
}

pub(super) fn wake() {
    show_state();
    dom::listen("keydown", |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            key(event);
        }
    });
    dom::listen("click", toggle);
}

fn key(event: &KeyboardEvent) {
    let busy = event.default_prevented()
        || event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || event.repeat();
    if busy || off() || dom::closest(event, "input, select, textarea, [contenteditable]").is_some() {
        return;
    }
    if dom::first("dialog:modal").is_some() {
        return;
    }
    let now = super::times::now();
    if GOING.replace(0) > now {
        let letter = event.key();
        let known = letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase());
        if known
            && let Some(link) = dom::first(&format!("a[data-go={letter}]"))
                .and_then(|link| link.dyn_into::<HtmlElement>().ok())
        {
            event.prevent_default();
            link.click();
        }
        return;
    }
    match event.key().as_str() {
        "/" => {
            if let Some(field) =
                dom::first("input[type=search]").and_then(|field| field.dyn_into::<HtmlElement>().ok())
            {
                event.prevent_default();
                let _ = field.focus();
            }
        }
        "g" => GOING.set(now + 1_500_000),
        "?" => {
            if let Some(list) = dom::first("#shortcuts") {
                event.prevent_default();
                call(&list, "showPopover");
            }
        }
        _ => {}
    }
}

fn toggle(event: &Event) {
    if dom::closest(event, "[data-shortcuts-toggle]").is_none() {
        return;
    }
    if let Some(memory) = dom::local() {
        let _ = if off() { memory.remove_item(OFF) } else { memory.set_item(OFF, "1") };
    }
    show_state();
}

fn show_state() {
    for button in dom::all("[data-shortcuts-toggle]") {
        button.set_text_content(Some(if off() { "Turn shortcuts on" } else { "Turn shortcuts off" }));
    }
}

fn off() -> bool {
    dom::local().is_some_and(|memory| matches!(memory.get_item(OFF), Ok(Some(_))))
}

/// Calls a method that is too new to have a binding.
fn call(element: &JsValue, method: &str) {
    let found = js_sys::Reflect::get(element, &JsValue::from_str(method));
    if let Ok(Ok(function)) = found.map(JsCast::dyn_into::<js_sys::Function>) {
        let _ = function.call0(element);
    }
}
