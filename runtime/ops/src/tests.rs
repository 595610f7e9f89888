//! Every kernel whose definition burn's composition is: the same with all instructions, and bit for bit the same at any
//! number of threads. Convolutions have both tests beside them.

use proptest::prelude::*;

use crate::elementwise::{add, add_to, relu, relu_gradient};
use crate::images::{Images, Order, Size};
use crate::join::{join, part};
use crate::norm::{Affine, Line, backward, forward, statistics};
use crate::pool::{self, Pooled, Windows};
use crate::{Activation, Level};

/// Sizes of which some are large enough for several threads.
fn sizes() -> impl Strategy<Value = Size> {
    (1..40_usize, 1..40_usize, 1..16_usize, 1..16_usize).prop_map(|(batch, channels, height, width)| Size {
        batch,
        channels,
        height,
        width,
    })
}

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

/// What is computed agrees: with all instructions but for rounding, with all numbers of threads in every bit.
fn agrees(compute: impl Fn(Level) -> Vec<Vec<f32>> + Sync) -> Result<(), TestCaseError> {
    let with = |threads: usize, level: Level| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compute(level))
    };
    let mut computed = Vec::new();
    for level in [Level::portable(), Level::detected()] {
        let alone = with(1, level);
        for threads in [2, 3] {
            prop_assert_eq!(&with(threads, level), &alone);
        }
        computed.push(alone);
    }
    for (portable, detected) in computed[0].iter().zip(&computed[1]) {
        prop_assert_eq!(portable.len(), detected.len());
        let largest = portable.iter().fold(1.0_f32, |most, v| most.max(v.abs()));
        for (a, b) in portable.iter().zip(detected) {
            prop_assert!((a - b).abs() <= 2e-5 * largest, "{} {}", a, b);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn norms_agree(
        size in sizes(),
        activation in prop::sample::select(vec![Activation::Identity, Activation::Relu]),
        seed in any::<u64>(),
    ) {
        let channels = size.channels;
        let (x, dy) = (floats(size.floats(), seed), floats(size.floats(), seed ^ 1));
        let (gamma, beta) = (floats(channels, seed ^ 2), floats(channels, seed ^ 3));
        let affine = Affine { gamma: &gamma, beta: &beta, epsilon: 1e-2 };
        // Where the activation bends, rounding decides which gradient is let through.
        let of_x = statistics(Level::portable(), &x, channels);
        let y = forward(Level::portable(), &x, &Line::new(affine, &of_x), Activation::Identity);
        prop_assume!(activation == Activation::Identity || y.iter().all(|y| y.abs() > 1e-6));
        agrees(|level| {
            let found = statistics(level, &x, channels);
            let y = forward(level, &x, &Line::new(affine, &found), activation);
            let gradients = backward(level, &dy, &x, affine, &found, activation);
            vec![found.mean, found.variance, y, gradients.input, gradients.gamma, gradients.beta]
        })?;
    }

    #[test]
    fn pools_agree(
        size in sizes(),
        kernel in prop::array::uniform2(1..4_usize),
        stride in prop::array::uniform2(1..3_usize),
        padding in prop::array::uniform2((0..2_usize, 0..2_usize)),
        pooled in prop::sample::select(vec![Pooled::Greatest, Pooled::Mean]),
        is_last in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let Some(windows) = Windows::new(pooled, size, kernel, stride, padding) else {
            return Err(TestCaseError::reject("no windows"));
        };
        let order = if is_last { Order::ChannelsLast } else { Order::ChannelsFirst };
        let (x, dy) = (floats(size.floats(), seed), floats(windows.output().floats(), seed ^ 1));
        let (x, dy) = (Images::new(&x, size, order), Images::new(&dy, windows.output(), order));
        agrees(|level| {
            let read = (pooled == Pooled::Greatest).then_some(x);
            vec![pool::forward(level, &windows, x), pool::backward(level, &windows, read, dy)]
        })?;
    }

    #[test]
    fn sums_rectifiers_and_joins_agree(size in sizes(), of_a in 1..20_usize, seed in any::<u64>()) {
        let (x, y) = (floats(size.floats(), seed), floats(size.floats(), seed ^ 1));
        let a = floats(size.batch * size.pixels() * of_a, seed ^ 2);
        agrees(|level| {
            let mut sum = x.clone();
            add_to(level, &mut sum, &y);
            assert_eq!(sum, add(level, &x, &y));
            let made = relu(level, &x);
            let gradient = relu_gradient(level, &made, &y);
            let both = Size { channels: of_a + size.channels, ..size };
            let joined = join(&a, &x, both);
            assert_eq!(part(&joined, both.channels, of_a..both.channels), x);
            vec![sum, made, gradient, joined]
        })?;
    }
}
