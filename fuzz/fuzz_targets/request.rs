//! Any request has a SCIM answer, never one that says the server is at fault, and what is refused changed nothing.

#![no_main]

use rollcall_fuzz::request::Server;

thread_local! {
    static SERVER: Server = Server::start();
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| SERVER.with(|server| server.answer(input)));
