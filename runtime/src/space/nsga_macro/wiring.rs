//! What the genes of a phase of `nsga-macro` mean: its type and how its nodes are connected.

use super::{Layout, Variant};

/// A phase that is not dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phase {
    pub(super) kind: PhaseType,
    pub(super) wiring: Wiring,
}

/// What the nodes of a phase are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PhaseType {
    /// Convolution, batch norm, rectifier.
    Standard,
    /// Batch norm, rectifier, convolution.
    Preact,
    /// A 1x1 convolution and a 3x3 convolution, each after a batch norm and a rectifier.
    Dense,
}

impl PhaseType {
    /// The types, in the order of their numbers.
    pub(super) const ALL: [Self; 3] = [Self::Standard, Self::Preact, Self::Dense];
}

impl Phase {
    /// Reads the genes of a phase; `None` if it is dropped.
    pub(super) fn new(layout: &Layout, genes: &[u8]) -> Option<Self> {
        let (bits, rest) = genes.split_at(layout.phase_bits());
        let kind = match layout.variant {
            Variant::Standard => PhaseType::Standard,
            Variant::Preact => PhaseType::Preact,
            Variant::Dense => PhaseType::Dense,
            Variant::Variable => PhaseType::ALL[usize::from(*rest.first()?)],
        };
        Some(Self { kind, wiring: Wiring::new(bits, layout.nodes)? })
    }
}

/// How the nodes of a phase are connected. Nodes count from 1; 0 is the input of the phase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wiring {
    /// What each node reads, from node 1; a node that reads nothing is not there.
    pub(super) nodes: Vec<Vec<usize>>,
    /// What the output of the phase reads: its input if there is a residual connection, then nodes.
    pub(super) output: Vec<usize>,
}

impl Wiring {
    /// Reads the bits of a phase of `count` nodes and repairs them: a node that is read but reads nothing reads the
    /// input, a node that reads but is not read is read by the output, and other unconnected nodes are removed.
    ///
    /// `None` if there is no connection: then the phase is dropped, whatever its residual bit says.
    fn new(bits: &[u8], count: usize) -> Option<Self> {
        let (&residual, connections) = bits.split_last()?;
        if !connections.contains(&1) {
            return None;
        }
        let pairs = (2..=count).flat_map(|to| (1..to).map(move |from| (from, to)));
        let mut nodes = vec![Vec::new(); count];
        for ((from, to), _) in pairs.zip(connections).filter(|&(_, &bit)| bit == 1) {
            nodes[to - 1].push(from);
        }
        let mut output = if residual == 1 { vec![0] } else { Vec::new() };
        for node in 1..=count {
            let reads = !nodes[node - 1].is_empty();
            let is_read = nodes.iter().any(|inputs| inputs.contains(&node));
            match (reads, is_read) {
                (true, false) => output.push(node),
                (false, true) => nodes[node - 1].push(0),
                (true, true) | (false, false) => {}
            }
        }
        Some(Self { nodes, output })
    }
}
