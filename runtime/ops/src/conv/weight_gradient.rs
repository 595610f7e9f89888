//! The gradient of the weights: each tap and input channel times each output channel, summed over all pixels.
//!
//! The batch is cut into at most [`PARTS`] parts, whose sums are added in order, so that the result does not depend on how
//! many threads there are. Within an image the pixels are taken in bands of rows that stay in the first-level cache, and
//! each band is summed on its own, which also keeps the rounding small.

use super::geometry::{Channels, Geometry};
use super::offsets;
use super::tile::{Factors, Take, blocks, most_rows, parts, tile};
use super::{depthwise, winograd};
use crate::images::{Frame, Images};
use crate::simd::{Kernel, LANES, Level, Simd};
use crate::threads::map;

/// Parts of a batch whose sums are independent.
pub(super) const PARTS: usize = 8;
/// Floats of a band, both factors together: half of a first-level cache of 32 KiB.
pub(super) const BAND: usize = 4096;

/// The gradient of the weights, `[out, in / groups, height, width]`, from the input and the gradient of the output.
pub fn weight_gradient(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
) -> Vec<f32> {
    assert_eq!(input.size(), geometry.input, "the images are those of the geometry");
    assert_eq!(gradient.size(), geometry.output, "the gradients are those of the geometry");
    match geometry.channels {
        Channels::All if winograd::is_weight_gradient_faster(geometry) => {
            winograd::weight_gradient(level, geometry, input, gradient)
        }
        Channels::All => {
            let sums = summed(geometry.input.batch, |images| part(level, geometry, input, gradient, images));
            by_filter(geometry, &sums)
        }
        Channels::Own => depthwise::weight_gradient(level, geometry, input, gradient),
    }
}

/// The sums of the parts of a batch, added in order.
pub(super) fn summed(
    batch: usize,
    part: impl Fn(std::ops::Range<usize>) -> Vec<f32> + Sync + Send,
) -> Vec<f32> {
    let ranges = parts(batch, batch.div_ceil(PARTS)).map(|(start, len)| start..start + len).collect();
    let parts: Vec<Vec<f32>> = map(ranges, part);
    parts
        .into_iter()
        .reduce(|mut sums, part| {
            for (sum, term) in sums.iter_mut().zip(part) {
                *sum += term;
            }
            sums
        })
        .unwrap_or_default()
}

/// From `[tap, in, out]`, the last filled up to whole vectors, to `[out, in, tap]`.
fn by_filter(geometry: &Geometry, sums: &[f32]) -> Vec<f32> {
    let (read, filters, taps) = (geometry.input.channels, geometry.output.channels, geometry.taps());
    let stride = filters.next_multiple_of(LANES);
    let mut weights = Vec::with_capacity(filters * read * taps);
    for filter in 0..filters {
        for channel in 0..read {
            weights.extend((0..taps).map(|tap| sums[(tap * read + channel) * stride + filter]));
        }
    }
    weights
}

/// The sums over some images, `[tap, in, out]`, the last filled up to whole vectors.
fn part(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
    images: std::ops::Range<usize>,
) -> Vec<f32> {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let stride = filters.next_multiple_of(LANES);
    let frame = geometry.input_frame();
    let line = frame.width * read;
    let taps: Vec<usize> = offsets(geometry, line, read)
        .into_iter()
        .flat_map(|tap| (0..read).map(move |channel| tap + channel))
        .collect();
    let mut sums = vec![0.0; taps.len() * stride];
    let pixels = Frame::around(gradient.size());
    let (mut framed, mut turned) = (Vec::new(), Vec::new());
    for image in images {
        let input = input.framed(image, frame, read, &mut framed);
        let gradient = gradient.framed(image, pixels, stride, &mut turned);
        level.run(Image { geometry, line, taps: &taps, stride, input, gradient, sums: &mut sums });
    }
    sums
}

/// Adds what one image contributes.
struct Image<'a> {
    geometry: &'a Geometry,
    /// Floats of a row of the input.
    line: usize,
    /// Where each tap and channel lies, from where the first does.
    taps: &'a [usize],
    /// Floats of a pixel of the gradient, whole vectors.
    stride: usize,
    input: &'a [f32],
    gradient: &'a [f32],
    sums: &'a mut [f32],
}

impl Kernel for Image<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { geometry, line, taps, stride, input, gradient, sums } = self;
        let [rows, columns] = geometry.axes;
        let step = columns.stride * geometry.input.channels;
        let (down, wide) = (rows.stride * line, columns.output * stride);
        let last = (rows.output - 1) * down + (columns.output - 1) * step;
        assert!(taps.iter().all(|tap| tap + last < input.len()), "all taps read inside the input");
        assert_eq!((gradient.len(), sums.len()), (rows.output * wide, taps.len() * stride));
        for (band, height) in parts(rows.output, (BAND / (down + wide)).max(1)) {
            let offsets: Vec<usize> = (band..band + height).map(|row| row * down).collect();
            for (first, vectors) in blocks(stride / LANES) {
                let factors = Factors {
                    a: input,
                    rows: &offsets,
                    inner: columns.output,
                    step,
                    b: &gradient[band * wide + first * LANES..],
                    b_step: stride,
                };
                for (tap, len) in parts(taps.len(), most_rows(vectors)) {
                    let sums = sums[tap * stride + first * LANES..].as_mut_ptr();
                    // SAFETY: the last pixel of the last row is inside for every tap, as was asserted; the vectors of the
                    // gradient and the sums are those of their pixels and taps.
                    unsafe { tile(s, factors, &taps[tap..tap + len], vectors, Add { sums, stride }) };
                }
            }
        }
    }
}

/// Adds the sums of some taps to those of other pixels.
pub(super) struct Add {
    pub(super) sums: *mut f32,
    /// Floats of a tap.
    pub(super) stride: usize,
}

impl<S: Simd> Take<S> for Add {
    #[inline(always)]
    unsafe fn take(&mut self, s: S, m: usize, n: usize, sum: S::V) {
        // SAFETY: the caller says that the sums are there.
        unsafe {
            let to = self.sums.add(m * self.stride + n * LANES);
            s.store(to, s.add(s.load(to), sum));
        }
    }
}
