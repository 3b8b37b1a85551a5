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
//! | page | type | addresses |
//! |---|---|---|
//! | first run | [`setup::Setup`] | `GET POST /setup?token=` |
//! | sign-in | [`login::Login`] | `GET POST /login`, `POST /logout` |
//! | set a password | [`password::Password`] | `GET POST /password`, `GET POST /password/{token}` |
//! | home | [`home::Home`] | `GET /w/{slug}` |
//! | people | [`people::People`] | `GET /w/{slug}/people?tab=&q=&role=&source=&page=&dialog=&member=` |
//! | security | [`security::Security`] | `GET /w/{slug}/settings/security?dialog=directory-sync&directory=` |
//! | general settings | [`general::General`] | `GET POST /w/{slug}/settings/general` |
//! | a directory | [`directory::Directory`] | `GET /w/{slug}/settings/security/directories/{id}?dialog=` |
//! | an invitation | [`invite::Invite`] | `GET POST /invite`, `POST /invite/decline`, `POST /invite/renew` |
//! | one's own account | [`account::Account`] | `GET /account`, `POST /account/{name,email,password}`, `GET POST /account/email/{token}` |
//! | mails | [`email_log::EmailLog`] | `GET /w/{slug}/settings/email?q=&state=&mail=&newer=&older=` |
//! | a mail | [`email::Email`] | `GET /w/{slug}/settings/email/{id}?tab=` |
//! | the installation | [`instance::Instance`], [`instance::Preview`] | `GET /instance`, `GET /instance/mails/{template}?language=&show=` |
//! | mails of no workspace | [`instance_email::AccountMails`], [`instance_email::AccountMail`] | `GET /instance/email?newer=&older=`, `GET /instance/email/{id}?tab=` |
//! | a directory's requests | [`activity::Activity`] | `GET …/directories/{id}/activity?kind=&q=&before=` |
//! | one request | [`activity_entry::ActivityEntry`] | `GET …/directories/{id}/activity/{reference}` |
//! | built-in mailbox | [`mailbox::Mailbox`], [`mailbox::Message`] | `/dev/mailbox`, `/dev/mailbox/{id}?tab=` |
//! | errors | [`error::ErrorPage`] | any |
//!
//! The fields that forms send:
//!
//! | address | fields |
//! |---|---|
//! | `POST /setup` | `token`, `name`, `email`, `password`, `workspace` |
//! | `POST /login` | `email`, `password`, `next` |
//! | `POST /logout` | `next`, when one goes on as someone else |
//! | `POST /password` | `email` |
//! | `POST /password/{token}` | `name`, `password` |
//! | `POST /account/name` | `name` |
//! | `POST /account/email` | `email`, `current` |
//! | `POST /account/password` | `current`, `password` |
//! | `POST /account/sessions/end-others`, `…/{id}/end`; `POST /account/email/{token}` | none |
//! | `POST /invite` | `name`, `password`; none when signed in |
//! | `POST …/people/invite` | `emails`, `role` |
//! | `POST …/people/{id}/role` | `role` |
//! | `POST …/people/{id}/{suspend,reinstate,remove,resend,revoke}` | none |
//! | `POST …/security/directories` | `key`, `provider`, `name` (may be empty: the provider's), `default_role` |
//! | `POST …/directories/{id}` | `name`, `provider`, `default_role`, `invitation_mode`, `allowed_domains`, `email_sources`, `when_full`, `strict`; what is left out stays |
//! | `POST …/directories/{id}/held/approve`, `…/held/{user}/{approve,link}` | none |
//! | `POST …/settings/general` | `name`, `seat_limit` (empty for none) |
//! | `POST …/directories/{id}/rotate-token`, `…/tokens/{token}/revoke` | none |
//! | `POST …/directories/{id}/remove` | `members` = `keep`, `suspend` or `remove`; `confirm` |
//! | `POST …/email/{id}/{again,cancel}` | none |
//! | `POST …/email/suspended-notice` | `tell` = `on` or `off` |
//! | `POST /instance/test-mail` | none |
//! | `POST /dev/mailbox/clear` | none |

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

pub use crate::ui::{Field, Frame, Paging, Viewer, Workspace};
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
