//! Where the files of a data set are looked for: the path of the spec, else the usual places. What comes after these is in
//! `published.rs`.
//!
//! What is in a place is for the kind to say.

use std::path::{Path, PathBuf};

use peng_spec::catalog::read_params;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DataError;

/// Parameters of a published data set.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceParams {
    /// Its file or directory, as it is distributed or unpacked; default: the usual places,
    /// `/usr/share/datasets/KIND` and `data/KIND`, else a download that is kept in the cache directory.
    #[serde(default)]
    pub path: Option<String>,
}

/// A published data set.
pub(super) struct Place {
    /// Its kind, which is also the name of its directory.
    pub(super) dataset: &'static str,
    /// The file that is told to be missing.
    pub(super) file: &'static str,
    /// What to do when it is missing.
    pub(super) help: &'static str,
}

impl Place {
    /// What `search` finds in the first place that has it.
    pub(super) fn find(
        &self,
        params: &Value,
        search: impl Fn(&Path) -> Option<PathBuf>,
    ) -> Result<PathBuf, DataError> {
        let path = read_params::<PlaceParams>(params).ok().and_then(|params| params.path);
        let looked = match path {
            Some(path) => vec![path.into()],
            None => usual(self.dataset),
        };
        looked.iter().find_map(|place| search(place)).ok_or_else(|| DataError::Missing {
            dataset: self.dataset,
            file: self.file.to_owned(),
            looked: looked.clone(),
            help: self.help.to_owned(),
        })
    }
}

/// Where a data set is without `path`: the place of Debian's packages, and one below the current directory.
pub(super) fn usual(dataset: &str) -> Vec<PathBuf> {
    ["/usr/share/datasets", "data"].map(|place| Path::new(place).join(dataset)).to_vec()
}
