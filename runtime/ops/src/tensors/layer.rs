//! The operations of burn's layers: each does what the layer's `forward` does, only faster where it can.

use burn::module::Param;
use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2d;
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::Tensor;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};

use super::call;
use crate::activation::Activation;

/// A two-dimensional convolution.
pub fn conv2d(conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    match options(conv) {
        Some(options) => call::conv2d(x, conv.weight.val(), bias(conv), &options),
        None => conv.forward(x),
    }
}

/// A two-dimensional convolution of images one after another along the channels.
pub fn conv2d_parts(conv: &Conv2d, parts: Vec<Tensor<4>>) -> Tensor<4> {
    match options(conv) {
        Some(options) => call::conv2d_parts(parts, conv.weight.val(), bias(conv), &options),
        None => conv.forward(call::concat(parts)),
    }
}

/// A batch norm and an activation; keeps the running statistics as the layer does.
pub fn batch_norm(norm: &BatchNorm, activation: Activation, x: Tensor<4>) -> Tensor<4> {
    call::batch_norm(x, norm, activation)
}

/// A convolution, a batch norm and an activation, one after another; in inference in one pass.
pub fn conv2d_batch_norm(conv: &Conv2d, norm: &BatchNorm, activation: Activation, x: Tensor<4>) -> Tensor<4> {
    match options(conv) {
        Some(options) => {
            call::conv2d_batch_norm(x, conv.weight.val(), bias(conv), &options, norm, activation)
        }
        None => batch_norm(norm, activation, conv.forward(x)),
    }
}

/// The greatest of each window.
pub fn max_pool2d(pool: &MaxPool2d, x: Tensor<4>) -> Tensor<4> {
    match padding(&pool.padding) {
        Some(padding) => {
            let mut options = MaxPoolOptions::new(pool.kernel_size);
            (options.stride, options.padding) = (pool.stride, padding);
            (options.dilation, options.ceil_mode) = (pool.dilation, pool.ceil_mode);
            call::max_pool2d(x, &options)
        }
        None => pool.forward(x),
    }
}

fn bias(conv: &Conv2d) -> Option<Tensor<1>> {
    conv.bias.as_ref().map(Param::val)
}

fn options(conv: &Conv2d) -> Option<ConvOptions<2>> {
    let padding = padding(&conv.padding)?;
    Some(ConvOptions::new_with_padding(conv.stride, padding, conv.dilation, conv.groups))
}

/// Pairs for rows and columns; `None` for what depends on the image, which burn knows.
fn padding(padding: &PaddingConfig2d) -> Option<[(usize, usize); 2]> {
    match *padding {
        PaddingConfig2d::Valid => Some([(0, 0); 2]),
        PaddingConfig2d::Explicit(top, left, bottom, right) => Some([(top, bottom), (left, right)]),
        PaddingConfig2d::Same => None,
    }
}
