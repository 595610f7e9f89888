//! One image convolved: the forward pass, and each phase of the gradient of the input.

use std::mem::MaybeUninit;

use super::tile::{Factors, blocks, most_rows, parts, tile};
use crate::activation::Activation;
use crate::simd::{Kernel, LANES, Simd};

/// Which pixels of a source are read for which of a target, in floats. Both have their channels last.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    /// Where the terms of the outer sum lie.
    rows: Vec<usize>,
    /// Terms of the inner sum, side by side.
    inner: usize,
    /// Rows and columns of the pixels that are made.
    grid: [usize; 2],
    /// Where the first of them reads and writes.
    source: Places,
    target: Places,
}

/// The first pixel, and the distances of rows and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) first: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

impl Places {
    fn of(&self, pixel: usize, grid: [usize; 2]) -> usize {
        self.first + pixel / grid[1] * self.row + pixel % grid[1] * self.column
    }
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
    pub(super) fn new(
        offsets: &[usize],
        across: usize,
        channels: usize,
        grid: [usize; 2],
        source: Places,
        target: Places,
    ) -> Self {
        // Taps side by side are one longer run.
        if across > 1 && offsets.len() > 1 && offsets[1] - offsets[0] == channels {
            let rows = offsets.iter().copied().step_by(across).collect();
            Self { rows, inner: across * channels, grid, source, target }
        } else {
            Self { rows: offsets.to_vec(), inner: channels, grid, source, target }
        }
    }

    /// Pixels that are made.
    pub(super) fn pixels(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Whether all that a sweep over `source` and `target` floats touches is inside.
    fn fits(&self, packed: &Packed, source: usize, target: usize) -> bool {
        let last = self.grid[0] * self.grid[1] - 1;
        let row = self.rows.iter().copied().max().unwrap_or(0);
        packed.terms == self.rows.len() * self.inner
            && packed.floats.len() == packed.terms * packed.channels.next_multiple_of(LANES)
            && self.source.of(last, self.grid) + row + self.inner <= source
            && self.target.of(last, self.grid) + packed.channels <= target
    }
}

/// Sweeps over an image.
pub(super) struct Image<'a> {
    pub(super) sweep: &'a Sweep,
    pub(super) weights: &'a Packed,
    /// Added to each channel; a multiple of [`LANES`] floats.
    pub(super) bias: &'a [f32],
    pub(super) activation: Activation,
    pub(super) source: &'a [f32],
    /// Written by the sweep at all its pixels.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Image<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, weights, bias, activation, source, target } = self;
        let channels = weights.channels;
        assert!(sweep.fits(weights, source.len(), target.len()), "{sweep:?} is inside");
        assert_eq!(bias.len(), channels.next_multiple_of(LANES), "there is a bias for each vector");
        let pixels = sweep.grid[0] * sweep.grid[1];
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
            for (start, len) in parts(pixels, most_rows(vectors)) {
                let (mut from, mut to) = ([0; 8], [0; 8]);
                for (place, pixel) in (start..start + len).enumerate() {
                    from[place] = sweep.source.of(pixel, sweep.grid);
                    to[place] = sweep.target.of(pixel, sweep.grid) + first * LANES;
                }
                let target = target.as_mut_ptr().cast::<f32>();
                // SAFETY: `fits` has looked at the last pixel, whose places are the greatest, and at the greatest row.
                unsafe {
                    tile(s, factors, &from[..len], vectors, |m, n, sum| {
                        let channel = (first + n) * LANES;
                        let sum = s.add(sum, s.load(bias.as_ptr().add(channel)));
                        let sum = match activation {
                            Activation::Identity => sum,
                            Activation::Relu => s.relu(sum),
                        };
                        let to = target.add(to[m] + n * LANES);
                        if channel + LANES <= channels {
                            s.store(to, sum);
                        } else {
                            s.store_some(to, s.mask(channels - channel), sum);
                        }
                    });
                }
            }
        }
    }
}
