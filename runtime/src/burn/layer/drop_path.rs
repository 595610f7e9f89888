//! Drop-path (Larsson et al. 2017, "`FractalNet`"), per example as in `NASNet` (Zoph et al. 2018, section A.7): a path is 0 for
//! some examples of a batch, and enlarged by as much for the others. The rate grows from 0 with the epochs, so that it is
//! never quite the one that was told.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng as _;

use super::Value;
use crate::seed::Rng;

/// [`peng_spec::arch::Op::DropPath`]
#[derive(Module, Debug)]
pub(in crate::burn) struct DropPath {
    /// The rate that the training comes near to; below 1.
    rate: f64,
}

impl DropPath {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate }
    }

    /// Applies it while training, of which the epochs that are done are the share `elapsed`.
    pub(in crate::burn) fn forward(&self, x: Value, elapsed: f64, rng: &mut Rng) -> Value {
        let rate = self.rate * elapsed;
        if rate <= 0.0 {
            return x;
        }
        match x {
            Value::Vector(x) => {
                let mask = mask(x.dims()[0], rate, rng, &x.device());
                Value::Vector(x * mask.reshape([-1, 1]))
            }
            x => {
                let x = x.image();
                let mask = mask(x.dims()[0], rate, rng, &x.device());
                Value::Image(x * mask.reshape([-1, 1, 1, 1]))
            }
        }
    }
}

fn mask(examples: usize, rate: f64, rng: &mut Rng, device: &Device) -> Tensor<1> {
    let below = (rate * 2_f64.powi(32)) as u32;
    let kept = (1.0 / (1.0 - rate)) as f32;
    let values: Vec<f32> = (0..examples).map(|_| if rng.next_u32() < below { 0.0 } else { kept }).collect();
    Tensor::from_data(TensorData::new(values, [examples]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::SeedTree;

    fn dropped(elapsed: f64, seed: u64) -> Vec<f32> {
        let ones = Tensor::<4>::ones([5_000, 2, 1, 2], &Device::flex());
        let out = DropPath::new(0.4).forward(Value::Image(ones), elapsed, &mut SeedTree::new(seed).rng());
        out.image().to_data().try_to_vec().unwrap()
    }

    #[test]
    fn whole_examples_are_dropped_more_and_more_often() {
        assert!(dropped(0.0, 1).iter().all(|&value| value == 1.0));
        for (elapsed, rate) in [(0.25, 0.1_f64), (0.5, 0.2), (0.95, 0.38)] {
            let values = dropped(elapsed, 1);
            let kept = (1.0 / (1.0 - rate)) as f32;
            let examples: Vec<&[f32]> = values.chunks_exact(4).collect();
            assert!(examples.iter().all(|example| {
                (example[0] == 0.0 || (example[0] - kept).abs() < 1e-6)
                    && example.iter().all(|&v| v == example[0])
            }));
            let zeros = examples.iter().filter(|example| example[0] == 0.0).count() as f64 / 5_000.0;
            // Five standard deviations.
            assert!((zeros - rate).abs() <= 5.0 * (rate * (1.0 - rate) / 5_000.0).sqrt(), "{zeros}");
        }
    }

    #[test]
    fn vectors_are_dropped_too_and_the_mask_is_that_of_the_generator() {
        let of = |seed| {
            let ones = Tensor::<2>::ones([64, 3], &Device::flex());
            let out = DropPath::new(0.5).forward(Value::Vector(ones), 1.0, &mut SeedTree::new(seed).rng());
            out.vector().to_data().try_to_vec::<f32>().unwrap()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1).chunks_exact(3).all(|row| row == [0.0; 3] || row == [2.0; 3]));
    }
}
