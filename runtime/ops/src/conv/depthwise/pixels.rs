//! Pixels of a depthwise convolution: several of them at a time, tap after tap.

use std::mem::MaybeUninit;

use super::Pass;
use crate::activation::Activation;
use crate::conv::tile::parts;
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Pixels at a time.
const PIXELS: usize = 8;

/// A pass over an image.
pub(super) struct Image<'a> {
    pub(super) pass: &'a Pass,
    pub(super) channels: usize,
    /// Whole vectors.
    pub(super) bias: &'a [f32],
    pub(super) activation: Activation,
    pub(super) source: &'a [f32],
    /// Written at all pixels of the pass.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Image<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pass: Pass { grid, offsets, weights }, channels, bias, activation, source, target } = self;
        let stride = channels.next_multiple_of(LANES);
        assert_eq!((weights.len(), bias.len()), (offsets.len() * stride, stride));
        let [last_source, last_target] = grid.last();
        let farthest = offsets.iter().copied().max().map_or(0, |offset| last_source + offset + channels);
        assert!(farthest <= source.len(), "all taps are inside the source");
        assert!(last_target + channels <= target.len(), "all pixels are inside the target");
        let target = target.as_mut_ptr().cast::<f32>();
        let mut walk = grid.walk();
        for (_, len) in parts(grid.pixels(), PIXELS) {
            let (mut from, mut to) = ([0; PIXELS], [0; PIXELS]);
            for (from, to) in from.iter_mut().zip(&mut to).take(len) {
                [*from, *to] = walk.step();
            }
            let tile = Tile { source, offsets, weights, stride, bias, activation, to, target };
            let whole = channels / LANES * LANES;
            // SAFETY: the greatest places are inside, as was asserted, and only lanes of real channels are read and
            // written; weights and bias have whole vectors.
            unsafe {
                for first in (0..whole).step_by(LANES) {
                    tile.vector(s, &from[..len], first, Lanes::All);
                }
                if whole < channels {
                    tile.vector(s, &from[..len], whole, Lanes::Some(s.mask(channels - whole)));
                }
            }
        }
    }
}

/// Some pixels.
#[derive(Clone, Copy)]
struct Tile<'a> {
    source: &'a [f32],
    offsets: &'a [usize],
    weights: &'a [f32],
    /// Floats of a tap's weights.
    stride: usize,
    bias: &'a [f32],
    activation: Activation,
    /// Where each is written.
    to: [usize; PIXELS],
    target: *mut f32,
}

impl Tile<'_> {
    /// Computes eight channels of the pixels that read from these places on.
    ///
    /// # Safety
    /// All taps of all pixels are inside the source, the pixels inside the target, and there are weights and a bias for the
    /// channels.
    #[inline(always)]
    unsafe fn vector<S: Simd>(&self, s: S, from: &[usize], first: usize, lanes: Lanes<S>) {
        macro_rules! sized {
            ($($m:literal)*) => {
                match from.len() {
                    // SAFETY: the caller says so.
                    $($m => unsafe { self.sized::<S, $m>(s, from, first, lanes) },)*
                    m => unreachable!("no sums of {m} pixels are asked for"),
                }
            };
        }
        sized!(1 2 3 4 5 6 7 8);
    }

    /// # Safety
    /// As for [`Self::vector`]; there are M places.
    #[inline(always)]
    unsafe fn sized<S: Simd, const M: usize>(&self, s: S, from: &[usize], first: usize, lanes: Lanes<S>) {
        debug_assert_eq!(from.len(), M);
        // SAFETY: the caller says that all places are inside.
        unsafe {
            let from: [*const f32; M] =
                std::array::from_fn(|m| self.source.as_ptr().add(*from.get_unchecked(m) + first));
            let mut weight = self.weights.as_ptr().add(first);
            let mut sums = [s.load(self.bias.as_ptr().add(first)); M];
            for &offset in self.offsets {
                let factor = s.load(weight);
                for m in 0..M {
                    sums[m] = s.fma(lanes.load(s, from[m].add(offset)), factor, sums[m]);
                }
                weight = weight.wrapping_add(self.stride);
            }
            for (m, sum) in sums.into_iter().enumerate() {
                let sum = match self.activation {
                    Activation::Identity => sum,
                    Activation::Relu => s.relu(sum),
                };
                lanes.store(s, self.target.add(self.to[m] + first), sum);
            }
        }
    }
}
