//! What is read, transformed: pixels, and the gradients of an output.

use std::ops::Range;

use super::axis::{self, column};
use super::{MADE, POINTS, READ, distance};
use crate::simd::{Kernel, LANES, Simd};

/// Images of whole vectors a pixel, of which tiles read zeros beyond the border.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The image, `[height, width, stride]`.
    pub(super) pixels: &'a [f32],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) stride: usize,
    /// Rows and columns of zeros before it.
    pub(super) top: usize,
    pub(super) left: usize,
    /// A row of zeros.
    pub(super) zeros: &'a [f32],
}

impl Source<'_> {
    fn check(&self) {
        let line = self.width * self.stride;
        assert!(self.stride.is_multiple_of(LANES) && self.pixels.len() == self.height * line);
        assert_eq!(self.zeros.len(), line, "there is a row of zeros");
    }

    /// The vectors of some rows in column `x` of the padded image.
    ///
    /// # Safety
    /// The source has been checked, and `rows` are rows of it, from a vector of the stride on.
    #[inline(always)]
    unsafe fn column<S: Simd, const N: usize>(&self, s: S, rows: &[*const f32; N], x: usize) -> [S::V; N] {
        match x.checked_sub(self.left) {
            // SAFETY: as above.
            Some(x) if x < self.width => unsafe {
                std::array::from_fn(|y| s.load(rows[y].add(x * self.stride)))
            },
            _ => [s.splat(0.0); N],
        }
    }

    /// Where N rows of the padded image begin, from row `y` on.
    #[inline(always)]
    fn rows<const N: usize>(&self, y: usize) -> [*const f32; N] {
        std::array::from_fn(|at| match (y + at).checked_sub(self.top) {
            Some(y) if y < self.height => self.pixels[y * self.width * self.stride..].as_ptr(),
            _ => self.zeros.as_ptr(),
        })
    }
}

/// Where transformed tiles are written.
pub(super) struct Target<'a> {
    /// Rows of tiles that are read, and how many tiles are in a row.
    pub(super) rows: Range<usize>,
    pub(super) columns: usize,
    /// The number of their first tile in `floats`, and how many tiles that has.
    pub(super) tile: usize,
    pub(super) count: usize,
    /// `[point, tile, stride]`, points [`distance`] apart.
    pub(super) floats: &'a mut [f32],
}

impl Target<'_> {
    fn check(&self, stride: usize) {
        assert!(self.tile + self.rows.len() * self.columns <= self.count, "the block has the tiles");
        assert_eq!(
            self.floats.len(),
            POINTS * distance(self.count, stride),
            "there are floats for the block"
        );
    }
}

/// Bᵀ d B of some rows of tiles of an image.
pub(super) struct Pixels<'a> {
    pub(super) source: Source<'a>,
    pub(super) target: Target<'a>,
    /// What is transformed along one axis.
    pub(super) axis: &'a mut Vec<f32>,
}

impl Kernel for Pixels<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { source, target, axis } = self;
        source.check();
        target.check(source.stride);
        let Target { rows, columns, tile, count, floats } = target;
        let (stride, distance) = (source.stride, distance(count, source.stride));
        let width = columns * MADE + READ - MADE;
        axis.resize(width * READ * LANES, 0.0);
        for (at, row) in rows.enumerate() {
            let lines = source.rows::<READ>(row * MADE);
            for lanes in (0..stride).step_by(LANES) {
                // SAFETY: the source has been checked, and that there are as many floats as points, tiles and channels.
                unsafe {
                    let axis = axis.as_mut_ptr();
                    let lines = lines.map(|line| line.add(lanes));
                    for x in 0..width {
                        let column = axis::pixels(s, source.column(s, &lines, x));
                        put(s, axis.add(x * READ * LANES), LANES, column);
                    }
                    let to = floats.as_mut_ptr().add((tile + at * columns) * stride + lanes);
                    for column in 0..columns {
                        let (from, to) = (axis.add(column * MADE * READ * LANES), to.add(column * stride));
                        for y in 0..READ {
                            let row = std::array::from_fn(|x| s.load(from.add((x * READ + y) * LANES)));
                            put(s, to.add(y * READ * distance), distance, axis::pixels(s, row));
                        }
                    }
                }
            }
        }
    }
}

/// A y Aᵀ of some rows of tiles of an output's gradient.
pub(super) struct Gradients<'a> {
    pub(super) source: Source<'a>,
    pub(super) target: Target<'a>,
}

impl Kernel for Gradients<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { source, target } = self;
        source.check();
        target.check(source.stride);
        let Target { rows, columns, tile, count, floats } = target;
        let (stride, distance) = (source.stride, distance(count, source.stride));
        for (at, row) in rows.enumerate() {
            let lines = source.rows::<MADE>(row * MADE);
            for tile_column in 0..columns {
                for lanes in (0..stride).step_by(LANES) {
                    // SAFETY: the source has been checked, and that there are as many floats as points, tiles and channels.
                    unsafe {
                        let lines = lines.map(|line| line.add(lanes));
                        let mut axis = [[s.splat(0.0); READ]; MADE];
                        for (x, axis) in axis.iter_mut().enumerate() {
                            *axis = axis::gradients(s, source.column(s, &lines, tile_column * MADE + x));
                        }
                        let to =
                            floats.as_mut_ptr().add((tile + at * columns + tile_column) * stride + lanes);
                        for y in 0..READ {
                            let row = axis::gradients(s, column(&axis, y));
                            put(s, to.add(y * READ * distance), distance, row);
                        }
                    }
                }
            }
        }
    }
}

/// Writes vectors that lie `distance` apart.
///
/// # Safety
/// They can be written there.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, to: *mut f32, distance: usize, vectors: [S::V; READ]) {
    for (at, vector) in vectors.into_iter().enumerate() {
        // SAFETY: the caller says so.
        unsafe { s.store(to.add(at * distance), vector) }
    }
}
