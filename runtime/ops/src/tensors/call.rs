//! The operations on tensors of any device: ours where they can be, burn's elsewhere.

use burn::backend::Dispatch;
use burn::nn::BatchNorm;
use burn::tensor::activation::relu;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, module};

use super::Operations;
use crate::activation::Activation;
use crate::conv::Geometry;
use crate::images::Size;
use crate::pool::Windows;

/// A two-dimensional convolution, [`module::conv2d`]: `weight` is `[out, in / groups, height, width]`.
pub(super) fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: &ConvOptions<2>,
) -> Tensor<4> {
    let Some(geometry) = geometry(&x, &weight, bias.as_ref(), options) else {
        return module::conv2d(x, weight, bias, options.clone());
    };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(bias) => {
            <Dispatch as Operations>::peng_conv2d_with_bias(x, weight, bias.into_dispatch(), geometry)
        }
        None => <Dispatch as Operations>::peng_conv2d(x, weight, geometry),
    })
}

/// A batch norm, [`BatchNorm::forward`], and an activation. It keeps the running statistics as burn's layer does.
pub(super) fn batch_norm(x: Tensor<4>, norm: &BatchNorm, activation: Activation) -> Tensor<4> {
    let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
    let is_ours = runs_here(&x) && gamma.dims() == [x.dims()[1]] && x.dims().iter().all(|&dim| dim > 0);
    let is_training = x.device().is_autodiff() && norm.training.is_enabled();
    // A frozen norm on a device with gradients needs those of given statistics.
    if !is_ours || (x.device().is_autodiff() && !is_training) {
        return activated(norm.forward(x), activation);
    }
    let epsilon = norm.epsilon as f32;
    if is_training {
        let (y, mean, variance) = <Dispatch as Operations>::peng_batch_norm_train(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            epsilon,
            activation,
        );
        remember(norm, Tensor::from_dispatch(mean), Tensor::from_dispatch(variance));
        Tensor::from_dispatch(y)
    } else {
        Tensor::from_dispatch(<Dispatch as Operations>::peng_batch_norm(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            norm.running_mean.value().into_dispatch(),
            norm.running_var.value().into_dispatch(),
            epsilon,
            activation,
        ))
    }
}

/// A convolution, a batch norm and an activation, one after another; in inference in one pass.
pub(super) fn conv2d_batch_norm(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: &ConvOptions<2>,
    norm: &BatchNorm,
    activation: Activation,
) -> Tensor<4> {
    let geometry = geometry(&x, &weight, bias.as_ref(), options)
        .filter(|geometry| !x.device().is_autodiff() && norm.gamma.dims() == [geometry.output().channels]);
    let Some(geometry) = geometry else {
        return batch_norm(conv2d(x, weight, bias, options), norm, activation);
    };
    // To shift what is normalised is to shift the mean the other way.
    let mean = norm.running_mean.value();
    let mean = match bias {
        Some(bias) => mean - bias,
        None => mean,
    };
    Tensor::from_dispatch(<Dispatch as Operations>::peng_conv2d_batch_norm(
        x.into_dispatch(),
        weight.into_dispatch(),
        norm.gamma.val().into_dispatch(),
        norm.beta.val().into_dispatch(),
        mean.into_dispatch(),
        norm.running_var.value().into_dispatch(),
        norm.epsilon as f32,
        geometry,
        activation,
    ))
}

/// `a + b`.
pub(super) fn add(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    // Sums along an axis of one are burn's.
    if runs_here(&a) && runs_here(&b) && a.dims() == b.dims() {
        Tensor::from_dispatch(<Dispatch as Operations>::peng_add(a.into_dispatch(), b.into_dispatch()))
    } else {
        a + b
    }
}

/// Images one after another along the channels, as [`Tensor::cat`].
pub(super) fn concat(images: Vec<Tensor<4>>) -> Tensor<4> {
    let is_ours = images.iter().all(|x| {
        let shape = |x: &Tensor<4>| Size { channels: 1, ..size(x) };
        runs_here(x) && shape(x) == shape(&images[0]) && x.dims().iter().all(|&dim| dim > 0)
    });
    if !is_ours || images.len() < 2 {
        return Tensor::cat(images, 1);
    }
    let joined = images
        .into_iter()
        .map(Tensor::into_dispatch)
        .reduce(<Dispatch as Operations>::peng_join)
        .expect("there are at least two");
    Tensor::from_dispatch(joined)
}

/// The greatest of each window, [`module::max_pool2d`].
pub(super) fn max_pool2d(x: Tensor<4>, options: &MaxPoolOptions<2>) -> Tensor<4> {
    let is_plain = options.padding == [(0, 0); 2] && options.dilation == [1, 1] && !options.ceil_mode;
    match Windows::new(size(&x), options.kernel_size, options.stride).filter(|_| is_plain && runs_here(&x)) {
        Some(windows) => {
            Tensor::from_dispatch(<Dispatch as Operations>::peng_max_pool2d(x.into_dispatch(), windows))
        }
        None => module::max_pool2d(x, options.clone()),
    }
}

fn size(x: &Tensor<4>) -> Size {
    let [batch, channels, height, width] = x.dims();
    Size { batch, channels, height, width }
}

/// Whether a tensor is one that the kernels compute with.
fn runs_here<const D: usize>(x: &Tensor<D>) -> bool {
    // Devices are equal if they are so without gradients.
    x.dtype() == DType::F32 && x.device() == Device::flex()
}

fn geometry(
    x: &Tensor<4>,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    options: &ConvOptions<2>,
) -> Option<Geometry> {
    let is_ours = runs_here(x) && runs_here(weight) && bias.is_none_or(runs_here);
    if !is_ours || bias.is_some_and(|bias| bias.dims()[0] != weight.dims()[0]) {
        return None;
    }
    let ConvOptions { stride, padding, dilation, groups } = *options;
    Geometry::new(size(x), weight.dims(), stride, padding, dilation, groups)
}

fn activated(x: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::Identity => x,
        Activation::Relu => relu(x),
    }
}

/// Moves the running statistics of a norm towards those of a batch, in the operations and the order of burn's layer.
fn remember(norm: &BatchNorm, mean: Tensor<1>, variance: Tensor<1>) {
    for (running, of_batch) in [(&norm.running_mean, mean), (&norm.running_var, variance)] {
        let kept = running.value_sync().mul_scalar(1.0 - norm.momentum);
        running.update(kept.add(of_batch.detach().mul_scalar(norm.momentum)).detach());
    }
}
