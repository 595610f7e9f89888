//! The files of a run.

mod checkpoint;
mod error;
mod journal;
mod run_dir;

pub use checkpoint::{checkpoint_dir, checkpoint_path, save_checkpoint};
pub use error::StoreError;
pub use journal::Journal;
pub use run_dir::{Lock, RunDir, SourceFile, shell_word};
pub(crate) use run_dir::{is_locked, lock_dir, make_dir, read_text, write_whole};
