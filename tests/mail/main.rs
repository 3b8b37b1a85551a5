//! Mail from the outbox to a real SMTP server on loopback, or to the built-in mailbox, on both engines.

#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test binary: `pub` means for its other files, and what goes wrong fails the test"
)]

#[path = "../support/dns.rs"]
mod dns;
#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod bad_relay;
mod bounces;
mod chores;
mod encryption;
mod killed;
mod languages;
mod letters;
mod message;
mod odd;
mod post_office;
mod sender_domain;
mod sending;
mod smtp_server;
mod wanted;
mod workers;
