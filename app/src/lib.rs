//! Rollcall's face: the pages a person sees and what wakes in the browser.
//!
//! A page is a pure function of a plain view model: a handler loads everything, fills a struct of [`pages`] and hands
//! it to [`site::Site::respond`], which renders the whole document before any script. The browser build holds only
//! [`islands`] and the words they share with the server, so it stays small.
//!
//! | module | what it is about |
//! |---|---|
//! | [`pages`] | one file per page noun: its view model, its words, its view |
//! | [`ui`] | the components that pages are made of |
//! | [`islands`] | what wakes in the browser |
//! | [`when`] | times in words, the same on both sides |
//! | [`routes`] | handlers: load what a page needs, do what a form asks |
//! | [`serve`] | everything in one process |
//! | [`connections`] | where they are listened for, and how long they may take |
//! | [`site`] | a page as an HTTP response: document, headers, flash message |
//! | [`assets`] | stylesheet, fonts, wasm: carried by the binary, cached for good under a versioned path |

#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod connections;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(feature = "ssr")]
pub mod site;
#[cfg(feature = "ssr")]
pub mod ui;
pub mod when;

/// Wakes the page: called once by the script that the server writes into every document.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    islands::page::wake();
    leptos::mount::hydrate_islands();
}
