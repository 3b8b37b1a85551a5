//! Rollcall: everything it does, without a pixel.

pub mod model;
