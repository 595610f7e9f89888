//! From the genes of `nsga-macro` to a network, as NSGA-Net's published decoders do it.
//!
//! A phase without connections is dropped, and the channels of the phases that are left are assigned anew from the
//! first; if all are dropped, only the classifier is left. Where several outputs meet they are concatenated, also at a
//! residual connection. In `standard` and `preact` phases a 1x1 convolution brings them back to the channels of the phase; nodes
//! of a `dense` phase read as many channels as come, make [`GROWTH`] of them, and only the output is brought back.

use peng_spec::arch::{ArchGraph, Op};

use super::Layout;
use super::genome::Genes;
use super::wiring::{Phase, PhaseType, Wiring};

/// Channels that a node of a dense phase makes.
const GROWTH: usize = 64;
/// Channels between its two convolutions.
const BOTTLENECK: usize = 4 * GROWTH;

/// The network of a genome.
pub(super) fn decode(layout: &Layout, genome: &Genes) -> ArchGraph {
    let mut graph = ArchGraph::new(layout.input);
    let mut last = None;
    let mut channels = layout.input.channels();
    let phases = genome.0.chunks(layout.phase_bounds().len()).map(|genes| Phase::new(layout, genes));
    for (index, phase) in phases.flatten().enumerate() {
        // Phases are counted as they are left, so that networks that differ in dropped phases only have the same names.
        let name = format!("phase{}", index + 1);
        let filters = layout.filters(index);
        let pooled =
            last.map(|last| graph.push(format!("{name}.pool"), Op::MaxPool { kernel: 2, stride: 2 }, [last]));
        let input = match pooled {
            // The first phase that is left. Its convolution has no padding, that of later phases is 1x1.
            None if channels == filters => graph.push(format!("{name}.input"), Op::Concat, []),
            None => graph.push(format!("{name}.input.conv"), conv(filters, 3, 0), []),
            Some(pooled) if channels == filters => pooled,
            Some(pooled) => graph.push(format!("{name}.input.conv"), conv(filters, 1, 0), [pooled]),
        };
        last = Some(match phase.kind {
            PhaseType::Standard | PhaseType::Preact => {
                push_phase(&mut graph, &name, phase.kind, &phase.wiring, input, filters)
            }
            PhaseType::Dense => push_dense_phase(&mut graph, &name, &phase.wiring, input, filters),
        });
        channels = filters;
    }
    let pool = graph.push("classifier.pool", Op::GlobalAvgPool, last.into_iter().collect::<Vec<_>>());
    graph.push("classifier.linear", Op::Linear { units: layout.classes }, [pool]);
    graph
}

/// Appends a phase that reads `input` and returns its output.
fn push_phase(
    graph: &mut ArchGraph,
    name: &str,
    kind: PhaseType,
    wiring: &Wiring,
    input: usize,
    filters: usize,
) -> usize {
    // Where the output of each node is; a removed node has an entry which nothing reads.
    let mut places = vec![input];
    for (number, inputs) in (1..).zip(&wiring.nodes) {
        let node = format!("{name}.node{number}");
        places.push(if inputs.is_empty() {
            input
        } else {
            let read = push_merge(graph, &node, inputs, &places, filters);
            if kind == PhaseType::Preact {
                let relu = push_norm_relu(graph, &node, read);
                graph.push(format!("{node}.conv"), conv(filters, 3, 1), [relu])
            } else {
                let conv = graph.push(format!("{node}.conv"), conv(filters, 3, 1), [read]);
                push_norm_relu(graph, &node, conv)
            }
        });
    }
    let output = format!("{name}.output");
    let merged = push_merge(graph, &output, &wiring.output, &places, filters);
    push_norm_relu(graph, &output, merged)
}

/// Appends a dense phase (after Huang et al. 2017, "Densely connected convolutional networks") and returns its output.
fn push_dense_phase(
    graph: &mut ArchGraph,
    name: &str,
    wiring: &Wiring,
    input: usize,
    filters: usize,
) -> usize {
    let mut places = vec![input];
    for (number, inputs) in (1..).zip(&wiring.nodes) {
        let node = format!("{name}.node{number}");
        places.push(if inputs.is_empty() {
            input
        } else {
            let read = push_concat(graph, &node, inputs, &places);
            let relu = push_norm_relu(graph, &format!("{node}.narrow"), read);
            let narrow = graph.push(format!("{node}.narrow.conv"), conv(BOTTLENECK, 1, 0), [relu]);
            let relu = push_norm_relu(graph, &node, narrow);
            graph.push(format!("{node}.conv"), conv(GROWTH, 3, 1), [relu])
        });
    }
    let output = format!("{name}.output");
    // The input of the phase comes last.
    let (residual, nodes): (Vec<usize>, Vec<usize>) = wiring.output.iter().partition(|&&read| read == 0);
    let read = push_concat(graph, &output, &[nodes, residual].concat(), &places);
    let merged = graph.push(format!("{output}.merge"), conv(filters, 1, 0), [read]);
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
    let read = push_concat(graph, name, inputs, places);
    if inputs.len() == 1 { read } else { graph.push(format!("{name}.merge"), conv(filters, 1, 0), [read]) }
}

/// Appends what joins several outputs, if there are several.
fn push_concat(graph: &mut ArchGraph, name: &str, inputs: &[usize], places: &[usize]) -> usize {
    let inputs: Vec<usize> = inputs.iter().map(|&i| places[i]).collect();
    match inputs[..] {
        [single] => single,
        _ => graph.push(format!("{name}.concat"), Op::Concat, inputs),
    }
}

fn push_norm_relu(graph: &mut ArchGraph, name: &str, input: usize) -> usize {
    let norm = graph.push(format!("{name}.norm"), Op::BatchNorm, [input]);
    graph.push(format!("{name}.relu"), Op::Relu, [norm])
}

fn conv(filters: usize, kernel: usize, padding: usize) -> Op {
    Op::Conv { filters, kernel, stride: 1, padding, bias: false }
}
