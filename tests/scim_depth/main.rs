//! The SCIM server in depth, through the whole router and on both engines: what is read back, sorted lists, bulk
//! requests, roles that groups give, any list at all against a model.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

mod bulk;
mod client;
mod fuzz_seeds;
mod model;
mod paging;
mod read_back;
mod role_from_group;
mod role_from_nested;
mod sorting;
