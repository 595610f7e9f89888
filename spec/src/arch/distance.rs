//! How far two networks are apart: edits that make one of the other, as VINARCH counts them (Wilkins and A4NN, 2025:
//! `graph_distance/graph_kernels.py`).
//!
//! VINARCH asks networkx for a graph edit distance of which each step costs 1, where only nodes of one name may stand for one
//! another for nothing, and takes the first value that it is given, an upper bound. Here the path of edits is fixed, which
//! is exact, symmetric and fast: what has one name in both networks stays and everything else is edited. So the distance is
//! never smaller than the least number of edits.

use std::collections::{BTreeMap, BTreeSet};

use super::{ArchGraph, Op};

/// A network as layers, which are told apart by their names, and the connections between them.
///
/// A layer is what agrees in its name up to the last dot: `phase1.node2.conv`, `phase1.node2.norm` and
/// `phase1.node2.relu` are the layer `phase1.node2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Its operations, without those that only join several inputs: their number follows from the connections.
    layers: BTreeMap<String, Vec<Op>>,
    connections: BTreeSet<[String; 2]>,
}

impl ArchGraph {
    /// The layers of the network and how they are connected.
    pub fn outline(&self) -> Outline {
        let layer = |node: usize| {
            let name = &self.nodes[node].name;
            name.rsplit_once('.').map_or(name.as_str(), |(layer, _)| layer).to_owned()
        };
        let mut outline = Outline { layers: BTreeMap::new(), connections: BTreeSet::new() };
        for (index, node) in self.nodes.iter().enumerate() {
            let ops = outline.layers.entry(layer(index)).or_default();
            if !self.joins(index) {
                ops.push(node.op.plain());
            }
            for &input in &node.inputs {
                let connection = [layer(input), layer(index)];
                if connection[0] != connection[1] {
                    outline.connections.insert(connection);
                }
            }
            if node.inputs.is_empty() {
                outline.connections.insert([String::new(), layer(index)]);
            }
        }
        outline
    }

    /// Whether a node only makes one of several inputs: a concatenation, a sum, or the 1x1 convolution behind a concatenation.
    fn joins(&self, node: usize) -> bool {
        let joins = |op: &Op| matches!(op, Op::Concat | Op::Add);
        match (&self.nodes[node].op, &self.nodes[node].inputs[..]) {
            (op, _) if joins(op) => true,
            (Op::Conv { kernel: 1, stride: 1, .. }, &[input]) => {
                matches!(self.nodes[input].op, Op::Concat) && self.nodes[input].inputs.len() > 1
            }
            _ => false,
        }
    }
}

impl Outline {
    /// The number of edits: layers added, taken away or renamed (of those that are in one network only, as many as both have
    /// are renamed), layers of other operations, and connections added or taken away.
    pub fn distance(&self, other: &Self) -> u32 {
        let only = |a: &Self, b: &Self| a.layers.keys().filter(|name| !b.layers.contains_key(*name)).count();
        let changed = self
            .layers
            .iter()
            .filter(|(name, ops)| other.layers.get(*name).is_some_and(|found| found != *ops));
        let connections = self.connections.symmetric_difference(&other.connections).count();
        (only(self, other).max(only(other, self)) + changed.count() + connections) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(filters: usize, kernel: usize) -> Op {
        Op::Conv { filters, kernel, stride: 1, padding: kernel / 2, bias: false }
    }

    /// A stem, and nodes each of which reads the layers before it that are named.
    fn network(nodes: &[(&str, &[&str])]) -> ArchGraph {
        let mut graph = ArchGraph::new("4x8x8".parse().unwrap());
        let stem = graph.push("stem.conv", conv(4, 3), []);
        let mut places = BTreeMap::from([("stem", stem)]);
        for &(name, reads) in nodes {
            let inputs: Vec<usize> = reads.iter().map(|read| places[read]).collect();
            let input = if let [single] = inputs[..] {
                single
            } else {
                let concat = graph.push(format!("{name}.concat"), Op::Concat, inputs);
                graph.push(format!("{name}.merge"), conv(4, 1), [concat])
            };
            let conv = graph.push(format!("{name}.conv"), conv(4, 3), [input]);
            places.insert(name, graph.push(format!("{name}.relu"), Op::Relu, [conv]));
        }
        graph
    }

    fn distance(a: &[(&str, &[&str])], b: &[(&str, &[&str])]) -> u32 {
        let [a, b] = [a, b].map(|nodes| network(nodes).outline());
        assert_eq!((a.distance(&a), b.distance(&b)), (0, 0));
        assert_eq!(a.distance(&b), b.distance(&a));
        a.distance(&b)
    }

    #[test]
    fn edits_are_counted() {
        let chain: &[(&str, &[&str])] = &[("a", &["stem"]), ("b", &["a"]), ("end", &["b"])];
        let skip: &[(&str, &[&str])] = &[("a", &["stem"]), ("b", &["stem", "a"]), ("end", &["b"])];
        assert_eq!(distance(chain, skip), 1, "one connection, whatever joins it");
        let without: &[(&str, &[&str])] = &[("a", &["stem"]), ("end", &["a"])];
        assert_eq!(distance(chain, without), 1 + 3, "a layer, two connections less, one more");
        let renamed: &[(&str, &[&str])] = &[("a", &["stem"]), ("c", &["a"]), ("end", &["c"])];
        assert_eq!(distance(chain, renamed), 1 + 4, "a layer of another name and its connections");
    }

    #[test]
    fn a_layer_of_other_operations_is_one_edit() {
        let of = |filters: usize, kernel: usize| {
            let mut graph = ArchGraph::new("4x8x8".parse().unwrap());
            let stem = graph.push("stem.conv", conv(filters, kernel), []);
            let norm = graph.push("stem.norm", Op::BatchNorm, [stem]);
            graph.push("classifier.pool", Op::GlobalAvgPool, [norm]);
            graph.outline()
        };
        assert_eq!(of(4, 3).distance(&of(8, 5)), 1);
        assert_eq!(of(4, 3).distance(&of(4, 3)), 0);
    }
}
