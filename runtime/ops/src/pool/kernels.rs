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
    /// Where its pixels lie, row by row.
    #[inline(always)]
    fn pixels(self) -> Pixels {
        Pixels { window: self, row: 0, column: 0, start: self.first }
    }

    /// What a sum over the pixels is multiplied by to be their mean.
    #[inline(always)]
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
        for at in self.pixels() {
            // SAFETY: the caller says so.
            greatest = unsafe { s.greater(lanes.load(s, source.add(at)), greatest) };
        }
        greatest
    }
}

/// The places of the pixels of a window. No closure is called with them, since one that is not inlined has no vector
/// instructions.
struct Pixels {
    window: Window,
    row: usize,
    column: usize,
    /// Where the row begins.
    start: usize,
}

impl Iterator for Pixels {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.column == self.window.columns {
            self.column = 0;
            self.row += 1;
            self.start += self.window.line;
        }
        if self.row == self.window.rows {
            return None;
        }
        let at = self.start + self.column * self.window.channels;
        self.column += 1;
        Some(at)
    }
}

/// Each window and where its output lies.
#[inline(always)]
fn each_window(windows: &Windows) -> impl Iterator<Item = (Window, usize)> {
    let Windows { input, output, axes: [down, across], .. } = *windows;
    let (channels, line) = (input.channels, input.width * input.channels);
    (0..output.height).flat_map(move |row| {
        let rows = down.pixels(row);
        (0..output.width).map(move |column| {
            let columns = across.pixels(column);
            let first = rows.start * line + columns.start * channels;
            let window = Window { first, rows: rows.len(), columns: columns.len(), line, channels };
            (window, (row * output.width + column) * channels)
        })
    })
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
        for (window, to) in each_window(windows) {
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
                            for at in window.pixels() {
                                sum = s.add(sum, lanes.load(s, source.add(at)));
                            }
                            s.mul(sum, share)
                        }
                    };
                    lanes.store(s, target.add(to + first), made);
                }
            }
        }
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
        for (window, from) in each_window(windows) {
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
                            for at in window.pixels() {
                                let x = lanes.load(s, source.add(at));
                                let handed = s.where_above(greatest, x, zero, rest);
                                rest = s.where_above(greatest, x, rest, zero);
                                let to = target.add(at);
                                lanes.store(s, to, s.add(lanes.load(s, to), handed));
                            }
                        }
                        Pooled::Mean => {
                            let handed = s.mul(dy, share);
                            for at in window.pixels() {
                                let to = target.add(at);
                                lanes.store(s, to, s.add(lanes.load(s, to), handed));
                            }
                        }
                    }
                }
            }
        }
    }
}
