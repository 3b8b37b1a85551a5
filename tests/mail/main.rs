//! Mail from the outbox to a real SMTP server on loopback, or to the built-in mailbox, on both engines.

#![expect(unreachable_pub, reason = "a test binary has no outside; `pub` means: for the other files")]

#[path = "../support/mod.rs"]
mod support;

mod bad_relay;
mod chores;
mod message;
mod post_office;
mod sending;
mod smtp_server;
mod wanted;
mod workers;
