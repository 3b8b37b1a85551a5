//! What wakes in the browser. Nothing here is needed to use a page: links and forms are the browser's own.
//!
//! There are two kinds. **Islands** hold a small state and a view: [`dialog`], [`copy`], [`progress`], [`toasts`].
//! **Page behaviours** (`page` and the files below it) listen on the whole document for elements that carry a
//! `data-` attribute, so rows that are replaced later need no waking, and a long table carries no props:
//!
//! | attribute | on | what it does |
//! |---|---|---|
//! | `data-time` | `<time datetime>` | rewrites the text in the viewer's zone (`times`) |
//! | `data-autosubmit` | `<select>` | submits its form when another value is picked; by keyboard, Enter does (`submit`) |
//! | (none) | `<form method="post">` | is sent once; its buttons come back when the page is shown again (`submit`) |
//! | (none) | `<form method="post">` | the page it leads to is where this one was (`place`) |
//! | `data-refused` | `<html>` | the answer to a POST takes the address of the form's page (`place`) |
//! | `data-live="id"` | `<form method="get">` | replaces that element while one types (`search`) |
//! | `data-theme-choice` | `<button>` | light, dark or the system's (`theme`) |
//! | `data-go="p"` | `<a>` | can be followed by `g` `p` (`shortcuts`) |
//! | `data-names` | `<input type="radio">` | fills the name of a new directory (`submit`) |
//!
//! A panic here stops everything that has not woken yet, so these functions never unwrap: what is missing is skipped.

pub mod copy;
pub mod dialog;
pub mod progress;
pub mod toasts;

pub use copy::CopyButton;
pub use dialog::Dialog;
pub use progress::ProgressTicks;
pub use toasts::Toasts;

#[cfg(feature = "hydrate")]
mod dom;
#[cfg(feature = "hydrate")]
pub mod page;
#[cfg(feature = "hydrate")]
mod place;
#[cfg(feature = "hydrate")]
mod search;
#[cfg(feature = "hydrate")]
mod shortcuts;
#[cfg(feature = "hydrate")]
mod submit;
#[cfg(feature = "hydrate")]
mod theme;
#[cfg(feature = "hydrate")]
mod times;
