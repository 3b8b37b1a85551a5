//! What the fuzz targets check, of each of their seeds: what was found once is looked at by every run of the tests.

use std::{fs, path::Path};

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

/// Gives each seed of a target to its check.
fn each_seed(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut number = 0;
    for seed in fs::read_dir(folder).unwrap() {
        let seed = seed.unwrap().path();
        eprintln!("{}", seed.display());
        check(&fs::read(seed).unwrap());
        number += 1;
    }
    assert!(number > 0, "{target} has no seeds");
}

fn each_text(target: &str, check: impl Fn(&str)) {
    each_seed(target, |seed| check(str::from_utf8(seed).unwrap()));
}

#[test]
fn every_seed_of_the_language_passes() {
    each_text("filter", fuzz::filter::run);
    each_text("path", fuzz::path::run);
    each_text("patch", fuzz::patch::run);
    each_text("extension", fuzz::extension::run);
}

#[test]
fn every_seed_of_the_server_passes() {
    let server = fuzz::request::Server::start();
    each_seed("request", |input| server.answer(input));
}
