//! Loss and accuracy, counted on the host in 64 bits from the scores of a network.

use burn::tensor::Tensor;

/// Sums over examples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    loss: f64,
    right: u64,
    among_five: u64,
    examples: u64,
}

impl Tally {
    /// Counts a batch: `[batch, classes]` scores and as many labels.
    pub(super) fn add(&mut self, scores: Tensor<2>, labels: &[u16]) {
        let [_, classes] = scores.dims();
        let scores = scores.into_data();
        let scores = scores.as_slice::<f32>().expect("networks compute in 32-bit floats");
        for (scores, &label) in scores.chunks_exact(classes).zip(labels) {
            let label = usize::from(label);
            self.loss += cross_entropy(scores, label);
            let rank = rank(scores, label);
            self.right += u64::from(rank == Some(0));
            self.among_five += u64::from(rank.is_some_and(|rank| rank < 5));
            self.examples += 1;
        }
    }

    /// Number of examples.
    pub(super) fn examples(&self) -> u64 {
        self.examples
    }

    /// Mean cross entropy, nats; NaN or infinite for a diverged network.
    pub(super) fn loss(&self) -> f64 {
        self.loss / self.examples as f64
    }

    /// Share of the examples whose label has the greatest score, percent.
    pub(super) fn accuracy(&self) -> f64 {
        100.0 * self.right as f64 / self.examples as f64
    }

    /// Share of the examples whose label is among the five with the greatest scores, percent.
    pub(super) fn top5(&self) -> f64 {
        100.0 * self.among_five as f64 / self.examples as f64
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

    fn tally(scores: &[[f32; 2]], labels: &[u16]) -> Tally {
        let mut tally = Tally::default();
        let values = burn::tensor::TensorData::new(scores.concat(), [scores.len(), 2]);
        tally.add(Tensor::from_data(values, &burn::tensor::Device::flex()), labels);
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
        let mut tally = Tally::default();
        let scores: Vec<f32> = [0.1, 0.7, 0.3, 0.6, 0.2, 0.5, 0.5].repeat(3);
        let values = burn::tensor::TensorData::new(scores, [3, 7]);
        // The label is first, fifth and sixth: of the two that are equal the lower one comes first.
        tally.add(Tensor::from_data(values, &burn::tensor::Device::flex()), &[1, 2, 4]);
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
}
