//! Any request has a SCIM answer, and never one that says the server is at fault.
//!
//! The input is `METHOD PATH`, a line feed and the body. `{u}` and `{g}` stand for the id of a person and of a group.

#![no_main]

#[path = "../checks/request.rs"]
mod check;

use check::Server;

thread_local! {
    static SERVER: Server = Server::start();
}

libfuzzer_sys::fuzz_target!(|input: &str| SERVER.with(|server| server.answer(input)));
