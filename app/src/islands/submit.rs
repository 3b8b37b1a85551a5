//! Forms: sent once, sent by a select, and a name that follows the chosen provider.

use leptos::prelude::{document, set_timeout};
use leptos::web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, HtmlSelectElement, KeyboardEvent};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};

use super::{dom, place};

/// Marks a form that is under way.
const SENT: &str = "data-sent";

/// Marks a select that keys are pressed in: each arrow changes its value, so none of these changes is a decision.
const KEYED: &str = "data-keyed";

/// Marks the form of a select whose choice waits for Enter or for the button beside it.
const UNSAVED: &str = "data-unsaved";

pub(super) fn wake() {
    dom::listen("submit", once);
    dom::listen("pageshow", |_| restore());
    dom::listen("change", |event| {
        auto(event);
        follow(event);
    });
    dom::listen("keydown", key);
    dom::listen("pointerdown", |event| {
        if let Some(select) = of(event) {
            let _ = select.remove_attribute(KEYED);
        }
    });
    // A choice made before this woke would otherwise wait for ever.
    for element in dom::all("select[data-autosubmit]") {
        if let Ok(select) = element.dyn_into::<HtmlSelectElement>() {
            offer(&select);
        }
    }
}

fn once(event: &Event) {
    if event.default_prevented() {
        return;
    }
    let Some(form) = dom::target(event).and_then(|element| element.dyn_into::<HtmlFormElement>().ok()) else {
        return;
    };
    if !form.method().eq_ignore_ascii_case("post") {
        return;
    }
    if form.has_attribute(SENT) {
        event.prevent_default();
        return;
    }
    let _ = form.set_attribute(SENT, "");
    let pressed = js_sys::Reflect::get(event, &JsValue::from_str("submitter")).ok();
    place::remember(&form, pressed.and_then(|pressed| pressed.dyn_into().ok()));
    // Disabled only after the browser has gathered the values, or the pressed button's own value would be lost.
    set_timeout(move || buttons(&form, true), Duration::ZERO);
}

fn restore() {
    for element in dom::all("form[data-sent]") {
        let _ = element.remove_attribute(SENT);
        if let Ok(form) = element.dyn_into::<HtmlFormElement>() {
            buttons(&form, false);
        }
    }
}

fn buttons(form: &HtmlFormElement, off: bool) {
    let Ok(list) = form.query_selector_all("button:not([type=button])") else { return };
    for button in dom::elements(&list) {
        if off {
            if !button.has_attribute("disabled") {
                let _ = button.set_attribute("disabled", "");
                let _ = button.set_attribute("data-busy", "");
            }
        } else if button.has_attribute("data-busy") {
            let _ = button.remove_attribute("disabled");
            let _ = button.remove_attribute("data-busy");
        }
    }
}

fn of(event: &Event) -> Option<HtmlSelectElement> {
    dom::closest(event, "select[data-autosubmit]")?.dyn_into().ok()
}

fn auto(event: &Event) {
    let Some(select) = of(event) else { return };
    if select.has_attribute(KEYED) {
        offer(&select);
    } else {
        send(&select);
    }
}

fn key(event: &Event) {
    let (Some(select), Some(event)) = (of(event), event.dyn_ref::<KeyboardEvent>()) else { return };
    let _ = select.set_attribute(KEYED, "");
    if event.key() == "Enter" && changed(&select) {
        event.prevent_default();
        send(&select);
    }
}

/// Shows the button that sends the choice while it is another one than the saved.
fn offer(select: &HtmlSelectElement) {
    if let Some(form) = select.form() {
        let _ =
            if changed(select) { form.set_attribute(UNSAVED, "") } else { form.remove_attribute(UNSAVED) };
    }
}

fn send(select: &HtmlSelectElement) {
    if let Some(form) = select.form() {
        let _ = form.request_submit();
    }
}

fn changed(select: &HtmlSelectElement) -> bool {
    let chosen = select.value();
    let Ok(Some(saved)) = select.query_selector("option[selected]") else { return false };
    saved.get_attribute("value").is_some_and(|value| value != chosen)
}

/// A directory is named after its provider until someone types a name.
fn follow(event: &Event) {
    let Some(radio) = dom::closest(event, "input[data-names]") else { return };
    let Some(name) = radio.get_attribute("data-names") else { return };
    let field =
        document().get_element_by_id("directory-name").and_then(|field: Element| field.dyn_into().ok());
    let Some(field): Option<HtmlInputElement> = field else { return };
    let untouched = field.value().is_empty()
        || dom::all("input[data-names]")
            .iter()
            .any(|other| other.get_attribute("data-names") == Some(field.value()));
    if untouched {
        field.set_value(&name);
    }
}
