//! The gradient of the weights of a depthwise convolution: several taps at a time, over bands of rows.

use crate::conv::geometry::Geometry;
use crate::conv::tile::parts;
use crate::conv::weight_gradient::BAND;
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Taps at a time.
const TAPS: usize = 9;

/// Adds what one image contributes to the gradient of the weights.
pub(super) struct Weights<'a> {
    pub(super) geometry: &'a Geometry,
    /// Floats of a row of the input.
    pub(super) line: usize,
    /// Where each tap reads, from where the first does.
    pub(super) offsets: &'a [usize],
    pub(super) input: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) sums: &'a mut [f32],
}

impl Kernel for Weights<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { geometry, line, offsets, input, gradient, sums } = self;
        let ([rows, columns], channels) = (geometry.axes, geometry.input.channels);
        let stride = channels.next_multiple_of(LANES);
        let (down, step, wide) = (rows.stride * line, columns.stride * channels, columns.output * channels);
        let last = (rows.output - 1) * down + (columns.output - 1) * step;
        assert!(
            offsets.iter().all(|tap| tap + last + channels <= input.len()),
            "all taps are inside the input"
        );
        assert_eq!((gradient.len(), sums.len()), (rows.output * wide, offsets.len() * stride));
        for (band, height) in parts(rows.output, (BAND / (down + wide)).max(1)) {
            let band = Band { band, height, width: columns.output, down, step, wide, channels, stride };
            for (tap, len) in parts(offsets.len(), TAPS) {
                let offsets = &offsets[tap..tap + len];
                let sums = &mut sums[tap * stride..(tap + len) * stride];
                let whole = channels / LANES * LANES;
                // SAFETY: the last pixel of the last row is inside for every tap, as was asserted; the gradients are those
                // of their pixels, and the sums those of their taps.
                unsafe {
                    for first in (0..whole).step_by(LANES) {
                        band.add(s, offsets, first, Lanes::All, input, gradient, sums);
                    }
                    if whole < channels {
                        let lanes = Lanes::Some(s.mask(channels - whole));
                        band.add(s, offsets, whole, lanes, input, gradient, sums);
                    }
                }
            }
        }
    }
}

/// Rows of the output, and how far apart things are in floats.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "floats from a band to the next, as the others are")]
struct Band {
    band: usize,
    height: usize,
    width: usize,
    /// Rows and columns of the input.
    down: usize,
    step: usize,
    /// Rows and columns of the output's gradient.
    wide: usize,
    channels: usize,
    /// Taps of the sums.
    stride: usize,
}

impl Band {
    /// Adds to the sums of some taps, for the channels from `first` on.
    ///
    /// # Safety
    /// All taps of all pixels are inside the input, all pixels inside the gradient, and there are sums for all taps.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "three of them are slices that belong to nothing else")]
    unsafe fn add<S: Simd>(
        self,
        s: S,
        offsets: &[usize],
        first: usize,
        lanes: Lanes<S>,
        input: &[f32],
        gradient: &[f32],
        sums: &mut [f32],
    ) {
        macro_rules! sized {
            ($($t:literal)*) => {
                match offsets.len() {
                    // SAFETY: the caller says so.
                    $($t => unsafe { self.sized::<S, $t>(s, offsets, first, lanes, input, gradient, sums) },)*
                    t => unreachable!("no sums of {t} taps are asked for"),
                }
            };
        }
        sized!(1 2 3 4 5 6 7 8 9);
    }

    /// # Safety
    /// As for [`Self::add`]; there are T taps.
    #[inline(always)]
    #[allow(clippy::too_many_arguments, reason = "as above")]
    unsafe fn sized<S: Simd, const T: usize>(
        self,
        s: S,
        offsets: &[usize],
        first: usize,
        lanes: Lanes<S>,
        input: &[f32],
        gradient: &[f32],
        sums: &mut [f32],
    ) {
        debug_assert_eq!(offsets.len(), T);
        // SAFETY: the caller says that all places are inside.
        unsafe {
            let from: [*const f32; T] =
                std::array::from_fn(|t| input.as_ptr().add(*offsets.get_unchecked(t) + first));
            let mut made = [s.splat(0.0); T];
            for row in self.band..self.band + self.height {
                let mut at = row * self.down;
                let mut dy = gradient.as_ptr().add(row * self.wide + first);
                for _ in 0..self.width {
                    let factor = lanes.load(s, dy);
                    for t in 0..T {
                        made[t] = s.fma(lanes.load(s, from[t].add(at)), factor, made[t]);
                    }
                    at += self.step;
                    dy = dy.wrapping_add(self.channels);
                }
            }
            for (t, made) in made.into_iter().enumerate() {
                let to = sums.as_mut_ptr().add(t * self.stride + first);
                s.store(to, s.add(s.load(to), made));
            }
        }
    }
}
