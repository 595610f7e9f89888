//! Batch norm (Ioffe and Szegedy 2015) with an activation, over pixels whose channels lie side by side.
//!
//! Sums run over blocks of pixels of a fixed size in 32 bits, and over the blocks in order in 64 bits, so the number of
//! threads changes nothing. They are of differences to a value near the mean (Chan, Golub and `LeVeque` 1983, "Algorithms for
//! computing the sample variance", shifted data), so that nothing cancels where the mean is far from 0.

use std::mem::MaybeUninit;

use crate::activation::Activation;
use crate::buffer::written;
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};
use crate::threads::for_chunks;

/// Floats of a block.
const BLOCK: usize = 8192;
/// Blocks that a thread takes at once.
const BLOCKS: usize = 4;
/// Vectors that are summed at once.
const VECTORS: usize = 4;

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

/// A computation on a block of pixels, for some vectors of channels at a time.
trait OnPixels {
    /// Computes `N` vectors of channels from `first` on, or with a mask the channels of one.
    ///
    /// # Safety
    /// The channels exist, and there are as many floats as pixels times channels wherever pixels are read or written.
    unsafe fn vectors<S: Simd, const N: usize>(&mut self, s: S, first: usize, lanes: Lanes<S>);
}

/// # Safety
/// As for [`OnPixels::vectors`], for all `channels`.
#[inline(always)]
unsafe fn on_channels<S: Simd>(s: S, channels: usize, mut on: impl OnPixels) {
    let whole = channels / LANES;
    // SAFETY: as the caller says; the blocks of vectors end before `channels`.
    unsafe {
        for first in (0..whole).step_by(VECTORS) {
            match whole - first {
                1 => on.vectors::<S, 1>(s, first * LANES, Lanes::All),
                2 => on.vectors::<S, 2>(s, first * LANES, Lanes::All),
                3 => on.vectors::<S, 3>(s, first * LANES, Lanes::All),
                _ => on.vectors::<S, VECTORS>(s, first * LANES, Lanes::All),
            }
        }
        if whole * LANES < channels {
            on.vectors::<S, 1>(s, whole * LANES, Lanes::Some(s.mask(channels - whole * LANES)));
        }
    }
}

/// Sums of the differences to `near`, and of their squares.
struct Sums<'a> {
    x: &'a [f32],
    near: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel for Sums<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.near.len();
        assert_eq!((self.x.len() % channels, self.to.len()), (0, 2 * channels));
        // SAFETY: x has whole pixels, and there are two sums for each channel.
        unsafe { on_channels(s, channels, self) }
    }
}

impl OnPixels for Sums<'_> {
    #[inline(always)]
    unsafe fn vectors<S: Simd, const N: usize>(&mut self, s: S, first: usize, lanes: Lanes<S>) {
        let channels = self.near.len();
        // SAFETY: as the caller says.
        unsafe {
            let near: [S::V; N] =
                std::array::from_fn(|n| lanes.load(s, self.near.as_ptr().add(first + n * LANES)));
            let (mut sum, mut squares) = ([s.splat(0.0); N], [s.splat(0.0); N]);
            let mut x = self.x.as_ptr().add(first);
            for _ in 0..self.x.len() / channels {
                for n in 0..N {
                    let difference = s.sub(lanes.load(s, x.add(n * LANES)), near[n]);
                    sum[n] = s.add(sum[n], difference);
                    squares[n] = s.fma(difference, difference, squares[n]);
                }
                x = x.wrapping_add(channels);
            }
            let to = self.to.as_mut_ptr().add(first);
            for n in 0..N {
                lanes.store(s, to.add(n * LANES), sum[n]);
                lanes.store(s, to.add(channels + n * LANES), squares[n]);
            }
        }
    }
}

/// [`forward`] of a block.
struct Apply<'a> {
    x: &'a [f32],
    /// All of it is written.
    y: &'a mut [MaybeUninit<f32>],
    line: &'a Line,
    activation: Activation,
}

impl Kernel for Apply<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.line.scale.len();
        assert_eq!(
            (self.x.len() % channels, self.x.len(), self.line.shift.len()),
            (0, self.y.len(), channels)
        );
        // SAFETY: x and y have the same whole pixels, and the line has all channels.
        unsafe { on_channels(s, channels, self) }
    }
}

impl OnPixels for Apply<'_> {
    #[inline(always)]
    unsafe fn vectors<S: Simd, const N: usize>(&mut self, s: S, first: usize, lanes: Lanes<S>) {
        let channels = self.line.scale.len();
        // SAFETY: as the caller says.
        unsafe {
            let [scale, shift]: [[S::V; N]; 2] = [&self.line.scale, &self.line.shift]
                .map(|of| std::array::from_fn(|n| lanes.load(s, of.as_ptr().add(first + n * LANES))));
            let (mut x, mut y) = (self.x.as_ptr().add(first), self.y.as_mut_ptr().cast::<f32>().add(first));
            for _ in 0..self.x.len() / channels {
                for n in 0..N {
                    let value = s.fma(lanes.load(s, x.add(n * LANES)), scale[n], shift[n]);
                    let value = match self.activation {
                        Activation::Identity => value,
                        Activation::Relu => s.relu(value),
                    };
                    lanes.store(s, y.add(n * LANES), value);
                }
                x = x.wrapping_add(channels);
                y = y.wrapping_add(channels);
            }
        }
    }
}

/// Sums of the gradients that the activation lets through, and of them times the difference of x to its mean.
struct GradientSums<'a> {
    x: &'a [f32],
    gradient: &'a [f32],
    line: &'a Line,
    mean: &'a [f32],
    activation: Activation,
    to: &'a mut [f32],
}

impl Kernel for GradientSums<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.mean.len();
        assert_eq!((self.x.len() % channels, self.x.len()), (0, self.gradient.len()));
        assert_eq!(
            (self.to.len(), self.line.scale.len(), self.line.shift.len()),
            (2 * channels, channels, channels)
        );
        // SAFETY: x and its gradient have the same whole pixels; all else has all channels.
        unsafe { on_channels(s, channels, self) }
    }
}

impl OnPixels for GradientSums<'_> {
    #[inline(always)]
    unsafe fn vectors<S: Simd, const N: usize>(&mut self, s: S, first: usize, lanes: Lanes<S>) {
        let channels = self.mean.len();
        // SAFETY: as the caller says.
        unsafe {
            let [scale, shift, mean]: [[S::V; N]; 3] =
                [self.line.scale.as_slice(), &self.line.shift, self.mean]
                    .map(|of| std::array::from_fn(|n| lanes.load(s, of.as_ptr().add(first + n * LANES))));
            let (mut sum, mut with_x) = ([s.splat(0.0); N], [s.splat(0.0); N]);
            let (mut x, mut gradient) = (self.x.as_ptr().add(first), self.gradient.as_ptr().add(first));
            for _ in 0..self.x.len() / channels {
                for n in 0..N {
                    let value = lanes.load(s, x.add(n * LANES));
                    let through = passed(
                        s,
                        self.activation,
                        s.fma(value, scale[n], shift[n]),
                        lanes.load(s, gradient.add(n * LANES)),
                    );
                    sum[n] = s.add(sum[n], through);
                    with_x[n] = s.fma(through, s.sub(value, mean[n]), with_x[n]);
                }
                x = x.wrapping_add(channels);
                gradient = gradient.wrapping_add(channels);
            }
            let to = self.to.as_mut_ptr().add(first);
            for n in 0..N {
                lanes.store(s, to.add(n * LANES), sum[n]);
                lanes.store(s, to.add(channels + n * LANES), with_x[n]);
            }
        }
    }
}

/// The gradient of the input of a block.
struct ApplyGradient<'a> {
    x: &'a [f32],
    gradient: &'a [f32],
    /// All of it is written.
    to: &'a mut [MaybeUninit<f32>],
    line: &'a Line,
    /// What the gradient, x and 1 are multiplied by.
    factors: [&'a [f32]; 3],
    activation: Activation,
}

impl Kernel for ApplyGradient<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.line.scale.len();
        assert_eq!(
            (self.x.len() % channels, self.x.len(), self.to.len()),
            (0, self.gradient.len(), self.x.len())
        );
        assert!(self.line.shift.len() == channels && self.factors.iter().all(|f| f.len() == channels));
        // SAFETY: x, its gradient and the target have the same whole pixels; all else has all channels.
        unsafe { on_channels(s, channels, self) }
    }
}

impl OnPixels for ApplyGradient<'_> {
    #[inline(always)]
    unsafe fn vectors<S: Simd, const N: usize>(&mut self, s: S, first: usize, lanes: Lanes<S>) {
        let channels = self.line.scale.len();
        // SAFETY: as the caller says.
        unsafe {
            let [a, b, c] = self.factors;
            let [scale, shift, a, b, c]: [[S::V; N]; 5] = [&self.line.scale, &self.line.shift, a, b, c]
                .map(|of| std::array::from_fn(|n| lanes.load(s, of.as_ptr().add(first + n * LANES))));
            let (mut x, mut gradient) = (self.x.as_ptr().add(first), self.gradient.as_ptr().add(first));
            let mut to = self.to.as_mut_ptr().cast::<f32>().add(first);
            for _ in 0..self.x.len() / channels {
                for n in 0..N {
                    let value = lanes.load(s, x.add(n * LANES));
                    let through = passed(
                        s,
                        self.activation,
                        s.fma(value, scale[n], shift[n]),
                        lanes.load(s, gradient.add(n * LANES)),
                    );
                    lanes.store(s, to.add(n * LANES), s.fma(a[n], through, s.fma(b[n], value, c[n])));
                }
                x = x.wrapping_add(channels);
                gradient = gradient.wrapping_add(channels);
                to = to.wrapping_add(channels);
            }
        }
    }
}

/// The gradient that an activation lets through where its input was `value`.
#[inline(always)]
fn passed<S: Simd>(s: S, activation: Activation, value: S::V, gradient: S::V) -> S::V {
    match activation {
        Activation::Identity => gradient,
        Activation::Relu => s.where_above(value, s.splat(0.0), gradient, s.splat(0.0)),
    }
}
