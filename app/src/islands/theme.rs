//! Light, dark or the system's: a class on `<html>` now, a cookie for the next page.

use leptos::prelude::document;
use leptos::web_sys::HtmlDocument;
use wasm_bindgen::JsCast;

use super::dom;

pub(super) fn wake() {
    dom::listen("click", |event| {
        let Some(button) = dom::closest(event, "[data-theme-choice]") else { return };
        let Some(choice) = button.get_attribute("data-theme-choice") else { return };
        choose(&choice);
        for other in dom::all("[data-theme-choice]") {
            let pressed = other.get_attribute("data-theme-choice").as_deref() == Some(choice.as_str());
            let _ = other.set_attribute("aria-pressed", if pressed { "true" } else { "false" });
        }
    });
}

fn choose(choice: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().remove_2("theme-light", "theme-dark");
        if choice != "system" {
            let _ = root.class_list().add_1(&format!("theme-{choice}"));
        }
    }
    let age = if choice == "system" { 0 } else { 31_536_000 };
    if let Ok(page) = document().dyn_into::<HtmlDocument>() {
        let _ = page.set_cookie(&format!("theme={choice}; Path=/; Max-Age={age}; SameSite=Lax"));
    }
}
