//! Which nodes of an architecture are computed together: a convolution, the batch norm that alone reads it, and the
//! rectifier that alone reads that; and a concatenation that a convolution alone reads, which is then never made.

use peng_ops::Activation;
use peng_spec::arch::{ArchGraph, Op, Shape};

/// What happens at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Its operation.
    Alone,
    /// Nothing: a node further on does it too. The value that the node reads goes there.
    Later,
    /// A batch norm of images and what surrounds it.
    Norm {
        /// The node of the convolution before it.
        conv: Option<usize>,
        /// The node of the batch norm.
        norm: usize,
        /// What comes after it.
        activation: Activation,
    },
}

/// The steps of an architecture, one a node.
pub(super) fn steps(arch: &ArchGraph, shapes: &[Shape]) -> Vec<Step> {
    let mut readers = vec![0; arch.nodes.len()];
    for node in &arch.nodes {
        for &input in &node.inputs {
            readers[input] += 1;
        }
    }
    // The node that a node alone reads and is alone to read.
    let only = |node: usize| match arch.nodes[node].inputs.as_slice() {
        &[input] if readers[input] == 1 => Some(input),
        _ => None,
    };
    let mut steps = vec![Step::Alone; arch.nodes.len()];
    for (node, reader) in arch.nodes.iter().enumerate() {
        // Groups of channels would cut across what is put together.
        let reads_all = matches!(reader.op, Op::Conv { .. } | Op::GeneralConv { groups: 1, .. });
        if let (true, Some(input)) = (reads_all, only(node))
            && arch.nodes[input].op == Op::Concat
        {
            steps[input] = Step::Later;
        }
    }
    for (norm, node) in arch.nodes.iter().enumerate() {
        if node.op != Op::BatchNorm || !matches!(shapes[norm], Shape::Image { .. }) {
            continue;
        }
        let conv = only(norm)
            .filter(|&input| matches!(arch.nodes[input].op, Op::Conv { .. } | Op::GeneralConv { .. }));
        let relu = (norm + 1..arch.nodes.len())
            .find(|&reader| arch.nodes[reader].op == Op::Relu && only(reader) == Some(norm));
        let (last, activation) = match relu {
            Some(relu) => (relu, Activation::Relu),
            None => (norm, Activation::Identity),
        };
        steps[last] = Step::Norm { conv, norm, activation };
        for earlier in conv.into_iter().chain((last != norm).then_some(norm)) {
            steps[earlier] = Step::Later;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burn::fixtures::every_op;

    #[test]
    fn only_what_nothing_else_reads_is_put_together() {
        let arch = every_op();
        let steps = steps(&arch, &arch.shapes().unwrap());
        let named = |name: &str| arch.nodes.iter().position(|node| node.name == name).unwrap();
        let at = |name: &str| steps[named(name)];
        let norm = |conv: Option<&str>, norm: &str, activation| Step::Norm {
            conv: conv.map(named),
            norm: named(norm),
            activation,
        };
        // `merge` alone reads `concat`, and `late` is read by what is no convolution.
        assert_eq!([at("concat"), at("late")], [Step::Later, Step::Alone]);
        // `early` reads `conv1` too, and `concat` does not read `norm2` but `pool` does.
        assert_eq!([at("conv1"), at("norm1")], [Step::Alone, Step::Later]);
        assert_eq!(at("relu1"), norm(None, "norm1", Activation::Relu));
        assert_eq!(at("conv2"), Step::Alone);
        assert_eq!(at("merge"), Step::Later);
        assert_eq!(at("norm2"), norm(Some("merge"), "norm2", Activation::Identity));
        // Vectors are left alone.
        assert_eq!([at("norm3"), at("relu3")], [Step::Alone; 2]);
    }
}
