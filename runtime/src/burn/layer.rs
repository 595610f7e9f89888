//! One burn layer for each operation of an architecture, with initial weights of our own.
//!
//! Weights are initialised as PyTorch does for `Conv2d` and `Linear`: weights and biases uniform in ±1/√fan_in (He et al.
//! 2015 with a = √5); batch norm starts at scale 1, shift 0. They are drawn from the generator that is handed in, never
//! from burn's own, which is one for the process.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::tensor::{Device, Shape, Tensor, TensorData};
use peng_spec::arch::Op;
use rand::RngExt as _;

use crate::seed::Rng;

/// What a layer reads and makes.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
    /// `[batch, features]`
    Vector(Tensor<2>),
}

/// An operation with its weights.
#[derive(Module, Debug)]
pub(super) enum Layer {
    /// [`Op::Conv`]
    Conv(Conv2d),
    /// [`Op::BatchNorm`], with the epsilon and momentum of PyTorch; the running variance is that of the batch without
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
                Self::Conv(conv)
            }
            Op::BatchNorm => Self::BatchNorm(BatchNormConfig::new(channels_in).init(device)),
            Op::Relu => Self::Relu(Relu),
            Op::MaxPool { kernel, stride } => Self::MaxPool(
                MaxPool2dConfig::new([kernel, kernel]).with_strides([stride, stride]).init(),
            ),
            Op::GlobalAvgPool => Self::GlobalAvgPool(GlobalAvgPool),
            Op::Linear { units } => {
                let bound = bound(channels_in);
                let mut linear = LinearConfig::new(channels_in, units).init(device);
                linear.weight = uniform([channels_in, units], bound, rng, device);
                linear.bias = Some(uniform([units], bound, rng, device));
                Self::Linear(linear)
            }
            Op::Concat => Self::Concat(Concat),
        }
    }

    /// Applies the operation. The inputs have the shapes that the architecture says.
    pub(super) fn forward(&self, mut inputs: Vec<Value>) -> Value {
        if let Self::Concat(_) = self {
            return Value::Image(Tensor::cat(inputs.into_iter().map(Value::image).collect(), 1));
        }
        let input = inputs.pop().expect("every node reads something");
        match (self, input) {
            (Self::Conv(conv), x) if conv.kernel_size == [1, 1] => {
                let x = x.image();
                let [b, c, h, w] = x.dims();
                let [o, ..] = conv.weight.dims();
                let y = conv.weight.val().reshape([1, o, c]).matmul(x.reshape([b, c, h * w]));
                Value::Image(y.reshape([b, o, h, w]))
            }
            (Self::Conv(conv), x) => Value::Image(conv.forward(x.image())),
            (Self::BatchNorm(norm), Value::Image(x)) => Value::Image(norm.forward(x)),
            (Self::BatchNorm(norm), Value::Vector(x)) => Value::Vector(norm.forward(x)),
            (Self::Relu(relu), Value::Image(x)) => Value::Image(relu.forward(x)),
            (Self::Relu(relu), Value::Vector(x)) => Value::Vector(relu.forward(x)),
            (Self::MaxPool(pool), x) => Value::Image(pool.forward(x.image())),
            (Self::GlobalAvgPool(_), x) => {
                let x = x.image();
                let [batch, channels, height, width] = x.dims();
                Value::Vector(x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]))
            }
            (Self::Linear(linear), x) => Value::Vector(linear.forward(x.vector())),
            (Self::Concat(_), x) => x,
        }
    }
}

impl Value {
    /// The image that the architecture says is here.
    pub(super) fn image(self) -> Tensor<4> {
        match self {
            Self::Image(x) => x,
            Self::Vector(_) => unreachable!("shapes were inferred: an image is read here"),
        }
    }

    /// The vector that the architecture says is here.
    pub(super) fn vector(self) -> Tensor<2> {
        match self {
            Self::Vector(x) => x,
            Self::Image(_) => unreachable!("shapes were inferred: a vector is read here"),
        }
    }
}

fn bound(fan_in: usize) -> f32 {
    1.0 / (fan_in as f32).sqrt()
}

fn uniform<const D: usize>(shape: [usize; D], bound: f32, rng: &mut Rng, device: &Device) -> Param<Tensor<D>> {
    let shape = Shape::from(shape);
    let values: Vec<f32> =
        (0..shape.num_elements()).map(|_| bound * (2.0 * rng.random::<f32>() - 1.0)).collect();
    Param::from_data(TensorData::new(values, shape), device)
}
