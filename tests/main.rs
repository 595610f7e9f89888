//! The tests of the whole program, in one binary. Specs as tests are in `fixtures.rs`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

mod cli;
#[cfg(feature = "train")]
mod runs;
#[cfg(feature = "train")]
mod support;
mod tidy;
