//! What we granted: accounts, memberships, invitations, and the projection that follows the directory.
//!
//! `projection` alone turns what a directory said into grants; `grants` holds the effects that it shares with
//! admins (suspend, remove, invite), each in the caller's transaction.

pub mod access;
pub mod account;
pub mod address_change;
pub mod alerts;
pub mod email;
pub mod first_password;
pub mod grants;
pub mod held;
pub mod instance;
pub mod invitation;
pub mod mail;
pub mod membership;
pub mod owner;
pub mod password;
pub mod profile;
pub mod projection;
pub mod seats;
pub mod workspace;

pub use access::{Access, Caller, Permission};
pub use email::EmailAddress;
