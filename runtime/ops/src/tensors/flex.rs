//! The operations on tensors of burn's processor backend.

use burn::backend::Flex;
use burn::tensor::{Bytes, DType, Shape};
use burn_flex::{FlexTensor, Layout};

use super::Operations;
use super::shared::Branches;
use crate::activation::Activation;
use crate::conv::{self, Geometry};
use crate::elementwise::{add, add_to, relu, relu_gradient};
use crate::images::{Images, Order, Size};
use crate::join::{join, part};
use crate::norm::{self, Affine, Line, Statistics};
use crate::pool::{self, Windows};
use crate::simd::Level;

impl Operations for Flex {
    fn peng_conv2d(x: FlexTensor, weight: FlexTensor, geometry: Geometry) -> FlexTensor {
        convolved(x, &weight, &[], geometry)
    }

    fn peng_conv2d_with_bias(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        geometry: Geometry,
    ) -> FlexTensor {
        convolved(x, &weight, bias.to_contiguous().storage(), geometry)
    }

    fn peng_conv2d_onto(y: FlexTensor, x: FlexTensor, weight: FlexTensor, geometry: Geometry) -> FlexTensor {
        let mut y = readable(y);
        if !is_channels_last(&y) {
            return Self::peng_add(y, convolved(x, &weight, &[], geometry));
        }
        let (x, weight) = (readable(x), weight.to_contiguous());
        // What others read too is copied first.
        let made = y.storage_mut();
        conv::forward_onto(Level::detected(), &geometry, images(&x), weight.storage(), made);
        y
    }

    fn peng_conv2d_input(gradient: FlexTensor, weight: FlexTensor, geometry: Geometry) -> FlexTensor {
        let (gradient, weight) = (readable(gradient), weight.to_contiguous());
        let made = conv::input_gradient(Level::detected(), &geometry, images(&gradient), weight.storage());
        channels_last(made, geometry.input())
    }

    fn peng_conv2d_weight(x: FlexTensor, gradient: FlexTensor, geometry: Geometry) -> FlexTensor {
        let (x, gradient) = (readable(x), readable(gradient));
        let made = conv::weight_gradient(Level::detected(), &geometry, images(&x), images(&gradient));
        contiguous(made, &geometry.weight())
    }

    fn peng_conv2d_batch_norm(
        x: FlexTensor,
        weight: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f32,
        geometry: Geometry,
        activation: Activation,
    ) -> FlexTensor {
        let (x, weight) = (readable(x), weight.to_contiguous());
        let [gamma, beta] = [gamma, beta].map(|of| of.to_contiguous());
        let affine = Affine { gamma: gamma.storage(), beta: beta.storage(), epsilon };
        let line = Line::new(affine, &statistics(&mean, &variance));
        let per_filter = weight.storage::<f32>().len() / line.scale.len();
        let weight: Vec<f32> = weight
            .storage::<f32>()
            .chunks_exact(per_filter)
            .zip(&line.scale)
            .flat_map(|(weights, scale)| weights.iter().map(move |weight| weight * scale))
            .collect();
        let made = conv::forward(Level::detected(), &geometry, images(&x), &weight, &line.shift, activation);
        channels_last(made, geometry.output())
    }

    fn peng_batch_norm(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f32,
        activation: Activation,
    ) -> FlexTensor {
        let x = readable(x);
        let images = images(&x);
        let [gamma, beta] = [gamma, beta].map(|of| of.to_contiguous());
        let affine = Affine { gamma: gamma.storage(), beta: beta.storage(), epsilon };
        let line = Line::new(affine, &statistics(&mean, &variance));
        let made = norm::forward(Level::detected(), &images.channels_last(), &line, activation);
        channels_last(made, images.size())
    }

    fn peng_batch_norm_train(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f32,
        activation: Activation,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let x = readable(x);
        let images = images(&x);
        let (level, channels) = (Level::detected(), images.size().channels);
        let [gamma, beta] = [gamma, beta].map(|of| of.to_contiguous());
        let affine = Affine { gamma: gamma.storage(), beta: beta.storage(), epsilon };
        let floats = images.channels_last();
        let statistics = norm::statistics(level, &floats, channels);
        let made = norm::forward(level, &floats, &Line::new(affine, &statistics), activation);
        let Statistics { mean, variance } = statistics;
        let [mean, variance] = [mean, variance].map(|of| contiguous(of, &[channels]));
        (channels_last(made, images.size()), mean, variance)
    }

    fn peng_batch_norm_gradients(
        gradient: FlexTensor,
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        epsilon: f32,
        activation: Activation,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (x, gradient) = (readable(x), readable(gradient));
        let images_of_x = images(&x);
        let size = images_of_x.size();
        let [gamma, beta] = [gamma, beta].map(|of| of.to_contiguous());
        let affine = Affine { gamma: gamma.storage(), beta: beta.storage(), epsilon };
        let gradients = norm::backward(
            Level::detected(),
            &images(&gradient).channels_last(),
            &images_of_x.channels_last(),
            affine,
            &statistics(&mean, &variance),
            activation,
        );
        let [gamma, beta] = [gradients.gamma, gradients.beta].map(|of| contiguous(of, &[size.channels]));
        (channels_last(gradients.input, size), gamma, beta)
    }

    fn peng_add(a: FlexTensor, b: FlexTensor) -> FlexTensor {
        let (a, b) = (readable(a), readable(b));
        let (a, b) = (images(&a), images(&b));
        channels_last(add(Level::detected(), &a.channels_last(), &b.channels_last()), a.size())
    }

    fn peng_join(a: FlexTensor, b: FlexTensor) -> FlexTensor {
        let (a, b) = (readable(a), readable(b));
        let (a, b) = (images(&a), images(&b));
        let size = Size { channels: a.size().channels + b.size().channels, ..a.size() };
        channels_last(join(&a.channels_last(), &b.channels_last(), size), size)
    }

    fn peng_channels(x: FlexTensor, start: usize, end: usize) -> FlexTensor {
        let x = readable(x);
        let x = images(&x);
        let size = Size { channels: end - start, ..x.size() };
        channels_last(part(&x.channels_last(), x.size().channels, start..end), size)
    }

    fn peng_add_to(a: FlexTensor, b: FlexTensor) -> FlexTensor {
        let (mut a, b) = (readable(a), readable(b));
        if !is_channels_last(&a) {
            return Self::peng_add(a, b);
        }
        // What others read too is copied first.
        add_to(Level::detected(), a.storage_mut(), &images(&b).channels_last());
        a
    }

    fn peng_branch(x: FlexTensor, _: Branches) -> FlexTensor {
        x
    }

    fn peng_relu(x: FlexTensor) -> FlexTensor {
        let x = readable(x);
        let x = images(&x);
        channels_last(relu(Level::detected(), &x.channels_last()), x.size())
    }

    fn peng_relu_input(y: FlexTensor, gradient: FlexTensor) -> FlexTensor {
        let (y, gradient) = (readable(y), readable(gradient));
        let (y, gradient) = (images(&y), images(&gradient));
        let made = relu_gradient(Level::detected(), &y.channels_last(), &gradient.channels_last());
        channels_last(made, y.size())
    }

    fn peng_pool2d(x: FlexTensor, windows: Windows) -> FlexTensor {
        let x = readable(x);
        channels_last(pool::forward(Level::detected(), &windows, images(&x)), windows.output())
    }

    fn peng_max_pool2d_input(x: FlexTensor, gradient: FlexTensor, windows: Windows) -> FlexTensor {
        let (x, gradient) = (readable(x), readable(gradient));
        let made = pool::backward(Level::detected(), &windows, Some(images(&x)), images(&gradient));
        channels_last(made, windows.input())
    }

    fn peng_mean_pool2d_input(gradient: FlexTensor, windows: Windows) -> FlexTensor {
        let gradient = readable(gradient);
        let made = pool::backward(Level::detected(), &windows, None, images(&gradient));
        channels_last(made, windows.input())
    }
}

fn convolved(x: FlexTensor, weight: &FlexTensor, bias: &[f32], geometry: Geometry) -> FlexTensor {
    let (x, weight) = (readable(x), weight.to_contiguous());
    let (level, activation) = (Level::detected(), Activation::Identity);
    let made = conv::forward(level, &geometry, images(&x), weight.storage(), bias, activation);
    channels_last(made, geometry.output())
}

fn size(x: &FlexTensor) -> Size {
    let [batch, channels, height, width] = x.layout().shape().dims();
    Size { batch, channels, height, width }
}

/// Distances of batch, channels, rows and columns with the channels last.
fn channels_last_strides(size: Size) -> [isize; 4] {
    let row = size.width * size.channels;
    [size.height * row, 1, row, size.channels].map(|stride| stride as isize)
}

fn is_channels_last(x: &FlexTensor) -> bool {
    let size = size(x);
    let dims: [usize; 4] = x.layout().shape().dims();
    let strides = channels_last_strides(size);
    x.layout().start_offset() == 0
        && x.bytes().len() == size.floats() * size_of::<f32>()
        // How far apart single things are does not matter.
        && (0..4).all(|axis| dims[axis] == 1 || x.layout().strides()[axis] == strides[axis])
}

/// The tensor itself if its floats lie in an [`Order`], or a copy.
fn readable(x: FlexTensor) -> FlexTensor {
    if is_channels_last(&x) { x } else { x.to_contiguous() }
}

/// The images of a [`readable`] tensor.
fn images(x: &FlexTensor) -> Images<'_> {
    let order = if is_channels_last(x) { Order::ChannelsLast } else { Order::ChannelsFirst };
    Images::new(x.storage(), size(x), order)
}

fn statistics(mean: &FlexTensor, variance: &FlexTensor) -> Statistics {
    let [mean, variance] = [mean, variance].map(|of| of.to_contiguous().storage().to_vec());
    Statistics { mean, variance }
}

fn channels_last(floats: Vec<f32>, size: Size) -> FlexTensor {
    let shape = Shape::new([size.batch, size.channels, size.height, size.width]);
    let layout = Layout::new(shape, channels_last_strides(size).to_vec(), 0);
    FlexTensor::new(Bytes::from_elems(floats), layout, DType::F32)
}

fn contiguous(floats: Vec<f32>, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(floats), Layout::contiguous(Shape::from(dims.to_vec())), DType::F32)
}
