//! One file per page noun. Each holds the view model that a handler fills, the page's words, and its view.
//!
//! # For handlers
//!
//! Load everything, fill the struct, call [`Site::respond`](crate::site::Site::respond) with it. A refused form is the
//! same page again with 422: put what was typed and the sentence into the form's [`Field`]s. A done form is
//! [`Site::redirect`](crate::site::Site::redirect) with a [`Flash`](crate::site::Flash).
//!
//! Times are `i64` microseconds since 1970 UTC, everywhere. Addresses of other pages are made here; handlers pass only
//! slugs and ids. Rights are read from [`Frame::viewer`](crate::ui::Frame): a page shows itself read-only with the
//! reason to those who may not change it, so a handler renders it for every member who may *read* it.
//!
//! Which address shows which page stands in [`routes`](crate::routes), which fields a form sends in the struct that its
//! handler reads.
//!
//! Filters that are empty (`role=&source=`) mean none: a browser sends them when a form is submitted without script.
//! A form in a list (role, suspend, resend, …) says nothing about the list's filter; send people back to the path and
//! query of `Referer` when it is of this site, else to the list.

pub mod account;
pub mod activity;
pub mod activity_entry;
pub mod directory;
pub mod directory_deviations;
pub mod directory_extensions;
pub mod directory_settings;
pub mod email;
pub mod email_log;
pub mod error;
pub mod general;
pub mod held;
pub mod home;
pub mod instance;
pub mod instance_email;
pub mod instance_sender;
pub mod invite;
pub mod login;
pub mod mailbox;
pub mod password;
pub mod people;
mod people_dialogs;
mod people_rows;
pub mod security;
mod security_dialog;
pub mod setup;

use leptos::prelude::AnyView;
use rollcall::model::DirectoryId;

pub use crate::ui::{Field, Frame, Paging, Reader, Viewer, Workspace};
use crate::ui::{Tab, tabs};

/// A page: a pure function of what it holds.
pub trait Page: Send + 'static {
    /// Its name, as in the tab of a browser.
    fn title(&self) -> String;

    /// What stands in the document's body.
    fn view(self) -> AnyView;
}

/// `1 person`, `2 people`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// The tabs of a directory: how it is, and what it was asked.
fn directory_tabs(frame: &Frame, directory: &DirectoryId, is_activity: bool) -> AnyView {
    let at = frame.url(&format!("/settings/security/directories/{directory}"));
    let tab = |href: String, label: &'static str, current: bool| Tab { href, label, count: None, current };
    tabs(
        "Directory",
        vec![
            tab(at.clone(), "Overview", !is_activity),
            tab(format!("{at}/activity"), "Activity", is_activity),
        ],
    )
}
