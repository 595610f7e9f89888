//! From the bits of `nsga-macro` to a network, as NSGA-Net's published decoder does it.
//!
//! A phase without connections is dropped, and the channels of the phases that are left are assigned anew from the
//! first; if all are dropped, only the classifier is left. Where several outputs meet they are concatenated, also at a
//! residual connection, and a 1x1 convolution brings them back to the channels of the phase.

use peng_spec::arch::{ArchGraph, Op};

use super::Layout;
use super::genome::Bits;

/// The network of a genome.
pub(super) fn decode(layout: &Layout, genome: &Bits) -> ArchGraph {
    let mut graph = ArchGraph::new(layout.input);
    let mut last = None;
    let mut channels = layout.input.channels();
    let phases = genome.0.chunks(layout.phase_bits()).map(|bits| Wiring::new(bits, layout.nodes));
    let active = (1..).zip(phases).filter_map(|(number, wiring)| Some((number, wiring?)));
    for (index, (number, wiring)) in active.enumerate() {
        let name = format!("phase{number}");
        let filters = layout.channels << index;
        let input = match last {
            // The first phase that is left. Its convolution has no padding, that of later phases is 1x1.
            None if channels == filters => graph.push(format!("{name}.input"), Op::Concat, []),
            None => graph.push(format!("{name}.input.conv"), conv(filters, 3, 0), []),
            Some(last) => {
                let pool = graph.push(format!("{name}.pool"), Op::MaxPool { kernel: 2, stride: 2 }, [last]);
                graph.push(format!("{name}.input.conv"), conv(filters, 1, 0), [pool])
            }
        };
        last = Some(push_phase(&mut graph, &name, &wiring, input, filters));
        channels = filters;
    }
    let pool = graph.push("classifier.pool", Op::GlobalAvgPool, last.into_iter().collect::<Vec<_>>());
    graph.push("classifier.linear", Op::Linear { units: layout.outputs }, [pool]);
    graph
}

/// How the nodes of a phase are connected. Nodes count from 1; 0 is the input of the phase.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wiring {
    /// What each node reads, from node 1; a node that reads nothing is not there.
    nodes: Vec<Vec<usize>>,
    /// What the output of the phase reads: its input if there is a residual connection, then nodes.
    output: Vec<usize>,
}

impl Wiring {
    /// Reads the bits of a phase of `count` nodes and repairs them: a node that is read but reads nothing reads the
    /// input, a node that reads but is not read is read by the output, and other unconnected nodes are removed.
    ///
    /// `None` if there is no connection: then the phase is dropped, whatever its residual bit says.
    pub(super) fn new(bits: &[bool], count: usize) -> Option<Self> {
        let (&residual, connections) = bits.split_last()?;
        if !connections.contains(&true) {
            return None;
        }
        let pairs = (2..=count).flat_map(|to| (1..to).map(move |from| (from, to)));
        let mut nodes = vec![Vec::new(); count];
        for ((from, to), _) in pairs.zip(connections).filter(|&(_, &bit)| bit) {
            nodes[to - 1].push(from);
        }
        let mut output = if residual { vec![0] } else { Vec::new() };
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

/// Appends a phase that reads `input` and returns its output.
fn push_phase(graph: &mut ArchGraph, name: &str, wiring: &Wiring, input: usize, filters: usize) -> usize {
    // Where the output of each node is; a removed node has an entry which nothing reads.
    let mut places = vec![input];
    for (number, inputs) in (1..).zip(&wiring.nodes) {
        let node = format!("{name}.node{number}");
        places.push(if inputs.is_empty() {
            input
        } else {
            let read = push_merge(graph, &node, inputs, &places, filters);
            let conv = graph.push(format!("{node}.conv"), conv(filters, 3, 1), [read]);
            push_norm_relu(graph, &node, conv)
        });
    }
    let output = format!("{name}.output");
    let merged = push_merge(graph, &output, &wiring.output, &places, filters);
    push_norm_relu(graph, &output, merged)
}

/// Appends what makes one of several outputs, if there are several.
fn push_merge(
    graph: &mut ArchGraph,
    name: &str,
    inputs: &[usize],
    places: &[usize],
    filters: usize,
) -> usize {
    let inputs: Vec<usize> = inputs.iter().map(|&i| places[i]).collect();
    if let [single] = inputs[..] {
        return single;
    }
    let concat = graph.push(format!("{name}.concat"), Op::Concat, inputs);
    graph.push(format!("{name}.merge"), conv(filters, 1, 0), [concat])
}

fn push_norm_relu(graph: &mut ArchGraph, name: &str, input: usize) -> usize {
    let norm = graph.push(format!("{name}.norm"), Op::BatchNorm, [input]);
    graph.push(format!("{name}.relu"), Op::Relu, [norm])
}

fn conv(filters: usize, kernel: usize, padding: usize) -> Op {
    Op::Conv { filters, kernel, stride: 1, padding, bias: false }
}
