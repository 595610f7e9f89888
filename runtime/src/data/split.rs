//! How a training part becomes a training and a validation split: stratified, seeded, then cut to the plan's limits.
//!
//! Every choice is made class by class, so the shares of the classes stay; the chosen examples keep their order. A regression
//! has no classes: its choices are plain ones.

use peng_spec::arch::Shape;
use peng_spec::plan::Limit;
use rand::seq::SliceRandom;

use super::{DataError, Examples, Labels};
use crate::seed::SeedTree;

/// What a search learns from.
#[derive(Debug, Clone, PartialEq)]
pub struct Splits {
    /// For the weights.
    pub train: Examples,
    /// For the measurements.
    pub validation: Examples,
}

impl Default for Splits {
    /// No examples, for trainers that need none.
    fn default() -> Self {
        let input = Shape::Image { channels: 1, height: 1, width: 1 };
        let none = Examples::classified(input, 0, Vec::new(), Vec::new());
        Self { train: none.clone(), validation: none }
    }
}

/// Splits a training part as a worker does.
#[cfg(test)]
pub(crate) fn split(
    train_part: Examples,
    validation_percent: f64,
    limit: &Limit,
    seed: SeedTree,
) -> Result<Splits, DataError> {
    let choice = Choice::new(&train_part.labels, validation_percent, limit, seed)?;
    Ok(choice.split(train_part.keep(&choice.all())))
}

/// Which examples of a training part are in which split, by its labels alone: indices that ascend.
#[derive(Debug)]
pub struct Choice {
    train: Vec<usize>,
    validation: Vec<usize>,
}

impl Choice {
    /// Splits `validation_percent` of a training part off, and cuts both splits to `limit`.
    ///
    /// The validation split has `validation_percent / 100` of the examples, rounded half up; it is an error if that leaves
    /// either split empty.
    pub fn new(
        labels: &Labels,
        validation_percent: f64,
        limit: &Limit,
        seed: SeedTree,
    ) -> Result<Self, DataError> {
        let size = labels.examples();
        let wanted = (validation_percent / 100.0 * size as f64 + 0.5).floor() as usize;
        if wanted == 0 || wanted >= size {
            let reason =
                format!("{validation_percent} % of {size} examples leave no training or no validation split");
            return Err(DataError::Facts { reason });
        }
        let validation = stratified(labels, wanted, seed.child("validation", 0));
        let train = complement(&validation, size);
        Ok(Self {
            train: cut(train, labels, limit.train, seed.child("limit train", 0)),
            validation: cut(validation, labels, limit.validation, seed.child("limit validation", 0)),
        })
    }

    /// The examples of both splits.
    pub fn all(&self) -> Vec<usize> {
        let mut all = [self.train.as_slice(), &self.validation].concat();
        all.sort_unstable();
        all
    }

    /// Splits the examples that are [`Self::all`].
    pub fn split(&self, all: Examples) -> Splits {
        let mut validation = self.validation.iter().peekable();
        let validation: Vec<usize> = (0..)
            .zip(self.all())
            .filter_map(|(place, index)| validation.next_if_eq(&&index).map(|_| place))
            .collect();
        let train = complement(&validation, all.count());
        Splits { validation: all.pick(&validation), train: all.keep(&train) }
    }
}

/// A stratified choice of `limit` of some examples, or all of them if there are no more.
fn cut(from: Vec<usize>, labels: &Labels, limit: Option<usize>, seed: SeedTree) -> Vec<usize> {
    match limit {
        Some(limit) if limit < from.len() => {
            let places = stratified(&labels.pick(&from), limit, seed);
            places.into_iter().map(|place| from[place]).collect()
        }
        _ => from,
    }
}

/// Indices of `wanted` examples, ascending: each class has its share by largest remainder, the lower class first where
/// remainders tie; which examples of a class is a shuffle.
///
/// The examples of a regression are chosen as if they were of one class.
pub(super) fn stratified(labels: &Labels, wanted: usize, seed: SeedTree) -> Vec<usize> {
    let members = match labels {
        Labels::Classes { classes, of } => {
            let mut members = vec![Vec::new(); *classes];
            for (index, &label) in of.iter().enumerate() {
                members[usize::from(label)].push(index);
            }
            members
        }
        Labels::Values { .. } => vec![(0..labels.examples()).collect()],
    };
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let mut chosen = Vec::with_capacity(wanted);
    for (class, (mut members, share)) in members.into_iter().zip(shares(&counts, wanted)).enumerate() {
        members.shuffle(&mut seed.child("class", class as u64).rng());
        chosen.extend_from_slice(&members[..share]);
    }
    chosen.sort_unstable();
    chosen
}

/// `wanted` shared in proportion to `counts`, by largest remainder.
fn shares(counts: &[usize], wanted: usize) -> Vec<usize> {
    let total = counts.iter().sum::<usize>().max(1);
    let mut shares: Vec<usize> = counts.iter().map(|count| wanted * count / total).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&class| std::cmp::Reverse(wanted * counts[class] % total));
    let missing = wanted - shares.iter().sum::<usize>();
    for &class in &order[..missing] {
        shares[class] += 1;
    }
    shares
}

/// What is below `size` and not in `chosen`, which ascends.
pub(super) fn complement(chosen: &[usize], size: usize) -> Vec<usize> {
    let mut chosen = chosen.iter().copied().peekable();
    (0..size).filter(|index| chosen.next_if_eq(index).is_none()).collect()
}

impl Labels {
    /// Those of some examples.
    pub(crate) fn pick(&self, indices: &[usize]) -> Self {
        match self {
            Self::Classes { classes, of } => {
                Self::Classes { classes: *classes, of: indices.iter().map(|&index| of[index]).collect() }
            }
            Self::Values { targets, of } => {
                let values = indices.iter().flat_map(|index| &of[index * targets..(index + 1) * targets]);
                Self::Values { targets: *targets, of: values.copied().collect() }
            }
        }
    }
}

impl Examples {
    /// A copy of some examples.
    pub(super) fn pick(&self, indices: &[usize]) -> Self {
        let width = self.input.numel() as usize;
        let mut pixels = Vec::with_capacity(indices.len() * width);
        for &index in indices {
            pixels.extend_from_slice(&self.pixels[index * width..(index + 1) * width]);
        }
        Self { input: self.input, pixels, labels: self.labels.pick(indices) }
    }

    /// Some examples, moved within the memory they are in; `indices` ascend.
    pub(super) fn keep(mut self, indices: &[usize]) -> Self {
        let width = self.input.numel() as usize;
        for (place, &index) in indices.iter().enumerate() {
            self.pixels.copy_within(index * width..(index + 1) * width, place * width);
        }
        self.pixels.truncate(indices.len() * width);
        self.pixels.shrink_to_fit();
        self.labels = self.labels.pick(indices);
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Images of one pixel that holds the index.
    fn examples(labels: Vec<u16>, classes: usize) -> Examples {
        let pixels = (0..labels.len()).map(|i| i as f32).collect();
        Examples::classified(Shape::Image { channels: 1, height: 1, width: 1 }, classes, pixels, labels)
    }

    fn count(examples: &Examples) -> Vec<usize> {
        (0..examples.labels.target().outputs())
            .map(|class| examples.classes().iter().filter(|&&l| usize::from(l) == class).count())
            .collect()
    }

    #[test]
    fn shares_are_by_largest_remainder_and_ties_go_to_the_lower_class() {
        assert_eq!(shares(&[5, 3, 2], 5), [3, 1, 1]);
        assert_eq!(shares(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(shares(&[0, 7], 3), [0, 3]);
        assert_eq!(shares(&[], 0), [0; 0]);
    }

    #[test]
    fn half_an_example_is_rounded_up() {
        let sizes = |n: usize, percent| {
            let part = examples((0..n).map(|i| (i % 2) as u16).collect(), 2);
            let splits = split(part, percent, &Limit::default(), SeedTree::new(1)).unwrap();
            [splits.train.count(), splits.validation.count()]
        };
        assert_eq!(sizes(1437, 25.0), [1078, 359]);
        assert_eq!(sizes(10, 25.0), [7, 3]);
        assert_eq!(sizes(10, 15.0), [8, 2]);
    }

    #[test]
    fn a_regression_is_split_without_classes() {
        let of: Vec<f64> = (0..40).map(|index| f64::from(index) / 7.0).collect();
        let part = Examples {
            input: Shape::Image { channels: 1, height: 1, width: 1 },
            pixels: (0..20).map(|index| index as f32).collect(),
            labels: Labels::Values { targets: 2, of },
        };
        let limit = Limit { train: Some(9), ..Limit::default() };
        let splits = split(part.clone(), 25.0, &limit, SeedTree::new(3)).unwrap();
        assert_eq!([splits.train.count(), splits.validation.count()], [9, 5]);
        assert_eq!(splits, split(part.clone(), 25.0, &limit, SeedTree::new(3)).unwrap());
        assert_ne!(splits, split(part, 25.0, &limit, SeedTree::new(4)).unwrap());
        for half in [&splits.train, &splits.validation] {
            let Labels::Values { targets: 2, of } = &half.labels else { panic!() };
            for (pixel, values) in half.pixels.iter().zip(of.chunks(2)) {
                let index = f64::from(*pixel);
                assert_eq!(values, [2.0 * index / 7.0, (2.0 * index + 1.0) / 7.0]);
            }
            assert!(half.pixels.is_sorted());
        }
    }

    #[test]
    fn an_empty_split_is_refused() {
        let part = examples(vec![0, 1, 0, 1], 2);
        for percent in [1.0, 99.0] {
            assert!(split(part.clone(), percent, &Limit::default(), SeedTree::new(1)).is_err());
        }
    }

    #[test]
    fn the_choice_never_changes() {
        let part = examples((0..24).map(|i| (i % 3) as u16).collect(), 3);
        let limit = Limit { train: Some(6), ..Limit::default() };
        let splits = split(part, 25.0, &limit, SeedTree::new(42)).unwrap();
        assert_eq!(splits.train.pixels, PINNED_TRAIN);
        assert_eq!(splits.validation.pixels, PINNED_VALIDATION);
    }
    const PINNED_TRAIN: [f32; 6] = [0.0, 7.0, 17.0, 19.0, 21.0, 23.0];
    const PINNED_VALIDATION: [f32; 6] = [2.0, 6.0, 11.0, 13.0, 15.0, 16.0];

    proptest! {
        #[test]
        fn splits_partition_the_part_and_keep_the_shares(
            labels in proptest::collection::vec(0..5_u16, 2..200),
            percent in 1.0..99.0_f64,
            limits in (proptest::option::of(1..100_usize), proptest::option::of(1..100_usize)),
            seed in any::<u64>(),
        ) {
            let part = examples(labels.clone(), 5);
            let seed = SeedTree::new(seed);
            let Ok(splits) = split(part.clone(), percent, &Limit::default(), seed) else { return Ok(()) };
            let mut all: Vec<f32> = splits.train.pixels.iter().chain(&splits.validation.pixels).copied().collect();
            prop_assert!(splits.train.pixels.is_sorted() && splits.validation.pixels.is_sorted());
            all.sort_by(f32::total_cmp);
            prop_assert_eq!(&all, &part.pixels);
            let size = labels.len();
            for (class, (val, total)) in count(&splits.validation).into_iter().zip(count(&part)).enumerate() {
                let exact = total * splits.validation.count();
                prop_assert!((val * size).abs_diff(exact) < size, "class {class}");
            }
            for half in [&splits.train, &splits.validation] {
                for (pixel, label) in half.pixels.iter().zip(half.classes()) {
                    prop_assert_eq!(labels[*pixel as usize], *label);
                }
            }

            let limit = Limit { train: limits.0, validation: limits.1, test: None };
            let limited = split(part, percent, &limit, seed).unwrap();
            for (cut, whole, limit) in [
                (&limited.train, &splits.train, limits.0),
                (&limited.validation, &splits.validation, limits.1),
            ] {
                prop_assert_eq!(cut.count(), limit.unwrap_or(usize::MAX).min(whole.count()));
                prop_assert!(cut.pixels.iter().all(|p| whole.pixels.contains(p)));
            }
        }
    }
}
