//! `digits`: handwritten digits of 8x8 pixels that ship with `peng`.
//!
//! The data are the test part of Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits* (UCI Machine Learning
//! Repository, 1998, CC BY 4.0), as scikit-learn distributes it: a line an image, 64 pixels from 0 to 16 and the digit.

use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::split::{complement, stratified};
use super::{DataError, DatasetEntry, Examples, Part};
use crate::seed::SeedTree;

const PACKED: &[u8] = include_bytes!("digits.csv.gz");
const SIDE: usize = 8;
const BRIGHTEST: f32 = 16.0;
const CLASSES: usize = 10;
const TRAIN: usize = 1437;
const TEST: usize = 360;

/// The data set.
#[derive(Debug)]
pub(super) struct Digits;

/// Parameters of `digits`: none.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {}

impl Typed for Digits {
    type Params = Params;
    const NAME: &'static str = "digits";
    const SUMMARY: &'static str = "The 1,797 handwritten digits of the UCI repository, 8x8 pixels, which ship with peng: 1,437 to train, 360 to test";
}

impl DatasetKind for Digits {
    fn facts(&self, _params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        Ok(DatasetFacts { input: INPUT, target: Target::Classes(CLASSES), train: TRAIN, test: TEST })
    }
}

const INPUT: Shape = Shape::Image { channels: 1, height: SIDE, width: SIDE };

impl DatasetEntry for Digits {
    /// The parts are a stratified split that no seed of a plan changes.
    fn open(&self, _params: &Value, part: Part) -> Result<Examples, DataError> {
        let all = all()?;
        let test = stratified(&all.labels, TEST, SeedTree::new(0).child("digits test", 0));
        Ok(match part {
            Part::Train => all.keep(&complement(&test, TRAIN + TEST)),
            Part::Test => all.keep(&test),
        })
    }

    fn locate(&self, _params: &Value) -> Result<Option<PathBuf>, DataError> {
        Ok(None)
    }
}

fn all() -> Result<Examples, DataError> {
    let malformed =
        |reason: String| DataError::Malformed { path: Path::new("digits.csv.gz").to_owned(), reason };
    let mut pixels = Vec::with_capacity((TRAIN + TEST) * SIDE * SIDE);
    let mut labels = Vec::with_capacity(TRAIN + TEST);
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(GzDecoder::new(PACKED));
    for line in lines.deserialize() {
        let mut values: Vec<u8> = line.map_err(|e| malformed(e.to_string()))?;
        labels.extend(values.pop().map(u16::from));
        pixels.extend(values.into_iter().map(|pixel| f32::from(pixel) / BRIGHTEST));
    }
    if labels.len() == TRAIN + TEST && pixels.len() == labels.len() * SIDE * SIDE {
        Ok(Examples::classified(INPUT, CLASSES, pixels, labels))
    } else {
        Err(malformed(format!("found {} images, expected {}", labels.len(), TRAIN + TEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_stratified_and_disjoint() {
        let [train, test] = [Part::Train, Part::Test].map(|part| Digits.open(&Value::Null, part).unwrap());
        assert_eq!(train.count(), TRAIN);
        assert_eq!(test.count(), TEST);
        for (class, total) in [178, 182, 177, 183, 181, 182, 181, 179, 174, 180].into_iter().enumerate() {
            let count = |part: &Examples| part.classes().iter().filter(|&&l| usize::from(l) == class).count();
            assert_eq!(count(&train) + count(&test), total);
            assert!((35..=37).contains(&count(&test)), "class {class}");
        }
        assert!(train.pixels.iter().chain(&test.pixels).all(|p| (0.0..=1.0).contains(p)));
        let brightness: f32 = train.pixels.iter().chain(&test.pixels).sum::<f32>() * BRIGHTEST;
        assert_eq!(brightness, 561_718.0);
    }
}
