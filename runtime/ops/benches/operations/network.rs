//! Three phases of three convolutions with batch norm and ReLU, 16, 24 and 32 channels, of 28x28 images: the first two of a
//! phase are added up for the third; 2x2 maxima between the phases. SGD with momentum, batches of 128; evaluation in 256.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use peng_ops::{Activation, Shared};

use crate::measure::seconds;
use crate::pytorch::PyTorch;
use crate::single::{convolved, normalised};
use crate::{Whose, random};

const TRAIN: usize = 128;
const EVALUATE: usize = 256;
const ROUNDS: usize = 9;

#[derive(Module, Debug)]
struct Node {
    conv: Conv2d,
    norm: BatchNorm,
}

#[derive(Module, Debug)]
struct Network {
    phases: Vec<Vec<Node>>,
    pool: MaxPool2d,
    head: Linear,
}

impl Node {
    fn new(channels: usize, filters: usize, device: &Device) -> Self {
        let conv = Conv2dConfig::new([channels, filters], [3, 3])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_bias(false)
            .init(device);
        Self { conv, norm: BatchNormConfig::new(filters).init(device) }
    }

    fn forward(&self, whose: Whose, x: Tensor<4>) -> Tensor<4> {
        match whose {
            Whose::Ours => peng_ops::conv2d_batch_norm(&self.conv, &self.norm, Activation::Relu, x),
            Whose::Burns => normalised(whose, &self.norm, Activation::Relu, convolved(whose, &self.conv, x)),
        }
    }
}

impl Network {
    fn new(device: &Device) -> Self {
        let mut channels = 1;
        let phases = [16, 24, 32].map(|filters| {
            let nodes = [channels, filters, filters].map(|read| Node::new(read, filters, device));
            channels = filters;
            Vec::from(nodes)
        });
        Self {
            phases: Vec::from(phases),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            head: LinearConfig::new(channels, 10).init(device),
        }
    }

    fn forward(&self, whose: Whose, mut x: Tensor<4>) -> Tensor<2> {
        for (place, phase) in self.phases.iter().enumerate() {
            let first = phase[0].forward(whose, x);
            let shared = Shared::new(first.clone());
            let read = || match whose {
                Whose::Ours => shared.branch(),
                Whose::Burns => first.clone(),
            };
            let (first, second) = (read(), phase[1].forward(whose, read()));
            let sum = match whose {
                Whose::Ours => peng_ops::add(first, second),
                Whose::Burns => first + second,
            };
            x = phase[2].forward(whose, sum);
            if place + 1 < self.phases.len() {
                x = match whose {
                    Whose::Ours => peng_ops::max_pool2d(&self.pool, x),
                    Whose::Burns => self.pool.forward(x),
                };
            }
        }
        self.head.forward(match whose {
            Whose::Ours => peng_ops::mean2d(x),
            Whose::Burns => {
                let [batch, channels, height, width] = x.dims();
                x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
            }
        })
    }
}

/// A network in training.
struct Training {
    whose: Whose,
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

impl Training {
    fn new(whose: Whose) -> Self {
        let device = Device::flex().autodiff();
        let labels: Vec<i64> = (0..TRAIN as i64).map(|i| i * 7 % 10).collect();
        let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
        Self {
            whose,
            network: Some(Network::new(&device)),
            optimizer: SgdConfig::new().with_momentum(Some(momentum)).init(),
            images: random([TRAIN, 1, 28, 28], &device),
            labels: Tensor::from_data(TensorData::new(labels, [TRAIN]), &device),
        }
    }

    fn step(&mut self) {
        let network = self.network.take().expect("it is put back below");
        let scores = network.forward(self.whose, self.images.clone());
        let loss = CrossEntropyLossConfig::new().init(&scores.device()).forward(scores, self.labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        self.network = Some(self.optimizer.step(0.05, network, gradients));
    }
}

/// Prints images a second, trained and evaluated.
pub(crate) fn run(is_chosen: &dyn Fn(&str) -> bool, pytorch: &mut Option<PyTorch>) {
    if !is_chosen("network") {
        return;
    }
    let [mut ours, mut burns] = [Whose::Ours, Whose::Burns].map(Training::new);
    let trained = seconds(ROUNDS, &mut [&mut || ours.step(), &mut || burns.step()]);
    let network = ours.network.expect("a step puts it back").valid();
    let images = random([EVALUATE, 1, 28, 28], &Device::flex());
    let evaluate = |whose: Whose| drop(network.forward(whose, images.clone()).into_data());
    let evaluated = seconds(ROUNDS, &mut [&mut || evaluate(Whose::Ours), &mut || evaluate(Whose::Burns)]);
    let theirs = pytorch.as_mut().map(|pytorch| pytorch.seconds(&format!("network {TRAIN} {EVALUATE}")));
    println!(
        "\n{:<34}{:>8}{:>8}{:>8}{:>8}",
        "images a second of the processor", "ours", "burn", "NCHW", "last"
    );
    for (what, images, found, place) in
        [("trained", TRAIN, trained, 0), ("evaluated", EVALUATE, evaluated, 1)]
    {
        let [a, b] = theirs.map_or([f64::NAN; 2], |theirs| theirs[place]);
        let [ours, burns, nchw, last] = [found[0], found[1], a, b].map(|seconds| images as f64 / seconds);
        println!(
            "network {what:<26}{ours:>8.0}{burns:>8.0}{nchw:>8.0}{last:>8.0}   ours by the better {:.2}",
            ours / nchw.max(last)
        );
    }
}
