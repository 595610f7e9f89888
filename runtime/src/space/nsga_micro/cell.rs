//! A cell of `nsga-micro`: blocks in order, each the sum of two operations; its output are the blocks that no other reads, one
//! after another.

use peng_spec::arch::{ArchGraph, Op};

use super::Layout;
use super::genome::Unit;
use super::operation::{Operation, push_projection, push_reduction};

/// By how much the channels of a cell are divided between the two layers of squeeze-and-excitation.
const SQUEEZE: usize = 16;

/// What a cell is besides its blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Channels of each block.
    pub(super) channels: usize,
    /// The output of the cell before the previous one, and that of the previous one.
    pub(super) reads: [usize; 2],
    /// Whether the first of these is twice as high and wide as the other.
    pub(super) differ: bool,
    /// Whether it halves height and width.
    pub(super) reduces: bool,
}

/// Appends a cell and returns its output.
pub(super) fn push(
    graph: &mut ArchGraph,
    name: &str,
    layout: &Layout,
    blocks: &[[Unit; 2]],
    frame: Frame,
) -> usize {
    let Frame { channels, reads: [before, last], differ, reduces } = frame;
    let first = format!("{name}.input0");
    let first = if differ {
        push_reduction(graph, &first, channels, before)
    } else {
        push_projection(graph, &first, channels, before)
    };
    // The two inputs, then the blocks.
    let mut states = vec![first, push_projection(graph, &format!("{name}.input1"), channels, last)];
    for (number, block) in (1..).zip(blocks) {
        let name = format!("{name}.block{number}");
        let sides = [(block[0], "left"), (block[1], "right")].map(|(unit, side)| {
            let name = format!("{name}.{side}");
            let stride = if reduces && unit.input < 2 { 2 } else { 1 };
            let output = unit.operation.push(graph, &name, channels, stride, states[unit.input]);
            // What is passed on as it is, is never dropped.
            if layout.drop_path == 0.0 || (unit.operation == Operation::Skip && stride == 1) {
                output
            } else {
                graph.push(format!("{name}.drop"), Op::DropPath { rate: layout.drop_path }, [output])
            }
        });
        states.push(graph.push(format!("{name}.sum"), Op::Add, sides));
    }
    let is_read = |state: usize| blocks.iter().flatten().any(|unit| unit.input == state);
    let unread: Vec<usize> = (2..states.len()).filter(|&state| !is_read(state)).collect();
    let outputs: Vec<usize> = unread.iter().map(|&state| states[state]).collect();
    let width = channels * outputs.len();
    let output = match outputs[..] {
        [single] => single,
        _ => graph.push(format!("{name}.concat"), Op::Concat, outputs),
    };
    if layout.squeeze_excite {
        let units = (width / SQUEEZE).max(1);
        graph.push(format!("{name}.scale"), Op::SqueezeExcite { units }, [output])
    } else {
        output
    }
}
