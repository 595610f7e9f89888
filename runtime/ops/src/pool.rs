//! The maximum over windows without padding, and its gradient, which goes to the first greatest pixel of each window.

use std::mem::MaybeUninit;

use crate::buffer::written;
use crate::images::{Images, Size};
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};
use crate::threads::for_chunks;

/// Images that a thread takes at once.
const IMAGES: usize = 4;

/// Windows of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    input: Size,
    output: Size,
    kernel: [usize; 2],
    stride: [usize; 2],
}

impl Windows {
    /// All windows that lie inside the images, or `None` if there are none.
    pub fn new(input: Size, kernel: [usize; 2], stride: [usize; 2]) -> Option<Self> {
        if kernel.contains(&0) || stride.contains(&0) || input.floats() == 0 {
            return None;
        }
        let fit = |axis: usize, len: usize| Some(len.checked_sub(kernel[axis])? / stride[axis] + 1);
        let output = Size { height: fit(0, input.height)?, width: fit(1, input.width)?, ..input };
        Some(Self { input, output, kernel, stride })
    }

    /// The shape of what is made.
    pub fn output(&self) -> Size {
        self.output
    }

    /// Where each pixel of a window lies, from its first.
    fn offsets(&self) -> Vec<usize> {
        let line = self.input.width * self.input.channels;
        (0..self.kernel[0])
            .flat_map(|row| (0..self.kernel[1]).map(move |column| row * line + column * self.input.channels))
            .collect()
    }

    /// Where each window begins.
    fn starts(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { input, output, stride, .. } = *self;
        (0..output.pixels()).map(move |pixel| {
            let (row, column) = (pixel / output.width, pixel % output.width);
            (row * stride[0] * input.width + column * stride[1]) * input.channels
        })
    }
}

/// The greatest of each window, channels last; of a window of NaNs, minus infinity.
pub fn forward(level: Level, windows: &Windows, input: Images<'_>) -> Vec<f32> {
    assert_eq!(input.size(), windows.input, "the images are those of the windows");
    let offsets = windows.offsets();
    let pool = |turned: &mut Vec<f32>, image: usize, target: &mut [MaybeUninit<f32>]| {
        let source = input.turned(image, turned);
        level.run(Greatest { windows, offsets: &offsets, source, target });
    };
    // SAFETY: each image is written.
    unsafe {
        written(windows.output.floats(), |made| {
            for_chunks(made, windows.output.image(), IMAGES, Vec::new, pool);
        })
    }
}

/// The gradient of the input, channels last.
pub fn backward(level: Level, windows: &Windows, input: Images<'_>, gradient: Images<'_>) -> Vec<f32> {
    assert_eq!(input.size(), windows.input, "the images are those of the windows");
    assert_eq!(gradient.size(), windows.output, "the gradients are those of the windows");
    let offsets = windows.offsets();
    let mut made = vec![0.0; windows.input.floats()];
    for_chunks(
        &mut made,
        windows.input.image(),
        IMAGES,
        || (Vec::new(), Vec::new()),
        |(turned, turned_gradient), image, target| {
            let source = input.turned(image, turned);
            let gradient = gradient.turned(image, turned_gradient);
            level.run(ToGreatest { windows, offsets: &offsets, source, gradient, target });
        },
    );
    made
}

struct Greatest<'a> {
    windows: &'a Windows,
    offsets: &'a [usize],
    source: &'a [f32],
    /// All of it is written.
    target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Greatest<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { windows, offsets, source, target } = self;
        let channels = windows.input.channels;
        assert_eq!((source.len(), target.len()), (windows.input.image(), windows.output.image()));
        for first in (0..channels).step_by(LANES) {
            let lanes = Lanes::first(s, channels - first);
            let mut to = target.as_mut_ptr().cast::<f32>().wrapping_add(first);
            for start in windows.starts() {
                // SAFETY: windows lie inside the image, and only lanes of real channels are read and written.
                unsafe {
                    let mut greatest = s.splat(f32::NEG_INFINITY);
                    for offset in offsets {
                        let x = lanes.load(s, source.as_ptr().add(start + offset + first));
                        greatest = s.where_above(x, greatest, x, greatest);
                    }
                    lanes.store(s, to, greatest);
                }
                to = to.wrapping_add(channels);
            }
        }
    }
}

struct ToGreatest<'a> {
    windows: &'a Windows,
    offsets: &'a [usize],
    source: &'a [f32],
    gradient: &'a [f32],
    target: &'a mut [f32],
}

impl Kernel for ToGreatest<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { windows, offsets, source, gradient, target } = self;
        let channels = windows.input.channels;
        assert_eq!((source.len(), target.len()), (windows.input.image(), windows.input.image()));
        assert_eq!(gradient.len(), windows.output.image());
        for first in (0..channels).step_by(LANES) {
            let lanes = Lanes::first(s, channels - first);
            let mut from = gradient.as_ptr().wrapping_add(first);
            for start in windows.starts() {
                // SAFETY: as in the forward pass; the target has the shape of the source.
                unsafe {
                    let dy = lanes.load(s, from);
                    let mut greatest = s.splat(f32::NEG_INFINITY);
                    for offset in offsets {
                        let x = lanes.load(s, source.as_ptr().add(start + offset + first));
                        greatest = s.where_above(x, greatest, x, greatest);
                    }
                    // What has been handed on is gone for the pixels behind.
                    let mut rest = dy;
                    for offset in offsets {
                        let at = start + offset + first;
                        let x = lanes.load(s, source.as_ptr().add(at));
                        let to = target.as_mut_ptr().add(at);
                        let zero = s.splat(0.0);
                        let share = s.where_above(greatest, x, zero, rest);
                        rest = s.where_above(greatest, x, rest, zero);
                        lanes.store(s, to, s.add(lanes.load(s, to), share));
                    }
                }
                from = from.wrapping_add(channels);
            }
        }
    }
}
