//! What the genes of a phase of `nsga-macro` mean: its type and how its nodes are connected.

use super::{Layout, Variant};
use crate::space::canonical;

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

    /// The genes of a phase that is the same but for the order of its nodes; all such phases have the same ones.
    pub(super) fn canonical(&self, layout: &Layout) -> Vec<u8> {
        let nodes: Vec<(usize, &Vec<usize>)> =
            (1..).zip(&self.wiring.nodes).filter(|(_, inputs)| !inputs.is_empty()).collect();
        // Nodes that are left, numbered from 1 without gaps; 0 is the input, as before.
        let number = |read: usize| {
            if read == 0 { 0 } else { 1 + nodes.iter().position(|&(n, _)| n == read).unwrap_or(0) }
        };
        let vertices: Vec<canonical::Reads> =
            nodes.iter().map(|(_, inputs)| inputs.iter().map(|&read| (0, number(read))).collect()).collect();
        let mut genes = vec![0; layout.phase_bounds().len()];
        for (index, reads) in canonical::order(&vertices, 1).iter().enumerate() {
            // The pair of nodes 1 and 2 is the first, the pairs that end in node 3 are the next two, and so on.
            for &(_, read) in reads.iter().filter(|&&(_, read)| read > 0) {
                genes[index * index.saturating_sub(1) / 2 + read - 1] = 1;
            }
        }
        let residual = layout.phase_bits() - 1;
        genes[residual] = u8::from(self.wiring.output.contains(&0));
        if let Some(kind) = genes.get_mut(residual + 1) {
            *kind = PhaseType::ALL.iter().position(|&kind| kind == self.kind).unwrap_or(0) as u8;
        }
        genes
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
