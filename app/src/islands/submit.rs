//! Forms: sent once, sent by a select, and a name that follows the chosen provider.

use leptos::prelude::{document, set_timeout};
use leptos::web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, HtmlSelectElement};
use std::time::Duration;
use wasm_bindgen::JsCast;

use super::dom;

/// Marks a form that is under way.
const SENT: &str = "data-sent";

pub(super) fn wake() {
    dom::listen("submit", once);
    dom::listen("pageshow", |_| restore());
    dom::listen("change", |event| {
        auto(event);
        follow(event);
    });
    // A choice made before this woke would otherwise wait for ever.
    for element in dom::all("select[data-autosubmit]") {
        if let Ok(select) = element.dyn_into::<HtmlSelectElement>()
            && changed(&select)
        {
            send(&select);
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

fn auto(event: &Event) {
    let select = dom::closest(event, "select[data-autosubmit]").and_then(|element| element.dyn_into().ok());
    if let Some(select) = select {
        send(&select);
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
