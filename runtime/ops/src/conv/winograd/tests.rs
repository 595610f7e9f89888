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
