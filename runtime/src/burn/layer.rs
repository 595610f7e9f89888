//! One burn layer for each operation of an architecture, with initial weights of our own.
//!
//! Weights are initialised as `PyTorch` does for `Conv2d` and `Linear`: weights and biases uniform in ±`1/√fan_in` (He et
//! al. 2015 with a = √5); batch norm starts at scale 1, shift 0. They are drawn from the generator that is handed in,
//! never from burn's own, which is one for the process.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::tensor::{Device, Shape, Tensor, TensorData};
use peng_ops::Activation;
use peng_spec::arch::Op;
use rand::RngExt as _;

use self::add::Add;
use self::drop_path::DropPath;
use self::dropout::Dropout;
use self::flatten::Flatten;
use self::general_conv::GeneralConv;
use self::pool::Pool;
use self::shift::Shift;
use self::squeeze_excite::SqueezeExcite;
use crate::seed::Rng;

mod add;
mod drop_path;
mod dropout;
mod flatten;
mod general_conv;
mod pool;
mod shift;
mod squeeze_excite;
mod window;

/// What a layer reads and makes.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
    /// Images that are read one after another along the channels, by a convolution.
    Parts(Vec<Tensor<4>>),
    /// `[batch, features]`
    Vector(Tensor<2>),
}

/// An operation with its weights.
#[derive(Module, Debug)]
pub(super) enum Layer {
    /// [`Op::Conv`]
    Conv(Conv2d),
    /// [`Op::Conv`] with a kernel of one pixel; it has a name of its own in checkpoints.
    Pointwise(Conv2d),
    /// [`Op::BatchNorm`], with the epsilon and momentum of `PyTorch`; the running variance is that of batches without
    /// Bessel's correction.
    BatchNorm(BatchNorm),
    /// [`Op::Relu`]
    Relu(Relu),
    /// [`Op::MaxPool`]
    MaxPool(MaxPool2d),
    /// [`Op::GlobalAvgPool`]
    GlobalAvgPool(GlobalAvgPool),
    /// [`Op::Linear`]
    Linear(Linear),
    /// [`Op::Concat`]
    Concat(Concat),
    /// [`Op::GeneralConv`]
    GeneralConv(GeneralConv),
    /// [`Op::Pool`]
    Pool(Pool),
    /// [`Op::Flatten`]
    Flatten(Flatten),
    /// [`Op::Dropout`]
    Dropout(Dropout),
    /// [`Op::Add`]
    Add(Add),
    /// [`Op::DropPath`]
    DropPath(DropPath),
    /// [`Op::Shift`]
    Shift(Shift),
    /// [`Op::SqueezeExcite`]
    SqueezeExcite(SqueezeExcite),
}

/// The mean over height and width.
#[derive(Module, Debug)]
pub(super) struct GlobalAvgPool;

/// Images one after another along the channels.
#[derive(Module, Debug)]
pub(super) struct Concat;

impl Layer {
    /// The layer of `op` that reads `channels_in` channels or features.
    pub(super) fn new(op: &Op, channels_in: usize, rng: &mut Rng, device: &Device) -> Self {
        match *op {
            Op::Conv { filters, kernel, stride, padding, bias } => {
                let bound = bound(channels_in * kernel * kernel);
                let mut conv = Conv2dConfig::new([channels_in, filters], [kernel, kernel])
                    .with_stride([stride, stride])
                    .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
                    .with_bias(bias)
                    .init(device);
                conv.weight = uniform([filters, channels_in, kernel, kernel], bound, rng, device);
                conv.bias = bias.then(|| uniform([filters], bound, rng, device));
                if (kernel, stride, padding) == (1, 1, 0) { Self::Pointwise(conv) } else { Self::Conv(conv) }
            }
            Op::BatchNorm => Self::BatchNorm(BatchNormConfig::new(channels_in).init(device)),
            Op::Relu => Self::Relu(Relu),
            Op::MaxPool { kernel, stride } => {
                Self::MaxPool(MaxPool2dConfig::new([kernel, kernel]).with_strides([stride, stride]).init())
            }
            Op::GlobalAvgPool => Self::GlobalAvgPool(GlobalAvgPool),
            Op::Linear { units } => {
                let bound = bound(channels_in);
                let mut linear = LinearConfig::new(channels_in, units).init(device);
                linear.weight = uniform([channels_in, units], bound, rng, device);
                linear.bias = Some(uniform([units], bound, rng, device));
                Self::Linear(linear)
            }
            Op::Concat => Self::Concat(Concat),
            Op::GeneralConv { filters, kernel, stride, dilation, groups, padding, bias } => {
                let form = general_conv::Form { filters, kernel, stride, dilation, groups, padding, bias };
                Self::GeneralConv(GeneralConv::new(form, channels_in, rng, device))
            }
            Op::Pool { by, kernel, stride, padding } => Self::Pool(Pool::new(by, kernel, stride, padding)),
            Op::Flatten => Self::Flatten(Flatten),
            Op::Dropout { rate } => Self::Dropout(Dropout::new(rate)),
            Op::Add => Self::Add(Add),
            Op::DropPath { rate } => Self::DropPath(DropPath::new(rate)),
            Op::Shift => Self::Shift(Shift),
            Op::SqueezeExcite { units } => {
                Self::SqueezeExcite(SqueezeExcite::new(channels_in, units, rng, device))
            }
        }
    }

    /// Applies the operation; dropout and drop-path as in inference. The inputs have the shapes that the architecture says.
    pub(super) fn forward(&self, mut inputs: Vec<Value>) -> Value {
        if let Self::Concat(_) = self {
            return Value::Image(peng_ops::concat(inputs.into_iter().map(Value::image).collect()));
        }
        if let Self::Add(_) = self {
            return Add::forward(inputs);
        }
        let input = inputs.pop().expect("every node reads something");
        match (self, input) {
            (Self::Conv(conv) | Self::Pointwise(conv), x) => Value::Image(convolved(conv, x)),
            (Self::BatchNorm(norm), Value::Vector(x)) => Value::Vector(norm.forward(x)),
            (Self::BatchNorm(_), x) => self.normalise(None, Activation::Identity, x),
            (Self::Relu(relu), Value::Vector(x)) => Value::Vector(relu.forward(x)),
            (Self::Relu(_), x) => Value::Image(peng_ops::relu(x.image())),
            (Self::MaxPool(pool), x) => Value::Image(peng_ops::max_pool2d(pool, x.image())),
            (Self::GlobalAvgPool(_), x) => Value::Vector(peng_ops::mean2d(x.image())),
            (Self::Linear(linear), x) => Value::Vector(linear.forward(x.vector())),
            (Self::GeneralConv(conv), x) => Value::Image(convolved(conv.conv(), x)),
            (Self::Pool(pool), x) => Value::Image(pool.forward(x.image())),
            (Self::Flatten(_), x) => Value::Vector(Flatten::forward(x.image())),
            (Self::Shift(_), x) => Value::Image(Shift::forward(x.image())),
            (Self::SqueezeExcite(layer), x) => Value::Image(layer.forward(x.image())),
            (Self::Concat(_) | Self::Add(_) | Self::Dropout(_) | Self::DropPath(_), x) => x,
        }
    }

    /// Applies this batch norm to an image, after a convolution and before an activation.
    pub(super) fn normalise(&self, conv: Option<&Self>, activation: Activation, input: Value) -> Value {
        let Self::BatchNorm(norm) = self else { unreachable!("only batch norms normalise") };
        let conv = conv.map(|conv| match conv {
            Self::Conv(conv) | Self::Pointwise(conv) => conv,
            Self::GeneralConv(conv) => conv.conv(),
            other => unreachable!("only convolutions are put together with a batch norm: {other:?}"),
        });
        Value::Image(match (conv, input) {
            (None, x) => peng_ops::batch_norm(norm, activation, x.image()),
            (Some(conv), x @ Value::Parts(_)) => peng_ops::batch_norm(norm, activation, convolved(conv, x)),
            (Some(conv), x) => peng_ops::conv2d_batch_norm(conv, norm, activation, x.image()),
        })
    }
}

fn convolved(conv: &Conv2d, x: Value) -> Tensor<4> {
    match x {
        Value::Parts(parts) => peng_ops::conv2d_parts(conv, parts),
        x => peng_ops::conv2d(conv, x.image()),
    }
}

impl Value {
    /// The image that the architecture says is here.
    pub(super) fn image(self) -> Tensor<4> {
        match self {
            Self::Image(x) => x,
            Self::Parts(parts) => peng_ops::concat(parts),
            Self::Vector(_) => unreachable!("shapes were inferred: an image is read here"),
        }
    }

    /// The vector that the architecture says is here.
    pub(super) fn vector(self) -> Tensor<2> {
        match self {
            Self::Vector(x) => x,
            Self::Image(_) | Self::Parts(_) => unreachable!("shapes were inferred: a vector is read here"),
        }
    }
}

fn bound(fan_in: usize) -> f32 {
    1.0 / (fan_in as f32).sqrt()
}

fn uniform<const D: usize>(
    shape: [usize; D],
    bound: f32,
    rng: &mut Rng,
    device: &Device,
) -> Param<Tensor<D>> {
    let shape = Shape::from(shape);
    let values: Vec<f32> =
        (0..shape.num_elements()).map(|_| bound * (2.0 * rng.random::<f32>() - 1.0)).collect();
    Param::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use peng_spec::arch::{ArchGraph, Shape as OpShape};

    use super::*;
    use crate::seed::SeedTree;

    const CONV: Op = Op::Conv { filters: 5, kernel: 3, stride: 1, padding: 1, bias: false };

    fn layer(op: &Op, channels_in: usize, device: &Device) -> Layer {
        Layer::new(op, channels_in, &mut SeedTree::new(3).rng(), device)
    }

    fn input(shape: [usize; 4], device: &Device) -> Tensor<4> {
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    fn floats<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        tensor.to_data().try_to_vec().unwrap()
    }

    #[test]
    fn every_operation_makes_the_shape_of_the_architecture() {
        let image = OpShape::Image { channels: 3, height: 7, width: 6 };
        let vector = OpShape::Vector { features: 4 };
        for (op, shape) in [
            (CONV, image),
            (Op::Conv { filters: 5, kernel: 3, stride: 2, padding: 0, bias: true }, image),
            (Op::Conv { filters: 2, kernel: 1, stride: 1, padding: 0, bias: true }, image),
            (Op::Conv { filters: 2, kernel: 1, stride: 2, padding: 1, bias: false }, image),
            (Op::Conv { filters: 2, kernel: 4, stride: 1, padding: 2, bias: false }, image),
            (Op::MaxPool { kernel: 2, stride: 2 }, image),
            (Op::MaxPool { kernel: 3, stride: 1 }, image),
            (Op::BatchNorm, image),
            (Op::BatchNorm, vector),
            (Op::Relu, image),
            (Op::Relu, vector),
            (Op::GlobalAvgPool, image),
            (Op::Linear { units: 9 }, vector),
            (Op::Concat, image),
            (Op::DropPath { rate: 0.5 }, image),
            (Op::Shift, image),
            (Op::SqueezeExcite { units: 2 }, image),
        ] {
            let mut arch = ArchGraph::new(shape);
            arch.push("node", op.clone(), []);
            let expected = arch.shapes().unwrap()[0];
            for device in [Device::flex(), Device::flex().autodiff()] {
                let value = match shape {
                    OpShape::Image { channels, height, width } => {
                        Value::Image(input([2, channels, height, width], &device))
                    }
                    OpShape::Vector { features } => {
                        Value::Vector(input([2, features, 1, 1], &device).reshape([2, features]))
                    }
                };
                let found = match layer(&op, shape.channels(), &device).forward(vec![value]) {
                    Value::Image(x) => x.dims()[1..].to_vec(),
                    Value::Vector(x) => x.dims()[1..].to_vec(),
                    Value::Parts(parts) => panic!("a layer makes one value, not {}", parts.len()),
                };
                let expected = match expected {
                    OpShape::Image { channels, height, width } => vec![channels, height, width],
                    OpShape::Vector { features } => vec![features],
                };
                assert_eq!(found, expected, "{op:?}");
            }
        }
    }

    #[test]
    fn a_convolution_is_the_sum_over_its_window() {
        let device = Device::flex();
        let Layer::Conv(conv) = layer(&CONV, 2, &device) else { panic!("it is a convolution") };
        let x = input([1, 2, 4, 4], &device);
        let (weight, pixels) = (floats(&conv.weight.val()), floats(&x));
        let y = floats(&peng_ops::conv2d(&conv, x));
        for (at, &found) in y.iter().enumerate() {
            let (filter, row, column) = (at / 16, at / 4 % 4, at % 4);
            let mut sum = 0.0;
            for (tap, weight) in weight[filter * 18..(filter + 1) * 18].iter().enumerate() {
                let (channel, y, x) = (tap / 9, row + tap / 3 % 3, column + tap % 3);
                if (1..5).contains(&y) && (1..5).contains(&x) {
                    sum += weight * pixels[channel * 16 + (y - 1) * 4 + x - 1];
                }
            }
            assert!((sum - found).abs() < 1e-5, "{sum} {found}");
        }
    }

    #[test]
    fn batch_norm_normalises_the_batch_and_remembers_it() {
        let device = Device::flex().autodiff();
        let Layer::BatchNorm(norm) = layer(&Op::BatchNorm, 1, &device) else { panic!("it is a batch norm") };
        let x = Tensor::<2>::from_data([[1.0_f32], [3.0]], &device);
        let y = floats(&norm.forward(x));
        let expected = 1.0 / (1.0_f32 + 1e-5).sqrt();
        assert!((y[0] + expected).abs() < 1e-6 && (y[1] - expected).abs() < 1e-6);
        let norm = norm.valid();
        assert!((floats(&norm.running_mean.value())[0] - 0.2).abs() < 1e-6);
        assert!((floats(&norm.running_var.value())[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn initial_weights_fill_their_bounds_and_never_change() {
        let device = Device::flex();
        let Layer::Conv(conv) = layer(&CONV, 8, &device) else { panic!("it is a convolution") };
        let weights = floats(&conv.weight.val());
        let bound = 1.0 / 72.0_f32.sqrt();
        assert!(weights.iter().all(|w| w.abs() <= bound));
        assert!(weights.iter().copied().fold(0.0, f32::max) > 0.95 * bound);
        assert_eq!(weights[..3], PINNED);
    }
    const PINNED: [f32; 3] = [-0.058_988_973, 0.028_015_869, 0.011_174_816];
}
