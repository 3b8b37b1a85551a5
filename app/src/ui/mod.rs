//! The components that pages are made of. They run on the server only: what they write is plain HTML.

mod bits;
pub mod card;
mod dialog;
pub mod form;
mod frame;
mod icon;
mod list;
mod menu;
pub mod url;

pub use bits::{Tone, avatar, code, notice, person, pill, time};
pub use card::{Card, Fact, PageHead, empty, facts, failed, secret};
pub use dialog::{DialogFrame, dialog_foot, dialog_head};
pub use form::{Choice, Field, Kind, SelectField, TextField, form_error};
pub use frame::{Frame, Here, Reader, Viewer, Workspace, in_workspace, plain, signed_out};
pub use icon::{Icon, icon};
pub use list::{Column, Paging, Tab, cell, pager, table, tabs};
pub use menu::{Action, ask, row_menu};
