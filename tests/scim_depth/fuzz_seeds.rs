//! What the fuzz targets check, of each of their seeds: what was found once is looked at by every run of the tests.

use std::{fs, path::Path};

#[path = "../../fuzz/checks/filter.rs"]
mod filter;
#[path = "../../fuzz/checks/patch.rs"]
mod patch;
#[path = "../../fuzz/checks/path.rs"]
mod path;
#[path = "../../fuzz/checks/request.rs"]
mod request;

/// Gives each seed of a target to its check.
fn each_seed(target: &str, check: impl Fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut number = 0;
    for seed in fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap().path();
        eprintln!("{}", seed.display());
        check(&fs::read_to_string(seed).unwrap());
        number += 1;
    }
    assert!(number > 0, "{target} has no seeds");
}

#[test]
fn every_seed_of_the_language_passes() {
    each_seed("filter", filter::run);
    each_seed("path", path::run);
    each_seed("patch", patch::run);
}

#[test]
fn every_seed_of_the_server_passes() {
    let server = request::Server::start();
    each_seed("request", |input| server.answer(input));
}
