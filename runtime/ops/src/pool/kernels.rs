//! The loops of a pool: over the windows of an image, with eight channels at a time.

use std::mem::MaybeUninit;

use super::{Pooled, Windows};
use crate::simd::{Kernel, LANES, Lanes, Simd};

/// One window: where its first pixel lies, its rows and columns, and how far apart they are.
#[derive(Clone, Copy)]
struct Window {
    first: usize,
    rows: usize,
    columns: usize,
    line: usize,
    channels: usize,
}

impl Window {
    /// Calls `each` with the place of each pixel, row by row.
    #[inline(always)]
    fn each(self, mut each: impl FnMut(usize)) {
        let mut row = self.first;
        for _ in 0..self.rows {
            let mut at = row;
            for _ in 0..self.columns {
                each(at);
                at += self.channels;
            }
            row += self.line;
        }
    }

    /// What a sum over the pixels is multiplied by to be their mean.
    fn share(self) -> f32 {
        1.0 / (self.rows * self.columns) as f32
    }

    /// The greatest pixel.
    ///
    /// # Safety
    /// All pixels can be read from `source` on.
    #[inline(always)]
    unsafe fn greatest<S: Simd>(self, s: S, lanes: Lanes<S>, source: *const f32) -> S::V {
        let mut greatest = s.splat(f32::NEG_INFINITY);
        // SAFETY: the caller says so.
        self.each(|at| unsafe { greatest = s.greater(lanes.load(s, source.add(at)), greatest) });
        greatest
    }
}

/// Calls `each` with each window and where its output lies.
#[inline(always)]
fn each_window(windows: &Windows, mut each: impl FnMut(Window, usize)) {
    let Windows { input, output, axes: [down, across], .. } = windows;
    let (channels, line) = (input.channels, input.width * input.channels);
    let mut to = 0;
    for row in 0..output.height {
        let rows = down.pixels(row);
        for column in 0..output.width {
            let columns = across.pixels(column);
            let first = rows.start * line + columns.start * channels;
            each(Window { first, rows: rows.len(), columns: columns.len(), line, channels }, to);
            to += channels;
        }
    }
}

/// [`super::forward`] of an image.
pub(super) struct Forward<'a> {
    pub(super) windows: &'a Windows,
    pub(super) source: &'a [f32],
    /// All of it is written.
    pub(super) target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Forward<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { windows, source, target } = self;
        let channels = windows.input.channels;
        assert_eq!((source.len(), target.len()), (windows.input.image(), windows.output.image()));
        let (source, target) = (source.as_ptr(), target.as_mut_ptr().cast::<f32>());
        each_window(windows, |window, to| {
            let share = s.splat(window.share());
            for first in (0..channels).step_by(LANES) {
                let lanes = Lanes::first(s, channels - first);
                // SAFETY: windows have only pixels of the image, and only lanes of real channels are read and written.
                unsafe {
                    let source = source.add(first);
                    let made = match windows.pooled {
                        Pooled::Greatest => window.greatest(s, lanes, source),
                        Pooled::Mean => {
                            let mut sum = s.splat(0.0);
                            window.each(|at| sum = s.add(sum, lanes.load(s, source.add(at))));
                            s.mul(sum, share)
                        }
                    };
                    lanes.store(s, target.add(to + first), made);
                }
            }
        });
    }
}

/// [`super::backward`] of an image.
pub(super) struct Backward<'a> {
    pub(super) windows: &'a Windows,
    /// Empty for means.
    pub(super) source: &'a [f32],
    pub(super) gradient: &'a [f32],
    pub(super) target: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { windows, source, gradient, target } = self;
        let channels = windows.input.channels;
        assert_eq!((gradient.len(), target.len()), (windows.output.image(), windows.input.image()));
        assert!(windows.pooled == Pooled::Mean || source.len() == target.len());
        let (source, gradient, target) = (source.as_ptr(), gradient.as_ptr(), target.as_mut_ptr());
        let zero = s.splat(0.0);
        each_window(windows, |window, from| {
            let share = s.splat(window.share());
            for first in (0..channels).step_by(LANES) {
                let lanes = Lanes::first(s, channels - first);
                // SAFETY: as in the forward pass; the target has the shape of the source, which only a maximum reads.
                unsafe {
                    let dy = lanes.load(s, gradient.add(from + first));
                    let target = target.add(first);
                    match windows.pooled {
                        Pooled::Greatest => {
                            let source = source.add(first);
                            let greatest = window.greatest(s, lanes, source);
                            // What has been handed on is gone for the pixels behind.
                            let mut rest = dy;
                            window.each(|at| {
                                let x = lanes.load(s, source.add(at));
                                let handed = s.where_above(greatest, x, zero, rest);
                                rest = s.where_above(greatest, x, rest, zero);
                                let to = target.add(at);
                                lanes.store(s, to, s.add(lanes.load(s, to), handed));
                            });
                        }
                        Pooled::Mean => {
                            let handed = s.mul(dy, share);
                            window.each(|at| {
                                let to = target.add(at);
                                lanes.store(s, to, s.add(lanes.load(s, to), handed));
                            });
                        }
                    }
                }
            }
        });
    }
}
