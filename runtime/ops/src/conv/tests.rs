//! Convolutions and their gradients against the definition, in 64 bits, over random shapes.

use proptest::prelude::*;

use super::*;
use crate::images::{Order, Size};

/// A convolution and random factors for it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) geometry: Geometry,
    stride: [usize; 2],
    padding: [(usize, usize); 2],
    dilation: [usize; 2],
    order: Order,
    pub(super) input: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) gradient: Vec<f32>,
}

/// Floats in -1..1 that depend on `seed` and the place.
fn floats(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect()
}

fn cases() -> impl Strategy<Value = Case> {
    let pair = |values: std::ops::Range<usize>| [values.clone(), values];
    (
        (1..4_usize, 1..40_usize, 1..40_usize, prop::bool::weighted(0.3), any::<bool>(), any::<u64>()),
        (pair(1..12), pair(1..8), pair(1..4), pair(0..4), pair(0..4), pair(1..4)),
    )
        .prop_filter_map("no convolution", |((batch, read, filters, is_own, is_last, seed), shape)| {
            let ([height, width], kernel, stride, before, behind, dilation) = shape;
            let padding = [(before[0], behind[0]), (before[1], behind[1])];
            let input = Size { batch, channels: read, height, width };
            let weight =
                if is_own { [read, 1, kernel[0], kernel[1]] } else { [filters, read, kernel[0], kernel[1]] };
            Case::new(input, weight, [stride, dilation], padding, is_last, seed)
        })
}

impl Case {
    /// One with random factors, if there is such a convolution. It is a depthwise one if a filter reads one channel of many.
    pub(super) fn new(
        input: Size,
        weight: [usize; 4],
        [stride, dilation]: [[usize; 2]; 2],
        padding: [(usize, usize); 2],
        is_last: bool,
        seed: u64,
    ) -> Option<Self> {
        let groups = if weight[1] == 1 { input.channels } else { 1 };
        let geometry = Geometry::new(input, weight, stride, padding, dilation, groups)?;
        Some(Self {
            geometry,
            stride,
            padding,
            dilation,
            order: if is_last { Order::ChannelsLast } else { Order::ChannelsFirst },
            input: floats(input.floats(), seed),
            weight: floats(weight.iter().product(), seed ^ 1),
            bias: floats(weight[0], seed ^ 2),
            gradient: floats(geometry.output().floats(), seed ^ 3),
        })
    }

    fn at(&self, size: Size, [b, c, y, x]: [usize; 4]) -> usize {
        match self.order {
            Order::ChannelsFirst => ((b * size.channels + c) * size.height + y) * size.width + x,
            Order::ChannelsLast => ((b * size.height + y) * size.width + x) * size.channels + c,
        }
    }

    /// Output, gradient of the input and gradient of the weights, images channels last, by the definition.
    pub(super) fn defined(&self) -> [Vec<f64>; 3] {
        let Geometry { input, output, axes: [rows, columns], channels } = self.geometry;
        let read = match channels {
            Channels::All => input.channels,
            Channels::Own => 1,
        };
        let last = |size: Size, [b, c, y, x]: [usize; 4]| {
            ((b * size.height + y) * size.width + x) * size.channels + c
        };
        let (mut y, mut dx, mut dw) =
            (vec![0.0; output.floats()], vec![0.0; input.floats()], vec![0.0; self.weight.len()]);
        for b in 0..input.batch {
            for f in 0..output.channels {
                for (oy, ox) in (0..output.pixels()).map(|p| (p / output.width, p % output.width)) {
                    let out = [b, f, oy, ox];
                    let dy = f64::from(self.gradient[self.at(output, out)]);
                    let mut sum = f64::from(self.bias[f]);
                    for (c, ky, kx) in (0..read * rows.kernel * columns.kernel).map(|i| {
                        (
                            i / rows.kernel / columns.kernel,
                            i / columns.kernel % rows.kernel,
                            i % columns.kernel,
                        )
                    }) {
                        let iy =
                            (oy * self.stride[0] + ky * self.dilation[0]).wrapping_sub(self.padding[0].0);
                        let ix =
                            (ox * self.stride[1] + kx * self.dilation[1]).wrapping_sub(self.padding[1].0);
                        if iy < input.height && ix < input.width {
                            let from = [b, if channels == Channels::Own { f } else { c }, iy, ix];
                            let w = ((f * read + c) * rows.kernel + ky) * columns.kernel + kx;
                            let (x, weight) =
                                (f64::from(self.input[self.at(input, from)]), f64::from(self.weight[w]));
                            sum += x * weight;
                            dx[last(input, from)] += dy * weight;
                            dw[w] += dy * x;
                        }
                    }
                    y[last(output, out)] = sum;
                }
            }
        }
        [y, dx, dw]
    }

    /// The input and the gradient of the output.
    pub(super) fn images(&self) -> [Images<'_>; 2] {
        let Self { geometry, order, input, gradient, .. } = self;
        [Images::new(input, geometry.input(), *order), Images::new(gradient, geometry.output(), *order)]
    }

    fn computed(&self, level: Level) -> [Vec<f32>; 3] {
        let [input, gradient] = self.images();
        [
            forward(level, &self.geometry, input, &self.weight, &self.bias, Activation::Identity),
            input_gradient(level, &self.geometry, gradient, &self.weight),
            weight_gradient(level, &self.geometry, input, gradient),
        ]
    }
}

/// All within a hundred thousandth of the largest.
pub(super) fn compare(computed: &[Vec<f32>; 3], defined: &[Vec<f64>; 3]) -> Result<(), TestCaseError> {
    for (computed, defined) in computed.iter().zip(defined) {
        prop_assert_eq!(computed.len(), defined.len());
        let largest = defined.iter().fold(1.0_f64, |most, v| most.max(v.abs()));
        for (&computed, &defined) in computed.iter().zip(defined) {
            prop_assert!((f64::from(computed) - defined).abs() < 1e-5 * largest, "{} {}", computed, defined);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn convolutions_are_what_they_are_defined_to_be(case in cases()) {
        let defined = case.defined();
        for level in [Level::portable(), Level::detected()] {
            compare(&case.computed(level), &defined)?;
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit(case in cases()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| case.computed(Level::detected()))
        };
        let alone = with(1);
        prop_assert_eq!(&with(2), &alone);
        prop_assert_eq!(&with(3), &alone);
    }

    #[test]
    fn what_is_made_is_added_to_what_is_there(case in cases()) {
        prop_assume!(case.geometry.channels == Channels::All);
        let input = Images::new(&case.input, case.geometry.input(), case.order);
        for level in [Level::portable(), Level::detected()] {
            let made = forward(level, &case.geometry, input, &case.weight, &[], Activation::Identity);
            let mut sum = case.gradient.clone();
            forward_onto(level, &case.geometry, input, &case.weight, &mut sum);
            let expected: Vec<f32> = made.iter().zip(&case.gradient).map(|(a, b)| a + b).collect();
            prop_assert_eq!(sum, expected);
        }
    }

    #[test]
    fn an_activation_is_applied_to_what_is_made(case in cases()) {
        let input = Images::new(&case.input, case.geometry.input(), case.order);
        let run = |activation| forward(Level::detected(), &case.geometry, input, &case.weight, &case.bias, activation);
        let expected: Vec<f32> = run(Activation::Identity).iter().map(|v| v.max(0.0)).collect();
        prop_assert_eq!(run(Activation::Relu), expected);
    }
}

/// Whoever changes these bits raises [`crate::ARITHMETIC`], and writes both here.
#[test]
fn equal_arithmetic_gives_equal_bits() {
    let input = Size { batch: 2, channels: 16, height: 8, width: 8 };
    let of = |kernel: usize| {
        let weight = [16, 16, kernel, kernel];
        Case::new(input, weight, [[1, 1]; 2], [(kernel / 2, kernel / 2); 2], true, 11).unwrap()
    };
    let bits = [of(3), of(5)].map(|case| {
        let floats = case.computed(Level::portable()).concat();
        floats.iter().fold(0_u32, |sum, float| sum.rotate_left(5) ^ float.to_bits())
    });
    assert_eq!((crate::ARITHMETIC, bits), (2, [709_065_437, 202_649_143]));
}
