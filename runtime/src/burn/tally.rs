//! Metrics, counted on the host in 64 bits from what a network puts out.

use burn::tensor::Tensor;
use peng_spec::plan::Metric;

use super::criterion::Standard;
use crate::data::Labels;

/// Which split metrics are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The training split, as the network saw it while training.
    Training,
    /// The validation split.
    Validation,
}

/// Sums over examples.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tally {
    /// Of scores for classes.
    Classes(ClassTally),
    /// Of the values of a regression.
    Values(ValueTally),
}

impl Tally {
    /// Nothing yet, of classes.
    pub(super) fn of_classes() -> Self {
        Self::Classes(ClassTally::default())
    }

    /// Nothing yet, of values that are learned by this standard.
    pub(super) fn of_values(standard: Standard) -> Self {
        Self::Values(ValueTally::new(standard))
    }

    /// Counts a batch: `[batch, outputs]` of a network, and as many examples.
    pub(super) fn add(&mut self, outputs: Tensor<2>, labels: &Labels) {
        let [_, width] = outputs.dims();
        let outputs = outputs.into_data();
        let outputs = outputs.as_slice::<f32>().expect("networks compute in 32-bit floats");
        match (self, labels) {
            (Self::Classes(tally), Labels::Classes { of, .. }) => tally.add(outputs, width, of),
            (Self::Values(tally), Labels::Values { of, .. }) => tally.add(outputs, of),
            (Self::Classes(_), Labels::Values { .. }) | (Self::Values(_), Labels::Classes { .. }) => {
                unreachable!("a tally is of the data that are counted")
            }
        }
    }

    /// Number of examples.
    pub(super) fn examples(&self) -> u64 {
        match self {
            Self::Classes(tally) => tally.examples,
            Self::Values(tally) => tally.examples(),
        }
    }

    /// All metrics.
    pub(super) fn metrics(&self, of: Of) -> Vec<(Metric, f64)> {
        match (self, of) {
            (Self::Classes(tally), Of::Training) => vec![
                (Metric::TrainAccuracy, tally.accuracy()),
                (Metric::TrainLoss, tally.loss()),
                (Metric::TrainTop5, tally.top5()),
            ],
            (Self::Classes(tally), Of::Validation) => {
                let mut metrics = vec![
                    (Metric::ValAccuracy, tally.accuracy()),
                    (Metric::ValLoss, tally.loss()),
                    (Metric::ValTop5, tally.top5()),
                ];
                metrics.extend(tally.auc().map(|auc| (Metric::ValAuc, auc)));
                metrics
            }
            (Self::Values(tally), Of::Training) => {
                vec![(Metric::TrainLoss, tally.squared()), (Metric::TrainR2, tally.explained())]
            }
            (Self::Values(tally), Of::Validation) => vec![
                (Metric::ValLoss, tally.squared()),
                (Metric::ValMae, tally.absolute()),
                (Metric::ValR2, tally.explained()),
                (Metric::ValRmse, tally.squared().sqrt()),
            ],
        }
    }
}

/// Sums over examples of classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ClassTally {
    loss: f64,
    right: u64,
    among_five: u64,
    examples: u64,
    /// Of two classes the logit of the second and whether it is right, of each example; `None`: there are others.
    logits: Option<Vec<(f64, bool)>>,
}

impl ClassTally {
    fn add(&mut self, scores: &[f32], classes: usize, labels: &[u16]) {
        if classes == 2 {
            let logits = scores.chunks_exact(2).map(|scores| f64::from(scores[1]) - f64::from(scores[0]));
            let counted = logits.zip(labels.iter().map(|&label| label == 1));
            self.logits.get_or_insert_default().extend(counted);
        }
        for (scores, &label) in scores.chunks_exact(classes).zip(labels) {
            let label = usize::from(label);
            self.loss += cross_entropy(scores, label);
            let rank = rank(scores, label);
            self.right += u64::from(rank == Some(0));
            self.among_five += u64::from(rank.is_some_and(|rank| rank < 5));
            self.examples += 1;
        }
    }

    /// Mean cross entropy, nats; NaN or infinite for a diverged network.
    fn loss(&self) -> f64 {
        self.loss / self.examples as f64
    }

    /// Share of the examples whose label has the greatest score, percent.
    fn accuracy(&self) -> f64 {
        100.0 * self.right as f64 / self.examples as f64
    }

    /// Share of the examples whose label is among the five with the greatest scores, percent.
    fn top5(&self) -> f64 {
        100.0 * self.among_five as f64 / self.examples as f64
    }

    /// Area under the receiver operating characteristic, percent; `None` unless there are two classes.
    fn auc(&self) -> Option<f64> {
        self.logits.as_deref().map(auc)
    }
}

/// The share of the pairs of one example of each class in which the one of the second class has the greater score, ties
/// counting half, percent (Hanley and `McNeil` 1982, by ranks); NaN where a class has no example or a score is NaN.
fn auc(scored: &[(f64, bool)]) -> f64 {
    let second = scored.iter().filter(|(_, second)| *second).count() as f64;
    let first = scored.len() as f64 - second;
    if scored.iter().any(|(score, _)| score.is_nan()) || first == 0.0 || second == 0.0 {
        return f64::NAN;
    }
    let mut sorted = scored.to_vec();
    sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut below = 0.0;
    let mut pairs = 0.0;
    for tied in sorted.chunk_by(|(a, _), (b, _)| a == b) {
        let second = tied.iter().filter(|(_, second)| *second).count() as f64;
        let first = tied.len() as f64 - second;
        pairs += second * (below + first / 2.0);
        below += first;
    }
    100.0 * pairs / (first * second)
}

/// Sums over examples of a regression, of each target for itself, by the standard that it is learned by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueTally {
    standard: Standard,
    sums: Vec<Sums>,
}

/// Of one target. The variance is summed as Welford (1962) does.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    count: u64,
    squares: f64,
    absolutes: f64,
    mean: f64,
    spread: f64,
}

impl ValueTally {
    fn new(standard: Standard) -> Self {
        let sums = vec![Sums::default(); standard.0.len()];
        Self { standard, sums }
    }

    fn add(&mut self, predicted: &[f32], known: &[f64]) {
        let targets = self.sums.len();
        let known = self.standard.apply(known);
        for (at, (&predicted, known)) in predicted.iter().zip(known).enumerate() {
            let sums = &mut self.sums[at % targets];
            let error = f64::from(predicted) - known;
            sums.count += 1;
            sums.squares += error * error;
            sums.absolutes += error.abs();
            let from_mean = known - sums.mean;
            sums.mean += from_mean / sums.count as f64;
            sums.spread += from_mean * (known - sums.mean);
        }
    }

    fn examples(&self) -> u64 {
        self.sums.first().map_or(0, |sums| sums.count)
    }

    /// The mean over the targets of something of each.
    fn mean(&self, of: impl Fn(&Sums, f64) -> f64) -> f64 {
        let each = self.sums.iter().zip(&self.standard.0).map(|(sums, [_, deviation])| of(sums, *deviation));
        each.sum::<f64>() / self.sums.len() as f64
    }

    /// Mean squared error, in squared units of the targets.
    fn squared(&self) -> f64 {
        self.mean(|sums, deviation| deviation * deviation * sums.squares / sums.count as f64)
    }

    /// Mean absolute error, in the units of the targets.
    fn absolute(&self) -> f64 {
        self.mean(|sums, deviation| deviation * sums.absolutes / sums.count as f64)
    }

    /// Share of the variance that is explained, percent. Of a constant target it is 100 where it is met, else 0.
    fn explained(&self) -> f64 {
        self.mean(|sums, _| match (sums.spread > 0.0, sums.squares == 0.0) {
            (true, _) => 100.0 * (1.0 - sums.squares / sums.spread),
            (false, true) => 100.0,
            // NaN stays NaN.
            (false, false) => 0.0 * sums.squares,
        })
    }
}

fn cross_entropy(scores: &[f32], label: usize) -> f64 {
    let greatest = f64::from(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = scores.iter().map(|&score| (f64::from(score) - greatest).exp()).sum();
    sum.ln() + greatest - f64::from(scores[label])
}

/// How many classes come before the label, by score. Ties go to the lower class; where a score is NaN, nothing is right.
fn rank(scores: &[f32], label: usize) -> Option<usize> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (before, rest) = scores.split_at(label);
    let ahead = before.iter().filter(|&&score| score >= scores[label]).count();
    Some(ahead + rest.iter().filter(|&&score| score > scores[label]).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(scores: &[[f32; 2]], labels: &[u16]) -> ClassTally {
        let mut tally = ClassTally::default();
        tally.add(&scores.concat(), 2, labels);
        tally
    }

    #[test]
    fn it_counts_nats_and_percent() {
        let even = tally(&[[1.0, 1.0], [2.0, 1.0], [3.0, 4.0], [-2.0, -9.0]], &[0, 0, 1, 1]);
        assert_eq!(even.accuracy(), 75.0);
        let expected =
            (2.0_f64.ln() + 2.0 * (1.0 + (-1.0_f64).exp()).ln() + 7.0 + (1.0 + (-7.0_f64).exp()).ln()) / 4.0;
        assert!((even.loss() - expected).abs() < 1e-12);
    }

    #[test]
    fn ties_go_to_the_lower_class() {
        assert_eq!(tally(&[[1.0, 1.0], [1.0, 1.0]], &[0, 1]).accuracy(), 50.0);
    }

    #[test]
    fn five_guesses_count() {
        let mut tally = ClassTally::default();
        let scores: Vec<f32> = [0.1, 0.7, 0.3, 0.6, 0.2, 0.5, 0.5].repeat(3);
        // The label is first, fifth and sixth: of the two that are equal the lower one comes first.
        tally.add(&scores, 7, &[1, 2, 4]);
        assert_eq!(tally.auc(), None);
        assert!((tally.top5() - 200.0 / 3.0).abs() < 1e-12, "{}", tally.top5());
        assert!((tally.accuracy() - 100.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn scores_that_are_no_numbers_are_never_right() {
        for bad in [[f32::NAN, 1.0], [1.0, f32::NAN], [f32::INFINITY, f32::INFINITY]] {
            for label in [0, 1] {
                let tally = tally(&[bad], &[label]);
                assert!(!tally.loss().is_finite());
            }
        }
        assert_eq!(tally(&[[f32::NAN, f32::NAN]], &[0]).accuracy(), 0.0);
        assert!(!tally(&[[f32::INFINITY, 1.0]], &[1]).loss().is_finite());
    }

    /// The first is scikit-learn's example of `roc_auc_score`.
    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let of = |logits: &[f64], labels: &[u8]| {
            auc(&logits.iter().copied().zip(labels.iter().map(|&label| label == 1)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[0.1, 0.4, 0.35, 0.8], &[0, 0, 1, 1]), 75.0);
        assert_eq!(of(&[1.0, 1.0, 1.0], &[0, 1, 1]), 50.0);
        assert_eq!(of(&[3.0, 1.0, 2.0, 2.0], &[1, 0, 0, 1]), 87.5);
        assert!(of(&[1.0, 2.0], &[1, 1]).is_nan());
        assert!(of(&[1.0, f64::NAN], &[0, 1]).is_nan());
        assert_eq!(tally(&[[1.0, 1.5], [2.0, 2.2]], &[1, 0]).auc(), Some(100.0));
    }

    fn values(standard: &[[f64; 2]], predicted: &[f32], known: &[f64]) -> ValueTally {
        let mut tally = ValueTally::new(Standard(standard.to_vec()));
        // In two batches, as a split comes.
        let half = known.len() / standard.len() / 2 * standard.len();
        tally.add(&predicted[..half], &known[..half]);
        tally.add(&predicted[half..], &known[half..]);
        tally
    }

    /// The values are scikit-learn's example of `r2_score`, `mean_squared_error` and `mean_absolute_error`.
    #[test]
    fn errors_are_in_the_units_of_the_targets() {
        let known = [3.0, -0.5, 2.0, 7.0];
        let predicted = [2.5, 0.0, 2.0, 8.0].map(|value: f32| (value - 1.0) / 4.0);
        let tally = values(&[[1.0, 4.0]], &predicted, &known);
        assert_eq!([tally.squared(), tally.absolute()], [0.375, 0.5]);
        assert!((tally.explained() - 94.860_813_704_496_79).abs() < 1e-9, "{}", tally.explained());
        assert_eq!(tally.examples(), 4);
    }

    #[test]
    fn targets_count_alike_whatever_their_units() {
        let standard = [[0.0, 1.0], [100.0, 10.0]];
        let known = [0.0, 100.0, 2.0, 120.0, 4.0, 110.0];
        let predicted = [1.0, 0.0, 3.0, 2.0, 5.0, 1.0];
        let tally = values(&standard, &predicted, &known);
        assert_eq!([tally.squared(), tally.absolute()], [0.5, 0.5]);
        assert!((tally.explained() - f64::midpoint(100.0 * (1.0 - 3.0 / 8.0), 100.0)).abs() < 1e-9);
    }

    #[test]
    fn a_constant_target_is_explained_if_it_is_met() {
        assert_eq!(values(&[[0.1, 0.3]], &[0.0; 4], &[0.1; 4]).explained(), 100.0);
        assert_eq!(values(&[[0.1, 0.3]], &[0.5; 4], &[0.1; 4]).explained(), 0.0);
        assert!(values(&[[0.1, 0.3]], &[f32::NAN; 4], &[0.1; 4]).explained().is_nan());
    }
}
