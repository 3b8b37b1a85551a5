//! Wakes the page as a whole.

use leptos::prelude::document;

use super::{dom, search, shortcuts, submit, theme, times};

/// The key under which a closing dialog leaves the id of the element that shall have the focus on the next page.
pub(super) const FOCUS: &str = "focus";

/// Starts every page behaviour and says so on `<html class="awake">`.
pub fn wake() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("awake");
    }
    if let Some(session) = dom::session()
        && let Ok(Some(id)) = session.get_item(FOCUS)
    {
        let _ = session.remove_item(FOCUS);
        dom::focus(&id);
    }
    times::wake();
    submit::wake();
    search::wake();
    theme::wake();
    shortcuts::wake();
}
