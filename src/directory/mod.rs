//! The mirror: what the identity provider told us, and nothing else. What follows from it is `people::projection`'s.
//!
//! `administration`, `settings`, `role_mapping` and `extension` are what an admin does to a directory; `user` and `group`
//! are what its identity provider does, to resources of the `kinds` that the directory has.

pub mod administration;
mod columns;
pub mod extension;
pub mod group;
pub mod kinds;
mod members;
pub mod role_mapping;
pub mod scans;
pub mod settings;
pub mod tag;
pub mod token;
pub mod traffic;
mod transaction;
pub mod user;
