//! The maximum or the mean over windows, and their gradients. Padding does not count; the gradient of a maximum goes to the
//! first greatest pixel of its window.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::buffer::written;
use crate::images::{Images, Size};
use crate::simd::Level;
use crate::threads::for_chunks;

mod kernels;

use kernels::{Backward, Forward};

/// Images that a thread takes at once.
const IMAGES: usize = 4;

/// What is taken of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooled {
    /// The greatest pixel; of NaNs alone, minus infinity.
    Greatest,
    /// The mean of the pixels.
    Mean,
}

/// Windows of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    pooled: Pooled,
    input: Size,
    output: Size,
    /// Height and width.
    axes: [Axis; 2],
}

/// Height or width of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    /// Places before the first pixel.
    before: usize,
}

impl Windows {
    /// All windows that lie inside the images with their padding, or `None` if there are none, or one without a pixel.
    pub fn new(
        pooled: Pooled,
        input: Size,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
    ) -> Option<Self> {
        let axis = |axis: usize, input: usize| {
            let (kernel, stride, (before, behind)) = (kernel[axis], stride[axis], padding[axis]);
            if kernel == 0 || stride == 0 || before >= kernel || behind >= kernel {
                return None;
            }
            let output = (before + input + behind).checked_sub(kernel)? / stride + 1;
            Some(Axis { input, output, kernel, stride, before })
        };
        let axes = [axis(0, input.height)?, axis(1, input.width)?];
        let output = Size { height: axes[0].output, width: axes[1].output, ..input };
        (input.floats() > 0).then_some(Self { pooled, input, output, axes })
    }

    /// What is taken of each.
    pub fn pooled(&self) -> Pooled {
        self.pooled
    }

    /// The shape of what is read.
    pub fn input(&self) -> Size {
        self.input
    }

    /// The shape of what is made.
    pub fn output(&self) -> Size {
        self.output
    }
}

impl Axis {
    /// The pixels of a window; at least one.
    #[inline(always)]
    fn pixels(&self, window: usize) -> Range<usize> {
        let start = window * self.stride;
        start.saturating_sub(self.before)..(start + self.kernel - self.before).min(self.input)
    }
}

/// The pool of each window, channels last.
pub fn forward(level: Level, windows: &Windows, input: Images<'_>) -> Vec<f32> {
    assert_eq!(input.size(), windows.input, "the images are those of the windows");
    let pool = |turned: &mut Vec<f32>, image: usize, target: &mut [MaybeUninit<f32>]| {
        let source = input.turned(image, turned);
        level.run(Forward { windows, source, target });
    };
    // SAFETY: each image is written.
    unsafe {
        written(windows.output.floats(), |made| {
            for_chunks(made, windows.output.image(), IMAGES, Vec::new, pool);
        })
    }
}

/// The gradient of the input, channels last, from that of the output and, for maxima alone, the input.
pub fn backward(
    level: Level,
    windows: &Windows,
    input: Option<Images<'_>>,
    gradient: Images<'_>,
) -> Vec<f32> {
    assert_eq!(input.is_some(), windows.pooled == Pooled::Greatest, "maxima alone read the input");
    assert!(input.is_none_or(|x| x.size() == windows.input), "the images are those of the windows");
    assert_eq!(gradient.size(), windows.output, "the gradients are those of the windows");
    let mut made = vec![0.0; windows.input.floats()];
    for_chunks(
        &mut made,
        windows.input.image(),
        IMAGES,
        || (Vec::new(), Vec::new()),
        |(turned, turned_gradient), image, target| {
            let source = input.as_ref().map_or(&[][..], |input| input.turned(image, turned));
            let gradient = gradient.turned(image, turned_gradient);
            level.run(Backward { windows, source, gradient, target });
        },
    );
    made
}
