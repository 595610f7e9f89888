//! Convolutions with sides of their own, dilation, groups, or padding that differs before and after the image: burn's
//! convolution with initial weights of our own.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::Device;
use peng_spec::arch::Padding;

use super::window::around;
use super::{bound, uniform};
use crate::seed::Rng;

/// [`peng_spec::arch::Op::GeneralConv`]
#[derive(Module, Debug)]
pub(in crate::burn) struct GeneralConv {
    conv: Conv2d,
}

/// What such a convolution is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) filters: usize,
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: usize,
    pub(super) groups: usize,
    pub(super) padding: Padding,
    pub(super) bias: bool,
}

impl GeneralConv {
    /// The convolution of `channels_in` channels.
    pub(super) fn new(form: Form, channels_in: usize, rng: &mut Rng, device: &Device) -> Self {
        let Form { filters, kernel, stride, dilation, groups, padding, bias } = form;
        let [height, width] = kernel;
        let ((top, bottom), (left, right)) =
            (around(height, dilation, padding), around(width, dilation, padding));
        let mut conv = Conv2dConfig::new([channels_in, filters], kernel)
            .with_stride(stride)
            .with_dilation([dilation; 2])
            .with_groups(groups)
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .with_bias(bias)
            .init(device);
        let read = channels_in / groups;
        let bound = bound(read * height * width);
        conv.weight = uniform([filters, read, height, width], bound, rng, device);
        conv.bias = bias.then(|| uniform([filters], bound, rng, device));
        Self { conv }
    }

    /// The convolution.
    pub(super) fn conv(&self) -> &Conv2d {
        &self.conv
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Tensor, TensorData};
    use proptest::prelude::*;

    use super::*;
    use crate::seed::SeedTree;

    fn floats<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        tensor.to_data().try_to_vec().unwrap()
    }

    /// `y` of a convolution by its definition, and what a gradient `g` of `y` gives of `x` and the weights.
    fn by_hand(
        conv: Form,
        [batch, channels, height, width]: [usize; 4],
        x: &[f32],
        weight: &[f32],
        [rows, columns]: [usize; 2],
        g: impl Fn(usize) -> f32,
    ) -> [Vec<f32>; 3] {
        let [high, wide] = conv.kernel;
        let (read, made) = (channels / conv.groups, conv.filters / conv.groups);
        let [top, left] = conv.kernel.map(|taps| around(taps, conv.dilation, conv.padding).0 as isize);
        let mut y = vec![0.0; batch * conv.filters * rows * columns];
        let (mut dx, mut dw) = (vec![0.0; x.len()], vec![0.0; weight.len()]);
        for (at, y) in y.iter_mut().enumerate() {
            let (column, row) = (at % columns, at / columns % rows);
            let (filter, example) = (at / columns / rows % conv.filters, at / columns / rows / conv.filters);
            for tap in 0..read * high * wide {
                let (channel, i, j) = (tap / wide / high, tap / wide % high, tap % wide);
                let from = |place: usize, stride: usize, tap: usize, before: isize| {
                    (place * stride + tap * conv.dilation) as isize - before
                };
                let [down, right] = conv.stride;
                let (i, j) = (from(row, down, i, top), from(column, right, j, left));
                if (0..height as isize).contains(&i) && (0..width as isize).contains(&j) {
                    let plane = example * channels + filter / made * read + channel;
                    let x_at = (plane * height + i as usize) * width + j as usize;
                    let w_at = filter * read * high * wide + tap;
                    *y += x[x_at] * weight[w_at];
                    dx[x_at] += g(at) * weight[w_at];
                    dw[w_at] += g(at) * x[x_at];
                }
            }
        }
        [y, dx, dw]
    }

    fn agrees(ours: &[f32], expected: &[f32]) -> bool {
        ours.len() == expected.len()
            && ours.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs().max(1.0))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// burn's gradients too are checked for the windows that it is handed, since few others use them.
        #[test]
        fn a_convolution_and_its_gradients_are_those_of_the_definition(
            (groups, read, made) in (1_usize..4, 1_usize..3, 1_usize..3),
            kernel in [1_usize..6, 1_usize..6],
            stride in [1_usize..4, 1_usize..4],
            dilation in 1_usize..4,
            sides in [1_usize..9, 1_usize..9],
            same in any::<bool>(),
        ) {
            let padding = if same { Padding::Same } else { Padding::Valid };
            let filters = groups * made;
            let conv = Form { filters, kernel, stride, dilation, groups, padding, bias: false };
            let extent = [0, 1].map(|i| (kernel[i] - 1) * dilation);
            prop_assume!(same || (0..2).all(|i| sides[i] > extent[i]));
            let device = Device::flex().autodiff();
            let layer = GeneralConv::new(conv, groups * read, &mut SeedTree::new(5).rng(), &device);
            let shape = [2, groups * read, sides[0], sides[1]];
            let values: Vec<f32> =
                (0..shape.iter().product()).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
            let x = Tensor::<4>::from_data(TensorData::new(values, shape), &device).require_grad();
            let y = peng_ops::conv2d(layer.conv(), x.clone());
            let extent = if same { [0; 2] } else { extent };
            let out = [0, 1].map(|i| (sides[i] - extent[i] - 1) / stride[i] + 1);
            prop_assert_eq!(y.dims(), [2, filters, out[0], out[1]]);
            let gradient = |at: usize| (at * 53 % 17) as f32 / 8.0 - 1.0;
            let back = Tensor::<4>::from_data(
                TensorData::new((0..y.dims().iter().product()).map(gradient).collect::<Vec<f32>>(), y.dims()),
                &device,
            );
            let gradients = (y.clone() * back).sum().backward();
            let [ys, dx, dw] =
                by_hand(conv, shape, &floats(&x), &floats(&layer.conv.weight.val()), out, gradient);
            prop_assert!(agrees(&floats(&y), &ys), "values");
            prop_assert!(agrees(&floats(&x.grad(&gradients).unwrap()), &dx), "gradient of the input");
            prop_assert!(
                agrees(&floats(&layer.conv.weight.val().grad(&gradients).unwrap()), &dw),
                "gradient of the weights"
            );
        }
    }
}
