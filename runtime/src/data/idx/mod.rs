//! `idx`: grey images in the four IDX files of the MNIST family, under the names of MNIST.
//!
//! Format: `LeCun`, Cortes and Burges, *The MNIST database of handwritten digits*. What the files must hold is said by the
//! spec; for MNIST that is `input: 1x28x28`, `classes: 10`, `train: 60000`, `test: 10000`.

mod array;

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Typed};
use serde_json::Value;

pub(in crate::data) use array::Idx;

use super::declared::{DeclaredParams, checked_labels, declared, expected, facts};
use super::{Choose, DataError, DatasetEntry, Examples, Labels, Part, choose_all};

/// The data set.
#[derive(Debug)]
pub(super) struct IdxFiles;

impl Typed for IdxFiles {
    type Params = DeclaredParams;
    const NAME: &'static str = "idx";
    const SUMMARY: &'static str = "Grey images in IDX files, plain or gzip, such as MNIST: `path` is the directory of train-images-idx3-ubyte, train-labels-idx1-ubyte and, with a test part, the two that begin with t10k";

    fn check(params: &DeclaredParams) -> Vec<Issue> {
        params.check(|shape| match shape {
            Shape::Image { channels: 1, .. } => None,
            Shape::Image { .. } | Shape::Vector { .. } => Some("an image of 1 channel"),
        })
    }
}

impl DatasetKind for IdxFiles {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        facts(params)
    }
}

impl DatasetEntry for IdxFiles {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        self.open_some(params, part, &mut choose_all)
    }

    fn open_some(&self, params: &Value, part: Part, choose: Choose<'_>) -> Result<Examples, DataError> {
        let (dir, facts) = declared(params)?;
        let count = expected(&facts, part);
        let Shape::Image { height, width, .. } = facts.input else {
            return Err(DataError::Facts { reason: format!("found `{}`, expected an image", facts.input) });
        };
        let [images, labels] = names(part).map(|name| file(&dir, name));
        let (images, labels) = (images?, labels?);
        let classes = facts.target.outputs();
        let numbers = Idx::read(&labels, &[count])?;
        let numbers = numbers.values().iter().map(|&label| i64::from(label));
        let labels = Labels::Classes { classes, of: checked_labels(&labels, numbers, classes)? };
        let chosen = choose(facts.input, &labels)?;
        let images = Idx::read(&images, &[count, height, width])?;
        Ok(images.examples(facts.input, &labels, &chosen))
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let (dir, facts) = declared(params)?;
        for part in [Part::Train, Part::Test] {
            if expected(&facts, part) > 0 {
                names(part).into_iter().try_for_each(|name| file(&dir, name).map(drop))?;
            }
        }
        Ok(Some(dir))
    }
}

fn names(part: Part) -> [&'static str; 2] {
    match part {
        Part::Train => ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
        Part::Test => ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
    }
}

/// A file in one of its spellings: MNIST's own archives unpack to a dot before `idx`.
fn file(dir: &Path, name: &str) -> Result<PathBuf, DataError> {
    let dotted = name.replace("-idx", ".idx");
    [name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")]
        .iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| DataError::Missing {
            dataset: "idx",
            file: format!("{name}` or `{name}.gz"),
            looked: vec![dir.to_owned()],
            help: "name the directory of the IDX files in `path`, and say `test: 0` if there is no test part"
                .to_owned(),
        })
}

#[cfg(test)]
pub(super) mod tests {
    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::*;

    fn write(dir: &Path, name: &str, dims: &[u32], content: &[u8]) {
        let mut file = vec![0, 0, 8, dims.len() as u8];
        file.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
        file.extend(content);
        std::fs::write(dir.join(name), file).unwrap();
    }

    #[cfg(feature = "train")]
    pub(crate) fn small(pictures: &Pictures) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let count = pictures.labels.len();
        write(dir.path(), "train-images-idx3-ubyte", &[count as u32, 6, 6], &pictures.bytes(36));
        write(dir.path(), "train-labels-idx1-ubyte", &[count as u32], &pictures.labels);
        let params = json!({"path": dir.path(), "input": "1x6x6", "classes": 3, "train": count});
        IdxFiles.open(&IdxFiles.normalise(&params).unwrap(), Part::Train).unwrap()
    }

    fn params(dir: &Path, test: usize) -> Value {
        let params = json!({"path": dir, "input": "1x1x2", "classes": 3, "train": 3, "test": test});
        IdxFiles.normalise(&params).unwrap()
    }

    #[test]
    fn both_parts_are_read_under_either_spelling() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "train-images.idx3-ubyte", &[3, 1, 2], &[0, 51, 102, 153, 204, 255]);
        write(dir.path(), "train-labels-idx1-ubyte", &[3], &[2, 0, 1]);
        let train = IdxFiles.open(&params(dir.path(), 0), Part::Train).unwrap();
        assert_eq!(train.pixels, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(train.classes(), [2, 0, 1]);
        let some = IdxFiles.open_some(&params(dir.path(), 0), Part::Train, &mut |_, labels| {
            assert_eq!(labels, &train.labels);
            Ok(vec![0, 2])
        });
        assert_eq!(some.unwrap(), train.keep(&[0, 2]));
        assert!(IdxFiles.locate(&params(dir.path(), 0)).is_ok());
        let error = IdxFiles.locate(&params(dir.path(), 1)).unwrap_err().to_string();
        assert!(error.contains("`t10k-images-idx3-ubyte` or `t10k-images-idx3-ubyte.gz`"), "{error}");
        write(dir.path(), "t10k-images-idx3-ubyte", &[1, 1, 2], &[255, 0]);
        write(dir.path(), "t10k-labels-idx1-ubyte", &[1], &[1]);
        let test = IdxFiles.open(&params(dir.path(), 1), Part::Test).unwrap();
        assert_eq!((&test.pixels[..], test.classes()), (&[1.0, 0.0][..], &[1][..]));
    }

    #[test]
    fn other_sizes_and_labels_are_told() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "train-images-idx3-ubyte", &[3, 1, 2], &[0; 6]);
        for (labels, expected) in [
            (&[0, 1, 3][..], "found the label 3 of example 2, expected one from 0 to 2"),
            (&[0, 1], "found 2 bytes, expected 3"),
        ] {
            write(dir.path(), "train-labels-idx1-ubyte", &[labels.len() as u32], labels);
            let error = IdxFiles.open(&params(dir.path(), 0), Part::Train).unwrap_err();
            let DataError::Malformed { path, reason } = error else { panic!("{error}") };
            assert!(path.ends_with("train-labels-idx1-ubyte"));
            assert_eq!(reason, expected);
        }
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        let wrong = json!({"path": "a", "input": "3x8x8", "classes": 1, "train": 1});
        let issues = IdxFiles.normalise(&wrong).unwrap_err();
        let pointers: Vec<&str> = issues.iter().map(|issue| issue.pointer.as_str()).collect();
        assert_eq!(pointers, ["/input", "/classes", "/train"]);
        assert_eq!(issues[0].message, "found `3x8x8`, expected an image of 1 channel");
        let large = json!({"path": "a", "input": "1x4000000000x4000000000", "classes": 2, "train": 99_999_999_999_u64});
        assert_eq!(IdxFiles.normalise(&large).unwrap_err()[0].pointer, "/train");
    }
}
