//! One operation at a time, at the sizes of the network.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use peng_ops::conv::Geometry;
use peng_ops::{Activation, Images, Level, Order, Size, conv};

use crate::measure::seconds;
use crate::{Whose, random};

const BATCH: usize = 64;
const ROUNDS: usize = 7;

/// Prints a line for each operation that is chosen.
pub(crate) fn run(is_chosen: &dyn Fn(&str) -> bool, peak: f64) {
    for (channels, filters, side, kernel, stride, groups) in [
        (1, 16, 28, 3, 1, 1),
        (16, 16, 28, 3, 1, 1),
        (24, 24, 14, 3, 1, 1),
        (32, 32, 7, 3, 1, 1),
        (64, 64, 8, 3, 1, 1),
        (16, 32, 28, 3, 2, 1),
        (16, 16, 28, 5, 1, 1),
        (16, 16, 28, 7, 1, 1),
        (32, 32, 28, 1, 1, 1),
        (32, 32, 14, 3, 1, 32),
    ] {
        let name = format!("conv{kernel}x{kernel}{}", if groups > 1 { "-depthwise" } else { "" });
        if is_chosen(&name) {
            let case = format!("{name} {channels}->{filters} {side}x{side} /{stride}");
            convolution(
                &case,
                [BATCH, channels, side, side],
                [filters, channels / groups, kernel, kernel],
                stride,
                groups,
                peak,
            );
        }
    }
    for (channels, side) in [(16, 28), (32, 7)] {
        let shape = [BATCH, channels, side, side];
        if is_chosen("norm-relu") {
            let device = Device::flex().autodiff();
            let norm = BatchNormConfig::new(channels).init(&device);
            layer(&format!("norm-relu {channels} {side}x{side}"), shape, &|whose, x| {
                normalised(whose, &norm, x)
            });
        }
        if is_chosen("max-pool") {
            let pool = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
            layer(&format!("max-pool {channels} {side}x{side}"), shape, &|whose, x| match whose {
                Whose::Ours => peng_ops::max_pool2d(&pool, x),
                Whose::Burns => pool.forward(x),
            });
        }
    }
}

pub(crate) fn convolved(whose: Whose, conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    match whose {
        Whose::Ours => peng_ops::conv2d(conv, x),
        Whose::Burns => conv.forward(x),
    }
}

pub(crate) fn normalised(whose: Whose, norm: &BatchNorm, x: Tensor<4>) -> Tensor<4> {
    match whose {
        Whose::Ours => peng_ops::batch_norm(norm, Activation::Relu, x),
        Whose::Burns => relu(norm.forward(x)),
    }
}

/// Kernels alone against the peak, then forward and backward against burn.
fn convolution(case: &str, shape: [usize; 4], weight: [usize; 4], stride: usize, groups: usize, peak: f64) {
    let [batch, channels, height, width] = shape;
    let size = Size { batch, channels, height, width };
    let padding = weight[2] / 2;
    let geometry = Geometry::new(size, weight, [stride; 2], [(padding, padding); 2], [1; 2], groups)
        .expect("the case is a convolution");
    let floats = |len: usize| random([len], &Device::flex()).into_data().try_to_vec::<f32>().expect("floats");
    let (x, w) = (floats(size.floats()), floats(weight.iter().product()));
    let dy = floats(geometry.output().floats());
    let (x, dy) = (
        Images::new(&x, size, Order::ChannelsLast),
        Images::new(&dy, geometry.output(), Order::ChannelsLast),
    );
    let level = Level::detected();
    let found = seconds(
        ROUNDS,
        &mut [
            &mut || drop(conv::forward(level, &geometry, x, &w, &[], Activation::Identity)),
            &mut || drop(conv::input_gradient(level, &geometry, dy, &w)),
            &mut || drop(conv::weight_gradient(level, &geometry, x, dy)),
        ],
    );
    let share = |seconds: f64| 100.0 * geometry.multiplications() as f64 / seconds / peak;
    println!(
        "{case:<30} of peak: forward {:>3.0} %, gradient of input {:>3.0} %, of weights {:>3.0} %",
        share(found[0]),
        share(found[1]),
        share(found[2])
    );
    let conv = Conv2dConfig::new([channels, weight[0]], [weight[2], weight[3]])
        .with_stride([stride; 2])
        .with_groups(groups)
        .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
        .with_bias(false)
        .init(&Device::flex().autodiff());
    layer(case, shape, &|whose, x| convolved(whose, &conv, x));
}

/// Prints microseconds an image, forward alone and with the backward pass.
fn layer(case: &str, shape: [usize; 4], forward: &dyn Fn(Whose, Tensor<4>) -> Tensor<4>) {
    let device = Device::flex().autodiff();
    // Between layers of ours images have their channels last.
    let inputs = [Whose::Ours, Whose::Burns].map(|whose| {
        let [batch, channels, height, width] = shape;
        match whose {
            Whose::Ours => random([batch, height, width, channels], &device).permute([0, 3, 1, 2]),
            Whose::Burns => random(shape, &device),
        }
        .detach()
        .require_grad()
    });
    let pass = |whose: Whose| drop(forward(whose, inputs[whose as usize].clone()).into_dispatch());
    let both = |whose: Whose| {
        drop(forward(whose, inputs[whose as usize].clone()).sum().backward());
    };
    let found = seconds(
        ROUNDS,
        &mut [&mut || pass(Whose::Ours), &mut || pass(Whose::Burns), &mut || both(Whose::Ours), &mut || {
            both(Whose::Burns);
        }],
    );
    let micros: Vec<f64> = found.iter().map(|seconds| seconds * 1e6 / shape[0] as f64).collect();
    println!(
        "{case:<30} forward {:>7.1} µs an image, burn {:>7.1} (x{:.1}); with backward {:>7.1}, burn {:>7.1} (x{:.1})",
        micros[0],
        micros[1],
        micros[1] / micros[0],
        micros[2],
        micros[3],
        micros[3] / micros[2]
    );
}
