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
        /// Step down and step to the right in pixels; written as one number where they are equal.
        #[serde(with = "super::steps")]
        stride: [usize; 2],
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
    /// Sets whole examples to 0 at random while training, and enlarges the others by as much (Larsson et al. 2017, "`FractalNet`",
    /// per example as `NASNet` does it); otherwise its input as it is.
    DropPath {
        /// The share of examples, from 0 and below 1, that the training comes near to: in epoch e of E, counted from 0, it is
        /// `rate e/E`.
        rate: f64,
    },
    /// The image moved up and left by a pixel; zeros come in. With a step of two after it, it reads the pixels between those
    /// that are read without it.
    Shift,
    /// Channels scaled by what the means of all channels say: two linear layers without bias, a rectifier between them and a
    /// sigmoid at the end (Hu et al. 2018, "Squeeze-and-excitation networks").
    SqueezeExcite {
        /// Features between the two layers.
        units: usize,
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
    /// A second classifier, which is there in training only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auxiliary: Option<Auxiliary>,
}

/// A classifier of what a node in the middle of a network makes. It brings gradients there (Szegedy et al. 2015, "Going deeper
/// with convolutions") and is no part of the network that is measured, nor of its cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auxiliary {
    /// By what its loss is multiplied before it is added to that of the network.
    pub weight: f64,
    /// Its operations, numbered on from the last of [`ArchGraph::nodes`]; the last node is its output.
    pub nodes: Vec<ArchNode>,
}

impl ArchGraph {
    /// A network without nodes.
    pub fn new(input: Shape) -> Self {
        Self { input, nodes: Vec::new(), auxiliary: None }
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

    /// Appends a node to the auxiliary head, which has `weight`, and returns its index. The network has all of its own nodes by
    /// then.
    ///
    /// # Panics
    /// If an input is not an earlier node.
    pub fn push_auxiliary(
        &mut self,
        weight: f64,
        name: impl Into<String>,
        op: Op,
        inputs: impl Into<Vec<usize>>,
    ) -> usize {
        let inputs = inputs.into();
        let head = self.auxiliary.get_or_insert_with(|| Auxiliary { weight, nodes: Vec::new() });
        let index = self.nodes.len() + head.nodes.len();
        assert!(inputs.iter().all(|&i| i < index), "a node reads earlier nodes only");
        head.nodes.push(ArchNode { name: name.into(), op, inputs });
        index
    }

    /// The graph of all that is trained: the nodes of the network, and after them those of the auxiliary head.
    #[must_use]
    pub fn trained(&self) -> Self {
        let head = self.auxiliary.iter().flat_map(|head| &head.nodes);
        Self { input: self.input, nodes: self.nodes.iter().chain(head).cloned().collect(), auxiliary: None }
    }
}
