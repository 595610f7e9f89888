//! Gaussian processes for the final score at one decision point: 24 candidates, which differ in kernel, noise,
//! features and target, each with its leave-one-out residuals. What is made of them is in `mixture`.
//!
//! Leave-one-out in closed form: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equations 5.10 to 5.12.

use super::standard::Standard;

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
/// The variance of the level.
const LEVEL: f64 = 0.1;

/// The logarithm of the remaining error, which is what is predicted.
pub(super) fn to_log(score: f64) -> f64 {
    -libm::log((100.0 - score).max(0.0) + 2.0)
}

/// The score with that logarithm.
pub(super) fn from_log(log: f64) -> f64 {
    (102.0 - libm::exp(-log)).clamp(0.0, 100.0)
}

/// Which features a kernel sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Features {
    All,
    Few,
}

/// What a candidate predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// How much the logarithm of the remaining error still falls.
    Gain,
    /// Where it ends.
    Final,
}

/// A kernel: half squared-exponential, half linear, and a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kernel {
    pub(super) features: Features,
    pub(super) length: f64,
}

/// Squared distances and scaled inner products of one input and the examples, by the features seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Closeness {
    pub(super) distances: [Vec<f64>; 2],
    pub(super) products: [Vec<f64>; 2],
}

/// The examples, standardised.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) count: usize,
    pub(super) standard: Standard,
    /// Column by column.
    columns: Vec<f64>,
    /// Which columns the few features are.
    few: Vec<bool>,
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

impl Kernel {
    pub(super) fn at(self, distance: f64, product: f64, seen: usize) -> f64 {
        let scale = 2.0 * self.length * self.length * seen as f64;
        f64::midpoint(libm::exp(-distance / scale), product) + LEVEL
    }

    /// The kernel of an input with itself.
    pub(super) fn with_itself(product: f64) -> f64 {
        f64::midpoint(1.0, product) + LEVEL
    }

    /// The kernel of one input with each example.
    pub(super) fn row(self, closeness: &Closeness, seen: usize, into: &mut Vec<f64>) {
        let set = self.features as usize;
        let pairs = closeness.distances[set].iter().zip(&closeness.products[set]);
        into.clear();
        into.extend(pairs.map(|(&distance, &product)| self.at(distance, product, seen)));
    }
}

impl Inputs {
    /// From the features of the examples, at least one row, and the places of the few features.
    pub(super) fn new(rows: &[Vec<f64>], standard: Standard, few: &[usize]) -> Self {
        let (count, width) = (rows.len(), standard.width());
        let mut columns = vec![0.0; count * width];
        let mut standardised = Vec::new();
        for (row, features) in rows.iter().enumerate() {
            standard.apply(features, &mut standardised);
            for (column, &x) in standardised.iter().enumerate() {
                columns[column * count + row] = x;
            }
        }
        let is_few = |column| few.contains(&(column % (width / 2)));
        Inputs { count, standard, columns, few: (0..width).map(is_few).collect() }
    }

    /// How many numbers a kernel sees.
    pub(super) fn seen(&self, features: Features) -> usize {
        match features {
            Features::All => self.few.len(),
            Features::Few => self.few.iter().filter(|&&few| few).count(),
        }
    }

    /// How close an input is to each of the first `among` examples.
    pub(super) fn closeness(&self, input: impl Fn(usize) -> f64, among: usize, into: &mut Closeness) {
        for sums in into.distances.iter_mut().chain(&mut into.products) {
            sums.clear();
            sums.resize(among, 0.0);
        }
        let Closeness { distances: [far, far_few], products: [like, like_few] } = into;
        for (column, &few) in self.few.iter().enumerate() {
            let x = input(column);
            let known = &self.columns[column * self.count..][..among];
            add(known, x, far, like);
            if few {
                add(known, x, far_few, like_few);
            }
        }
        let (all, few) = (self.seen(Features::All) as f64, self.seen(Features::Few) as f64);
        for (sums, seen) in [(like, all), (like_few, few)] {
            for sum in sums {
                *sum /= seen;
            }
        }
    }

    /// The inner product of an input with itself.
    pub(super) fn norm(&self, input: &[f64], features: Features) -> f64 {
        let squares = input.iter().zip(&self.few).filter(|&(_, &few)| few || features == Features::All);
        squares.map(|(x, _)| x * x).sum::<f64>() / self.seen(features) as f64
    }
}

fn add(known: &[f64], x: f64, distances: &mut [f64], products: &mut [f64]) {
    for ((&known, distance), product) in known.iter().zip(distances).zip(products) {
        *distance += (known - x) * (known - x);
        *product += known * x;
    }
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
        inputs.closeness(|column| inputs.columns[column * count + a], a + 1, &mut closeness);
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
    let mut sorted = squares.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(&median)) => median,
        (_, Some(&above)) => f64::midpoint(sorted[middle - 1], above),
        (_, None) => 1.0,
    };
    (median / MEDIAN_SQUARE).max(1e-4)
}

fn diagonal(matrix: &[f64], size: usize) -> impl Iterator<Item = f64> + '_ {
    matrix.iter().step_by(size + 1).copied()
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    // Symmetric, so columns are rows; adding up whole rows needs no reordering to be fast.
    let mut product = vec![0.0; vector.len()];
    for (row, &x) in matrix.chunks_exact(vector.len()).zip(vector) {
        product.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * x);
    }
    product
}

/// Adds to the diagonal of a symmetric positive matrix and inverts it in place by sweeping each row (Beaton 1964). A pivot
/// that is no longer positive by rounding is taken as tiny.
fn invert(matrix: &mut [f64], diagonal: &[f64]) {
    let size = diagonal.len();
    for (place, more) in diagonal.iter().enumerate() {
        matrix[place * (size + 1)] += more;
    }
    // Only the lower triangle is kept until the end.
    let mut swept = vec![0.0; size];
    for k in 0..size {
        for (j, x) in swept.iter_mut().enumerate() {
            *x = matrix[k.max(j) * size + k.min(j)];
        }
        let pivot = 1.0 / swept[k].max(1e-12);
        for (i, row) in matrix.chunks_exact_mut(size).enumerate() {
            let factor = swept[i] * pivot;
            if i == k {
                row[..k].iter_mut().zip(&swept).for_each(|(x, above)| *x = above * pivot);
                row[k] = -pivot;
                continue;
            }
            row[..=i].iter_mut().zip(&swept).for_each(|(x, above)| *x -= factor * above);
            if i > k {
                row[k] = factor;
            }
        }
    }
    for i in 0..size {
        for j in 0..=i {
            let inverse = -matrix[i * size + j];
            matrix[i * size + j] = inverse;
            matrix[j * size + i] = inverse;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_times_the_matrix_is_one() {
        let size = 7;
        let matrix: Vec<f64> = (0..size * size)
            .map(|place| {
                let (row, column) = ((place / size) as f64, (place % size) as f64);
                libm::exp(-(row - column) * (row - column) / 8.0)
            })
            .collect();
        let mut inverse = matrix.clone();
        invert(&mut inverse, &[0.05; 7]);
        for column in 0..size {
            let image = times(
                &inverse,
                &(0..size)
                    .map(|row| matrix[row * size + column] + if row == column { 0.05 } else { 0.0 })
                    .collect::<Vec<_>>(),
            );
            for (row, value) in image.iter().enumerate() {
                let one = if row == column { 1.0 } else { 0.0 };
                assert!((value - one).abs() < 1e-10, "{row} {column}: {value}");
            }
        }
    }

    #[test]
    fn a_singular_matrix_has_a_finite_inverse() {
        let mut ones = vec![1.0; 25];
        invert(&mut ones, &[0.0; 5]);
        assert!(ones.iter().all(|x| x.is_finite()), "{ones:?}");
    }

    #[test]
    fn scores_come_back_from_logarithms() {
        for score in [0.0, 12.5, 99.9, 100.0] {
            assert!((from_log(to_log(score)) - score).abs() < 1e-9);
        }
        assert_eq!((from_log(f64::INFINITY), from_log(-1e9)), (100.0, 0.0));
    }
}
