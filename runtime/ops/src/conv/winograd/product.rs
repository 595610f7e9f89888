//! The product of tiles and weights at each point.

use super::{POINTS, distance};
use crate::conv::sweep::Packed;
use crate::conv::tile::{Factors, Take, most_rows, parts, tile};
use crate::simd::{Kernel, LANES, Simd};

/// Products of matrices: `[tile, channel]` by `[channel, filter]` at each point.
pub(super) struct Product<'a> {
    /// `[point, tile, stride]`, points [`distance`] apart.
    pub(super) pixels: &'a [f32],
    /// Floats of a tile, and how many of them are channels.
    pub(super) stride: usize,
    pub(super) channels: usize,
    pub(super) weights: &'a Packed,
    /// Tiles.
    pub(super) count: usize,
    /// `[point, tile, filter]`, likewise, the last filled up to whole vectors.
    pub(super) sums: &'a mut [f32],
}

impl Kernel for Product<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pixels, stride, channels, weights, count, sums } = self;
        let wide = weights.channels().next_multiple_of(LANES);
        assert!(channels <= stride && pixels.len() == POINTS * distance(count, stride));
        assert_eq!(sums.len(), POINTS * distance(count, wide));
        let rows = one_row();
        for (first, vectors, block) in weights.blocks() {
            assert_eq!(block.len(), POINTS * channels * vectors * LANES);
            for point in 0..POINTS {
                let factors = Factors {
                    a: &pixels[point * distance(count, stride)..],
                    rows,
                    inner: channels,
                    step: 1,
                    b: &block[point * channels * vectors * LANES..],
                    b_step: vectors * LANES,
                };
                let sums = sums[point * distance(count, wide) + first * LANES..].as_mut_ptr();
                for (at, len) in parts(count, most_rows(vectors)) {
                    let starts: [usize; 8] = std::array::from_fn(|m| (at + m) * stride);
                    let to = Put { sums: sums.wrapping_add(at * wide), wide };
                    // SAFETY: pixels, weights and sums have the sizes that were asserted.
                    unsafe { tile(s, factors, &starts[..len], vectors, to) };
                }
            }
        }
    }
}

/// The outer sum of a tile, which has one term. The compiler is not told, since the single loop that it would make of both
/// sums has too few registers for twelve of them.
#[inline(always)]
pub(super) fn one_row() -> &'static [usize] {
    std::hint::black_box(&[0])
}

/// Writes the sums of some tiles at a point.
struct Put {
    sums: *mut f32,
    /// Floats of a tile.
    wide: usize,
}

impl<S: Simd> Take<S> for Put {
    #[inline(always)]
    unsafe fn take(&mut self, s: S, m: usize, n: usize, sum: S::V) {
        // SAFETY: the caller says that the sums are there.
        unsafe { s.store(self.sums.add(m * self.wide + n * LANES), sum) }
    }
}
