//! Batch norm (Ioffe and Szegedy 2015) with an activation, over pixels whose channels lie side by side.
//!
//! Sums run over blocks of pixels of a fixed size in 32 bits, and over the blocks in order in 64 bits, so the number of
//! threads changes nothing. They are of differences to a value near the mean (Chan, Golub and `LeVeque` 1983, "Algorithms for
//! computing the sample variance", shifted data), so that nothing cancels where the mean is far from 0.

use crate::activation::Activation;
use crate::buffer::written;
use crate::simd::Level;
use crate::threads::for_chunks;

mod kernels;

use kernels::{Apply, ApplyGradient, GradientSums, Sums};

/// Floats of a block.
const BLOCK: usize = 8192;
/// Blocks that a thread takes at once.
const BLOCKS: usize = 4;

/// What a channel is subtracted and divided by.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Biased variance of each channel.
    pub variance: Vec<f32>,
}

/// What the normalised channels are multiplied by and shifted to.
#[derive(Debug, Clone, Copy)]
pub struct Affine<'a> {
    /// γ of each channel.
    pub gamma: &'a [f32],
    /// β of each channel.
    pub beta: &'a [f32],
    /// Added to variances.
    pub epsilon: f32,
}

/// Gradients of a batch norm with batch statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Of the input.
    pub input: Vec<f32>,
    /// Of γ.
    pub gamma: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
}

/// `y = scale x + shift` of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The slope of each channel.
    pub scale: Vec<f32>,
    /// What is added to each channel.
    pub shift: Vec<f32>,
}

impl Line {
    /// What a batch norm is with given statistics.
    pub fn new(affine: Affine<'_>, statistics: &Statistics) -> Self {
        let scale: Vec<f32> = affine
            .gamma
            .iter()
            .zip(&statistics.variance)
            .map(|(gamma, v)| gamma / (v + affine.epsilon).sqrt())
            .collect();
        let shift = affine
            .beta
            .iter()
            .zip(&statistics.mean)
            .zip(&scale)
            .map(|((beta, mean), scale)| beta - mean * scale)
            .collect();
        Self { scale, shift }
    }
}

/// Mean and variance of each channel of `x`, `[pixels, channels]`.
pub fn statistics(level: Level, x: &[f32], channels: usize) -> Statistics {
    let near = &x[..channels];
    let sums = summed(x, channels, |block, sums| {
        level.run(Sums { x: x_of(x, block, channels), near, to: sums });
    });
    let pixels = (x.len() / channels) as f64;
    let mut statistics = Statistics { mean: Vec::new(), variance: Vec::new() };
    for (channel, [sum, squares]) in sums.into_iter().enumerate() {
        let mean = sum / pixels;
        statistics.mean.push((f64::from(near[channel]) + mean) as f32);
        // A NaN stays one.
        let variance = squares / pixels - mean * mean;
        statistics.variance.push(if variance < 0.0 { 0.0 } else { variance as f32 });
    }
    statistics
}

/// `activation(line(x))` of each pixel.
pub fn forward(level: Level, x: &[f32], line: &Line, activation: Activation) -> Vec<f32> {
    let channels = line.scale.len();
    let size = block_floats(channels);
    // SAFETY: each block is written.
    unsafe {
        written(x.len(), |y| {
            for_chunks(
                y,
                size,
                BLOCKS,
                || (),
                |(), block, y| {
                    let x = x_of(x, block, channels);
                    level.run(Apply { x, y, line, activation });
                },
            );
        })
    }
}

/// The gradients of [`forward`] with the statistics of `x` itself, from the gradient of its output.
pub fn backward(
    level: Level,
    gradient: &[f32],
    x: &[f32],
    affine: Affine<'_>,
    statistics: &Statistics,
    activation: Activation,
) -> Gradients {
    let channels = affine.gamma.len();
    assert_eq!(gradient.len(), x.len(), "each float has a gradient");
    let line = Line::new(affine, statistics);
    let sums = summed(x, channels, |block, sums| {
        let (x, gradient) = (x_of(x, block, channels), x_of(gradient, block, channels));
        level.run(GradientSums { x, gradient, line: &line, mean: &statistics.mean, activation, to: sums });
    });
    let pixels = (x.len() / channels) as f64;
    let (mut of_gamma, mut of_beta) = (Vec::new(), Vec::new());
    // The gradient of the input is a line of the output's gradient and of x.
    let (mut slope, mut of_x, mut shift) = (Vec::new(), Vec::new(), Vec::new());
    for (channel, [sum, with_x]) in sums.into_iter().enumerate() {
        let scale = 1.0 / f64::from(statistics.variance[channel] + affine.epsilon).sqrt();
        let gamma = with_x * scale;
        let a = f64::from(affine.gamma[channel]) * scale;
        let b = -a * gamma * scale / pixels;
        of_gamma.push(gamma as f32);
        of_beta.push(sum as f32);
        slope.push(a as f32);
        of_x.push(b as f32);
        shift.push((-a * sum / pixels - b * f64::from(statistics.mean[channel])) as f32);
    }
    let size = block_floats(channels);
    let factors = [slope.as_slice(), &of_x, &shift];
    // SAFETY: each block is written.
    let input = unsafe {
        written(x.len(), |to| {
            for_chunks(
                to,
                size,
                BLOCKS,
                || (),
                |(), block, to| {
                    let (x, gradient) = (x_of(x, block, channels), x_of(gradient, block, channels));
                    level.run(ApplyGradient { x, gradient, to, line: &line, factors, activation });
                },
            );
        })
    };
    Gradients { input, gamma: of_gamma, beta: of_beta }
}

fn block_floats(channels: usize) -> usize {
    (BLOCK / channels).max(1) * channels
}

fn x_of(x: &[f32], block: usize, channels: usize) -> &[f32] {
    let size = block_floats(channels);
    &x[block * size..x.len().min((block + 1) * size)]
}

/// Two sums for each channel, over all blocks.
fn summed(x: &[f32], channels: usize, block: impl Fn(usize, &mut [f32]) + Sync + Send) -> Vec<[f64; 2]> {
    let blocks = x.len().div_ceil(block_floats(channels));
    let mut sums = vec![0.0; blocks * 2 * channels];
    for_chunks(&mut sums, 2 * channels, BLOCKS, || (), |(), at, sums| block(at, sums));
    (0..channels)
        .map(|channel| {
            let sum =
                |place: usize| sums.iter().skip(place).step_by(2 * channels).map(|&sum| f64::from(sum)).sum();
            [sum(channel), sum(channels + channel)]
        })
        .collect()
}
