//! Makes sure that the folder with the browser's code exists, and that a release notices when it changes.

use std::{env, fs, path::PathBuf};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let pkg = manifest.join("../target/site/pkg");
    if let Err(error) = fs::create_dir_all(&pkg) {
        println!("cargo::warning=cannot create {}: {error}", pkg.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads these files when they are asked for; only a release carries them. The browser's own code,
    // always built as a release, must not wait for what is made from it.
    let for_the_browser =
        env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|architecture| architecture == "wasm32");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") && !for_the_browser {
        println!("cargo::rerun-if-changed=../target/site/pkg");
        println!("cargo::rerun-if-changed=../public");
    }
}
