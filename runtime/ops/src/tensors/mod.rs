//! The operations for burn's tensors.
//!
//! On burn's processor backend (`Flex`) images are handed on with their channels last in memory, as a permuted view, so that
//! one operation after another copies nothing; burn's own operations read such views like any other. What the kernels do not
//! do (other devices, other types of floats, other shapes) is left to burn, with burn's errors.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::activation::Activation;
use crate::conv::Geometry;
use crate::pool::Windows;
use shared::Branches;

mod autodiff;
mod call;
mod flex;
mod layer;
mod shared;
#[cfg(test)]
mod tests;

pub use call::{add, concat, mean2d, pool2d, relu};
pub use layer::{batch_norm, conv2d, conv2d_batch_norm, conv2d_parts, max_pool2d};
pub use shared::Shared;

/// What a backend does. Images are `[batch, channels, height, width]`, other tensors have a float for each channel.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Operations: Backend {
    /// A convolution.
    fn peng_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self>;

    /// A convolution with a bias for each filter.
    fn peng_conv2d_with_bias(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// A convolution added to `y`, in the memory of `y` if nothing else reads it.
    fn peng_conv2d_onto(
        y: FloatTensor<Self>,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// The gradient of its input.
    fn peng_conv2d_input(
        gradient: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// The gradient of its weights.
    fn peng_conv2d_weight(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// A convolution, a batch norm with given statistics, and an activation, in one pass. No gradients.
    #[allow(clippy::too_many_arguments, reason = "a backend's operation reads tensors one by one")]
    fn peng_conv2d_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f32,
        geometry: Geometry,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// A batch norm with given statistics, and an activation. No gradients.
    fn peng_batch_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// A batch norm with the statistics of the batch, and an activation; then mean and biased variance, detached.
    fn peng_batch_norm_train(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The gradients of its input, γ and β.
    #[allow(clippy::too_many_arguments, reason = "a backend's operation reads tensors one by one")]
    fn peng_batch_norm_gradients(
        gradient: FloatTensor<Self>,
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f32,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The sum of two images of one shape.
    fn peng_add(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The channels of one image, then those of another.
    fn peng_join(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The channels from `start` to `end`. No gradients.
    fn peng_channels(x: FloatTensor<Self>, start: usize, end: usize) -> FloatTensor<Self>;

    /// `a + b`, in the memory of `a` if nothing else reads it. No gradients.
    fn peng_add_to(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The tensor itself, for one of several that read it; see [`Shared`].
    fn peng_branch(x: FloatTensor<Self>, branches: Branches) -> FloatTensor<Self>;

    /// The rectifier.
    fn peng_relu(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The gradient of its input, from what it made.
    fn peng_relu_input(y: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The pool of each window.
    fn peng_pool2d(x: FloatTensor<Self>, windows: Windows) -> FloatTensor<Self>;

    /// The gradient of the input of maxima.
    fn peng_max_pool2d_input(
        x: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        windows: Windows,
    ) -> FloatTensor<Self>;

    /// The gradient of the input of means.
    fn peng_mean_pool2d_input(gradient: FloatTensor<Self>, windows: Windows) -> FloatTensor<Self>;
}
