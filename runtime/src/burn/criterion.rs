//! What networks are trained for: the cross entropy of classes, or the squared error of a regression.
//!
//! Two classes have two scores as any other number has: their difference is the logit of the second class, and their cross
//! entropy its logistic loss. Targets of a regression are learned with mean 0 and standard deviation 1 on the training split,
//! so that a learning rate means the same in any unit.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use peng_spec::plan::TrainingPlan;

use super::augment::Mixture;
use super::tally::Tally;
use crate::data::{Examples, Labels};

/// How far what a network says is from what is known.
#[derive(Debug, Clone)]
pub(super) enum Criterion {
    /// Cross entropy of scores, one a class; the share of a target that is spread over all classes.
    CrossEntropy { smoothing: Option<f32> },
    /// Mean squared error of standardised values.
    SquaredError(Standard),
}

/// Mean and standard deviation of each target on the training split; of a constant target the latter counts as 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standard(pub(super) Vec<[f64; 2]>);

impl Criterion {
    /// That of a training split.
    pub(super) fn new(train: &Examples, training: &TrainingPlan) -> Self {
        match &train.labels {
            Labels::Classes { .. } => {
                let smoothing = (training.label_smoothing > 0.0).then_some(training.label_smoothing as f32);
                Self::CrossEntropy { smoothing }
            }
            Labels::Values { targets, of } => Self::SquaredError(Standard::new(*targets, of)),
        }
    }

    /// The mean loss of a batch: `[batch, outputs]` of a network, and as many examples.
    pub(super) fn loss(
        &self,
        outputs: Tensor<2>,
        labels: &Labels,
        mixture: Option<&Mixture>,
        device: &Device,
    ) -> Tensor<1> {
        match (self, labels) {
            (Self::CrossEntropy { smoothing }, Labels::Classes { of, .. }) => {
                let entropy = CrossEntropyLossConfig::new().with_smoothing(*smoothing).init(device);
                match mixture {
                    None => entropy.forward(outputs, classes(of.iter().copied(), device)),
                    Some(Mixture { others, share }) => {
                        let own = entropy.forward(outputs.clone(), classes(of.iter().copied(), device));
                        let others = classes(others.iter().map(|&other| of[other]), device);
                        own * *share + entropy.forward(outputs, others) * (1.0 - share)
                    }
                }
            }
            (Self::SquaredError(standard), Labels::Values { targets, of }) => {
                let mut values = standard.apply(of);
                if let Some(Mixture { others, share }) = mixture {
                    // The targets are mixed as the examples are (Zhang and others, mixup, 2018, eq. 1).
                    let before = values.clone();
                    for (own, other) in values.chunks_exact_mut(*targets).zip(others) {
                        for (value, mixed) in own.iter_mut().zip(&before[other * targets..]) {
                            *value = share * *value + (1.0 - share) * mixed;
                        }
                    }
                }
                let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
                let known = TensorData::new(values, [labels.examples(), *targets]);
                (outputs - Tensor::from_data(known, device)).square().mean()
            }
            (Self::CrossEntropy { .. }, Labels::Values { .. })
            | (Self::SquaredError(_), Labels::Classes { .. }) => {
                unreachable!("batches are of the split that the criterion is of")
            }
        }
    }

    /// What counts a network's metrics.
    pub(super) fn tally(&self) -> Tally {
        match self {
            Self::CrossEntropy { .. } => Tally::of_classes(),
            Self::SquaredError(standard) => Tally::of_values(standard.clone()),
        }
    }
}

impl Standard {
    fn new(targets: usize, values: &[f64]) -> Self {
        let count = (values.len() / targets) as f64;
        let of = |target: usize| values.iter().skip(target).step_by(targets);
        let one = |target: usize| {
            let mean = of(target).sum::<f64>() / count;
            let variance = of(target).map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
            let deviation = variance.sqrt();
            [mean, if deviation > 0.0 { deviation } else { 1.0 }]
        };
        Self((0..targets).map(one).collect())
    }

    /// Values of targets, example after example, with mean 0 and deviation 1 on the training split.
    pub(super) fn apply(&self, values: &[f64]) -> Vec<f64> {
        let places = self.0.iter().cycle();
        values.iter().zip(places).map(|(value, [mean, deviation])| (value - mean) / deviation).collect()
    }
}

fn classes(labels: impl ExactSizeIterator<Item = u16>, device: &Device) -> Tensor<1, Int> {
    let count = labels.len();
    let labels: Vec<i64> = labels.map(i64::from).collect();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(values: &[f32], width: usize) -> Tensor<2> {
        let data = TensorData::new(values.to_vec(), [values.len() / width, width]);
        Tensor::from_data(data, &Device::flex())
    }

    #[test]
    fn targets_are_standardised_by_the_training_split() {
        let standard = Standard::new(2, &[1.0, 7.0, 3.0, 7.0]);
        assert_eq!(standard, Standard(vec![[2.0, 1.0], [7.0, 1.0]]));
        assert_eq!(standard.apply(&[4.0, 9.0]), [2.0, 2.0]);
        let far = Standard::new(1, &[1e9, 1e9 + 2.0, 1e9 + 4.0]);
        assert!((far.0[0][1] - (8.0_f64 / 3.0).sqrt()).abs() < 1e-9, "{far:?}");
    }

    #[test]
    fn the_loss_of_values_is_the_mean_square_and_mixes_the_targets() {
        let criterion = Criterion::SquaredError(Standard(vec![[10.0, 2.0]]));
        let labels = Labels::Values { targets: 1, of: vec![12.0, 8.0] };
        let loss = |mixture| {
            let loss = criterion.loss(outputs(&[0.5, 0.5], 1), &labels, mixture, &Device::flex());
            f64::from(loss.into_scalar::<f32>())
        };
        // The targets are 1 and -1, mixed they are 0.5 and -0.5.
        assert!((loss(None) - f64::midpoint(0.25, 2.25)).abs() < 1e-6);
        let mixture = Mixture { others: vec![1, 0], share: 0.75 };
        assert!((loss(Some(&mixture)) - f64::midpoint(0.0, 1.0)).abs() < 1e-6);
    }

    #[test]
    fn two_scores_have_the_logistic_loss_of_their_difference() {
        let criterion = Criterion::CrossEntropy { smoothing: None };
        let labels = Labels::Classes { classes: 2, of: vec![1, 0] };
        let loss = criterion.loss(outputs(&[0.2, 1.7, 0.4, -0.6], 2), &labels, None, &Device::flex());
        let logistic = |logit: f64| (1.0 + (-logit).exp()).ln();
        let expected = f64::midpoint(logistic(1.5), logistic(1.0));
        assert!((f64::from(loss.into_scalar::<f32>()) - expected).abs() < 1e-6);
    }
}
