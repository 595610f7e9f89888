//! Dropout (Srivastava et al. 2014, with the scale at training): values set to 0 at random, the others enlarged by as much.
//!
//! The mask is drawn from the generator that is handed in, never from burn's own, so that a training that goes on from a
//! checkpoint draws what it would have drawn.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng as _;

use super::Value;
use crate::seed::Rng;

/// [`peng_spec::arch::Op::Dropout`]
#[derive(Module, Debug)]
pub(in crate::burn) struct Dropout {
    /// Share of the values that become 0; below 1.
    rate: f64,
}

impl Dropout {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate }
    }

    /// Applies it while training.
    pub(in crate::burn) fn forward(&self, x: Value, rng: &mut Rng) -> Value {
        match x {
            Value::Vector(x) => {
                let mask = self.mask(x.dims(), rng, &x.device());
                Value::Vector(x * mask)
            }
            x => {
                let x = x.image();
                let mask = self.mask(x.dims(), rng, &x.device());
                Value::Image(x * mask)
            }
        }
    }

    fn mask<const D: usize>(&self, shape: [usize; D], rng: &mut Rng, device: &Device) -> Tensor<D> {
        let below = (self.rate * 2_f64.powi(32)) as u32;
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        let values: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| if rng.next_u32() < below { 0.0 } else { kept })
            .collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::SeedTree;

    fn dropped(rate: f64, seed: u64) -> Vec<f32> {
        let ones = Tensor::<2>::ones([50, 200], &Device::flex());
        let out = Dropout::new(rate).forward(Value::Vector(ones), &mut SeedTree::new(seed).rng());
        out.vector().to_data().try_to_vec().unwrap()
    }

    #[test]
    fn as_many_values_as_told_become_zero_and_the_mean_stays() {
        for rate in [0.0, 0.2, 0.75] {
            let values = dropped(rate, 1);
            let zeros = values.iter().filter(|&&value| value == 0.0).count() as f64 / 10_000.0;
            // Five standard deviations.
            assert!((zeros - rate).abs() <= 5.0 * (rate * (1.0 - rate) / 10_000.0).sqrt(), "{zeros}");
            let kept = (1.0 / (1.0 - rate)) as f32;
            assert!(values.iter().all(|&value| value == 0.0 || value == kept));
        }
    }

    #[test]
    fn the_mask_is_that_of_the_generator() {
        assert_eq!(dropped(0.5, 1), dropped(0.5, 1));
        assert_ne!(dropped(0.5, 1), dropped(0.5, 2));
    }
}
