//! Gaussian processes for the final score at one decision point: 24 candidates, which differ in kernel, noise,
//! features and target, each with its leave-one-out residuals. What is made of them is in `mixture`.
//!
//! Leave-one-out in closed form: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equations 5.10 to 5.12.

use super::kernel::{Closeness, Features, Inputs, Kernel};
use super::matrix::{diagonal, invert, times};
use crate::quantile::median;

/// Only so many of the newest finished trainings are examples.
pub(super) const EXAMPLES: usize = 30;
/// Degrees of freedom of Student's t, as which residuals are seen.
const FREEDOM: f64 = 3.0;
/// Of so many likelihoods the product stays far from the ends of the range of numbers.
const LOGS_AT_ONCE: usize = 4;
/// The median of a squared standard normal quantity.
const MEDIAN_SQUARE: f64 = 0.455;
const LENGTHS: [f64; 2] = [1.0, 3.0];
const NOISES: [f64; 3] = [0.02, 0.1, 0.4];
/// Length and noise of the candidate that finds outliers.
const FINDS_OUTLIERS: (f64, f64) = (3.0, 0.1);

/// The logarithm of the remaining error, which is what is predicted.
pub(super) fn to_log(score: f64) -> f64 {
    -libm::log((100.0 - score).max(0.0) + 2.0)
}

/// The score with that logarithm.
pub(super) fn from_log(log: f64) -> f64 {
    (102.0 - libm::exp(-log)).clamp(0.0, 100.0)
}

/// What a candidate predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// How much the logarithm of the remaining error still falls.
    Gain,
    /// Where it ends.
    Final,
}

/// One of the candidates.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) kernel: Kernel,
    pub(super) noise: f64,
    pub(super) target: Target,
    /// Which of the inverses is its.
    pub(super) inverse: usize,
    pub(super) mean: f64,
    pub(super) deviation: f64,
    /// By how much its variances are too small, judged by the middle of its residuals.
    pub(super) inflation: f64,
    /// The logarithm of its leave-one-out likelihood.
    pub(super) fit: f64,
    pub(super) weights: Vec<f64>,
    /// Leave-one-out residuals and variances, standardised.
    pub(super) residuals: Vec<f64>,
    pub(super) variances: Vec<f64>,
}

/// All candidates.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    pub(super) inputs: Inputs,
    /// Row by row.
    pub(super) inverses: Vec<Vec<f64>>,
    pub(super) all: Vec<Candidate>,
    /// The final scores, and those smoothed at the decision point, both as logarithms.
    pub(super) finals: Vec<f64>,
}

impl Candidates {
    /// From the examples, their smoothed scores at the decision point, and their final scores.
    pub(super) fn new(inputs: Inputs, smoothed: &[f64], finals: &[f64]) -> Self {
        let finals: Vec<f64> = finals.iter().map(|&score| to_log(score)).collect();
        let gains = finals.iter().zip(smoothed).map(|(last, &now)| last - to_log(now)).collect();
        let targets = [(Target::Gain, Centred::new(gains)), (Target::Final, Centred::new(finals.clone()))];
        let kernels = kernels(&inputs);
        let mut work = vec![0.0; inputs.count * inputs.count];
        let trust = trust(&kernels, &targets[0].1, &mut work);
        let (mut inverses, mut all) = (Vec::new(), Vec::new());
        for (kernel, matrix) in &kernels {
            for noise in NOISES {
                work.copy_from_slice(matrix);
                invert(&mut work, &trust.iter().map(|trust| noise / trust).collect::<Vec<_>>());
                for (target, values) in &targets {
                    all.push(candidate(*kernel, noise, *target, values, &work, &trust, inverses.len()));
                }
                inverses.push(work.clone());
            }
        }
        Candidates { inputs, inverses, all, finals }
    }
}

/// The matrix of each kernel without noise.
fn kernels(inputs: &Inputs) -> Vec<(Kernel, Vec<f64>)> {
    let count = inputs.count;
    let kernels = [Features::All, Features::Few]
        .into_iter()
        .flat_map(|features| LENGTHS.map(|length| Kernel { features, length }));
    let mut matrices: Vec<_> = kernels.map(|kernel| (kernel, vec![0.0; count * count])).collect();
    let (mut closeness, mut row) = (Closeness::default(), Vec::new());
    for a in 0..count {
        inputs.closeness_of(a, &mut closeness);
        for (kernel, matrix) in &mut matrices {
            kernel.row(&closeness, inputs.seen(kernel.features), &mut row);
            for (b, &value) in row.iter().enumerate() {
                matrix[a * count + b] = value;
                matrix[b * count + a] = value;
            }
        }
    }
    matrices
}

/// Targets with mean 0 and deviation 1.
struct Centred {
    mean: f64,
    deviation: f64,
    values: Vec<f64>,
}

impl Centred {
    fn new(mut values: Vec<f64>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().map(|x| x / count).sum::<f64>();
        let variance = values.iter().map(|x| (x - mean) * (x - mean) / count).sum::<f64>();
        let deviation = variance.sqrt().max(1e-3);
        for x in &mut values {
            *x = (*x - mean) / deviation;
        }
        Centred { mean, deviation, values }
    }
}

/// How far each example is trusted, up to 1: less where its gain is an outlier of Student's t.
fn trust(kernels: &[(Kernel, Vec<f64>)], gains: &Centred, work: &mut [f64]) -> Vec<f64> {
    let (length, noise) = FINDS_OUTLIERS;
    let finder =
        kernels.iter().find(|(kernel, _)| kernel.features == Features::All && kernel.length == length);
    let mut trust = vec![1.0; gains.values.len()];
    let Some((_, matrix)) = finder else { return trust };
    for _ in 0..2 {
        work.copy_from_slice(matrix);
        invert(work, &trust.iter().map(|trust| noise / trust).collect::<Vec<_>>());
        let weights = times(work, &gains.values);
        let surprises: Vec<f64> = weights
            .iter()
            .zip(diagonal(work, weights.len()))
            .map(|(weight, inverse)| weight * weight / inverse)
            .collect();
        let inflation = inflation(&surprises);
        for (trust, surprise) in trust.iter_mut().zip(surprises) {
            *trust = ((FREEDOM + 1.0) / (FREEDOM + surprise / inflation)).min(1.0);
        }
    }
    trust
}

fn candidate(
    kernel: Kernel,
    noise: f64,
    target: Target,
    values: &Centred,
    inverse: &[f64],
    trust: &[f64],
    place: usize,
) -> Candidate {
    let weights = times(inverse, &values.values);
    let mut variances: Vec<f64> = diagonal(inverse, weights.len()).map(|inverse| 1.0 / inverse).collect();
    let residuals: Vec<f64> =
        weights.iter().zip(&variances).map(|(weight, variance)| weight * variance).collect();
    let surprises: Vec<f64> =
        residuals.iter().zip(&variances).map(|(residual, variance)| residual * residual / variance).collect();
    let inflation = inflation(&surprises);
    // Each surprise as unlikely as Student's t has it; a logarithm of products is faster than a sum of logarithms.
    let scale = inflation * values.deviation * values.deviation;
    let terms: Vec<f64> = surprises
        .iter()
        .zip(&variances)
        .map(|(surprise, variance)| {
            let odds = 1.0 + surprise / (FREEDOM * inflation);
            variance * scale * (odds * odds) * (odds * odds)
        })
        .collect();
    let fit =
        -0.5 * terms.chunks(LOGS_AT_ONCE).map(|some| libm::log(some.iter().product::<f64>())).sum::<f64>();
    // A new example is not trusted less than others.
    for (variance, trust) in variances.iter_mut().zip(trust) {
        *variance = (*variance - noise / trust).max(0.0) + noise;
    }
    let Centred { mean, deviation, .. } = *values;
    Candidate {
        kernel,
        noise,
        target,
        inverse: place,
        mean,
        deviation,
        inflation,
        fit,
        weights,
        residuals,
        variances,
    }
}

/// The squared scale of residuals of which these are the squares, by their median.
fn inflation(squares: &[f64]) -> f64 {
    (median(&mut squares.to_vec()).unwrap_or(1.0) / MEDIAN_SQUARE).max(1e-4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_from_logarithms() {
        for score in [0.0, 12.5, 99.9, 100.0] {
            assert!((from_log(to_log(score)) - score).abs() < 1e-9);
        }
        assert_eq!((from_log(f64::INFINITY), from_log(-1e9)), (100.0, 0.0));
    }
}
