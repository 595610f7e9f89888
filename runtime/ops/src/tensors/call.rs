//! The operations on tensors of any device: ours where they can be, burn's elsewhere.

use burn::backend::Dispatch;
use burn::nn::BatchNorm;
use burn::tensor::activation;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{DType, Device, Tensor, TensorData, module};

use super::Operations;
use crate::activation::Activation;
use crate::conv::Geometry;
use crate::images::Size;
use crate::pool::{Pooled, Windows};

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

/// The convolution of images one after another along the channels, which are not put together for it: the sum of the
/// convolutions of each of them.
pub(super) fn conv2d_parts(
    parts: Vec<Tensor<4>>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: &ConvOptions<2>,
) -> Tensor<4> {
    let [filters, read, height, width] = weight.dims();
    let fits = |part: &Tensor<4>| {
        let alike = Size { channels: 1, ..size(part) } == Size { channels: 1, ..size(&parts[0]) };
        alike && runs_here(part) && part.dims().iter().all(|&dim| dim > 0)
    };
    let channels: usize = parts.iter().map(|part| part.dims()[1]).sum();
    if options.groups != 1 || channels != read || !parts.iter().all(fits) {
        return conv2d(concat(parts), weight, bias, options);
    }
    let (mut sum, mut bias, mut start) = (None, bias, 0);
    for part in parts {
        let end = start + part.dims()[1];
        let weight = weight.clone().slice([0..filters, start..end, 0..height, 0..width]);
        sum = Some(match sum {
            None => conv2d(part, weight, bias.take(), options),
            Some(sum) => conv2d_onto(sum, part, weight, options),
        });
        start = end;
    }
    sum.expect("a convolution reads something")
}

/// A convolution added to `y`, which may be overwritten.
fn conv2d_onto(y: Tensor<4>, x: Tensor<4>, weight: Tensor<4>, options: &ConvOptions<2>) -> Tensor<4> {
    let geometry = geometry(&x, &weight, None, options)
        .filter(|geometry| runs_here(&y) && size(&y) == geometry.output() && options.groups == 1);
    let Some(geometry) = geometry else {
        return add(y, conv2d(x, weight, None, options));
    };
    Tensor::from_dispatch(<Dispatch as Operations>::peng_conv2d_onto(
        y.into_dispatch(),
        x.into_dispatch(),
        weight.into_dispatch(),
        geometry,
    ))
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

/// The sum of two images.
pub fn add(a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
    // Sums along an axis of one are burn's.
    if runs_here(&a) && runs_here(&b) && a.dims() == b.dims() {
        Tensor::from_dispatch(<Dispatch as Operations>::peng_add(a.into_dispatch(), b.into_dispatch()))
    } else {
        a + b
    }
}

/// Images one after another along the channels, as [`Tensor::cat`].
pub fn concat(images: Vec<Tensor<4>>) -> Tensor<4> {
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

/// The rectifier, [`relu`](burn::tensor::activation::relu).
pub fn relu(x: Tensor<4>) -> Tensor<4> {
    if runs_here(&x) && x.dims().iter().all(|&dim| dim > 0) {
        Tensor::from_dispatch(<Dispatch as Operations>::peng_relu(x.into_dispatch()))
    } else {
        activation::relu(x)
    }
}

/// The greatest of each window, [`module::max_pool2d`].
pub(super) fn max_pool2d(x: Tensor<4>, options: &MaxPoolOptions<2>) -> Tensor<4> {
    if options.dilation == [1, 1] && !options.ceil_mode {
        pool2d(x, Pooled::Greatest, options.kernel_size, options.stride, options.padding)
    } else {
        module::max_pool2d(x, options.clone())
    }
}

/// The maximum or the mean over windows. Padding, for rows and columns before the image and behind it, does not count.
pub fn pool2d(
    x: Tensor<4>,
    pooled: Pooled,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [(usize, usize); 2],
) -> Tensor<4> {
    match Windows::new(pooled, size(&x), kernel, stride, padding).filter(|_| runs_here(&x)) {
        Some(windows) => {
            Tensor::from_dispatch(<Dispatch as Operations>::peng_pool2d(x.into_dispatch(), windows))
        }
        None => burns_pool2d(x, pooled, kernel, stride, padding),
    }
}

/// [`pool2d`] of burn's operations. Every window has a pixel of the image in it.
pub(super) fn burns_pool2d(
    x: Tensor<4>,
    pooled: Pooled,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [(usize, usize); 2],
) -> Tensor<4> {
    let padded = |x: Tensor<4>, with: f32| {
        if padding == [(0, 0); 2] { x } else { x.pad(padding, PadMode::Constant(with)) }
    };
    let [_, _, height, width] = x.dims();
    match pooled {
        // The infinity is never the greatest.
        Pooled::Greatest => {
            let options = MaxPoolOptions::new(kernel).with_stride(stride);
            module::max_pool2d(padded(x, f32::NEG_INFINITY), options)
        }
        Pooled::Mean => {
            let device = x.device();
            let of_all = module::avg_pool2d(padded(x, 0.0), AvgPoolOptions::new(kernel).with_stride(stride));
            if padding == [(0, 0); 2] {
                return of_all;
            }
            let [_, _, rows, columns] = of_all.dims();
            // For each window along an axis: its length by the number of its pixels that are in the image.
            let shares = |axis: usize, windows: usize, side: usize| -> Vec<f32> {
                let (kernel, stride, before) = (kernel[axis], stride[axis], padding[axis].0);
                let inside = |window: usize| {
                    let begin = window * stride;
                    (begin + kernel).min(before + side) - begin.max(before)
                };
                (0..windows).map(|window| kernel as f32 / inside(window) as f32).collect()
            };
            let (down, across) = (shares(0, rows, height), shares(1, columns, width));
            let factors: Vec<f32> =
                down.iter().flat_map(|row| across.iter().map(move |column| row * column)).collect();
            of_all * Tensor::<4>::from_data(TensorData::new(factors, [1, 1, rows, columns]), &device)
        }
    }
}

/// The mean over height and width, `[batch, channels]`.
pub fn mean2d(x: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = x.dims();
    let windows = Windows::new(Pooled::Mean, size(&x), [height, width], [1, 1], [(0, 0); 2]);
    match windows.filter(|_| runs_here(&x)) {
        Some(windows) => {
            let mean = <Dispatch as Operations>::peng_pool2d(x.into_dispatch(), windows);
            Tensor::<4>::from_dispatch(mean).reshape([batch, channels])
        }
        None => x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]),
    }
}

fn size(x: &Tensor<4>) -> Size {
    let [batch, channels, height, width] = x.dims();
    Size { batch, channels, height, width }
}

/// Whether a tensor is one that the kernels compute with.
pub(super) fn runs_here<const D: usize>(x: &Tensor<D>) -> bool {
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
