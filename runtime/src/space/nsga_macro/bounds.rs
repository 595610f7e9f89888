//! The least and the most that a network of `nsga-macro` costs, exactly.

use peng_spec::arch::{ArchGraph, Cost};

use super::Layout;
use super::decode::decode;
use super::genome::Genes;

/// The least and the most of each figure of the cost.
///
/// Which phases are dropped does not matter, only how many are; and the cost of a phase depends on its place among those that
/// are left, and on no other phase.
pub(super) fn bounds(layout: &Layout) -> [Cost; 2] {
    let mut cheapest = vec![0; layout.phase_bits()];
    // One connection, and thus two nodes: the fewest.
    cheapest[0] = 1;
    let cheapest = typed(layout, &[cheapest]);
    let dearest = typed(layout, &dearest(layout));
    let classifiers: Vec<Cost> =
        (0..=layout.phases).map(|left| sum(&network(layout, &cheapest[0], left), "classifier.")).collect();
    [(cheapest, u64::min as fn(u64, u64) -> u64), (dearest, u64::max)].map(|(phases, pick)| {
        let best = |costs: Vec<Cost>| costs.into_iter().reduce(|a, b| each(a, b, pick)).unwrap_or_default();
        // What the phase costs in each place.
        let networks: Vec<ArchGraph> =
            phases.iter().map(|phase| network(layout, phase, layout.phases)).collect();
        let places: Vec<Cost> = (1..=layout.phases)
            .map(|place| {
                best(networks.iter().map(|network| sum(network, &format!("phase{place}."))).collect())
            })
            .collect();
        let whole = |left: usize| {
            let mut cost = classifiers[left];
            places[..left].iter().for_each(|&phase| cost += phase);
            cost
        };
        best((0..=layout.phases).map(whole).collect())
    })
}

/// Wirings of which one is the dearest, each figure for itself, whatever the type and the place of the phase; all have the
/// residual connection.
///
/// A node is a source, which reads the input; a sink, which the output reads; or neither. More to read never costs less: so
/// nodes that are no source read all earlier ones that are no sink, and they come after all sources, sinks last. Only how many
/// of each kind there are is open. (In a `standard` phase all nodes but the first should read all others; in a `dense` one a
/// source may have more channels to read, and a sink more to write.)
fn dearest(layout: &Layout) -> Vec<Vec<u8>> {
    let nodes = layout.nodes;
    let counts =
        (1..nodes).flat_map(|sources| (sources + 1..=nodes).map(move |sinks_from| (sources, sinks_from)));
    counts
        .map(|(sources, sinks_from)| {
            let pairs = (2..=nodes).flat_map(|to| (1..to).map(move |from| (from, to)));
            let connections = pairs.map(|(from, to)| u8::from(to > sources && from < sinks_from));
            connections.chain([1]).collect()
        })
        .collect()
}

/// The wirings with each type that a phase may have.
fn typed(layout: &Layout, wirings: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let types = layout.types();
    wirings.iter().flat_map(|bits| types.iter().map(move |kind| [bits.as_slice(), kind].concat())).collect()
}

/// The network that has a phase so many times, and no other.
fn network(layout: &Layout, phase: &[u8], times: usize) -> ArchGraph {
    let mut genes = phase.repeat(times);
    genes.resize(layout.phases * phase.len(), 0);
    decode(layout, &Genes(genes))
}

/// The cost of the nodes whose names begin so.
fn sum(network: &ArchGraph, prefix: &str) -> Cost {
    let costs = network.node_costs().expect("networks of the space have shapes");
    let mut total = Cost::default();
    network
        .nodes
        .iter()
        .zip(costs)
        .filter(|(node, _)| node.name.starts_with(prefix))
        .for_each(|(_, cost)| total += cost);
    total
}

/// One of each figure of two costs.
fn each(a: Cost, b: Cost, pick: fn(u64, u64) -> u64) -> Cost {
    Cost {
        params: pick(a.params, b.params),
        flops: pick(a.flops, b.flops),
        activation_bytes: pick(a.activation_bytes, b.activation_bytes),
    }
}
