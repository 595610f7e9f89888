//! One operation at a time, at sizes of the search spaces.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};
use peng_ops::conv::Geometry;
use peng_ops::{Activation, Images, Level, Order, Pooled, Size, conv};

use crate::measure::seconds;
use crate::pytorch::PyTorch;
use crate::{Whose, random};

const BATCH: usize = 64;
const ROUNDS: usize = 7;

/// An operation on images of `side` times `side` pixels.
struct Case {
    channels: usize,
    side: usize,
    op: Op,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Conv(Conv),
    Norm(Activation),
    Relu,
    /// With half a window of padding.
    Pool {
        pooled: Pooled,
        kernel: usize,
        stride: usize,
        padding: usize,
    },
}

/// A convolution with half a kernel of padding.
#[derive(Debug, Clone, Copy)]
struct Conv {
    filters: usize,
    kernel: [usize; 2],
    stride: usize,
    dilation: usize,
    groups: usize,
}

fn conv(
    channels: usize,
    filters: usize,
    side: usize,
    kernel: [usize; 2],
    stride: usize,
    dilation: usize,
) -> Case {
    Case { channels, side, op: Op::Conv(Conv { filters, kernel, stride, dilation, groups: 1 }) }
}

fn depthwise(channels: usize, side: usize, kernel: usize, stride: usize, dilation: usize) -> Case {
    let conv = Conv { filters: channels, kernel: [kernel; 2], stride, dilation, groups: channels };
    Case { channels, side, op: Op::Conv(conv) }
}

fn cases() -> Vec<Case> {
    let pool = |channels, side, pooled, kernel, stride, padding| Case {
        channels,
        side,
        op: Op::Pool { pooled, kernel, stride, padding },
    };
    vec![
        conv(1, 16, 28, [3, 3], 1, 1),
        conv(16, 16, 28, [3, 3], 1, 1),
        conv(24, 24, 14, [3, 3], 1, 1),
        conv(32, 32, 7, [3, 3], 1, 1),
        conv(64, 64, 8, [3, 3], 1, 1),
        conv(16, 32, 28, [3, 3], 2, 1),
        conv(16, 16, 28, [5, 5], 1, 1),
        conv(16, 16, 28, [7, 7], 1, 1),
        conv(16, 16, 28, [1, 7], 1, 1),
        conv(16, 16, 28, [7, 1], 1, 1),
        conv(16, 16, 28, [3, 3], 1, 2),
        conv(32, 32, 28, [1, 1], 1, 1),
        conv(48, 16, 28, [1, 1], 1, 1),
        conv(16, 16, 28, [1, 1], 2, 1),
        depthwise(16, 28, 3, 1, 1),
        depthwise(32, 14, 3, 1, 1),
        depthwise(32, 14, 5, 1, 1),
        depthwise(32, 14, 7, 1, 1),
        depthwise(32, 14, 3, 1, 2),
        depthwise(32, 14, 5, 1, 2),
        depthwise(32, 14, 3, 2, 1),
        Case { channels: 16, side: 28, op: Op::Norm(Activation::Relu) },
        Case { channels: 32, side: 7, op: Op::Norm(Activation::Relu) },
        Case { channels: 16, side: 28, op: Op::Norm(Activation::Identity) },
        Case { channels: 16, side: 28, op: Op::Relu },
        pool(16, 28, Pooled::Greatest, 2, 2, 0),
        pool(32, 14, Pooled::Greatest, 3, 1, 1),
        pool(32, 14, Pooled::Mean, 3, 1, 1),
        pool(32, 7, Pooled::Mean, 7, 1, 0),
    ]
}

/// Prints a line for each operation that is chosen: microseconds an image, and what convolutions reach of the peak.
pub(crate) fn run(is_chosen: &dyn Fn(&str) -> bool, peak: f64, pytorch: &mut Option<PyTorch>) {
    println!("\n{:<34} forward, µs an image{:18} with backward{:25} of the peak", "", "", "");
    let whose = ["ours", "burn", "NCHW", "last"].map(|whose| format!("{whose:>8}")).concat();
    println!("{:<34}{whose}     {whose}   y, dx, dw", "");
    for case in cases().iter().filter(|case| is_chosen(&case.name())) {
        let [forward, both] = case.layer();
        let [theirs, theirs_both] = match pytorch {
            Some(pytorch) => pytorch.seconds(&case.asked()),
            None => [[f64::NAN; 2]; 2],
        };
        let micros = |ours: [f64; 2], theirs: [f64; 2]| -> String {
            let micros = |seconds: f64| {
                if seconds.is_nan() {
                    format!("{:>8}", "-")
                } else {
                    format!("{:>8.1}", seconds * 1e6 / BATCH as f64)
                }
            };
            [ours, theirs].concat().into_iter().map(micros).collect()
        };
        let shares = case.kernels().map(|of| {
            of.map(|(multiplications, seconds)| {
                format!("{:>4.0} %", 100.0 * multiplications / seconds / peak)
            })
            .concat()
        });
        println!(
            "{:<34}{}     {}{}",
            case.name(),
            micros(forward, theirs),
            micros(both, theirs_both),
            shares.unwrap_or_default()
        );
    }
}

impl Case {
    fn shape(&self) -> [usize; 4] {
        [BATCH, self.channels, self.side, self.side]
    }

    /// What filters choose it by.
    fn name(&self) -> String {
        let (channels, side) = (self.channels, self.side);
        match self.op {
            Op::Conv(Conv { filters, kernel: [height, width], stride, dilation, groups }) => {
                let kind = if groups > 1 { "-depthwise" } else { "" };
                let stride = if stride > 1 { format!(" /{stride}") } else { String::new() };
                let dilation = if dilation > 1 { format!(" dilated {dilation}") } else { String::new() };
                format!("conv{height}x{width}{kind} {channels}->{filters} {side}x{side}{stride}{dilation}")
            }
            Op::Norm(Activation::Identity) => format!("norm {channels} {side}x{side}"),
            Op::Norm(Activation::Relu) => format!("norm-relu {channels} {side}x{side}"),
            Op::Relu => format!("relu {channels} {side}x{side}"),
            Op::Pool { pooled, kernel, stride, .. } => {
                let kind = if pooled == Pooled::Mean { "mean" } else { "max" };
                format!("{kind}-pool{kernel}x{kernel} {channels} {side}x{side} /{stride}")
            }
        }
    }

    /// What `pytorch.py` is asked.
    fn asked(&self) -> String {
        let (channels, side) = (self.channels, self.side);
        let op = match self.op {
            Op::Conv(Conv { filters, kernel: [height, width], stride, dilation, groups }) => {
                format!("conv {filters} {height} {width} {stride} {dilation} {groups}")
            }
            Op::Norm(Activation::Identity) => "norm".to_owned(),
            Op::Norm(Activation::Relu) => "norm-relu".to_owned(),
            Op::Relu => "relu".to_owned(),
            Op::Pool { pooled, kernel, stride, padding } => {
                let kind = if pooled == Pooled::Mean { "mean" } else { "max" };
                format!("{kind} {kernel} {stride} {padding}")
            }
        };
        format!("{BATCH} {channels} {side} {op}")
    }

    /// Seconds of a forward pass, ours and burn's; then with the backward pass.
    fn layer(&self) -> [[f64; 2]; 2] {
        let device = Device::flex().autodiff();
        match self.op {
            Op::Conv(conv) => {
                let conv = conv.layer(self.channels);
                layer(self.shape(), &|whose, x| convolved(whose, &conv, x))
            }
            Op::Norm(activation) => {
                let norm = BatchNormConfig::new(self.channels).init(&device);
                layer(self.shape(), &|whose, x| normalised(whose, &norm, activation, x))
            }
            Op::Relu => layer(self.shape(), &|whose, x| match whose {
                Whose::Ours => peng_ops::relu(x),
                Whose::Burns => relu(x),
            }),
            Op::Pool { pooled, kernel, stride, padding } => {
                let (kernel, stride) = ([kernel; 2], [stride; 2]);
                layer(self.shape(), &|whose, x| match (whose, pooled) {
                    (Whose::Ours, _) => peng_ops::pool2d(x, pooled, kernel, stride, [(padding, padding); 2]),
                    (Whose::Burns, Pooled::Greatest) => max_pool2d(
                        x,
                        MaxPoolOptions::new(kernel).with_stride(stride).with_padding([padding; 2]),
                    ),
                    (Whose::Burns, Pooled::Mean) => avg_pool2d(
                        x,
                        AvgPoolOptions::new(kernel)
                            .with_stride(stride)
                            .with_padding([padding; 2])
                            .with_count_include_pad(false),
                    ),
                })
            }
        }
    }

    /// Multiplications and seconds of a convolution's kernels alone: forward, gradient of the input, of the weights.
    fn kernels(&self) -> Option<[(f64, f64); 3]> {
        let Op::Conv(Conv { filters, kernel, stride, dilation, groups }) = self.op else { return None };
        let (channels, side) = (self.channels, self.side);
        let size = Size { batch: BATCH, channels, height: side, width: side };
        let weight = [filters, channels / groups, kernel[0], kernel[1]];
        let padding = kernel.map(|taps| taps / 2 * dilation).map(|padding| (padding, padding));
        let geometry = Geometry::new(size, weight, [stride; 2], padding, [dilation; 2], groups)
            .expect("the case is a convolution");
        let floats =
            |len: usize| random([len], &Device::flex()).into_data().try_to_vec::<f32>().expect("floats");
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
        Some([0, 1, 2].map(|kernel| (geometry.multiplications() as f64, found[kernel])))
    }
}

impl Conv {
    fn layer(self, channels: usize) -> Conv2d {
        let [height, width] = self.kernel.map(|taps| taps / 2 * self.dilation);
        Conv2dConfig::new([channels, self.filters], self.kernel)
            .with_stride([self.stride; 2])
            .with_dilation([self.dilation; 2])
            .with_groups(self.groups)
            .with_padding(PaddingConfig2d::Explicit(height, width, height, width))
            .with_bias(false)
            .init(&Device::flex().autodiff())
    }
}

pub(crate) fn convolved(whose: Whose, conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    match whose {
        Whose::Ours => peng_ops::conv2d(conv, x),
        Whose::Burns => conv.forward(x),
    }
}

pub(crate) fn normalised(whose: Whose, norm: &BatchNorm, activation: Activation, x: Tensor<4>) -> Tensor<4> {
    match (whose, activation) {
        (Whose::Ours, _) => peng_ops::batch_norm(norm, activation, x),
        (Whose::Burns, Activation::Identity) => norm.forward(x),
        (Whose::Burns, Activation::Relu) => relu(norm.forward(x)),
    }
}

fn layer(shape: [usize; 4], forward: &dyn Fn(Whose, Tensor<4>) -> Tensor<4>) -> [[f64; 2]; 2] {
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
    [[found[0], found[1]], [found[2], found[3]]]
}
