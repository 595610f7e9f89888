//! Squeeze-and-excitation (Hu et al. 2018): channels scaled by what the means of all channels say.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use super::{bound, uniform};
use crate::seed::Rng;

/// [`peng_spec::arch::Op::SqueezeExcite`]
#[derive(Module, Debug)]
pub(in crate::burn) struct SqueezeExcite {
    squeeze: Linear,
    excite: Linear,
}

impl SqueezeExcite {
    /// For images of `channels`, with `units` features between the two layers.
    pub(super) fn new(channels: usize, units: usize, rng: &mut Rng, device: &Device) -> Self {
        let mut linear = |from: usize, to: usize| {
            let mut linear = LinearConfig::new(from, to).with_bias(false).init(device);
            linear.weight = uniform([from, to], bound(from), rng, device);
            linear
        };
        Self { squeeze: linear(channels, units), excite: linear(units, channels) }
    }

    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let means = x.clone().reshape([batch, channels, height * width]).mean_dim(2);
        let features = relu(self.squeeze.forward(means.reshape([batch, channels])));
        let scales = sigmoid(self.excite.forward(features));
        x * scales.reshape([batch, channels, 1, 1])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;
    use crate::seed::SeedTree;

    #[test]
    fn channels_are_scaled_by_the_formula() {
        let device = Device::flex();
        let layer = SqueezeExcite::new(3, 2, &mut SeedTree::new(4).rng(), &device);
        let x: Vec<f32> = (0..2 * 3 * 4).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
        let y = layer.forward(Tensor::from_data(TensorData::new(x.clone(), [2, 3, 2, 2]), &device));
        let y: Vec<f32> = y.to_data().try_to_vec().unwrap();
        let [squeeze, excite]: [Vec<f32>; 2] = [&layer.squeeze, &layer.excite].map(|linear| {
            assert!(linear.bias.is_none());
            linear.weight.val().to_data().try_to_vec().unwrap()
        });
        for example in 0..2 {
            let plane = |channel: usize| &x[(example * 3 + channel) * 4..][..4];
            let mean = |channel: usize| plane(channel).iter().sum::<f32>() / 4.0;
            let feature = |unit: usize| {
                (0..3).map(|channel| mean(channel) * squeeze[channel * 2 + unit]).sum::<f32>().max(0.0)
            };
            for channel in 0..3 {
                let score: f32 = (0..2).map(|unit| feature(unit) * excite[unit * 3 + channel]).sum();
                let scale = 1.0 / (1.0 + (-score).exp());
                for (at, pixel) in plane(channel).iter().enumerate() {
                    let found = y[(example * 3 + channel) * 4 + at];
                    assert!((found - pixel * scale).abs() < 1e-5, "{found} {}", pixel * scale);
                }
            }
        }
    }
}
