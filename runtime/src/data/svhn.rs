//! `svhn`: house numbers in street views, cropped to digits of 32x32 pixels, from the MATLAB files as they are published.
//!
//! Source: Netzer and others, *Reading Digits in Natural Images with Unsupervised Feature Learning* (2011), and its page
//! <http://ufldl.stanford.edu/housenumbers/>, "Format 2". The extra part is not used.

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed};
use serde_json::Value;

use super::places::{Place, PlaceParams};
use super::{DataError, DatasetEntry, Examples, Part, Published, mat};

const SIDE: usize = 32;
const INPUT: Shape = Shape::Image { channels: 3, height: SIDE, width: SIDE };
const CLASSES: usize = 10;
const TRAIN: usize = 73_257;
const TEST: usize = 26_032;
const FILES: [&str; 2] = ["train_32x32.mat", "test_32x32.mat"];

const PLACE: Place = Place {
    dataset: "svhn",
    file: "train_32x32.mat` and `test_32x32.mat",
    help: "download http://ufldl.stanford.edu/housenumbers/train_32x32.mat and test_32x32.mat, and name their directory in `path`",
};

/// The data set.
#[derive(Debug)]
pub(super) struct Svhn;

impl Typed for Svhn {
    type Params = PlaceParams;
    const NAME: &'static str = "svhn";
    const SUMMARY: &'static str = "SVHN: 73,257 and 26,032 digits of house numbers in colour, 32x32 pixels, 10 classes; the cropped version";
}

impl DatasetKind for Svhn {
    fn facts(&self, _params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        Ok(DatasetFacts { input: INPUT, target: Target::Classes(CLASSES), train: TRAIN, test: TEST })
    }
}

impl DatasetEntry for Svhn {
    fn published(&self) -> &'static [Published] {
        &[
            Published {
                name: "train_32x32.mat",
                address: "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                bytes: 182_040_794,
                sha256: "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            },
            Published {
                name: "test_32x32.mat",
                address: "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                bytes: 64_275_384,
                sha256: "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            },
        ]
    }

    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let dir = find(params)?;
        match part {
            Part::Train => read(&dir.join(FILES[0]), TRAIN),
            Part::Test => read(&dir.join(FILES[1]), TEST),
        }
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        find(params).map(Some)
    }
}

fn find(params: &Value) -> Result<PathBuf, DataError> {
    let is_whole = |dir: &Path| FILES.iter().all(|name| dir.join(name).is_file());
    PLACE.find(params, |dir| is_whole(dir).then(|| dir.to_owned()))
}

/// Reads `X`, height by width by channels by images with the height fastest, and `y`, in which 10 stands for the digit 0.
fn read(path: &Path, images: usize) -> Result<Examples, DataError> {
    let [bytes, numbers] = mat::arrays(path, [("X", &[SIDE, SIDE, 3, images]), ("y", &[images, 1])])?;
    let mut pixels = Vec::with_capacity(bytes.len());
    for plane in bytes.chunks_exact(SIDE * SIDE) {
        for row in 0..SIDE {
            pixels.extend((0..SIDE).map(|column| f32::from(plane[column * SIDE + row]) / 255.0));
        }
    }
    let mut labels = Vec::with_capacity(images);
    for (index, number) in numbers.into_iter().enumerate() {
        match number {
            1..=9 => labels.push(u16::from(number)),
            10 => labels.push(0),
            _ => {
                let reason = format!("found the label {number} of image {index}, expected one from 1 to 10");
                return Err(DataError::Malformed { path: path.to_owned(), reason });
            }
        }
    }
    Ok(Examples::classified(INPUT, CLASSES, pixels, labels))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::mat::tests::{array, file, packed};
    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::*;

    fn small(labels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for image in 0..labels.len() {
            for channel in 0..3 {
                for column in 0..SIDE {
                    bytes.extend(
                        (0..SIDE).map(|row| (100 * image + 50 * channel + 2 * row + column % 2) as u8),
                    );
                }
            }
        }
        let images = packed(&array("X", &[SIDE, SIDE, 3, labels.len()], &bytes));
        file(&[images, packed(&array("y", &[labels.len(), 1], labels))])
    }

    /// A file of the same form with other images; the label 0 stands as 10.
    #[cfg(feature = "train")]
    pub(crate) fn small_file(pictures: &Pictures) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("train_32x32.mat");
        let numbers: Vec<u8> =
            pictures.labels.iter().map(|&label| if label == 0 { 10 } else { label }).collect();
        let count = numbers.len();
        let images = packed(&array("X", &[SIDE, SIDE, 3, count], &pictures.bytes(3 * SIDE * SIDE)));
        std::fs::write(&path, file(&[images, packed(&array("y", &[count, 1], &numbers))])).unwrap();
        read(&path, count).unwrap()
    }

    #[test]
    fn images_are_turned_and_ten_is_nought() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("train_32x32.mat");
        std::fs::write(&path, small(&[10, 9])).unwrap();
        let examples = read(&path, 2).unwrap();
        assert_eq!(examples.classes(), [0, 9]);
        let value = |image: usize, channel: usize, row: usize, column: usize| {
            let at = ((image * 3 + channel) * SIDE + row) * SIDE + column;
            (examples.pixels[at] * 255.0).round() as usize
        };
        for (image, channel, row, column) in [(0, 0, 0, 1), (0, 2, 31, 0), (1, 1, 7, 31)] {
            let expected = 100 * image + 50 * channel + 2 * row + column % 2;
            assert_eq!(value(image, channel, row, column), expected);
        }
    }

    #[test]
    fn wrong_labels_and_sizes_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("train_32x32.mat");
        for (labels, expected) in [
            (&[1, 0][..], "found the label 0 of image 1, expected one from 1 to 10"),
            (&[1, 11], "found the label 11 of image 1, expected one from 1 to 10"),
            (&[1], "found `X` of [32, 32, 3, 1], expected [32, 32, 3, 2]"),
        ] {
            std::fs::write(&path, small(labels)).unwrap();
            let DataError::Malformed { reason, .. } = read(&path, 2).unwrap_err() else { panic!() };
            assert_eq!(reason, expected);
        }
    }

    #[test]
    fn both_files_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("train_32x32.mat"), "").unwrap();
        let params = json!({"path": dir.path()});
        let error = Svhn.locate(&params).unwrap_err().to_string();
        let looked = "looked for `train_32x32.mat` and `test_32x32.mat` in";
        assert!(error.contains(looked), "{error}");
        std::fs::write(dir.path().join("test_32x32.mat"), "").unwrap();
        assert_eq!(Svhn.locate(&params).unwrap(), Some(dir.path().to_owned()));
        let error = Svhn.open(&params, Part::Test).unwrap_err().to_string();
        assert!(
            error.ends_with("test_32x32.mat` is not the expected file: the file ends too early"),
            "{error}"
        );
    }
}
