//! The operations against burn's own, values and gradients, over random shapes.

use burn::module::{Module, Param};
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::activation;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData, module};
use proptest::prelude::*;

use super::Shared;
use super::call::{
    add, batch_norm, burns_pool2d, concat, conv2d, conv2d_batch_norm, conv2d_parts, mean2d, pool2d, relu,
};
use crate::{Activation, Pooled};

fn tensor<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// With the channels last in memory.
fn turned(x: Tensor<4>) -> Tensor<4> {
    pool2d(x, Pooled::Greatest, [1; 2], [1; 2], [(0, 0); 2])
}

fn floats<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().try_to_vec().unwrap()
}

/// Whether all is equal but for rounding, which is relative to the largest of each list.
fn near(ours: &[Vec<f32>], burns: &[Vec<f32>]) -> Result<(), TestCaseError> {
    prop_assert_eq!(ours.len(), burns.len());
    for (place, (ours, burns)) in ours.iter().zip(burns).enumerate() {
        prop_assert_eq!(ours.len(), burns.len());
        let largest = burns.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
        for (ours, burns) in ours.iter().zip(burns) {
            prop_assert!((ours - burns).abs() <= 5e-5 * largest, "list {}: {} {}", place, ours, burns);
        }
    }
    Ok(())
}

/// An input's shape, a kernel and how it is moved.
#[derive(Debug, Clone)]
struct Case {
    shape: [usize; 4],
    weight: [usize; 4],
    options: ConvOptions<2>,
    has_bias: bool,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..5_usize, 1..20_usize, 1..20_usize, 1..10_usize, 1..10_usize);
    let kernel =
        (prop::sample::select(vec![1, 2, 3, 5, 7]), 1..3_usize, (0..4_usize, 0..4_usize), 1..3_usize);
    (sizes, kernel, prop::sample::select(vec![0, 1, 2]), any::<bool>(), any::<u64>()).prop_filter_map(
        "the kernel is larger than the image",
        |(
            (batch, read, filters, height, width),
            (kernel, stride, padding, dilation),
            groups,
            has_bias,
            seed,
        )| {
            // All channels, a group a channel, or two groups, which are left to burn.
            let (groups, read, filters) = match groups {
                0 => (1, read, filters),
                1 => (read, read, read),
                _ => (2, 2 * read, 2 * filters),
            };
            let fits = |len: usize| len + padding.0 + padding.1 > (kernel - 1) * dilation;
            (fits(height) && fits(width)).then(|| Case {
                shape: [batch, read, height, width],
                weight: [filters, read / groups, kernel, kernel],
                options: ConvOptions::new_with_padding([stride; 2], [padding; 2], [dilation; 2], groups),
                has_bias,
                seed,
            })
        },
    )
}

type Conv = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, &ConvOptions<2>) -> Tensor<4>;

fn burns_conv2d(x: Tensor<4>, w: Tensor<4>, b: Option<Tensor<1>>, options: &ConvOptions<2>) -> Tensor<4> {
    module::conv2d(x, w, b, options.clone())
}

impl Case {
    fn bias(&self, device: &Device) -> Option<Tensor<1>> {
        self.has_bias.then(|| tensor([self.weight[0]], self.seed ^ 2, device))
    }

    /// Output and gradients of two convolutions, the second of them of a kernel of one pixel.
    fn run(&self, conv: Conv, device: &Device) -> Vec<Vec<f32>> {
        let x = tensor(self.shape, self.seed, device).require_grad();
        let w = tensor(self.weight, self.seed ^ 1, device).require_grad();
        let bias = self.bias(device).map(Tensor::require_grad);
        let w2 = tensor([3, self.weight[0], 1, 1], self.seed ^ 3, device).require_grad();
        let first = conv(x.clone(), w.clone(), bias.clone(), &self.options);
        let second = conv(first.clone(), w2.clone(), None, &ConvOptions::new([1; 2], [0; 2], [1; 2], 1));
        let target = tensor(second.dims(), self.seed ^ 4, device);
        let gradients = ((second.clone() * target).sum() + first.clone().sum()).backward();
        let mut found = vec![floats(&first), floats(&second)];
        found.extend([&x, &w, &w2].map(|of| floats(&of.grad(&gradients).unwrap())));
        found.extend(bias.map(|bias| floats(&bias.grad(&gradients).unwrap())));
        found
    }
}

fn norm(channels: usize, seed: u64, device: &Device) -> BatchNorm {
    let mut norm = BatchNormConfig::new(channels).init(device);
    norm.gamma = Param::from_tensor(tensor([channels], seed ^ 5, device) + 1.0);
    norm.beta = Param::from_tensor(tensor([channels], seed ^ 6, device));
    norm
}

fn burns_norm(x: Tensor<4>, norm: &BatchNorm, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::Identity => norm.forward(x),
        Activation::Relu => activation::relu(norm.forward(x)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn convolutions_are_burns_with_their_gradients(case in cases()) {
        let device = Device::flex().autodiff();
        near(&case.run(conv2d, &device), &case.run(burns_conv2d, &device))?;
    }

    #[test]
    fn a_norm_is_burns_with_its_gradients_and_running_statistics(
        shape in (1..5_usize, 1..40_usize, 1..9_usize, 1..9_usize),
        shift in -10.0..10.0_f32,
        activation in prop::sample::select(vec![Activation::Identity, Activation::Relu]),
        seed in any::<u64>(),
    ) {
        let (batch, channels, height, width) = shape;
        // The variance of few pixels is next to nothing, and what is divided by it all rounding.
        prop_assume!(batch * height * width > 4);
        let device = Device::flex().autodiff();
        // Where the activation bends, rounding decides which gradient is let through.
        let x = tensor([batch, channels, height, width], seed, &device) + shift;
        let normalised = floats(&norm(channels, seed, &device).forward(x));
        prop_assume!(activation == Activation::Identity || normalised.iter().all(|y| y.abs() > 1e-5));
        let run = |forward: fn(Tensor<4>, &BatchNorm, Activation) -> Tensor<4>| {
            let norm = norm(channels, seed, &device);
            let x = (tensor([batch, channels, height, width], seed, &device) + shift).detach().require_grad();
            let y = forward(x.clone(), &norm, activation);
            let gradients = (y.clone() * tensor(y.dims(), seed ^ 7, &device)).sum().backward();
            let again = forward(x.clone() * 2.0, &norm, activation);
            let [gamma, beta] = [&norm.gamma, &norm.beta].map(|of| floats(&of.val().grad(&gradients).unwrap()));
            let running = [&norm.running_mean, &norm.running_var].map(|of| floats(&of.value_sync()));
            let [mean, variance] = running;
            vec![floats(&y), floats(&again), floats(&x.grad(&gradients).unwrap()), gamma, beta, mean, variance]
        };
        near(&run(batch_norm), &run(burns_norm))?;
    }

    #[test]
    fn inference_is_burns(
        case in cases(),
        activation in prop::sample::select(vec![Activation::Identity, Activation::Relu]),
    ) {
        let device = Device::flex();
        let (x, w) = (tensor(case.shape, case.seed, &device), tensor(case.weight, case.seed ^ 1, &device));
        let training = Device::flex().autodiff();
        let norm = norm(case.weight[0], case.seed, &training);
        // Running statistics that are neither 0 nor 1.
        let _ = norm.forward(tensor([4, case.weight[0], 3, 3], case.seed ^ 8, &training));
        let norm = norm.valid();
        let y = burns_conv2d(x.clone(), w.clone(), case.bias(&device), &case.options);
        let expected = floats(&burns_norm(y.clone(), &norm, activation));
        let ours = [
            batch_norm(y.clone(), &norm, activation),
            batch_norm(y.permute([0, 2, 3, 1]) .mul_scalar(1.0).permute([0, 3, 1, 2]), &norm, activation),
            conv2d_batch_norm(x, w, case.bias(&device), &case.options, &norm, activation),
        ];
        for ours in ours {
            near(&[floats(&ours)], std::slice::from_ref(&expected))?;
        }
    }

    #[test]
    fn pools_are_burns_with_their_gradients(
        shape in (1..4_usize, 1..20_usize, 1..9_usize, 1..9_usize),
        kernel in prop::array::uniform2(1..5_usize),
        stride in prop::array::uniform2(1..4_usize),
        padding in prop::array::uniform2((0..3_usize, 0..3_usize)),
        pooled in prop::sample::select(vec![Pooled::Greatest, Pooled::Mean]),
        is_tied in any::<bool>(),
        is_last in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let (batch, channels, height, width) = shape;
        let fits = |axis: usize, side: usize| {
            let (before, behind) = padding[axis];
            // Every window has a pixel in it.
            before < kernel[axis] && behind < kernel[axis] && kernel[axis] <= before + side + behind
        };
        prop_assume!(fits(0, height) && fits(1, width));
        let device = Device::flex().autodiff();
        let run = |pool: Pool| {
            let x = tensor([batch, channels, height, width], seed, &device);
            // Few different values: what goes to one of equal pixels must go to the same one.
            let x = (if is_tied { (x * 2.0).round() } else { x }).detach().require_grad();
            let read = if is_last {
                (x.clone().permute([0, 2, 3, 1]) * 1.0).permute([0, 3, 1, 2])
            } else {
                x.clone()
            };
            let y = pool(read, pooled, kernel, stride, padding);
            let gradients = (y.clone() * tensor(y.dims(), seed ^ 7, &device)).sum().backward();
            vec![floats(&y), floats(&x.grad(&gradients).unwrap())]
        };
        near(&run(pool2d), &run(burns_pool2d))?;
    }
}

type Pool = fn(Tensor<4>, Pooled, [usize; 2], [usize; 2], [(usize, usize); 2]) -> Tensor<4>;

#[test]
fn a_mean_and_a_rectifier_are_burns_with_their_gradients() {
    let device = Device::flex().autodiff();
    for shape in [[2, 3, 5, 7], [1, 8, 1, 1], [3, 17, 2, 2]] {
        let run = |mean: fn(Tensor<4>) -> Tensor<2>, rectify: fn(Tensor<4>) -> Tensor<4>| {
            let x = tensor(shape, 1, &device).require_grad();
            let rectified = rectify(x.clone());
            let y = mean(rectified.clone());
            let gradients = ((y.clone() * tensor(y.dims(), 2, &device)).sum()
                + (rectified.clone() * 0.1).sum())
            .backward();
            [floats(&rectified), floats(&y), floats(&x.grad(&gradients).unwrap())]
        };
        let mean = |x: Tensor<4>| {
            let [batch, channels, height, width] = x.dims();
            x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
        };
        near(&run(mean2d, relu), &run(mean, activation::relu)).unwrap();
    }
}

/// Gradients of all branches come together, whoever else reads the value, and where a branch leads nowhere.
#[test]
fn a_shared_value_gets_the_gradients_of_all_that_read_it() {
    let device = Device::flex().autodiff();
    for is_leaf in [true, false] {
        let run = |is_shared: bool| {
            let leaf = tensor([2, 3, 4, 5], 1, &device).require_grad();
            let x = if is_leaf { leaf.clone() } else { relu(leaf.clone()) };
            let shared = Shared::new(x.clone());
            let read = || if is_shared { shared.branch() } else { x.clone() };
            let (a, b, c, unread) = (relu(read()), relu(read() * 2.0), relu(read() - 0.5), relu(read()));
            let y = add(add(a, b), c) + x.clone() * 3.0;
            drop(unread);
            let gradients = (y.clone() * tensor(y.dims(), 2, &device)).sum().backward();
            [floats(&y), floats(&leaf.grad(&gradients).unwrap())]
        };
        near(&run(true), &run(false)).unwrap();
    }
}

#[test]
fn sums_are_burns_with_their_gradients() {
    let device = Device::flex().autodiff();
    for shape in [[2, 3, 5, 7], [1, 8, 1, 1], [3, 1, 2, 2]] {
        let run = |add: fn(Tensor<4>, Tensor<4>) -> Tensor<4>| {
            let (a, b) = (tensor(shape, 1, &device).require_grad(), tensor(shape, 2, &device).require_grad());
            // One of them is read twice, and has its channels last.
            let last = turned(a.clone());
            let sum = add(add(last.clone(), b.clone()), last);
            let gradients = (sum.clone() * tensor(shape, 3, &device)).sum().backward();
            [&sum, &a.grad(&gradients).unwrap(), &b.grad(&gradients).unwrap()].map(floats)
        };
        near(&run(add), &run(|a, b| a + b)).unwrap();
    }
}

#[test]
fn images_one_after_another_are_burns_with_their_gradients() {
    let device = Device::flex().autodiff();
    for (channels, [batch, height, width]) in
        [([3, 1, 8], [2, 5, 7]), ([8, 16, 2], [1, 1, 1]), ([1, 1, 1], [3, 40, 40])]
    {
        let run = |concat: fn(Vec<Tensor<4>>) -> Tensor<4>| {
            let inputs =
                channels.map(|c| tensor([batch, c, height, width], c as u64, &device).require_grad());
            let last = turned(inputs[0].clone());
            let joined = concat(vec![last, inputs[1].clone(), inputs[2].clone(), inputs[1].clone()]);
            let gradients = (joined.clone() * tensor(joined.dims(), 9, &device)).sum().backward();
            let mut found = vec![floats(&joined)];
            found.extend(inputs.map(|input| floats(&input.grad(&gradients).unwrap())));
            found
        };
        near(&run(concat), &run(|images| Tensor::cat(images, 1))).unwrap();
    }
}

#[test]
fn a_convolution_of_parts_is_that_of_the_whole_with_its_gradients() {
    let device = Device::flex().autodiff();
    let plain = ConvOptions::new([1; 2], [0; 2], [1; 2], 1);
    let wide = ConvOptions::new([2; 2], [1; 2], [1; 2], 1);
    for (options, kernel, channels) in
        [(&plain, 1, vec![3, 1, 8]), (&wide, 3, vec![8, 16]), (&wide, 3, vec![1, 1]), (&plain, 1, vec![4])]
    {
        for has_bias in [true, false] {
            let run =
                |conv: fn(Vec<Tensor<4>>, Tensor<4>, Option<Tensor<1>>, &ConvOptions<2>) -> Tensor<4>| {
                    let parts: Vec<Tensor<4>> = channels
                        .iter()
                        .map(|&c| tensor([2, c, 5, 6], c as u64, &device).require_grad())
                        .collect();
                    let read: usize = channels.iter().sum();
                    let weight = tensor([10, read + channels[0], kernel, kernel], 7, &device).require_grad();
                    let bias = has_bias.then(|| tensor([10], 8, &device).require_grad());
                    // The first is read twice.
                    let mut all = parts.clone();
                    all.push(parts[0].clone());
                    let y = conv(all, weight.clone(), bias.clone(), options);
                    let gradients = (y.clone() * tensor(y.dims(), 9, &device)).sum().backward();
                    let mut found = vec![floats(&y), floats(&weight.grad(&gradients).unwrap())];
                    found.extend(parts.iter().map(|part| floats(&part.grad(&gradients).unwrap())));
                    found.extend(bias.map(|bias| floats(&bias.grad(&gradients).unwrap())));
                    found
                };
            near(
                &run(conv2d_parts),
                &run(|parts, w, b, options| burns_conv2d(Tensor::cat(parts, 1), w, b, options)),
            )
            .unwrap();
        }
    }
}

/// What burn refuses is refused by burn.
#[test]
fn shapes_that_do_not_fit_are_burns_errors() {
    let message = |conv: Conv| {
        let device = Device::flex();
        let (x, w) = (tensor([1, 3, 4, 4], 1, &device), tensor([2, 5, 3, 3], 2, &device));
        let failed =
            std::panic::catch_unwind(|| conv(x, w, None, &ConvOptions::new([1; 2], [1; 2], [1; 2], 1)));
        *failed.unwrap_err().downcast::<String>().unwrap()
    };
    assert_eq!(message(conv2d), message(burns_conv2d));
}
