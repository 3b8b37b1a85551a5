//! Rollcall: everything it does, without a pixel.
//!
//! [`model`] holds the words shared with the browser; every other module exists only off wasm.

pub mod model;

#[cfg(not(target_arch = "wasm32"))]
pub mod audit;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
#[cfg(not(target_arch = "wasm32"))]
pub mod clock;
#[cfg(not(target_arch = "wasm32"))]
pub mod config;
#[cfg(not(target_arch = "wasm32"))]
pub mod directory;
#[cfg(not(target_arch = "wasm32"))]
pub mod error;
#[cfg(not(target_arch = "wasm32"))]
pub mod jobs;
#[cfg(not(target_arch = "wasm32"))]
pub mod journal;
#[cfg(not(target_arch = "wasm32"))]
pub mod mail;
#[cfg(not(target_arch = "wasm32"))]
pub mod people;
#[cfg(not(target_arch = "wasm32"))]
pub mod scim_api;
#[cfg(not(target_arch = "wasm32"))]
pub mod secret;
#[cfg(not(target_arch = "wasm32"))]
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod web;

#[cfg(not(target_arch = "wasm32"))]
pub use {
    error::{Error, Result},
    state::Rollcall,
};
