//! Data sets: the slot's trait and its list, and the splits that are made of one.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetKind, Target};
use serde_json::Value;

mod cifar;
mod declared;
mod digits;
mod fashion_mnist;
#[cfg(feature = "data")]
pub mod fetch;
mod idx;
mod image_folder;
mod mat;
#[cfg(feature = "engine")]
mod normalize;
mod npy;
mod npz;
#[cfg(feature = "data")]
mod picture;
mod places;
mod published;
#[cfg(feature = "data")]
mod resize;
#[cfg(all(test, feature = "train"))]
pub(crate) mod small;
mod split;
mod svhn;
mod synthetic;
mod table;
mod tar;
mod zip;

#[cfg(feature = "engine")]
pub(crate) use normalize::normalize;
pub use published::{Download, Published, obtain};
#[cfg(all(test, feature = "train"))]
pub(crate) use split::split;
pub use split::{Choice, Splits};

/// What is listed of a data set: a checker, which opens none, does not even have the readers.
#[cfg(feature = "engine")]
pub type Listed = dyn DatasetEntry;
/// What is listed of a data set: a checker, which opens none, does not even have the readers.
#[cfg(not(feature = "engine"))]
pub type Listed = dyn DatasetKind;

/// All data sets, in the order in which they are listed to users.
pub static DATASETS: &[&Listed] = &[
    &digits::Digits,
    &fashion_mnist::FashionMnist,
    &cifar::Cifar10,
    &cifar::Cifar100,
    &svhn::Svhn,
    &idx::IdxFiles,
    &image_folder::ImageFolder,
    &npz::Npz,
    &table::Table,
    &synthetic::Synthetic,
];

/// A kind of data set.
pub trait DatasetEntry: DatasetKind {
    /// Reads a part of the data. `params` are normalised.
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError>;

    /// As [`open`](Self::open), of the examples alone that `choose` names.
    ///
    /// A data set whose labels can be read before its pixels overrides this, so that no pixel of the others is kept.
    fn open_some(&self, params: &Value, part: Part, choose: Choose<'_>) -> Result<Examples, DataError> {
        let all = self.open(params, part)?;
        let chosen = choose(all.input, &all.labels)?;
        Ok(all.keep(&chosen))
    }

    /// Where the data are on this machine, for the journal; `None`: they come with `peng` or are made by it.
    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError>;

    /// The files that it is published in, if they have an address.
    fn published(&self) -> &'static [Published] {
        &[]
    }
}

/// Names some examples, by the shape of each and the labels of all: indices that ascend.
pub type Choose<'a> = &'a mut dyn FnMut(Shape, &Labels) -> Result<Vec<usize>, DataError>;

/// Names all of them.
#[expect(clippy::unnecessary_wraps, reason = "the type of `Choose`")]
fn choose_all(_: Shape, labels: &Labels) -> Result<Vec<usize>, DataError> {
    Ok((0..labels.examples()).collect())
}

/// The official parts of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// For training and validation.
    Train,
    /// Never seen by a search.
    Test,
}

/// Labelled examples in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    /// Shape of one example.
    pub input: Shape,
    /// Pixels from 0 to 1, image after image in the order channels, height, width; or the features of a table.
    pub pixels: Vec<f32>,
    /// What a network is to tell of them.
    pub labels: Labels,
}

/// What is known of examples, one after another.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Which class each is of.
    Classes {
        /// Number of classes.
        classes: usize,
        /// The class of each example, below `classes`.
        of: Vec<u16>,
    },
    /// Numbers.
    Values {
        /// How many an example.
        targets: usize,
        /// As they are in the data, example after example.
        of: Vec<f64>,
    },
}

impl Labels {
    /// Number of examples.
    pub fn examples(&self) -> usize {
        match self {
            Self::Classes { of, .. } => of.len(),
            Self::Values { targets, of } => of.len() / targets,
        }
    }

    /// What a network tells of an example.
    pub fn target(&self) -> Target {
        match self {
            Self::Classes { classes, .. } => Target::Classes(*classes),
            Self::Values { targets, .. } => Target::Values(*targets),
        }
    }
}

impl Examples {
    /// Examples that are told apart: the class of each, below `classes`.
    pub fn classified(input: Shape, classes: usize, pixels: Vec<f32>, labels: Vec<u16>) -> Self {
        Self { input, pixels, labels: Labels::Classes { classes, of: labels } }
    }

    /// Number of examples.
    pub fn count(&self) -> usize {
        self.labels.examples()
    }

    /// The class of each example; of a regression none.
    pub fn classes(&self) -> &[u16] {
        match &self.labels {
            Labels::Classes { of, .. } => of,
            Labels::Values { .. } => &[],
        }
    }
}

/// Why data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Not where it was looked for.
    #[error("no {dataset} files found; looked for `{file}` in {}", looked.iter().map(|p| format!("`{}`", p.display())).collect::<Vec<_>>().join(", "))]
    Missing {
        /// The data set.
        dataset: &'static str,
        /// The first file that is missing.
        file: String,
        /// Where it was looked for.
        looked: Vec<PathBuf>,
        /// What to do.
        help: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A published file cannot be downloaded.
    #[error("cannot download {dataset} from `{address}`: {reason}")]
    NotFetched {
        /// The data set.
        dataset: &'static str,
        /// Where the file should be.
        address: String,
        /// Why it does not come.
        reason: String,
        /// What to do.
        help: String,
    },
    /// A user asked to stop.
    #[error("interrupted while the data were downloaded; the next run goes on with what is there")]
    Interrupted,
    /// A file is not what it should be.
    #[error("`{}` is not the expected file: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// The data are not what the plan says.
    #[error("the data do not fit the plan: {reason}")]
    Facts {
        /// What was found and what was expected.
        reason: String,
    },
}

impl DataError {
    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Missing { help, .. } | Self::NotFetched { help, .. } => Some(help),
            Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::Interrupted
            | Self::Malformed { .. }
            | Self::Facts { .. } => None,
        }
    }
}

/// The kind of that name.
#[cfg(feature = "engine")]
pub fn find(name: &str) -> Option<&'static dyn DatasetEntry> {
    DATASETS.iter().copied().find(|kind| kind.name() == name)
}

/// What an error of reading says of a file: that it is damaged, or that it cannot be read.
fn broken(path: &Path, source: io::Error) -> DataError {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::UnexpectedEof => {
            DataError::Malformed { path, reason: "the file ends too early".to_owned() }
        }
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            DataError::Malformed { path, reason: format!("found damaged data: {source}") }
        }
        _ => DataError::Unreadable { path, source },
    }
}
