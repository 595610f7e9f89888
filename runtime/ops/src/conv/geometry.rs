//! What a two-dimensional convolution reads where. Both axes of an image are alike, so all is said of one [`Axis`] twice.

use crate::images::{Frame, Size};

/// A convolution of images with square or oblong kernels, padding on each side, and one group or one channel a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// What is read.
    pub(super) input: Size,
    /// What is made.
    pub(super) output: Size,
    /// Height and width.
    pub(super) axes: [Axis; 2],
    /// Whether each channel has a kernel of its own.
    pub(super) channels: Channels,
}

/// Which channels an output channel reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    /// All of them.
    All,
    /// The one of the same number (a depthwise convolution).
    Own,
}

/// Height or width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// Zeros before the first pixel and behind the last.
    pub(super) padding: (usize, usize),
    pub(super) dilation: usize,
}

/// The input pixels whose place in the stride is the same: their gradients are a convolution of the output's gradients with
/// every `stride`-th tap of the kernel, in reverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phase {
    /// The first input pixel; the others follow at the stride.
    pub(super) first: usize,
    /// How many input pixels.
    pub(super) count: usize,
    /// Taps of the kernel in the order of the output pixels that they belong to.
    pub(super) taps: Vec<usize>,
    /// Where the first pixel's first tap reads, in the frame of [`Axis::gradient_margins`].
    pub(super) start: usize,
}

impl Geometry {
    /// The geometry of a convolution of images with `weight`, `[out, in / groups, height, width]`, or `None` where it is no
    /// convolution of this kind or no convolution at all.
    pub fn new(
        input: Size,
        weight: [usize; 4],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
        dilation: [usize; 2],
        groups: usize,
    ) -> Option<Self> {
        let [filters, read, ..] = weight;
        let channels = if groups == 1 && read == input.channels {
            Channels::All
        } else if groups == input.channels && read == 1 && filters == groups {
            Channels::Own
        } else {
            return None;
        };
        let axis = |axis: usize, input: usize| {
            Axis::new(input, weight[2 + axis], stride[axis], padding[axis], dilation[axis])
        };
        let axes = [axis(0, input.height)?, axis(1, input.width)?];
        let output =
            Size { batch: input.batch, channels: filters, height: axes[0].output, width: axes[1].output };
        (input.floats() > 0 && output.floats() > 0).then_some(Self { input, output, axes, channels })
    }

    /// The shape of what is read.
    pub fn input(&self) -> Size {
        self.input
    }

    /// The shape of what is made.
    pub fn output(&self) -> Size {
        self.output
    }

    /// The shape of the weights.
    pub fn weight(&self) -> [usize; 4] {
        let [rows, columns] = self.axes;
        [self.output.channels, self.channels_read(), rows.kernel, columns.kernel]
    }

    /// Multiplications of a pass over the batch, those with the padding included.
    pub fn multiplications(&self) -> usize {
        self.output.floats() * self.taps() * self.channels_read()
    }

    /// Input channels that an output channel reads.
    pub(super) fn channels_read(&self) -> usize {
        match self.channels {
            Channels::All => self.input.channels,
            Channels::Own => 1,
        }
    }

    /// Taps of a kernel.
    pub(super) fn taps(&self) -> usize {
        self.axes[0].kernel * self.axes[1].kernel
    }

    /// The input with its padding.
    pub(super) fn input_frame(&self) -> Frame {
        let [rows, columns] = self.axes;
        Frame {
            top: rows.padding.0,
            left: columns.padding.0,
            height: rows.padding.0 + rows.input + rows.padding.1,
            width: columns.padding.0 + columns.input + columns.padding.1,
        }
    }

    /// The output's gradient with what the gradient of the input reads around it.
    pub(super) fn gradient_frame(&self) -> Frame {
        let [(top, bottom), (left, right)] = self.axes.map(|axis| axis.gradient_margins());
        Frame {
            top,
            left,
            height: top + self.output.height + bottom,
            width: left + self.output.width + right,
        }
    }
}

impl Axis {
    fn new(
        input: usize,
        kernel: usize,
        stride: usize,
        padding: (usize, usize),
        dilation: usize,
    ) -> Option<Self> {
        if kernel == 0 || stride == 0 || dilation == 0 || (stride > 1 && dilation > 1) {
            return None;
        }
        let span = kernel.checked_sub(1)?.checked_mul(dilation)?;
        let output = (padding.0 + input + padding.1).checked_sub(span + 1)? / stride + 1;
        Some(Self { input, output, kernel, stride, padding, dilation })
    }

    /// The phases of the stride that input pixels are in.
    pub(super) fn phases(&self) -> Vec<Phase> {
        let (top, _) = self.gradient_margins();
        (0..self.stride)
            .filter_map(|phase| {
                let (first, count, taps) = self.phase(phase)?;
                // `taps` is not empty where `start` matters.
                let start = (first + self.padding.0 - phase) / self.stride + top;
                let start = start - taps.len().saturating_sub(1) * self.dilation;
                Some(Phase { first, count, taps: taps.into_iter().rev().collect(), start })
            })
            .collect()
    }

    /// Pixels that the gradient of the input reads before the first output pixel and behind the last.
    fn gradient_margins(&self) -> (usize, usize) {
        let (mut before, mut behind) = (0, 0);
        for phase in 0..self.stride {
            let Some((first, count, taps)) = self.phase(phase) else { continue };
            let lowest = (first + self.padding.0 - phase) / self.stride;
            let highest = lowest + count - 1;
            before = before.max((taps.len().saturating_sub(1) * self.dilation).saturating_sub(lowest));
            behind = behind.max((highest + 1).saturating_sub(self.output));
        }
        (before, behind)
    }

    /// First input pixel, number of input pixels and taps of a phase, if there are any pixels.
    fn phase(&self, phase: usize) -> Option<(usize, usize, Vec<usize>)> {
        // The pixels i with (i + padding) mod stride = phase.
        let first = (phase + self.stride - self.padding.0 % self.stride) % self.stride;
        let count = self.input.checked_sub(first).filter(|&rest| rest > 0)?.div_ceil(self.stride);
        Some((first, count, (phase..self.kernel).step_by(self.stride).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a phase says is what the definition says: output pixel o reads o * stride + tap * dilation - padding.
    #[test]
    fn phases_are_the_definition_read_backwards() {
        for input in 1..9 {
            for (kernel, stride, padding, dilation) in
                (0..1500).map(|i| (i / 300 + 1, i / 100 % 3 + 1, (i / 20 % 5, i / 4 % 5), i % 4 + 1))
            {
                let Some(axis) = Axis::new(input, kernel, stride, padding, dilation) else { continue };
                let mut expected = Vec::new();
                for (output, tap) in (0..axis.output * kernel).map(|i| (i / kernel, i % kernel)) {
                    if let Some(at) = (output * stride + tap * dilation).checked_sub(padding.0)
                        && at < input
                    {
                        expected.push((at, tap, output));
                    }
                }
                let (top, bottom) = axis.gradient_margins();
                let mut found = Vec::new();
                for phase in axis.phases() {
                    for pixel in 0..phase.count {
                        for (place, &tap) in phase.taps.iter().enumerate() {
                            let at = phase.start + pixel + place * dilation;
                            assert!(at < top + axis.output + bottom, "{axis:?}");
                            if (top..top + axis.output).contains(&at) {
                                found.push((phase.first + pixel * stride, tap, at - top));
                            }
                        }
                    }
                }
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{axis:?}");
            }
        }
    }
}
