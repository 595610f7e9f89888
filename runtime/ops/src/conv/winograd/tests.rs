//! Against the definition, in 64 bits, over random shapes; also where the direct way would be chosen.

use proptest::prelude::*;

use super::super::padded;
use super::super::plan::Plan;
use super::super::tests::{Case, compare};
use super::*;
use crate::activation::Activation;

/// Convolutions with three taps an axis and a stride of 1.
fn cases() -> impl Strategy<Value = Case> {
    let padding = || (0..3_usize, 0..3_usize);
    let size = (0..20_usize, 1..20_usize, 1..20_usize, 2..30_usize);
    (size, 1..30_usize, (padding(), padding()), any::<bool>(), any::<u64>()).prop_filter_map(
        "no convolution",
        |((batch, height, width, channels), filters, (rows, columns), is_last, seed)| {
            // Many small images, which share blocks, or few large ones.
            let batch = 1 + batch.min(300 / (height * width));
            let input = Size { batch, channels, height, width };
            Case::new(input, [filters, channels, 3, 3], [[1, 1]; 2], [rows, columns], is_last, seed)
        },
    )
}

/// Output without a bias, gradient of the input, gradient of the weights.
fn computed(case: &Case, level: Level) -> [Vec<f32>; 3] {
    let (geometry, weight) = (&case.geometry, &case.weight);
    let [input, gradient] = case.images();
    let make = |winograd: Winograd, images: Images<'_>, channels: usize| {
        Plan::Winograd(winograd).make(level, images, &padded(&[], channels), Activation::Identity)
    };
    [
        make(Winograd::forward(level, geometry, weight), input, geometry.output().channels),
        make(Winograd::input_gradient(level, geometry, weight), gradient, geometry.input().channels),
        weight_gradient(level, geometry, input, gradient),
    ]
}

proptest! {
    #[test]
    fn tiles_are_what_the_convolution_is_defined_to_be(mut case in cases()) {
        case.bias.fill(0.0);
        let defined = case.defined();
        for level in [Level::portable(), Level::detected()] {
            compare(&computed(&case, level), &defined)?;
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit(case in cases()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| computed(&case, Level::detected()))
        };
        let alone = with(1);
        prop_assert_eq!(&with(2), &alone);
        prop_assert_eq!(&with(3), &alone);
    }
}

/// A bias, a rectifier, and what is there already, also of channels that fill no vector and tiles that reach beyond the image.
#[test]
fn tiles_are_finished_as_sums_are() {
    let input = Size { batch: 3, channels: 9, height: 7, width: 10 };
    let case = Case::new(input, [13, 9, 3, 3], [[1, 1]; 2], [(1, 1); 2], false, 3).unwrap();
    let ([images, _], filters) = (case.images(), case.geometry.output().channels);
    for level in [Level::portable(), Level::detected()] {
        let plan = Plan::Winograd(Winograd::forward(level, &case.geometry, &case.weight));
        let make = |bias: &[f32], activation| plan.make(level, images, &padded(bias, filters), activation);
        let bare = make(&[], Activation::Identity);
        let with_bias: Vec<f32> =
            bare.iter().zip(case.bias.iter().cycle()).map(|(sum, bias)| (sum + bias).max(0.0)).collect();
        assert_eq!(make(&case.bias, Activation::Relu), with_bias);
        let added: Vec<f32> = bare.iter().zip(&case.gradient).map(|(sum, there)| sum + there).collect();
        let mut there = case.gradient.clone();
        plan.add(level, images, &mut there);
        assert_eq!(there, added);
    }
}

/// Layers of the spaces, and what is too small, too narrow or of another kind.
#[test]
fn tiles_are_taken_where_they_save_more_than_they_cost() {
    let taken = |channels: usize, filters: usize, side: usize, kernel: usize, stride: usize| {
        let size = Size { batch: 1, channels, height: side, width: side };
        let padding = [(kernel / 2, kernel / 2); 2];
        let weight = [filters, channels, kernel, kernel];
        is_faster(&Geometry::new(size, weight, [stride; 2], padding, [1; 2], 1).unwrap())
    };
    assert!(taken(16, 16, 28, 3, 1) && taken(24, 24, 14, 3, 1) && taken(32, 32, 7, 3, 1));
    assert!(!taken(1, 16, 28, 3, 1) && !taken(16, 16, 5, 3, 1));
    assert!(!taken(16, 16, 28, 3, 2) && !taken(16, 16, 28, 5, 1));
}

/// What rounding costs: the root of the mean square error of a deep layer, by that of the values.
#[test]
fn tiles_round_a_few_bits_more_than_sums_do() {
    let input = Size { batch: 2, channels: 32, height: 14, width: 14 };
    let mut case = Case::new(input, [32, 32, 3, 3], [[1, 1]; 2], [(1, 1); 2], true, 7).unwrap();
    case.bias.fill(0.0);
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    for (computed, defined) in computed(&case, Level::detected()).iter().zip(&case.defined()) {
        let error = square(&mut computed.iter().zip(defined).map(|(&c, d)| f64::from(c) - d));
        let error = (error / square(&mut defined.iter().copied())).sqrt();
        assert!(error < 1e-6, "{error}");
    }
}
