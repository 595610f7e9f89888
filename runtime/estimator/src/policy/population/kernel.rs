//! How alike two networks are at a decision point: the kernels of the Gaussian processes, and the examples they compare with.
//! What is learned from it is in `gaussian`.

use super::standard::Standard;

/// The variance of the level.
const LEVEL: f64 = 0.1;

/// Which features a kernel sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Features {
    All,
    Few,
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

    /// How close an example is to each of those up to itself.
    pub(super) fn closeness_of(&self, example: usize, into: &mut Closeness) {
        self.closeness(|column| self.columns[column * self.count + example], example + 1, into);
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
