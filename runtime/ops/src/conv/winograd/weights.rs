//! The transforms of weights and of their gradients, eight filters at a time.

use super::axis::{self, column};
use super::{POINTS, READ};
use crate::conv::sweep::Packed;
use crate::simd::{Kernel, LANES, Simd};

/// Taps of a filter's channel.
const TAPS: usize = 9;

/// Where the taps of a convolution lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps<'a> {
    /// Nine side by side for each channel of each filter.
    pub(super) weight: &'a [f32],
    /// Channels that are read, and filters; how far apart their taps are.
    pub(super) channels: (usize, usize),
    pub(super) filters: (usize, usize),
    /// Whether the last tap comes first.
    pub(super) is_reversed: bool,
}

/// G g Gᵀ of all weights, in the order in which they are read: point after point, channel after channel.
pub(super) struct Pack<'a>(pub(super) Taps<'a>);

impl Kernel for Pack<'_> {
    type Out = Packed;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Packed {
        let Taps { weight, channels: (channels, channel_step), filters: (filters, filter_step), is_reversed } =
            self.0;
        let mut packed = Packed::zeros(POINTS * channels, filters);
        for (first, vectors, block) in packed.blocks_mut() {
            for (vector, channel) in (0..vectors).flat_map(|n| (0..channels).map(move |channel| (n, channel)))
            {
                let filter = (first + vector) * LANES;
                let mut taps = [[0.0; LANES]; TAPS];
                for lane in 0..LANES.min(filters - filter) {
                    let from = &weight[channel * channel_step + (filter + lane) * filter_step..][..TAPS];
                    for (tap, taps) in taps.iter_mut().enumerate() {
                        taps[lane] = from[if is_reversed { TAPS - 1 - tap } else { tap }];
                    }
                }
                // SAFETY: an array of taps has as many as a vector, and a chunk of the block has been cut for one.
                unsafe {
                    let tap = |y: usize, x: usize| s.load(taps[3 * y + x].as_ptr());
                    let mut rows = [[s.splat(0.0); READ]; 3];
                    for (y, row) in rows.iter_mut().enumerate() {
                        *row = axis::taps(s, [tap(y, 0), tap(y, 1), tap(y, 2)]);
                    }
                    for x in 0..READ {
                        let column = axis::taps(s, column(&rows, x));
                        for (y, point) in column.into_iter().enumerate() {
                            let at = (((y * READ + x) * channels + channel) * vectors + vector) * LANES;
                            s.store(block[at..at + LANES].as_mut_ptr(), point);
                        }
                    }
                }
            }
        }
        packed
    }
}

/// Gᵀ u G of the sums at all points, `[point, channel, wide]`: the gradient of the weights, `[filter, channel, 3, 3]`.
pub(super) struct Gradient<'a> {
    pub(super) sums: &'a [f32],
    pub(super) channels: usize,
    pub(super) filters: usize,
}

impl Kernel for Gradient<'_> {
    type Out = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let Self { sums, channels, filters } = self;
        let wide = filters.next_multiple_of(LANES);
        let mut weights = vec![0.0; filters * channels * TAPS];
        for (filter, channel) in
            (0..filters).step_by(LANES).flat_map(|filter| (0..channels).map(move |channel| (filter, channel)))
        {
            let mut taps = [[0.0; LANES]; TAPS];
            // SAFETY: an array of taps has as many as a vector, and a chunk of the sums has been cut for one.
            unsafe {
                let point = |point: usize| {
                    let at = (point * channels + channel) * wide + filter;
                    s.load(sums[at..at + LANES].as_ptr())
                };
                let mut rows = [[s.splat(0.0); 3]; READ];
                for (y, row) in rows.iter_mut().enumerate() {
                    let y = y * READ;
                    let points =
                        [point(y), point(y + 1), point(y + 2), point(y + 3), point(y + 4), point(y + 5)];
                    *row = axis::taps_gradient(s, points);
                }
                for x in 0..3 {
                    let column = axis::taps_gradient(s, column(&rows, x));
                    for (y, tap) in column.into_iter().enumerate() {
                        s.store(taps[3 * y + x].as_mut_ptr(), tap);
                    }
                }
            }
            for lane in 0..LANES.min(filters - filter) {
                let to = &mut weights[((filter + lane) * channels + channel) * TAPS..][..TAPS];
                for (to, taps) in to.iter_mut().zip(&taps) {
                    *to = taps[lane];
                }
            }
        }
        weights
    }
}
