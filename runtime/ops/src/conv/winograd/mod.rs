//! Convolutions with 3x3 taps and stride 1 in a quarter of the multiplications: F(4x4, 3x3) of Winograd's minimal filtering
//! (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4).
//!
//! The output is cut into tiles of 4x4 pixels, each of which reads 6x6. A tile is Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A with the
//! matrices of [`axis`]: at each of the 36 points a product of matrices, channels of tiles by weights. The gradient of the
//! input is such a convolution too; that of the weights is Gᵀ [Σ (Bᵀ d B) ⊙ (A y Aᵀ)] G.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::geometry::Geometry;
use super::sweep::{Finish, Packed};
use super::tile::parts;
use crate::images::{Frame, Images, Size};
use crate::simd::{LANES, Level};

mod axis;
mod made;
mod product;
mod read;
#[cfg(test)]
mod tests;
mod weight_gradient;
mod weights;

use read::{Source, Target};
use weights::{Pack, Taps};

pub(super) use weight_gradient::weight_gradient;

/// Pixels of a side of a tile.
const MADE: usize = 4;
/// Pixels of a side of what a tile reads.
const READ: usize = 6;
/// Products of matrices.
const POINTS: usize = READ * READ;
/// Tiles that are worked on at once, if images have as many: enough that products of matrices are fast, and few enough that
/// what is between the transforms stays in a second-level cache.
const BLOCK: usize = 18;

/// How images are cut into tiles.
#[derive(Debug, Clone, Copy)]
struct Tiles {
    /// Rows and columns of tiles.
    count: [usize; 2],
    /// Rows and columns of pixels that are made; the last tiles may reach beyond them.
    made: [usize; 2],
    /// Rows and columns of zeros before the image that tiles read.
    before: [usize; 2],
}

impl Tiles {
    /// Those of the output, over the input with its padding.
    fn of_output(geometry: &Geometry) -> Self {
        let [rows, columns] = geometry.axes;
        Self::new([rows.output, columns.output], [rows.padding.0, columns.padding.0])
    }

    /// Tiles that make `made` rows and columns of pixels of an image with zeros before it.
    fn new(made: [usize; 2], before: [usize; 2]) -> Self {
        Self { count: made.map(|pixels| pixels.div_ceil(MADE)), made, before }
    }

    /// Rows of tiles in a block.
    fn most(&self) -> usize {
        (BLOCK / self.count[1]).max(1)
    }

    /// Images whose rows fill blocks.
    fn group(&self) -> usize {
        (1..=self.most()).find(|images| (images * self.count[0]).is_multiple_of(self.most())).unwrap_or(1)
    }

    /// The rows of tiles of some images, in blocks of nearly the same size and of `most` rows at most.
    fn blocks(&self, images: Range<usize>, most: usize) -> impl Iterator<Item = Block> + use<> {
        let [rows, columns] = self.count;
        let first = images.start * rows;
        parts(images.len() * rows, most).map(move |(at, len)| Block {
            rows: first + at..first + at + len,
            of_image: rows,
            columns,
        })
    }
}

/// Some rows of tiles, which are counted through all images.
struct Block {
    rows: Range<usize>,
    /// Rows of tiles in an image.
    of_image: usize,
    columns: usize,
}

impl Block {
    /// Tiles.
    fn tiles(&self) -> usize {
        self.rows.len() * self.columns
    }

    /// The rows of each image: the image, the rows of it, and which tile of the block is their first.
    fn images(&self) -> impl Iterator<Item = (usize, Range<usize>, usize)> {
        let Self { rows, of_image, columns } = self;
        (rows.start / of_image..rows.end.div_ceil(*of_image)).map(move |image| {
            let start = (image * of_image).max(rows.start);
            let end = ((image + 1) * of_image).min(rows.end);
            (image, start - image * of_image..end - image * of_image, (start - rows.start) * columns)
        })
    }
}

/// Floats between two points of a block whose tiles have `channels` floats: an odd number of cache lines, since the points of a
/// tile are written and read together, and would else share few sets of the cache.
fn distance(tiles: usize, channels: usize) -> usize {
    const LINE: usize = 16;
    ((tiles * channels).div_ceil(LINE) | 1) * LINE
}

/// Whether images are made faster so.
pub(super) fn is_faster(geometry: &Geometry) -> bool {
    saves(geometry, geometry.input, geometry.output, 10)
}

/// Whether gradients of the input are.
pub(super) fn is_input_gradient_faster(geometry: &Geometry) -> bool {
    saves(geometry, geometry.output, geometry.input, 10)
}

/// Whether a gradient of the weights is.
pub(super) fn is_weight_gradient_faster(geometry: &Geometry) -> bool {
    saves(geometry, geometry.input, geometry.output, 15)
}

/// Whether a convolution has 3x3 taps, stride 1 and no more padding than its taps reach, and fewer multiplications so. The
/// transforms of a channel at a point cost as much as `transform` of them: measured, as an average over sizes.
fn saves(geometry: &Geometry, read: Size, made: Size, transform: usize) -> bool {
    let fits = geometry.axes.iter().all(|axis| {
        let (before, behind) = axis.padding;
        axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1 && before.max(behind) < 3
    });
    let tiles = made.height.div_ceil(MADE) * made.width.div_ceil(MADE);
    let [read_vectors, vectors] = [read, made].map(|size| size.channels.next_multiple_of(LANES));
    let here = tiles * POINTS * (read.channels * vectors + transform * (read_vectors + vectors));
    fits && here < made.pixels() * 9 * read.channels * vectors
}

/// A convolution of images.
pub(super) struct Winograd {
    tiles: Tiles,
    /// Channels that are read.
    channels: usize,
    /// Point after point, channel after channel.
    weights: Packed,
}

/// The image of a batch that was read last, in whole vectors a pixel, and a row of zeros.
#[derive(Default)]
struct Whole {
    image: Option<usize>,
    pixels: Vec<f32>,
    zeros: Vec<f32>,
}

impl Whole {
    /// The image, with zeros before it; always of the same batch.
    fn read<'a>(&'a mut self, input: Images<'a>, image: usize, [top, left]: [usize; 2]) -> Source<'a> {
        let Size { channels, height, width, .. } = input.size();
        let stride = channels.next_multiple_of(LANES);
        self.zeros.resize(width * stride, 0.0);
        let frame = Frame::around(input.size());
        let pixels = if self.image.replace(image) == Some(image) && !self.pixels.is_empty() {
            &self.pixels
        } else {
            input.framed(image, frame, stride, &mut self.pixels)
        };
        Source { pixels, height, width, stride, top, left, zeros: &self.zeros }
    }
}

/// What a thread needs for it.
#[derive(Default)]
pub(super) struct Scratch {
    whole: Whole,
    /// Transformed pixels, or gradients, of one row of tiles along one axis.
    axis: Vec<f32>,
    /// Transformed pixels, `[point, tile, channel]`, points [`distance`] apart.
    pixels: Vec<f32>,
    /// Products of them, or transformed gradients.
    sums: Vec<f32>,
}

impl Winograd {
    /// The forward pass.
    pub(super) fn forward(level: Level, geometry: &Geometry, weight: &[f32]) -> Self {
        let (channels, filters) = (geometry.input.channels, geometry.output.channels);
        let (channels, filters) = ((channels, 9), (filters, 9 * channels));
        Self::new(level, Tiles::of_output(geometry), Taps { weight, channels, filters, is_reversed: false })
    }

    /// The gradient of the input: a convolution of the output's gradient with the taps in reverse.
    pub(super) fn input_gradient(level: Level, geometry: &Geometry, weight: &[f32]) -> Self {
        let [rows, columns] = geometry.axes;
        let tiles = Tiles::new([rows.input, columns.input], [2 - rows.padding.0, 2 - columns.padding.0]);
        let (channels, filters) = (geometry.input.channels, geometry.output.channels);
        let (channels, filters) = ((filters, 9 * channels), (channels, 9));
        Self::new(level, tiles, Taps { weight, channels, filters, is_reversed: true })
    }

    fn new(level: Level, tiles: Tiles, taps: Taps<'_>) -> Self {
        Self { tiles, channels: taps.channels.0, weights: level.run(Pack(taps)) }
    }

    /// Images that are best made at once.
    pub(super) fn group(&self) -> usize {
        self.tiles.group()
    }

    /// Floats that are made of an image.
    pub(super) fn image(&self) -> usize {
        self.tiles.made[0] * self.tiles.made[1] * self.weights.channels()
    }

    /// Makes the images from `first` on, as many as `target` has.
    pub(super) fn run(
        &self,
        level: Level,
        input: Images<'_>,
        first: usize,
        finish: Finish<'_>,
        scratch: &mut Scratch,
        target: &mut [MaybeUninit<f32>],
    ) {
        let Self { tiles, channels, weights } = self;
        let [stride, wide] = [*channels, weights.channels()].map(|channels| channels.next_multiple_of(LANES));
        let Scratch { whole, axis, pixels, sums } = scratch;
        for block in tiles.blocks(first..first + target.len() / self.image(), tiles.most()) {
            let count = block.tiles();
            pixels.resize(POINTS * distance(count, stride), 0.0);
            sums.resize(POINTS * distance(count, wide), 0.0);
            for (image, rows, tile) in block.images() {
                let source = whole.read(input, image, tiles.before);
                let target = Target { rows, columns: tiles.count[1], tile, count, floats: pixels };
                level.run(read::Pixels { source, target, axis });
            }
            level.run(product::Product { pixels, stride, channels: *channels, weights, count, sums });
            for (image, rows, tile) in block.images() {
                let target = &mut target[(image - first) * self.image()..][..self.image()];
                let channels = weights.channels();
                level.run(made::Made { tiles, finish, channels, sums, rows, tile, count, target });
            }
        }
    }
}
