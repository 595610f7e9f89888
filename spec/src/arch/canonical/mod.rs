//! The canonical form of a network: two networks have one form if, and only if, they are one computation.
//!
//! *One computation* means: there is a one-to-one relation of their nodes under which operations agree, each node reads
//! what its counterpart reads, and the outputs correspond. Names and the order of nodes do not matter, nor does
//! the order of what is added, beyond rounding. What is spelled in two ways is spelled in one first ([`Op::plain`]).
//!
//! The order of what a concatenation reads permutes its channels. Where all that reads these channels, through operations
//! that treat channels alike, are layers that have weights for each of them (dense convolutions, linear layers), the
//! permutation is one of weights which are drawn alike, and so of no effect; there the order does not matter either. It does
//! matter before sums, grouped convolutions and at the output.
//!
//! The form is exact, not a hash that is likely to differ. That equal forms are equal computations holds always; that equal
//! computations have equal forms holds up to a number of steps ([`labelling`]) which no space of `peng` comes near to.

mod labelling;
#[cfg(test)]
mod tests;

use self::labelling::Labels;
use super::{ArchGraph, Op, Padding, PoolBy, Shape};

impl Op {
    /// The operation in its simplest spelling: general convolutions and pools that are plain ones become these.
    #[must_use]
    pub fn plain(&self) -> Self {
        match *self {
            Self::GeneralConv { filters, kernel, stride, dilation, groups, padding, bias } => {
                let dilation = if kernel == [1, 1] { 1 } else { dilation };
                let sides = match padding {
                    Padding::Valid => Some(0),
                    // Half of the window on each side, as with a padding in pixels; an odd rest would be on one side.
                    Padding::Same => (kernel[0] % 2 == 1).then_some(kernel[0] / 2),
                };
                let is_square = kernel[0] == kernel[1] && stride[0] == stride[1];
                match sides {
                    Some(padding) if is_square && dilation == 1 && groups == 1 => {
                        Self::Conv { filters, kernel: kernel[0], stride: stride[0], padding, bias }
                    }
                    _ => Self::GeneralConv { filters, kernel, stride, dilation, groups, padding, bias },
                }
            }
            Self::Pool { by: PoolBy::Max, kernel, stride, padding: Padding::Valid } => {
                Self::MaxPool { kernel, stride }
            }
            _ => self.clone(),
        }
    }
}

impl ArchGraph {
    /// The canonical form: the same network with its nodes in an order, and under names, that do not depend on those it
    /// has.
    ///
    /// # Panics
    /// If a node reads a node that does not come before it.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let trained = self.trained();
        let ops: Vec<Op> = trained.nodes.iter().map(|node| node.op.plain()).collect();
        let ordered = self.ordered();
        let depths = trained.depths();
        let outputs = self.outputs();
        let texts: Vec<String> =
            ops.iter().map(|op| serde_json::to_string(op).expect("operations have string keys")).collect();
        // The auxiliary head comes last, an output behind the rest, and a node behind those that it reads.
        let keys: Vec<_> = (0..ops.len())
            .map(|node| (node >= self.nodes.len(), outputs.contains(&node), depths[node], &texts[node]))
            .collect();
        let inputs: Vec<&[usize]> = trained.nodes.iter().map(|node| &node.inputs[..]).collect();
        let places = Labels::new(&keys, &inputs, &ordered).places();
        let mut nodes: Vec<usize> = (0..ops.len()).collect();
        nodes.sort_unstable_by_key(|&node| places[node]);
        let mut form = Self::new(self.input);
        for node in nodes {
            let mut read: Vec<usize> = inputs[node].iter().map(|&input| places[input]).collect();
            if !ordered[node] {
                read.sort_unstable();
            }
            let (name, op) = (places[node].to_string(), ops[node].clone());
            match &self.auxiliary {
                Some(head) if node >= self.nodes.len() => form.push_auxiliary(head.weight, name, op, read),
                _ => form.push(name, op, read),
            };
        }
        form
    }

    /// The nodes that make the output and that of the auxiliary head, numbered as in [`ArchGraph::trained`].
    fn outputs(&self) -> Vec<usize> {
        let head = self.auxiliary.as_ref().map_or(0, |head| head.nodes.len());
        let ends = [self.nodes.len().checked_sub(1), (head > 0).then(|| self.nodes.len() + head - 1)];
        ends.into_iter().flatten().collect()
    }

    /// The longest way from the input to each node.
    fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            depths.push(node.inputs.iter().map(|&input| depths[input] + 1).max().unwrap_or(0));
        }
        depths
    }

    /// For each node that is trained whether the order of what it reads matters.
    fn ordered(&self) -> Vec<bool> {
        let trained = self.trained();
        let count = trained.nodes.len();
        let shapes = trained.shapes().ok();
        let channels_into = |node: usize| -> Option<usize> {
            let first = trained.nodes[node].inputs.first();
            let shape: Shape =
                first.map_or(Some(self.input), |&first| Some(*shapes.as_ref()?.get(first)?))?;
            Some(shape.channels())
        };
        // Whether it matters which channel of a node is which.
        let mut told_apart = vec![false; count];
        for output in self.outputs() {
            told_apart[output] = true;
        }
        for reader in (0..count).rev() {
            let matters = match &trained.nodes[reader].op {
                Op::Conv { .. } | Op::Linear { .. } | Op::GeneralConv { groups: 1, .. } => false,
                Op::GeneralConv { filters, groups, .. } => {
                    let is_depthwise = filters == groups && channels_into(reader) == Some(*groups);
                    !is_depthwise || told_apart[reader]
                }
                Op::Add => true,
                Op::BatchNorm
                | Op::Relu
                | Op::MaxPool { .. }
                | Op::Pool { .. }
                | Op::GlobalAvgPool
                | Op::Flatten
                | Op::Dropout { .. }
                | Op::DropPath { .. }
                | Op::Shift
                | Op::SqueezeExcite { .. }
                | Op::Concat => told_apart[reader],
            };
            for &input in &trained.nodes[reader].inputs {
                told_apart[input] |= matters;
            }
        }
        let is_concat = |node: usize| matches!(trained.nodes[node].op, Op::Concat);
        (0..count).map(|node| is_concat(node) && told_apart[node]).collect()
    }
}
