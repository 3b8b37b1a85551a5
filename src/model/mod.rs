//! Words shared with the browser: typed ids, providers and their field labels, roles, statuses.
//!
//! Nothing here does I/O or knows a database; the module builds for wasm.

mod directory_settings;
mod id;
mod progress;
mod provider;
mod status;
mod words;

pub use directory_settings::{
    AllowedDomains, EmailSource, EmailSources, InvitationMode, OnRemoval, TokenLife, WhenFull,
};
pub use id::{
    AccountId, DirectoryGroupId, DirectoryId, DirectoryTokenId, DirectoryUserId, InvitationId, MailId,
    MembershipId, ScimRequestId, WorkspaceId,
};
pub use progress::{Progress, ProgressStep};
pub use provider::Provider;
pub use status::{
    HeldReason, InvitationStatus, MailStatus, MailTemplate, MembershipStatus, RequestKind, Role, Source,
    SuspendedBy,
};
pub use words::UnknownWord;
