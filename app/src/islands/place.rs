//! Back to where someone was: after an action that leads to the same page, it is scrolled as it was, and the focus is on
//! what was pressed or, where its row is gone, on the same control of the next row.

use leptos::prelude::{document, window};
use leptos::web_sys::{Element, HtmlElement, HtmlFormElement};
use wasm_bindgen::{JsCast, JsValue};

use super::dom;

/// The key under which the place lies: path, scroll position and selectors of what shall have the focus, a line each.
const PLACE: &str = "place";

/// The key under which a closing dialog leaves the id of the element that shall have the focus on the next page.
pub(super) const FOCUS: &str = "focus";

/// What can be pressed in a row, in the order of preference when the control itself is gone.
const PRESSED: [&str; 4] =
    ["select", ".row-menu > [popovertarget]", "button[formaction]", "form button:not([type=button])"];

/// Remembers the place of a form that is sent; `pressed` is the control that sent it.
pub(super) fn remember(form: &HtmlFormElement, pressed: Option<Element>) {
    let (Some(session), Ok(path)) = (dom::session(), window().location().pathname()) else { return };
    let scrolled = window().scroll_y().unwrap_or_default();
    let from = opener(&pressed.or_else(focused).unwrap_or_else(|| form.clone().into()));
    let mut lines = vec![path, scrolled.to_string()];
    lines.extend(selectors(form, &from));
    let _ = session.set_item(PLACE, &lines.join("\n"));
}

/// What leads to the control: it may stand in a dialog or a menu, which the next page does not show.
fn opener(pressed: &Element) -> Element {
    let inside = |selector: &str| pressed.closest(selector).ok().flatten();
    let id = inside("dialog").and_then(|dialog| dialog.get_attribute("data-opener"));
    let by_id = id.and_then(|id| document().get_element_by_id(&id));
    let menu = || {
        let popover = inside("[popover]:not(.sidebar)")?.id();
        dom::first(&format!("[popovertarget=\"{popover}\"]"))
    };
    by_id.or_else(menu).unwrap_or_else(|| pressed.clone())
}

fn focused() -> Option<Element> {
    document().active_element().filter(|active| !active.matches("body").unwrap_or(true))
}

/// Where the focus may go, best first.
fn selectors(form: &HtmlFormElement, from: &Element) -> Vec<String> {
    let mut found = Vec::new();
    if !from.id().is_empty() {
        found.push(format!("[id=\"{}\"]", from.id()));
    }
    if let Ok(Some(row)) = from.closest("tr[id]") {
        let kind = PRESSED.into_iter().find(|kind| from.matches(kind).unwrap_or(false));
        let next = std::iter::successors(row.next_element_sibling(), Element::next_element_sibling).take(3);
        let rows = std::iter::once(row.clone()).chain(next).chain(row.previous_element_sibling());
        for row in rows {
            let kinds = kind.into_iter().chain(PRESSED);
            found.extend(kinds.map(|kind| format!("[id=\"{}\"] {kind}", row.id())));
        }
    }
    for attribute in ["formaction", "action"] {
        let of = if attribute == "action" { form } else { from };
        if let Some(value) = of.get_attribute(attribute) {
            let button = if attribute == "action" { " button:not([type=button])" } else { "" };
            found.push(format!("[{attribute}=\"{value}\"]{button}"));
        }
    }
    found.push("#content".to_owned());
    found
}

/// Goes back to the place, if this is its page and nothing here asks for the focus itself.
pub(super) fn recall() {
    let Some(session) = dom::session() else { return };
    let take = |key: &str| {
        let value = session.get_item(key).ok().flatten();
        let _ = session.remove_item(key);
        value
    };
    let place = take(PLACE);
    if let Some(id) = take(FOCUS) {
        dom::focus(&id);
        return;
    }
    let Some(place) = place else { return };
    let mut lines = place.lines();
    let here = window().location().pathname().ok();
    if lines.next() != here.as_deref() || focused().is_some() || dom::first("dialog").is_some() {
        return;
    }
    let scrolled: f64 = lines.next().and_then(|line| line.parse().ok()).unwrap_or_default();
    if window().scroll_y().is_ok_and(|now| now == 0.0) {
        window().scroll_to_with_x_and_y(0.0, scrolled);
    }
    // What is not shown does not take the focus.
    let _ = lines.filter_map(dom::first).find(|element| {
        let focus = element.dyn_ref::<HtmlElement>().is_some_and(|element| element.focus().is_ok());
        focus && focused().is_some_and(|active| active == *element)
    });
}

/// A refused form is shown again as the answer to its POST. Its entry in the history becomes the page that the form
/// stood on, so that neither Back nor a reload sends it again.
pub(super) fn forget_the_post() {
    let Some(root) = document().document_element() else { return };
    if !root.has_attribute("data-refused") {
        return;
    }
    let from = document().referrer();
    let own = window().location().origin().is_ok_and(|origin| from.starts_with(&format!("{origin}/")));
    if own && let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&from));
    }
}
