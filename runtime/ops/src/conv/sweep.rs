//! One image convolved: the forward pass, and each phase of the gradient of the input.

use std::mem::MaybeUninit;

use super::places::Grid;
use super::tile::{Factors, Take, blocks, most_rows, parts, tile};
use crate::activation::Activation;
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Which taps are read for each pixel of a grid.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    /// Where the terms of the outer sum lie.
    rows: Vec<usize>,
    /// Terms of the inner sum, side by side.
    inner: usize,
    grid: Grid,
}

/// Weights in the order in which they are read, in blocks of output channels.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// Block after block; in it term after term, a vector for each eight channels, the last filled up with zeros.
    floats: Vec<f32>,
    /// Products of an output channel.
    terms: usize,
    /// Output channels.
    channels: usize,
}

impl Packed {
    /// Packs `weight(term, channel)`.
    pub(super) fn new(terms: usize, channels: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let mut floats = Vec::with_capacity(terms * channels.next_multiple_of(LANES));
        for (first, vectors) in blocks(channels.div_ceil(LANES)) {
            for term in 0..terms {
                floats.extend(
                    (first * LANES..(first + vectors) * LANES)
                        .map(|channel| if channel < channels { weight(term, channel) } else { 0.0 }),
                );
            }
        }
        Self { floats, terms, channels }
    }

    /// Zeros.
    pub(super) fn zeros(terms: usize, channels: usize) -> Self {
        Self { floats: vec![0.0; terms * channels.next_multiple_of(LANES)], terms, channels }
    }

    /// Output channels.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// As [`Self::blocks`], to be written.
    pub(super) fn blocks_mut(&mut self) -> impl Iterator<Item = (usize, usize, &mut [f32])> {
        let terms = self.terms * LANES;
        let mut rest = self.floats.as_mut_slice();
        blocks(self.channels.div_ceil(LANES)).map(move |(first, vectors)| {
            let (block, after) = std::mem::take(&mut rest).split_at_mut(vectors * terms);
            rest = after;
            (first, vectors, block)
        })
    }

    /// The blocks: first vector, number of vectors, and weights.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, usize, &[f32])> {
        let terms = self.terms * LANES;
        blocks(self.channels.div_ceil(LANES)).map(move |(first, vectors)| {
            (first, vectors, &self.floats[first * terms..(first + vectors) * terms])
        })
    }
}

impl Sweep {
    /// A sweep with taps at `offsets`, all of which read `channels` floats; `across` taps lie in a row.
    pub(super) fn new(offsets: &[usize], across: usize, channels: usize, grid: Grid) -> Self {
        // Taps side by side are one longer run.
        if across > 1 && offsets.len() > 1 && offsets[1] - offsets[0] == channels {
            let rows = offsets.iter().copied().step_by(across).collect();
            Self { rows, inner: across * channels, grid }
        } else {
            Self { rows: offsets.to_vec(), inner: channels, grid }
        }
    }

    /// Pixels that are made.
    pub(super) fn pixels(&self) -> usize {
        self.grid.pixels()
    }

    /// Whether all that a sweep over `source` and `target` floats touches is inside.
    fn fits(&self, packed: &Packed, source: usize, target: usize) -> bool {
        let row = self.rows.iter().copied().max().unwrap_or(0);
        let [last_source, last_target] = self.grid.last();
        packed.terms == self.rows.len() * self.inner
            && packed.floats.len() == packed.terms * packed.channels.next_multiple_of(LANES)
            && last_source + row + self.inner <= source
            && last_target + packed.channels <= target
    }
}

/// Sweeps over an image.
pub(super) struct Image<'a> {
    pub(super) sweep: &'a Sweep,
    pub(super) weights: &'a Packed,
    pub(super) finish: Finish<'a>,
    pub(super) source: &'a [f32],
    /// Written by the sweep at all its pixels.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

/// What becomes of the sums of a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish<'a> {
    pub(super) begin: Begin<'a>,
    pub(super) activation: Activation,
}

/// What they are added to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin<'a> {
    /// These, one a channel; whole vectors.
    Bias(&'a [f32]),
    /// What is in the target, which has been written before.
    Target,
}

impl Finish<'_> {
    /// Checks that pixels of so many channels can be written.
    #[inline(always)]
    pub(super) fn check(&self, channels: usize) {
        if let Begin::Bias(bias) = self.begin {
            assert_eq!(bias.len(), channels.next_multiple_of(LANES), "there is a bias for each vector");
        }
    }

    /// What becomes of the channels of a vector, of which `channel` is the first.
    ///
    /// # Safety
    /// It has been checked that pixels of so many channels can be written.
    #[inline(always)]
    pub(super) unsafe fn of<S: Simd>(self, s: S, channel: usize, lanes: Lanes<S>) -> Write<S> {
        let (bias, adds) = match self.begin {
            // SAFETY: the caller says that there is a bias for each vector.
            Begin::Bias(bias) => (unsafe { s.load(bias.as_ptr().add(channel)) }, false),
            Begin::Target => (s.splat(0.0), true),
        };
        let floor = match self.activation {
            Activation::Identity => s.splat(f32::NEG_INFINITY),
            Activation::Relu => s.splat(0.0),
        };
        Write { bias, adds, floor, lanes }
    }
}

/// How a vector of channels is written.
#[derive(Clone, Copy)]
pub(super) struct Write<S: Simd> {
    bias: S::V,
    /// Whether what is in the target is added.
    adds: bool,
    floor: S::V,
    lanes: Lanes<S>,
}

impl<S: Simd> Write<S> {
    /// Writes the sums of a pixel; a NaN stays one.
    ///
    /// # Safety
    /// The channels of the lanes are at `to`, and what is there has been written where sums are added to it.
    #[inline(always)]
    pub(super) unsafe fn write(&self, s: S, sum: S::V, to: *mut f32) {
        // SAFETY: the caller says so.
        unsafe {
            let sum = s.add(sum, self.bias);
            let sum = if self.adds { s.add(sum, self.lanes.load(s, to)) } else { sum };
            self.lanes.store(s, to, s.greater(self.floor, sum));
        }
    }
}

impl Kernel for Image<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, weights, finish, source, target } = self;
        let channels = weights.channels;
        assert!(sweep.fits(weights, source.len(), target.len()), "{sweep:?} is inside");
        finish.check(channels);
        for (first, vectors, block) in weights.blocks() {
            let factors = Factors {
                a: source,
                rows: &sweep.rows,
                inner: sweep.inner,
                step: 1,
                b: block,
                b_step: vectors * LANES,
            };
            let mut walk = sweep.grid.walk();
            for (_, len) in parts(sweep.pixels(), most_rows(vectors)) {
                let (mut from, mut to) = ([0; 8], [0; 8]);
                for (from, to) in from.iter_mut().zip(&mut to).take(len) {
                    [*from, *to] = walk.step();
                    *to += first * LANES;
                }
                let store = Store { finish, channels, first, to, target: target.as_mut_ptr().cast() };
                // SAFETY: `fits` has looked at the last pixel, whose places are the greatest, and at the greatest row; what
                // is in the target is read only where the caller says that it has been written.
                unsafe { tile(s, factors, &from[..len], vectors, store) };
            }
        }
    }
}

/// Writes the sums of some pixels.
struct Store<'a> {
    finish: Finish<'a>,
    /// Channels of a pixel, and the first vector of them that is written.
    channels: usize,
    first: usize,
    /// Where the vectors of each pixel are written.
    to: [usize; 8],
    target: *mut f32,
}

impl<S: Simd> Take<S> for Store<'_> {
    #[inline(always)]
    unsafe fn take(&mut self, s: S, m: usize, n: usize, sum: S::V) {
        let channel = (self.first + n) * LANES;
        let lanes = Lanes::first(s, self.channels - channel);
        // SAFETY: the caller says that the pixel and the channels are there.
        unsafe { self.finish.of(s, channel, lanes).write(s, sum, self.target.add(self.to[m] + n * LANES)) }
    }
}
