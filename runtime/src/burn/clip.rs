//! Shortens gradients that are too long (Pascanu et al. 2013, as `torch.nn.utils.clip_grad_norm_`).

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::network::Network;

/// Cuts the gradient of all parameters together to a length of at most `most`, its direction kept.
pub(super) fn clip(gradients: GradientsParams, network: &Network, most: f64) -> GradientsParams {
    let mut squares = Squares { gradients: &gradients, sum: 0.0 };
    network.visit(&mut squares);
    let factor = most / (squares.sum.sqrt() + 1e-6);
    if factor >= 1.0 {
        return gradients;
    }
    let mut shorter = Shorter { gradients, factor };
    network.visit(&mut shorter);
    shorter.gradients
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sum += f64::from((gradient.clone() * gradient).sum().into_scalar::<f32>());
        }
    }
}

struct Shorter {
    gradients: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Shorter {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.mul_scalar(self.factor as f32));
        }
    }
}
