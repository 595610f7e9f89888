//! The graph of a network: operations in topological order, each with the nodes that it reads.

use serde::{Deserialize, Serialize};

use super::Shape;

/// One operation of a network.
///
/// Tensors are `[batch, channels, height, width]` until [`Op::GlobalAvgPool`], `[batch, features]` after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The mean over height and width; makes a vector of an image.
    GlobalAvgPool,
    /// A fully connected layer with bias.
    Linear {
        /// Output features.
        units: usize,
    },
    /// Its inputs one after another along the channels, in the order of [`ArchNode::inputs`].
    Concat,
}

/// An operation at its place in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
