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

    /// Output channels.
    pub(super) fn channels(&self) -> usize {
        self.channels
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
    pub(super) begin: Begin<'a>,
    pub(super) activation: Activation,
    pub(super) source: &'a [f32],
    /// Written by the sweep at all its pixels.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

/// What the sums of a pixel are added to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin<'a> {
    /// These, one a channel; whole vectors.
    Bias(&'a [f32]),
    /// What is in the target, which has been written before.
    Target,
}

impl Kernel for Image<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, weights, begin, activation, source, target } = self;
        let channels = weights.channels;
        assert!(sweep.fits(weights, source.len(), target.len()), "{sweep:?} is inside");
        if let Begin::Bias(bias) = begin {
            assert_eq!(bias.len(), channels.next_multiple_of(LANES), "there is a bias for each vector");
        }
        let mut rest = weights.floats.as_slice();
        for (first, vectors) in blocks(channels.div_ceil(LANES)) {
            let (block, after) = rest.split_at(weights.terms * vectors * LANES);
            rest = after;
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
                let store =
                    Store { begin, activation, channels, first, to, target: target.as_mut_ptr().cast() };
                // SAFETY: `fits` has looked at the last pixel, whose places are the greatest, and at the greatest row; what
                // is in the target is read only where the caller says that it has been written.
                unsafe { tile(s, factors, &from[..len], vectors, store) };
            }
        }
    }
}

/// Writes the sums of some pixels.
struct Store<'a> {
    begin: Begin<'a>,
    activation: Activation,
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
        // SAFETY: the caller says that the pixel and the channels are there; there is a bias for each vector.
        unsafe {
            let to = self.target.add(self.to[m] + n * LANES);
            let begin = match self.begin {
                Begin::Bias(bias) => s.load(bias.as_ptr().add(channel)),
                Begin::Target => lanes.load(s, to),
            };
            let sum = s.add(sum, begin);
            let sum = match self.activation {
                Activation::Identity => sum,
                Activation::Relu => s.relu(sum),
            };
            lanes.store(s, to, sum);
        }
    }
}
