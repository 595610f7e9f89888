//! The tests of the whole program, in one binary. Specs as tests are in `fixtures.rs`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

mod ci;
mod cli;
mod editor;
mod engine;
mod fuzz;
#[cfg(feature = "lsp")]
mod lsp;
mod overlay;
// Workers are looked up in `/proc`.
#[cfg(all(feature = "train", target_os = "linux"))]
mod runs;
mod support;
mod tidy;
mod verify;
