//! From a layer and its values to operations, cut to fit where it would not.

use std::collections::BTreeMap;

use peng_spec::arch::{ArchGraph, Cost, Op, Padding, PoolBy, Shape};

use super::params::{Head, LayerKind, PaddingWord, Param};
use super::program::Then;

/// An operation with its name inside of a layer.
pub(super) type Named = (&'static str, Op);

/// A network as far as it is built.
pub(super) struct Trace {
    pub(super) graph: ArchGraph,
    last: Option<usize>,
    /// What the open skip reads.
    open: Option<usize>,
    /// How often each block occurred, those of a skip for each repetition of it.
    pub(super) occurred: BTreeMap<(usize, u8), u8>,
}

impl Trace {
    pub(super) fn new(input: Shape) -> Self {
        Self { graph: ArchGraph::new(input), last: None, open: None, occurred: BTreeMap::new() }
    }

    /// Notes a repetition of a block, in this one of the skip around it.
    pub(super) fn enter(&mut self, block: usize, outer: u8) {
        *self.occurred.entry((block, outer)).or_default() += 1;
    }

    /// Appends what reads the last operation.
    pub(super) fn push(&mut self, label: &str, name: &str, op: Op) {
        let inputs: Vec<usize> = self.last.into_iter().collect();
        self.last = Some(self.graph.push(format!("{label}.{name}"), op, inputs));
    }

    /// Remembers what a skip reads.
    pub(super) fn open(&mut self) {
        self.open = self.last;
    }

    /// Joins the input of the open skip, by a shortcut if there is one, with what was made of it.
    pub(super) fn join(&mut self, label: &str, shortcut: Option<&Op>, op: &Op) {
        let (Some(entry), Some(body)) = (self.open.take(), self.last) else { return };
        let short =
            shortcut.map_or(entry, |op| self.graph.push(format!("{label}.shortcut"), op.clone(), [entry]));
        self.last = Some(self.graph.push(format!("{label}.join"), op.clone(), [short, body]));
    }
}

/// What ends a skip.
pub(super) struct Joined {
    /// A 1x1 convolution of its input, where the shapes differ.
    pub(super) shortcut: Option<Op>,
    pub(super) op: Op,
    pub(super) shape: Shape,
    pub(super) cost: Cost,
}

/// Joins the input of a skip with what was made of it in steps of `stride`.
pub(super) fn join(kind: LayerKind, entry: Shape, body: Shape, stride: usize) -> Joined {
    let sides = |shape: Shape| match shape {
        Shape::Image { channels, height, width } => (channels, [height, width]),
        Shape::Vector { features } => (features, [1, 1]),
    };
    let ((from, before), (to, after)) = (sides(entry), sides(body));
    let adds = kind == LayerKind::Residual;
    let filters = if adds { to } else { from };
    let differ = before != after || filters != from;
    let shortcut = differ.then_some(Op::Conv { filters, kernel: 1, stride, padding: 0, bias: false });
    let [height, width] = after;
    let shape = Shape::Image { channels: if adds { to } else { from + to }, height, width };
    let mut cost = Cost { params: 0, flops: 0, activation_bytes: 4 * shape.numel() };
    if let Some(op) = &shortcut {
        cost += op.alone(entry).expect("a 1x1 convolution fits").1;
    }
    Joined { shortcut, op: if adds { Op::Add } else { Op::Concat }, shape, cost }
}

/// What makes a vector of an image.
pub(super) fn head(head: Head) -> Named {
    match head {
        Head::GlobalPool => ("pool", Op::GlobalAvgPool),
        Head::Flatten => ("flatten", Op::Flatten),
    }
}

/// The links of a chain.
pub(super) fn then(chain: &[Then]) -> impl Iterator<Item = Named> + '_ {
    chain.iter().map(|link| match link {
        Then::BatchNorm => ("norm", Op::BatchNorm),
        Then::Relu => ("relu", Op::Relu),
        Then::Dropout(rate) => ("dropout", Op::Dropout { rate: *rate }),
    })
}

/// The operations of a layer that reads `input`.
pub(super) fn layer(
    kind: LayerKind,
    value: &dyn Fn(Param) -> f64,
    padding: PaddingWord,
    bias: bool,
    input: Shape,
) -> Vec<Named> {
    let [filters, kernel, stride, dilation] =
        [Param::Filters, Param::Kernel, Param::Stride, Param::Dilation].map(|param| value(param) as usize);
    let conv = |filters, kernel, stride, dilation, groups, bias| {
        window(input, padding, Window { filters, kernel, stride, dilation, groups, bias })
    };
    let depthwise = |bias| conv(input.channels(), [kernel; 2], stride, 1, input.channels(), bias);
    match kind {
        LayerKind::Conv => vec![("conv", conv(filters, [kernel; 2], stride, 1, 1, bias))],
        LayerKind::Dilated => vec![("conv", conv(filters, [kernel; 2], stride, dilation, 1, bias))],
        LayerKind::Depthwise => vec![("conv", depthwise(bias))],
        LayerKind::Separable => {
            let point = Op::Conv { filters, kernel: 1, stride: 1, padding: 0, bias };
            vec![("depthwise", depthwise(false)), ("pointwise", point)]
        }
        LayerKind::Factorised => vec![
            ("row", conv(filters, [1, kernel], stride, 1, 1, false)),
            ("column", conv_after(input, padding, filters, kernel, stride, bias)),
        ],
        LayerKind::MaxPool => vec![("pool", pool(PoolBy::Max, input, padding, kernel, stride))],
        LayerKind::AvgPool => vec![("pool", pool(PoolBy::Mean, input, padding, kernel, stride))],
        LayerKind::GlobalPool => vec![("pool", Op::GlobalAvgPool)],
        LayerKind::Flatten => vec![("flatten", Op::Flatten)],
        LayerKind::Dense => vec![("linear", Op::Linear { units: value(Param::Units) as usize })],
        LayerKind::Dropout => vec![("dropout", Op::Dropout { rate: value(Param::Rate) })],
        LayerKind::BatchNorm => vec![("norm", Op::BatchNorm)],
        LayerKind::Relu => vec![("relu", Op::Relu)],
        LayerKind::Residual | LayerKind::Concat => Vec::new(),
    }
}

/// A convolution as it is asked for.
#[derive(Clone, Copy)]
struct Window {
    filters: usize,
    kernel: [usize; 2],
    stride: usize,
    dilation: usize,
    groups: usize,
    bias: bool,
}

/// The second convolution of a factorised layer, over what the first has left.
fn conv_after(
    input: Shape,
    padding: PaddingWord,
    filters: usize,
    kernel: usize,
    stride: usize,
    bias: bool,
) -> Op {
    let left = match input {
        Shape::Image { channels, height, width } => {
            let side = |side: usize| (side - 1) / stride + 1;
            Shape::Image { channels, height: side(height), width: side(width) }
        }
        vector @ Shape::Vector { .. } => vector,
    };
    window(left, padding, Window { filters, kernel: [kernel, 1], stride: 1, dilation: 1, groups: 1, bias })
}

fn sides(shape: Shape) -> [usize; 2] {
    match shape {
        Shape::Image { height, width, .. } => [height, width],
        Shape::Vector { .. } => [1, 1],
    }
}

fn window(input: Shape, padding: PaddingWord, asked: Window) -> Op {
    let Window { filters, mut kernel, stride, dilation, groups, bias } = asked;
    let sides = sides(input);
    if padding == PaddingWord::Valid {
        // A window that is larger than the image is cut to it.
        for (taps, side) in kernel.iter_mut().zip(sides) {
            *taps = (*taps).min((side - 1) / dilation + 1);
        }
    }
    let plain = kernel[0] == kernel[1] && dilation == 1 && groups == 1;
    match padding {
        PaddingWord::Same if plain && kernel[0] % 2 == 1 => {
            Op::Conv { filters, kernel: kernel[0], stride, padding: kernel[0] / 2, bias }
        }
        PaddingWord::Valid if plain => Op::Conv { filters, kernel: kernel[0], stride, padding: 0, bias },
        PaddingWord::Same | PaddingWord::Valid => {
            let padding = if padding == PaddingWord::Same { Padding::Same } else { Padding::Valid };
            Op::GeneralConv { filters, kernel, stride: [stride; 2], dilation, groups, padding, bias }
        }
    }
}

fn pool(by: PoolBy, input: Shape, padding: PaddingWord, kernel: usize, stride: usize) -> Op {
    let stride = if stride == 0 { kernel } else { stride };
    match padding {
        PaddingWord::Same => Op::Pool { by, kernel, stride, padding: Padding::Same },
        PaddingWord::Valid => {
            let [height, width] = sides(input);
            let kernel = kernel.min(height).min(width);
            match by {
                PoolBy::Max => Op::MaxPool { kernel, stride },
                PoolBy::Mean => Op::Pool { by, kernel, stride, padding: Padding::Valid },
            }
        }
    }
}
