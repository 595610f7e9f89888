//! What the language of specs has and this version has not: the one table.

use crate::catalog::Slot;
use crate::document::Pointer;

/// Keys, as pointers.
const KEYS: &[&str] = &[
    "/search_space/variant",
    "/execution/partition",
    "/execution/account",
    "/execution/gres",
    "/execution/time",
    "/finally/evaluate",
    "/finally/export",
    "/finally/retrain",
    "/output/tensorboard",
];

/// Kinds of each slot.
const KINDS: &[(Slot, &[&str])] = &[
    (
        Slot::Dataset,
        &[
            "fashion-mnist",
            "cifar-10",
            "cifar-100",
            "svhn",
            "idx",
            "image-folder",
            "npz",
            "table",
            "synthetic",
        ],
    ),
    (Slot::SearchSpace, &["nsga-micro"]),
    (Slot::Search, &["random", "nsga-net"]),
    (Slot::Estimator, &["truncate", "patience", "penguin", "a4nn", "population", "median", "asha"]),
];

/// Values: a pointer and the beginnings of what it may have.
const VALUES: &[(&str, &[&str])] = &[
    ("/gpu_budget/devices", &["metal", "rocm"]),
    ("/execution/executor", &["slurm"]),
    ("/training/optimizer/kind", &["rmsprop"]),
];

/// Whether a later version will know the key.
pub(super) fn is_key(pointer: &Pointer) -> bool {
    KEYS.contains(&pointer.as_str())
}

/// Whether a later version will know the kind; kinds that the catalogue has are not asked for.
pub(super) fn is_kind(slot: Slot, name: &str) -> bool {
    KINDS.iter().any(|(s, names)| *s == slot && names.contains(&name))
}

/// Whether a later version will know the value.
pub(super) fn is_value(pointer: &Pointer, value: &str) -> bool {
    VALUES
        .iter()
        .any(|(at, beginnings)| *at == pointer.as_str() && beginnings.iter().any(|b| value.starts_with(b)))
}
