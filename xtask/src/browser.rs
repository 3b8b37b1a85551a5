//! The code that runs in the browser: compiled to wasm, bound to JavaScript, laid out where the server finds it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::packages;
use crate::process::run;
use crate::step::note;
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// The name of the two files, which the server knows by `LEPTOS_OUTPUT_NAME` in `.cargo/config.toml`.
const NAME: &str = "rollcall";

/// What a settings page may weigh, as sent: wasm and JavaScript, brotli.
const LIMIT: u64 = 250_000;

const BINARYEN: &str = "132.0.0";

/// Chromium refuses the result of `--all-features`: these are what browsers have.
const WASM_OPT: [&str; 7] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// Quick to build.
    Development,
    /// Small, and compressed beforehand.
    Shipped,
}

impl Flavour {
    fn profile(self) -> &'static str {
        match self {
            Self::Development => "browser-dev",
            Self::Shipped => "browser",
        }
    }
}

/// What `cargo VERB` is told so that it means the browser code, the same for building and for clippy.
pub(crate) fn cargo(workspace: &Workspace, toolchain: Toolchain, verb: &str, flavour: Flavour) -> Command {
    let mut cargo = toolchain.cargo(workspace, verb);
    cargo.args(["--package", "rollcall-app", "--lib", "--no-default-features", "--features", "hydrate"]);
    cargo.args(["--profile", flavour.profile()]);
    cargo
}

pub(crate) fn build(workspace: &Workspace, toolchain: Toolchain, flavour: Flavour) -> Result<()> {
    run(&mut cargo(workspace, toolchain, "build", flavour))?;
    let wasm = workspace.target.join("wasm32-unknown-unknown").join(flavour.profile()).join("app.wasm");
    let site = workspace.site();
    // Beside the site and not in it: all that is in it is served.
    let stamp = site.with_extension("stamp");
    let inputs = format!(
        "{}\n{}\n{}\n",
        flavour.profile(),
        fingerprint(&wasm)?,
        fingerprint(&std::env::current_exe()?)?
    );
    let whole = site.join("pkg").join(format!("{NAME}.wasm")).is_file();
    if whole && std::fs::read_to_string(&stamp).is_ok_and(|text| text == inputs) {
        note("unchanged since it was last laid out");
        return Ok(());
    }
    let _ = std::fs::remove_file(&stamp);

    // Made aside and put in place whole, so that a running server never serves half of it.
    let next = site.with_extension("next");
    let package = next.join("pkg");
    let _ = std::fs::remove_dir_all(&next);
    std::fs::create_dir_all(&package)?;
    note("binding it to JavaScript");
    bind(&wasm, &package, flavour)?;
    if flavour == Flavour::Shipped {
        optimise(workspace, &package.join(format!("{NAME}.wasm")))?;
        note("compressing it");
        for file in files(&package)? {
            compress(&file)?;
        }
    }
    let _ = std::fs::remove_dir_all(&site);
    std::fs::rename(&next, &site).with_context(|| format!("{} could not be put in place", site.display()))?;
    Ok(std::fs::write(&stamp, inputs)?)
}

fn bind(wasm: &Path, package: &Path, flavour: Flavour) -> Result<()> {
    let shipped = flavour == Flavour::Shipped;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).web(true)?.typescript(false).omit_default_module_path(true);
    bindgen.out_name(NAME).remove_name_section(shipped).remove_producers_section(shipped);
    bindgen
        .generate(package)
        .with_context(|| format!("{} could not be bound to JavaScript", wasm.display()))?;
    // leptos asks for the wasm by the plain name when LEPTOS_OUTPUT_NAME is set while the server compiles.
    std::fs::rename(package.join(format!("{NAME}_bg.wasm")), package.join(format!("{NAME}.wasm")))?;
    Ok(())
}

fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    let Some(wasm_opt) = packages::npm_tool(workspace, "binaryen", BINARYEN, "wasm-opt") else {
        note(
            "wasm-opt is not here (npm's package `binaryen` has it): the browser code stays larger than it need be",
        );
        return Ok(());
    };
    run(Command::new(wasm_opt).args(WASM_OPT).arg(wasm).arg("-o").arg(wasm))
}

/// Writes `FILE.br` and `FILE.gz` beside a file.
fn compress(file: &Path) -> Result<()> {
    let bytes = std::fs::read(file)?;
    std::fs::write(suffixed(file, "br"), brotli(&bytes)?)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&bytes)?;
    std::fs::write(suffixed(file, "gz"), gzip.finish()?)?;
    Ok(())
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let mut brotli = brotli::CompressorWriter::new(&mut compressed, 1 << 16, 11, 24);
    brotli.write_all(bytes)?;
    drop(brotli);
    Ok(compressed)
}

fn suffixed(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Prints what the browser code weighs; an error when that is too much.
pub(crate) fn weigh(workspace: &Workspace) -> Result<()> {
    let package = workspace.site().join("pkg");
    let mut sent = 0;
    println!("  {:>9}  {:>9}", "raw", "brotli");
    for file in files(&package)?.iter().filter(|file| is_code(file)) {
        let raw = std::fs::metadata(file)?.len();
        let compressed = std::fs::metadata(suffixed(file, "br"))?.len();
        sent += compressed;
        println!("  {:>9}  {:>9}  {}", size(raw), size(compressed), file.strip_prefix(&package)?.display());
    }
    println!("  {:>9}  {:>9}  in all, of {} allowed", "", size(sent), size(LIMIT));
    if sent > LIMIT {
        bail!(
            "The browser code is larger than it may be: {} as brotli, where {} are allowed.",
            size(sent),
            size(LIMIT)
        );
    }
    Ok(())
}

fn is_code(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wasm" || extension == "js")
}

/// `162.8 kB`.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{}.{} kB", tenths / 10, tenths % 10)
}

/// Changes whenever the file is written again.
fn fingerprint(file: &Path) -> Result<String> {
    let metadata = std::fs::metadata(file).with_context(|| format!("{} is not there", file.display()))?;
    Ok(format!("{} {:?}", metadata.len(), metadata.modified()?))
}

/// Every file in a folder and the folders below it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_thousands() {
        assert_eq!(size(162_849), "162.8 kB");
        assert_eq!(size(99), "0.1 kB");
    }

    #[test]
    fn compressed_files_keep_the_whole_name() {
        assert_eq!(suffixed(Path::new("pkg/rollcall.wasm"), "br"), Path::new("pkg/rollcall.wasm.br"));
    }
}
