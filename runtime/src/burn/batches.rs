//! Which examples a batch holds, and how many batches lie before a point of a training.
//!
//! An epoch has B = ⌈n / batch size⌉ batches, the last of them possibly short; its order is a fresh permutation. The point
//! of p/q epochs lies after pB/q batches, rounded half up.

use burn::tensor::{Device, Tensor, TensorData};
use peng_estimator::Progress;
use peng_spec::arch::Shape;
use rand::seq::SliceRandom;

use crate::data::Examples;
use crate::seed::SeedTree;

/// The batches of a training, in order.
#[derive(Debug)]
pub(super) struct Batches {
    examples: usize,
    size: usize,
    seed: SeedTree,
    /// The epoch whose permutation `order` is.
    epoch: Option<u64>,
    order: Vec<u32>,
}

impl Batches {
    /// Batches of at most `size` of `examples`. The order of an epoch depends on `seed` and the epoch alone.
    pub(super) fn new(examples: usize, size: usize, seed: SeedTree) -> Self {
        Self { examples, size, seed, epoch: None, order: Vec::new() }
    }

    /// Number of batches before a point.
    pub(super) fn until(&self, point: Progress) -> u64 {
        let (above, below) = (u64::from(point.numerator()), u64::from(point.denominator()));
        (2 * above * self.per_epoch() + below) / (2 * below)
    }

    pub(super) fn epoch(&self, batch: u64) -> u64 {
        batch / self.per_epoch()
    }

    /// Indices of the examples of a batch.
    pub(super) fn examples(&mut self, batch: u64) -> &[u32] {
        let epoch = self.epoch(batch);
        if self.epoch != Some(epoch) {
            self.order = (0..self.examples as u32).collect();
            self.order.shuffle(&mut self.seed.child("order", epoch).rng());
            self.epoch = Some(epoch);
        }
        let start = (batch % self.per_epoch()) as usize * self.size;
        &self.order[start..self.examples.min(start + self.size)]
    }

    /// Number of batches of an epoch.
    pub(super) fn per_epoch(&self) -> u64 {
        self.examples.div_ceil(self.size).max(1) as u64
    }
}

/// The values of some examples, one after another.
pub(super) fn pixels(examples: &Examples, indices: impl ExactSizeIterator<Item = usize>) -> Vec<f32> {
    let numel = examples.input.numel() as usize;
    let mut pixels = Vec::with_capacity(indices.len() * numel);
    for index in indices {
        pixels.extend_from_slice(&examples.pixels[index * numel..(index + 1) * numel]);
    }
    pixels
}

/// Examples of a shape as one tensor, `[batch, channels, height, width]`.
pub(super) fn images(pixels: Vec<f32>, shape: Shape, device: &Device) -> Tensor<4> {
    let [channels, height, width] = match shape {
        Shape::Image { channels, height, width } => [channels, height, width],
        Shape::Vector { features } => [1, 1, features],
    };
    let count = pixels.len() / (channels * height * width);
    Tensor::from_data(TensorData::new(pixels, [count, channels, height, width]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(examples: usize) -> Batches {
        Batches::new(examples, 32, SeedTree::new(1))
    }

    #[test]
    fn points_lie_after_whole_batches_rounded_half_up() {
        let at = |(above, below), examples| batches(examples).until(Progress::new(above, below).unwrap());
        assert_eq!([at((1, 2), 160), at((1, 1), 160), at((3, 2), 129), at((20, 1), 513)], [3, 5, 8, 340]);
        assert_eq!([at((1, 3), 160), at((2, 3), 160), at((1, 4), 9), at((1, 2), 9)], [2, 3, 0, 1]);
    }

    #[test]
    fn an_epoch_holds_every_example_once_in_an_order_of_its_own() {
        let mut batches = batches(70);
        let sizes: Vec<usize> = (0..6).map(|batch| batches.examples(batch).len()).collect();
        assert_eq!(sizes, [32, 32, 6, 32, 32, 6]);
        let [first, second] = [0, 1].map(|epoch| {
            (3 * epoch..3 * epoch + 3)
                .flat_map(|batch| batches.examples(batch).to_vec())
                .collect::<Vec<u32>>()
        });
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert!(order.into_iter().eq(0..70));
        }
    }
}
