//! The tests of the whole program, in one binary. Specs as tests are in `fixtures.rs`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

#[cfg(not(feature = "engine"))]
mod checker;
mod ci;
#[cfg(feature = "train")]
mod devices;
// What is written there is printed by the whole program.
#[cfg(all(feature = "engine", feature = "lsp"))]
mod cli;
mod consequences;
#[cfg(feature = "train")]
mod downloads;
mod editor;
#[cfg(feature = "engine")]
mod engine;
mod fuzz;
#[cfg(feature = "lsp")]
mod lsp;
mod overlay;
#[cfg(feature = "engine")]
mod replay;
// Workers are looked up in `/proc`.
#[cfg(all(feature = "train", target_os = "linux"))]
mod runs;
#[cfg(all(feature = "train", target_os = "linux"))]
mod study;
mod support;
#[cfg(feature = "train")]
mod targets;
mod tidy;
#[cfg(feature = "engine")]
mod verify;
