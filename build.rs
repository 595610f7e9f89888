//! Asks the linker to fold functions with the same code into one, which takes a sixth of the size of the small checker away.
//! Not every linker can: Rust's own for Linux can, GNU's `ld` cannot, so a program of one line is linked first.

#![expect(clippy::disallowed_methods, reason = "Cargo tells a build script all by the environment")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

const FOLD: &str = "-Wl,--icf=all";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A build that runs experiments is optimised, and what tells where it failed shall name the very function.
    let is_checker = env::var_os("CARGO_FEATURE_ENGINE").is_none();
    if is_checker && links() {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
}

/// Whether a program is linked so with the compiler, the linker and the flags of this build. A failure to find out is a no.
fn links() -> bool {
    let Some(out) = env::var_os("OUT_DIR") else { return false };
    let source = Path::new(&out).join("probe.rs");
    if fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let (Some(compiler), Some(target)) = (env::var_os("RUSTC"), env::var_os("TARGET")) else { return false };
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut command = Command::new(compiler);
    command.arg(&source).arg("--target").arg(target).arg("-o").arg(Path::new(&out).join("probe"));
    command.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        command.arg(format!("-Clinker={linker}"));
    }
    command.arg(format!("-Clink-arg={FOLD}"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
