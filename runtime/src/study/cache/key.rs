//! What a curve depends on, part by part: equal keys have equal curves, bit for bit. And where two keys differ, in words.

use peng_spec::arch::ArchGraph;
use peng_spec::plan::{Augmentation, TrainingPlan, hex, sha256_hex};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::data::{Examples, Labels, Splits};
use crate::train::TrainingJob;

/// Digits of a digest that name an entry; two keys of one cache that share them would be refused, not mixed up.
const NAME_DIGITS: usize = 32;

/// Differences that are told one by one.
const TOLD: usize = 4;

/// All that a curve depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The network.
    pub architecture: ArchGraph,
    /// The data.
    pub data: DataKey,
    /// Changes of the training images.
    pub augment: Vec<Augmentation>,
    /// How it is trained.
    pub training: TrainingPlan,
    /// The seed of the plan; that of the training follows from it and from the network.
    pub seed: u64,
    /// What computes it.
    pub code: CodeKey,
}

/// The data by their content: the tensors that a network sees, normalised, and their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataKey {
    /// SHA-256 of all pixels and labels of both splits.
    pub digest: String,
    /// Training examples.
    pub train: usize,
    /// Validation examples.
    pub validation: usize,
}

/// The code that trains, and what it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeKey {
    /// The version of `peng`.
    pub peng: String,
    /// The library, the device and the instructions of the processor.
    pub computes: String,
    /// Operating system and architecture.
    pub machine: String,
}

impl CodeKey {
    /// This version, with what computes.
    pub fn new(computes: String) -> Self {
        let machine = format!("{} on {}", std::env::consts::ARCH, std::env::consts::OS);
        Self { peng: env!("CARGO_PKG_VERSION").to_owned(), computes, machine }
    }
}

impl DataKey {
    /// The key of splits.
    pub fn new(splits: &Splits) -> Self {
        let Splits { train, validation } = splits;
        let mut hash = Sha256::new();
        for examples in [train, validation] {
            let Examples { input, pixels, labels } = examples;
            hash.update(format!("{input} {} {} ", labels.target(), labels.examples()));
            // Many at a time, since every worker waits for this.
            for some in pixels.chunks(1024) {
                let bytes: Vec<u8> = some.iter().flat_map(|pixel| pixel.to_bits().to_le_bytes()).collect();
                hash.update(&bytes);
            }
            match labels {
                Labels::Classes { of, .. } => of.iter().for_each(|label| hash.update(label.to_le_bytes())),
                Labels::Values { of, .. } => {
                    for value in of {
                        hash.update(value.to_bits().to_le_bytes());
                    }
                }
            }
        }
        let digest = hex(&hash.finalize());
        Self { digest, train: train.count(), validation: validation.count() }
    }
}

impl Key {
    /// The key of a job, whose seed follows from `seed` and its network.
    pub fn new(job: &TrainingJob, data: DataKey, seed: u64, code: CodeKey) -> Self {
        // Whatever a job is made of has to be looked at here. Its seed follows from the network and the plan's seed.
        // What it may hold ends a training, and changes no curve.
        let TrainingJob { arch, data: _, augment, training, seed: _, memory: _ } = job;
        Self {
            architecture: arch.clone(),
            data,
            augment: augment.clone(),
            training: training.clone(),
            seed,
            code,
        }
    }

    /// The name of its entry.
    pub fn name(&self) -> String {
        let text = serde_json::to_string(self).expect("a key has string keys and finite numbers");
        sha256_hex(text.as_bytes())[..NAME_DIGITS].to_owned()
    }

    /// How many values differ, the architecture counting as one; 0: the keys are equal.
    pub fn distance(&self, other: &Self) -> usize {
        self.differences(other).len()
    }

    /// Where another key differs, as a reader wants to know it; architectures are not taken apart.
    pub fn differs(&self, other: &Self) -> Vec<String> {
        let found = self.differences(other);
        let more = found.len().saturating_sub(TOLD);
        let rest = (more > 0).then(|| format!("and {more} more"));
        found.into_iter().take(TOLD).chain(rest).collect()
    }

    fn differences(&self, other: &Self) -> Vec<String> {
        let parts = |key: &Self| {
            let Self { architecture: _, data, augment, training, seed, code } = key;
            serde_json::json!({
                "data": data, "augment": augment, "training": training, "seed": seed, "code": code,
            })
        };
        let mut found = Vec::new();
        if self.architecture != other.architecture {
            found.push("architecture".to_owned());
        }
        compare("", &parts(self), &parts(other), &mut found);
        found
    }
}

/// The places at which two values differ, each with both values.
fn compare(at: &str, here: &Value, there: &Value, found: &mut Vec<String>) {
    if let (Value::Object(ours), Value::Object(theirs)) = (here, there) {
        let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
        for key in keys {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
            compare(&at, &of(ours), &of(theirs), found);
        }
    } else if here != there {
        found.push(format!("{at} ({}, there {})", shown(here), shown(there)));
    }
}

/// A value in few characters: of a digest its beginning.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { text[..12].to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::samples;
    use crate::seed::SeedTree;

    fn job() -> TrainingJob {
        TrainingJob {
            arch: ArchGraph::new("1x4x4".parse().unwrap()),
            data: Arc::new(Splits::default()),
            augment: Vec::new(),
            training: samples::plan().training,
            seed: SeedTree::new(1),
            memory: None,
        }
    }

    fn key() -> Key {
        Key::new(&job(), DataKey::new(&Splits::default()), 7, CodeKey::new("test".to_owned()))
    }

    #[test]
    fn every_part_has_its_say_in_the_name() {
        let mut keys = vec![key()];
        let mut with = |change: &dyn Fn(&mut Key)| {
            let mut key = key();
            change(&mut key);
            keys.push(key);
        };
        with(&|key| key.architecture = ArchGraph::new("1x4x5".parse().unwrap()));
        with(&|key| key.data.digest = "0".repeat(64));
        with(&|key| key.augment = vec![Augmentation::HorizontalFlip]);
        with(&|key| key.training.epochs += 1);
        with(&|key| key.seed += 1);
        with(&|key| key.code.peng = "0.0.0".to_owned());
        let names: std::collections::BTreeSet<String> = keys.iter().map(Key::name).collect();
        assert_eq!(names.len(), keys.len());
        assert!(keys[1..].iter().all(|other| keys[0].distance(other) == 1));
        let read: Key = serde_json::from_str(&serde_json::to_string(&keys[0]).unwrap()).unwrap();
        assert_eq!(read.name(), keys[0].name());
    }

    #[test]
    fn a_difference_is_told_by_its_place_and_both_values() {
        let mut other = key();
        other.training.batch_size += 1;
        other.seed = 8;
        other.data.digest = "ab".repeat(32);
        let size = key().training.batch_size;
        let digest = &key().data.digest[..12];
        assert_eq!(
            key().differs(&other),
            [
                format!("data.digest ({digest}, there abababababab)"),
                format!("training.batch_size ({size}, there {})", size + 1),
                "seed (7, there 8)".to_owned(),
            ]
        );
    }

    #[test]
    fn data_are_known_by_their_content() {
        let mut splits = Splits::default();
        splits.train.pixels = vec![0.0];
        splits.train.labels = Labels::Classes { classes: 2, of: vec![1] };
        let whole = DataKey::new(&splits);
        splits.train.pixels[0] = 1.0;
        assert_ne!(DataKey::new(&splits).digest, whole.digest);
        splits.train.pixels[0] = 0.0;
        std::mem::swap(&mut splits.train, &mut splits.validation);
        assert_ne!(DataKey::new(&splits).digest, whole.digest);
    }
}
