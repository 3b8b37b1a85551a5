//! What the fuzz targets check of one input; the ordinary tests check the same of every seed.

pub mod extension;
pub mod filter;
mod kinds;
pub mod patch;
pub mod path;
pub mod request;
