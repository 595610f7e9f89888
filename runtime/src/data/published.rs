//! Files that are published at an address: their sizes and digests, and how a data set that is nowhere is obtained.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{DataError, DatasetEntry};

/// A published file. Sizes and digests are those of TensorFlow Datasets
/// (<https://github.com/tensorflow/datasets>, `tensorflow_datasets/url_checksums`), which names the same addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub address: &'static str,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: &'static str,
}

/// What brings published files of a data set into a directory.
pub type Download<'a> = dyn FnMut(&'static str, &'static [Published], &Path) -> Result<(), DataError> + 'a;

/// Where the data are: at their `path` or in the usual places, else in the cache, else they are downloaded to it, if they
/// are published and the parameters name no place of their own.
///
/// The data set `KIND` is in `cache/KIND`.
pub fn obtain(
    kind: &dyn DatasetEntry,
    params: &Value,
    cache: Option<&Path>,
    download: &mut Download<'_>,
) -> Result<Option<PathBuf>, DataError> {
    let missing = match kind.locate(params) {
        Err(missing @ DataError::Missing { .. }) => missing,
        found => return found,
    };
    let has_place = params.get("path").is_some_and(|path| !path.is_null());
    let (Some(cache), false) = (cache, has_place || kind.published().is_empty()) else {
        return Err(missing);
    };
    let dir = cache.join(kind.name());
    let there = json!({ "path": dir });
    match kind.locate(&there) {
        Err(DataError::Missing { .. }) => {}
        found => return found,
    }
    download(kind.name(), kind.published(), &dir)?;
    kind.locate(&there)
}

#[cfg(test)]
mod tests {
    use super::super::{DATASETS, find};
    use super::*;

    #[test]
    fn what_is_published_has_a_whole_digest_and_a_name_of_its_own() {
        let published: Vec<&str> =
            DATASETS.iter().filter(|kind| !kind.published().is_empty()).map(|kind| kind.name()).collect();
        assert_eq!(published, ["fashion-mnist", "cifar-10", "cifar-100", "svhn"]);
        for file in DATASETS.iter().flat_map(|kind| kind.published()) {
            assert_eq!(file.sha256.len(), 64);
            assert!(file.sha256.chars().all(|digit| digit.is_ascii_digit() || ('a'..='f').contains(&digit)));
            assert!(file.address.starts_with("http") && file.address.ends_with(&format!("/{}", file.name)));
        }
    }

    /// A download that leaves files of these names.
    fn obtained(
        kind: &str,
        params: &Value,
        cache: Option<&Path>,
    ) -> (Result<Option<PathBuf>, DataError>, u32) {
        let mut downloads = 0;
        let found = obtain(find(kind).unwrap(), params, cache, &mut |name, files, dir| {
            assert_eq!(name, kind);
            downloads += 1;
            std::fs::create_dir_all(dir).unwrap();
            for file in files {
                std::fs::write(dir.join(file.name), "").unwrap();
            }
            Ok(())
        });
        (found, downloads)
    }

    #[test]
    fn the_cache_is_filled_once_and_only_without_a_path() {
        let cache = tempfile::tempdir().unwrap();
        for kind in ["cifar-10", "cifar-100", "svhn"] {
            let params = json!({ "path": null });
            let (first, downloads) = obtained(kind, &params, Some(cache.path()));
            assert!(first.unwrap().unwrap().starts_with(cache.path().join(kind)));
            let (again, more) = obtained(kind, &params, Some(cache.path()));
            assert!(again.is_ok());
            assert_eq!((downloads, more), (1, 0));

            let (absent, downloads) = obtained(kind, &params, None);
            assert!(matches!(absent, Err(DataError::Missing { .. })));
            let elsewhere = json!({ "path": cache.path().join("nowhere") });
            let (there, more) = obtained(kind, &elsewhere, Some(cache.path()));
            assert!(matches!(there, Err(DataError::Missing { .. })));
            assert_eq!((downloads, more), (0, 0));
        }
        assert!(matches!(obtained("digits", &Value::Null, Some(cache.path())), (Ok(None), 0)));
    }
}
