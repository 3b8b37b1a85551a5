//! Wakes the page as a whole.

use leptos::prelude::document;

use super::{place, search, shortcuts, submit, theme, times};

/// Starts every page behaviour and says so on `<html class="awake">`.
pub fn wake() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("awake");
    }
    place::forget_the_post();
    place::recall();
    times::wake();
    submit::wake();
    search::wake();
    theme::wake();
    shortcuts::wake();
}
