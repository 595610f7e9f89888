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
    let source = Source::new(set(MIRROR), proxy);
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

/// The proxy for an address, by the variables that curl reads.
fn proxy(address: &str) -> Option<String> {
    let either = |name: &str| set(name).or_else(|| set(&name.to_uppercase()));
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split(['/', ':']).next()?;
    if either("no_proxy").is_some_and(|hosts| is_among(host, &hosts)) {
        return None;
    }
    // `HTTP_PROXY` may be a header of a CGI request, so that only the other spelling counts.
    let own = if scheme == "http" { set("http_proxy") } else { either("https_proxy") };
    own.or_else(|| either("all_proxy"))
}

/// Whether a host or a domain above it is in a list.
fn is_among(host: &str, hosts: &str) -> bool {
    hosts.split(',').map(|entry| entry.trim().trim_start_matches('.')).filter(|entry| !entry.is_empty()).any(
        |entry| {
            entry == "*"
                || host == entry
                || host.strip_suffix(entry).is_some_and(|before| before.ends_with('.'))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_the_domains_above_them_have_no_proxy() {
        for (host, hosts, expected) in [
            ("mirror.lab.org", "localhost, .lab.org", true),
            ("lab.org", "lab.org", true),
            ("slab.org", "lab.org", false),
            ("a.org", "*", true),
            ("a.org", "", false),
        ] {
            assert_eq!(is_among(host, hosts), expected, "{host} {hosts}");
        }
    }
}
