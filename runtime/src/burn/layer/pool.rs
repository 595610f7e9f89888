//! Pools with padding, which does not count: the largest value of a window, or the mean of those of its values that are in
//! the image.

use burn::module::Module;
use burn::tensor::Tensor;
use peng_ops::Pooled;
use peng_spec::arch::{Padding, PoolBy};

use super::window::around;

/// [`peng_spec::arch::Op::Pool`]
#[derive(Module, Debug)]
pub(in crate::burn) struct Pool {
    #[module(skip)]
    by: PoolBy,
    kernel: usize,
    stride: usize,
    #[module(skip)]
    padding: Padding,
}

impl Pool {
    pub(super) fn new(by: PoolBy, kernel: usize, stride: usize, padding: Padding) -> Self {
        Self { by, kernel, stride, padding }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let pooled = match self.by {
            PoolBy::Max => Pooled::Greatest,
            PoolBy::Mean => Pooled::Mean,
        };
        let padding = [around(self.kernel, 1, self.padding); 2];
        peng_ops::pool2d(x, pooled, [self.kernel; 2], [self.stride; 2], padding)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use proptest::prelude::*;

    use super::*;

    /// A pool by its definition: its values, and for each of them the share that each pixel has in it.
    fn by_hand(pool: &Pool, [height, width]: [usize; 2], x: &[f32]) -> Vec<(f32, Vec<(usize, f32)>)> {
        let before = around(pool.kernel, 1, pool.padding).0;
        let windows = |side: usize| match pool.padding {
            Padding::Same => (side - 1) / pool.stride + 1,
            Padding::Valid => (side - pool.kernel) / pool.stride + 1,
        };
        let (rows, columns) = (windows(height), windows(width));
        let mut out = Vec::new();
        for window in 0..rows * columns {
            let corner = [window / columns, window % columns].map(|place| place * pool.stride);
            let covers =
                |place: usize, corner: usize| (corner..corner + pool.kernel).contains(&(place + before));
            let inside: Vec<usize> = (0..height * width)
                .filter(|at| covers(at / width, corner[0]) && covers(at % width, corner[1]))
                .collect();
            out.push(match pool.by {
                PoolBy::Mean => {
                    let share = 1.0 / inside.len() as f32;
                    let shares: Vec<_> = inside.iter().map(|&at| (at, share)).collect();
                    (inside.iter().map(|&at| x[at] * share).sum(), shares)
                }
                PoolBy::Max => {
                    let &best = inside.iter().max_by(|&&a, &&b| x[a].total_cmp(&x[b])).unwrap();
                    (x[best], vec![(best, 1.0)])
                }
            });
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_pool_and_its_gradient_are_those_of_the_definition(
            kernel in 1_usize..6,
            stride in 1_usize..5,
            sides in [1_usize..8, 1_usize..8],
            (max, same) in any::<(bool, bool)>(),
        ) {
            let by = if max { PoolBy::Max } else { PoolBy::Mean };
            let padding = if same { Padding::Same } else { Padding::Valid };
            prop_assume!(same || kernel <= sides[0].min(sides[1]));
            let pool = Pool::new(by, kernel, stride, padding);
            // All values differ, and some are below zero.
            let x: Vec<f32> = (0..sides[0] * sides[1]).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
            let expected = by_hand(&pool, sides, &x);
            let mut dx = vec![0.0; x.len()];
            for (at, (_, shares)) in expected.iter().enumerate() {
                for &(pixel, share) in shares {
                    dx[pixel] += share * (1.0 + at as f32);
                }
            }
            let device = Device::flex().autodiff();
            let x = Tensor::<4>::from_data(TensorData::new(x, [1, 1, sides[0], sides[1]]), &device);
            let x = x.require_grad();
            let y = pool.forward(x.clone());
            let found: Vec<f32> = y.to_data().try_to_vec().unwrap();
            let weights: Vec<f32> = (0..found.len()).map(|at| 1.0 + at as f32).collect();
            let weights = Tensor::<4>::from_data(TensorData::new(weights, y.dims()), &device);
            let gradients = (y * weights).sum().backward();
            let gradient: Vec<f32> = x.grad(&gradients).unwrap().to_data().try_to_vec().unwrap();
            prop_assert_eq!(found.len(), expected.len());
            for (found, (expected, _)) in found.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-5, "{} {}", found, expected);
            }
            for (found, expected) in gradient.iter().zip(&dx) {
                prop_assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{} {}", found, expected);
            }
        }
    }
}
