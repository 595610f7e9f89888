//! The nine operations of `nsga-micro`, in the order of their numbers in a genome. Each keeps the channels.

use peng_spec::arch::{ArchGraph, Op, Padding, PoolBy};

/// What a block does with one of its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// The maximum, or the mean, over windows of 3x3; what is outside of the image does not count.
    Pool(PoolBy),
    /// The input as it is, or a factorised reduction of it.
    Skip,
    /// A depthwise and a 1x1 convolution, twice, each time after a rectifier and before a batch norm.
    Separable(usize),
    /// A depthwise convolution with taps two pixels apart and a 1x1 convolution, once.
    Dilated(usize),
    /// A convolution of 1x7 and one of 7x1.
    Crossed,
}

impl Operation {
    /// All of them; the first is number 0.
    pub(super) const ALL: [Self; 9] = [
        Self::Pool(PoolBy::Max),
        Self::Pool(PoolBy::Mean),
        Self::Skip,
        Self::Separable(3),
        Self::Separable(5),
        Self::Dilated(3),
        Self::Dilated(5),
        Self::Separable(7),
        Self::Crossed,
    ];

    /// Appends the operation on `input`, which has `channels`, at a step of `stride`; returns its output, or `input` if there is
    /// nothing to do.
    pub(super) fn push(
        self,
        graph: &mut ArchGraph,
        name: &str,
        channels: usize,
        stride: usize,
        input: usize,
    ) -> usize {
        let mut at = Place { graph, name, channels };
        match self {
            Self::Pool(by) => {
                let op = Op::Pool { by, kernel: 3, stride, padding: Padding::Same };
                at.graph.push(format!("{name}.pool"), op, [input])
            }
            Self::Skip if stride == 1 => input,
            Self::Skip => push_reduction(graph, name, channels, input),
            Self::Separable(kernel) => {
                let half = at.separable("1", kernel, stride, 1, input);
                at.separable("2", kernel, 1, 1, half)
            }
            Self::Dilated(kernel) => at.separable("", kernel, stride, 2, input),
            Self::Crossed => {
                let relu = at.relu("", input);
                let row = at.window("row", [1, 7], [1, stride], relu);
                let column = at.window("column", [7, 1], [stride, 1], row);
                at.norm("", column)
            }
        }
    }
}

/// Where operations are appended.
struct Place<'a> {
    graph: &'a mut ArchGraph,
    name: &'a str,
    channels: usize,
}

impl Place<'_> {
    fn separable(
        &mut self,
        half: &str,
        kernel: usize,
        stride: usize,
        dilation: usize,
        input: usize,
    ) -> usize {
        let relu = self.relu(half, input);
        let depthwise = Op::GeneralConv {
            filters: self.channels,
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation,
            groups: self.channels,
            padding: Padding::Same,
            bias: false,
        };
        let depthwise = self.graph.push(format!("{}.depthwise{half}", self.name), depthwise, [relu]);
        let pointwise = Op::Conv { filters: self.channels, kernel: 1, stride: 1, padding: 0, bias: false };
        let pointwise = self.graph.push(format!("{}.pointwise{half}", self.name), pointwise, [depthwise]);
        self.norm(half, pointwise)
    }

    fn window(&mut self, what: &str, kernel: [usize; 2], stride: [usize; 2], input: usize) -> usize {
        let op = Op::GeneralConv {
            filters: self.channels,
            kernel,
            stride,
            dilation: 1,
            groups: 1,
            padding: Padding::Same,
            bias: false,
        };
        self.graph.push(format!("{}.{what}", self.name), op, [input])
    }

    fn relu(&mut self, half: &str, input: usize) -> usize {
        self.graph.push(format!("{}.relu{half}", self.name), Op::Relu, [input])
    }

    fn norm(&mut self, half: &str, input: usize) -> usize {
        self.graph.push(format!("{}.norm{half}", self.name), Op::BatchNorm, [input])
    }
}

/// Appends a rectifier, a 1x1 convolution and a batch norm: how a cell reads an earlier one.
pub(super) fn push_projection(graph: &mut ArchGraph, name: &str, channels: usize, input: usize) -> usize {
    let relu = graph.push(format!("{name}.relu"), Op::Relu, [input]);
    let conv = Op::Conv { filters: channels, kernel: 1, stride: 1, padding: 0, bias: false };
    let conv = graph.push(format!("{name}.conv"), conv, [relu]);
    graph.push(format!("{name}.norm"), Op::BatchNorm, [conv])
}

/// Appends a factorised reduction: half of the `channels` are made of every other pixel, half of the pixels between them.
pub(super) fn push_reduction(graph: &mut ArchGraph, name: &str, channels: usize, input: usize) -> usize {
    let relu = graph.push(format!("{name}.relu"), Op::Relu, [input]);
    let conv = |filters| Op::Conv { filters, kernel: 1, stride: 2, padding: 0, bias: false };
    let even = graph.push(format!("{name}.even"), conv(channels.div_ceil(2)), [relu]);
    let shift = graph.push(format!("{name}.shift"), Op::Shift, [relu]);
    let odd = graph.push(format!("{name}.odd"), conv(channels / 2), [shift]);
    let concat = graph.push(format!("{name}.concat"), Op::Concat, [even, odd]);
    graph.push(format!("{name}.norm"), Op::BatchNorm, [concat])
}
