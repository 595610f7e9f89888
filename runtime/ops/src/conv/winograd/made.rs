//! Sums become pixels.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::axis::{self, column};
use super::{MADE, POINTS, READ, Tiles, distance};
use crate::conv::sweep::{Finish, Write};
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// Aᵀ m A of some rows of tiles of an image.
pub(super) struct Made<'a> {
    pub(super) tiles: &'a Tiles,
    pub(super) finish: Finish<'a>,
    pub(super) channels: usize,
    /// `[point, tile, channel]`, points [`distance`] apart, the last filled up to whole vectors.
    pub(super) sums: &'a [f32],
    pub(super) rows: Range<usize>,
    /// The number of their first tile in `sums`, and how many tiles that has.
    pub(super) tile: usize,
    pub(super) count: usize,
    /// The image.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Made<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { tiles, finish, channels, sums, rows, tile, count, target } = self;
        let [height, width] = tiles.made;
        let columns = tiles.count[1];
        let wide = channels.next_multiple_of(LANES);
        let distance = distance(count, wide);
        assert!(rows.end <= tiles.count[0] && tile + rows.len() * columns <= count);
        assert!(sums.len() == POINTS * distance && target.len() == height * width * channels);
        finish.check(channels);
        let target = target.as_mut_ptr().cast::<f32>();
        for row in rows.clone() {
            for column in 0..columns {
                let (y, x) = (row * MADE, column * MADE);
                let (down, across) = ((height - y).min(MADE), (width - x).min(MADE));
                for lanes in (0..wide).step_by(LANES) {
                    let tile = tile + (row - rows.start) * columns + column;
                    // SAFETY: there are as many sums and pixels as was asserted, and those beyond the last row and column are
                    // left out. What is in the target is read only where the caller says that it has been written.
                    unsafe {
                        let write = finish.of(s, lanes, Lanes::first(s, channels - lanes));
                        let from = sums.as_ptr().add(tile * wide + lanes);
                        let to = target.add((y * width + x) * channels + lanes);
                        let at = Pixels { from, distance, write, to, line: width * channels, step: channels };
                        // The loops over whole tiles are unrolled.
                        if (down, across) == (MADE, MADE) {
                            at.make(s, MADE, MADE);
                        } else {
                            at.make(s, down, across);
                        }
                    }
                }
            }
        }
    }
}

/// A tile's pixels of eight channels.
struct Pixels<S: Simd> {
    /// Its sums, and how far apart those of two points are.
    from: *const f32,
    distance: usize,
    write: Write<S>,
    /// The first pixel, and how far apart rows and columns are.
    to: *mut f32,
    line: usize,
    step: usize,
}

impl<S: Simd> Pixels<S> {
    /// Makes some rows and columns of them.
    ///
    /// # Safety
    /// There are sums at all points, and the pixels can be written.
    #[inline(always)]
    unsafe fn make(&self, s: S, down: usize, across: usize) {
        let Self { from, distance, ref write, to, line, step } = *self;
        let mut axis = [[s.splat(0.0); MADE]; READ];
        // SAFETY: the caller says so.
        unsafe {
            for (x, axis) in axis.iter_mut().enumerate() {
                let from = from.add(x * distance);
                *axis = axis::sums(s, std::array::from_fn(|y| s.load(from.add(y * READ * distance))));
            }
            for y in 0..down {
                let pixels = axis::sums(s, column(&axis, y));
                for (x, pixel) in pixels.into_iter().enumerate().take(across) {
                    write.write(s, pixel, to.add(y * line + x * step));
                }
            }
        }
    }
}
