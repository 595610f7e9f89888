//! From the genes of `nsga-micro` to a network: a stem, cells, a classifier, and in training a second one.

use peng_spec::arch::{ArchGraph, Op, Padding, PoolBy, Shape};

use super::Layout;
use super::cell::{self, Frame};
use super::genome::Genes;

/// Channels of the stem for one of the first cell.
const STEM: usize = 3;
/// Window and step of the pool of the auxiliary head.
const POOL: [usize; 2] = [5, 3];
/// Channels of its two convolutions.
const AUXILIARY: [usize; 2] = [128, 768];

/// The network of a genome.
pub(super) fn decode(layout: &Layout, genes: &Genes) -> ArchGraph {
    let [normal, reduction] = genes.cells(layout);
    let mut graph = ArchGraph::new(layout.input);
    let stem = Op::Conv { filters: STEM * layout.channels, kernel: 3, stride: 1, padding: 1, bias: false };
    let stem = graph.push("stem.conv", stem, []);
    let stem = graph.push("stem.norm", Op::BatchNorm, [stem]);
    let (mut before, mut last) = (stem, stem);
    let mut channels = layout.channels;
    let mut second = stem;
    for place in 0..layout.cells {
        let reduces = layout.reduces(place);
        channels = match layout.increment {
            None if reduces => 2 * channels,
            Some(increment) if place > 0 => channels + increment,
            None | Some(_) => channels,
        };
        let differ = place > 0 && layout.reduces(place - 1);
        let frame = Frame { channels, reads: [before, last], differ, reduces };
        let blocks = if reduces { &reduction } else { &normal };
        let output = cell::push(&mut graph, &format!("cell{}", place + 1), layout, blocks, frame);
        (before, last) = (last, output);
        if place == layout.last_reduction() {
            second = output;
        }
    }
    let pool = graph.push("classifier.pool", Op::GlobalAvgPool, [last]);
    graph.push("classifier.linear", Op::Linear { units: layout.classes }, [pool]);
    if layout.auxiliary_weight > 0.0 {
        push_auxiliary(&mut graph, layout, second);
    }
    graph
}

/// Appends the auxiliary head, which reads what the last reduction cell makes.
fn push_auxiliary(graph: &mut ArchGraph, layout: &Layout, input: usize) {
    let Shape::Image { height, width, .. } = layout.input else { return };
    let side = height.min(width).div_ceil(2).div_ceil(2);
    let [kernel, stride] = POOL;
    // Of a small image: two windows as near to the published ones as they fit.
    let stride = (side * stride / 8).clamp(1, stride);
    let kernel = kernel.min(side - stride);
    let conv = |filters, kernel| Op::Conv { filters, kernel, stride: 1, padding: 0, bias: false };
    let ops = [
        ("relu", Op::Relu),
        ("pool", Op::Pool { by: PoolBy::Mean, kernel, stride, padding: Padding::Valid }),
        ("conv1", conv(AUXILIARY[0], 1)),
        ("norm1", Op::BatchNorm),
        ("relu1", Op::Relu),
        ("conv2", conv(AUXILIARY[1], 2)),
        ("norm2", Op::BatchNorm),
        ("relu2", Op::Relu),
        ("mean", Op::GlobalAvgPool),
        ("linear", Op::Linear { units: layout.classes }),
    ];
    ops.into_iter().fold(input, |input, (name, op)| {
        graph.push_auxiliary(layout.auxiliary_weight, format!("auxiliary.{name}"), op, [input])
    });
}
