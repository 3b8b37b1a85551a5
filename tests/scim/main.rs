//! The whole SCIM router as identity providers use it, on both engines.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../support/company.rs"]
mod company;
#[path = "../support/requests.rs"]
mod requests;
#[path = "../support/mod.rs"]
mod support;

mod callers;

mod advertised;
mod conflicts;
mod deadlock;
mod edges;
mod entra;
mod extension_rules;
mod extensions;
mod failing;
mod gate;
mod google;
mod group_changes;
mod group_members;
mod group_races;
mod groups;
mod holds;
mod hostile;
mod journal;
mod jumpcloud;
mod life;
mod limits;
mod nested;
mod okta;
mod onelogin;
mod owners;
mod ping;
mod protocol;
mod races;
mod reading;
mod returning;
mod rfc7644;
mod rfc7644_changes;
mod rfc9865;
mod roles;
mod scans;
mod sessions;
mod strict;
mod tenancy;
