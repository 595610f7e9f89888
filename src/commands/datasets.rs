//! Where data sets are on this machine and how they come there: what the environment says of it.

use std::path::PathBuf;

use peng_runtime::data::fetch::{self, Source};
use peng_runtime::data::{self, DataError};
use peng_runtime::run::CancelFlag;
use peng_spec::plan::Plan;

use crate::failure::{Exit, Failure};
use crate::ui::downloads::Downloads;

/// The address of a mirror, which has the files of the data set `KIND` below `KIND/`.
const MIRROR: &str = "PENG_DATASETS_URL";

/// The place of a plan's data; `None`: they come with `peng`. What is published is downloaded, unless `offline`.
pub(crate) fn obtain(
    plan: &Plan,
    offline: bool,
    downloads: &mut Downloads,
    cancel: &CancelFlag,
) -> Result<Option<PathBuf>, Failure> {
    let call = &plan.dataset.call;
    let unknown = || Failure::new(Exit::Environment, format!("unknown data set `{}` in the plan", call.kind));
    let kind = data::find(&call.kind).ok_or_else(unknown)?;
    let source = Source::new(set(MIRROR));
    let mut download = |dataset, files: &'static [_], dir: &std::path::Path| {
        if offline {
            return Err(DataError::NotFetched {
                dataset,
                address: source.address(dataset, &files[0]),
                reason: "`--offline` forbids it".to_owned(),
                help: fetch::help(files, dir),
            });
        }
        fetch::fetch(dataset, files, dir, &source, &mut downloads.until(cancel))
    };
    data::obtain(kind, &call.params, cache().as_deref(), &mut download).map_err(|error| {
        let exit = match error {
            DataError::Interrupted => Exit::Interrupted,
            DataError::Missing { .. }
            | DataError::Unreadable { .. }
            | DataError::Unwritable { .. }
            | DataError::NotFetched { .. }
            | DataError::Malformed { .. }
            | DataError::Facts { .. } => Exit::Environment,
        };
        let failure = Failure::new(exit, error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment says where data sets are")]
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The directory of downloaded data sets, by the XDG Base Directory Specification: relative paths do not count.
fn cache() -> Option<PathBuf> {
    let absolute = |name| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("peng").join("datasets"))
}
