//! The graph of a network: operations in topological order, each with the nodes that it reads.

use serde::{Deserialize, Serialize};

use super::Shape;

/// One operation of a network.
///
/// Tensors are `[batch, channels, height, width]` until [`Op::GlobalAvgPool`] or [`Op::Flatten`], `[batch, features]` after
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// A square convolution.
    Conv {
        /// Output channels.
        filters: usize,
        /// Side of the kernel in pixels.
        kernel: usize,
        /// Step in pixels.
        stride: usize,
        /// Zeros added on each side, in pixels.
        padding: usize,
        /// Whether a bias is added.
        bias: bool,
    },
    /// A convolution with what [`Op::Conv`] has not: sides of its own, dilation, groups, or padding that keeps the size at
    /// an even kernel.
    GeneralConv {
        /// Output channels.
        filters: usize,
        /// Height and width of the kernel in pixels.
        kernel: [usize; 2],
        /// Step in pixels.
        stride: usize,
        /// Distance of the kernel's taps in pixels.
        dilation: usize,
        /// Groups of channels that are convolved apart; as many as channels: depthwise.
        groups: usize,
        /// What is around the image.
        padding: Padding,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation over the channels, with a learned scale and shift.
    BatchNorm,
    /// `max(0, x)`.
    Relu,
    /// The maximum over squares.
    MaxPool {
        /// Side of the square in pixels.
        kernel: usize,
        /// Step in pixels.
        stride: usize,
    },
    /// The maximum or the mean over squares, with padding, which does not count.
    Pool {
        /// What is taken of a square.
        by: PoolBy,
        /// Side of the square in pixels.
        kernel: usize,
        /// Step in pixels.
        stride: usize,
        /// What is around the image.
        padding: Padding,
    },
    /// The mean over height and width; makes a vector of an image.
    GlobalAvgPool,
    /// All values of an image as a vector, channel by channel.
    Flatten,
    /// Sets values to 0 at random while training.
    Dropout {
        /// The share of values, from 0 and below 1.
        rate: f64,
    },
    /// A fully connected layer with bias.
    Linear {
        /// Output features.
        units: usize,
    },
    /// Its inputs one after another along the channels, in the order of [`ArchNode::inputs`].
    Concat,
    /// The sum of its inputs, which have one shape.
    Add,
}

/// What is around an image where a window is moved over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// As much as makes the output as large as the input, divided by the stride and rounded up: the window less one, half
    /// of it before the image, the odd one after it.
    Same,
    /// Nothing.
    Valid,
}

/// What a pool takes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolBy {
    /// The largest value.
    Max,
    /// The mean.
    Mean,
}

/// An operation at its place in a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchNode {
    /// A name that is unique in the network and says where the node is, such as `phase1.node2.conv`.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// The nodes it reads, as indices into [`ArchGraph::nodes`], all smaller than its own; none: the network's input.
    pub inputs: Vec<usize>,
}

/// A network: its input and its nodes in topological order; the last node is the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchGraph {
    /// Shape of one input.
    pub input: Shape,
    /// The operations.
    pub nodes: Vec<ArchNode>,
}

impl ArchGraph {
    /// A network without nodes.
    pub fn new(input: Shape) -> Self {
        Self { input, nodes: Vec::new() }
    }

    /// Appends a node and returns its index.
    ///
    /// # Panics
    /// If an input is not an earlier node.
    pub fn push(&mut self, name: impl Into<String>, op: Op, inputs: impl Into<Vec<usize>>) -> usize {
        let inputs = inputs.into();
        let index = self.nodes.len();
        assert!(inputs.iter().all(|&i| i < index), "a node reads earlier nodes only");
        self.nodes.push(ArchNode { name: name.into(), op, inputs });
        index
    }
}
