//! The loops of a batch norm: over the pixels of a block, for some vectors of channels at a time.

use std::mem::MaybeUninit;

use super::Line;
use crate::activation::Activation;
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Vectors that are summed at once.
const VECTORS: usize = 4;

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
pub(super) struct Sums<'a> {
    pub(super) x: &'a [f32],
    pub(super) near: &'a [f32],
    pub(super) to: &'a mut [f32],
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

/// [`super::forward`] of a block.
pub(super) struct Apply<'a> {
    pub(super) x: &'a [f32],
    /// All of it is written.
    pub(super) y: &'a mut [MaybeUninit<f32>],
    pub(super) line: &'a Line,
    pub(super) activation: Activation,
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
pub(super) struct GradientSums<'a> {
    pub(super) x: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) line: &'a Line,
    pub(super) mean: &'a [f32],
    pub(super) activation: Activation,
    pub(super) to: &'a mut [f32],
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
pub(super) struct ApplyGradient<'a> {
    pub(super) x: &'a [f32],
    pub(super) gradient: &'a [f32],
    /// All of it is written.
    pub(super) to: &'a mut [MaybeUninit<f32>],
    pub(super) line: &'a Line,
    /// What the gradient, x and 1 are multiplied by.
    pub(super) factors: [&'a [f32]; 3],
    pub(super) activation: Activation,
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
