//! The gradient of the weights: at each point the product of transformed pixels and transformed gradients, over all tiles.

use std::ops::Range;

use super::product::one_row;
use super::read::{self, Target};
use super::{POINTS, Scratch, Tiles, Whole, distance, weights};
use crate::conv::geometry::Geometry;
use crate::conv::tile::{Factors, blocks, most_rows, parts, tile};
use crate::conv::weight_gradient::{Add, summed};
use crate::images::Images;
use crate::simd::{Kernel, LANES, Level, Simd};

/// The gradient of the weights, `[out, in, 3, 3]`, from the input and the gradient of the output.
pub(in crate::conv) fn weight_gradient(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
) -> Vec<f32> {
    let (channels, filters) = (geometry.input.channels, geometry.output.channels);
    let sums = summed(geometry.input.batch, |images| part(level, geometry, input, gradient, images));
    level.run(weights::Gradient { sums: &sums, channels, filters })
}

/// The sums over some images, `[point, in, out]`, the last filled up to whole vectors.
fn part(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
    images: Range<usize>,
) -> Vec<f32> {
    let tiles = &Tiles::of_output(geometry);
    let channels = geometry.input.channels;
    let [stride, wide] =
        [channels, geometry.output.channels].map(|channels| channels.next_multiple_of(LANES));
    let starts: Vec<usize> = (0..channels).collect();
    let mut sums = vec![0.0; POINTS * channels * wide];
    let Scratch { whole, axis, pixels, sums: gradients } = &mut Scratch::default();
    let mut whole_gradient = Whole::default();
    // Longer sums: those of each block are added to all weights.
    for block in tiles.blocks(images, 2 * tiles.most()) {
        let count = block.tiles();
        pixels.resize(POINTS * distance(count, stride), 0.0);
        gradients.resize(POINTS * distance(count, wide), 0.0);
        for (image, rows, tile) in block.images() {
            let source = whole.read(input, image, tiles.before);
            let target = Target { rows: rows.clone(), columns: tiles.count[1], tile, count, floats: pixels };
            level.run(read::Pixels { source, target, axis });
            let source = whole_gradient.read(gradient, image, [0, 0]);
            let target = Target { rows, columns: tiles.count[1], tile, count, floats: gradients };
            level.run(read::Gradients { source, target });
        }
        level.run(Product { pixels, starts: &starts, stride, gradients, wide, count, sums: &mut sums });
    }
    sums
}

/// Adds the products of some tiles.
struct Product<'a> {
    /// `[point, tile, stride]`, points [`distance`] apart.
    pixels: &'a [f32],
    /// Where each channel lies in a tile.
    starts: &'a [usize],
    stride: usize,
    /// `[point, tile, wide]`, likewise.
    gradients: &'a [f32],
    wide: usize,
    /// Tiles.
    count: usize,
    sums: &'a mut [f32],
}

impl Kernel for Product<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pixels, starts, stride, gradients, wide, count, sums } = self;
        let channels = starts.len();
        assert!(starts.iter().all(|&start| start < stride) && sums.len() == POINTS * channels * wide);
        assert_eq!(
            (pixels.len(), gradients.len()),
            (POINTS * distance(count, stride), POINTS * distance(count, wide))
        );
        let rows = one_row();
        for point in 0..POINTS {
            for (first, vectors) in blocks(wide / LANES) {
                let factors = Factors {
                    a: &pixels[point * distance(count, stride)..][..count * stride],
                    rows,
                    inner: count,
                    step: stride,
                    b: &gradients[point * distance(count, wide)..][first * LANES..count * wide],
                    b_step: wide,
                };
                for (at, len) in parts(channels, most_rows(vectors)) {
                    let sums = sums[(point * channels + at) * wide + first * LANES..].as_mut_ptr();
                    let to = Add { sums, stride: wide };
                    // SAFETY: pixels, gradients and sums have the sizes that were asserted.
                    unsafe { tile(s, factors, &starts[at..at + len], vectors, to) };
                }
            }
        }
    }
}
