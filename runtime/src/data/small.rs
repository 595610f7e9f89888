//! Small files in the true form of each data set, for the tests that train on them.

use peng_spec::catalog::Kind as _;
use rand::RngExt as _;
use serde_json::json;

use super::synthetic::Synthetic;
use super::{DatasetEntry as _, Examples, Part};
use super::{cifar, fashion_mnist, idx, image_folder, npz, svhn, table};
use crate::seed::SeedTree;

/// Noisy images that are the brighter the greater their label is.
pub(crate) struct Pictures {
    pub(crate) labels: Vec<u8>,
}

impl Pictures {
    fn new(count: usize, classes: usize) -> Self {
        Self { labels: (0..count).map(|index| (index % classes) as u8).collect() }
    }

    /// All images, of so many bytes each.
    pub(crate) fn bytes(&self, size: usize) -> Vec<u8> {
        let mut rng = SeedTree::new(3).rng();
        let most = self.labels.iter().copied().max().unwrap_or(1).max(1);
        let image = |&label: &u8| -> Vec<u8> {
            let base = 200 / u32::from(most) * u32::from(label);
            (0..size).map(|_| (base + rng.random_range(0..50_u32)) as u8).collect()
        };
        self.labels.iter().flat_map(image).collect()
    }
}

/// Examples of each kind with files, read from such files, and of those that need none.
pub(crate) fn all() -> Vec<(&'static str, Examples)> {
    let (three, two) = (Pictures::new(60, 3), Pictures::new(60, 2));
    let [classes, values] = table::tests::small(&three);
    let made = |params| Synthetic.open(&Synthetic.normalise(&params).unwrap(), Part::Train).unwrap();
    let digits = super::find("digits").unwrap().open(&json!({}), Part::Train).unwrap();
    vec![
        ("digits", digits.pick(&(0..60).collect::<Vec<_>>())),
        ("fashion-mnist", fashion_mnist::tests::small(&three)),
        ("cifar-10", cifar::tests::small_ten(&three)),
        ("cifar-100", cifar::tests::small_hundred(&three)),
        ("svhn", svhn::tests::small_file(&three)),
        ("idx", idx::tests::small(&three)),
        ("image-folder", image_folder::tests::small(&two)),
        ("npz", npz::tests::small(&three)),
        ("npz", npz::tests::small_regression(&three)),
        ("table", classes),
        ("table", values),
        ("synthetic", made(json!({"input": "1x6x6", "classes": 3, "train": 60}))),
        ("synthetic", made(json!({"input": "1x6x6", "targets": 2, "train": 60}))),
    ]
}
