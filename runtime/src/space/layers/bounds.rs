//! Bounds of what the networks of a space cost, from the least and the most of each value.
//!
//! They are safe, not tight: the lower one leaves out what may be left out, the upper one takes all that may be there.

use peng_spec::arch::{Cost, Op, Shape};

use super::build::{head, layer, then};
use super::domain::{Domain, fitted};
use super::params::{Head, LayerKind, PaddingWord, Param};
use super::program::{Block, NAMED, PLACE, Then};
use super::walk::Walk;
use crate::space::impossible::interval;

/// The sides of the smallest or the largest tensor; of a vector height and width are 1.
#[derive(Debug, Clone, Copy)]
struct Sides {
    channels: usize,
    height: usize,
    width: usize,
}

/// What is known after some blocks.
#[derive(Debug, Clone, Copy)]
struct Known {
    sides: [Sides; 2],
    cost: [Cost; 2],
    /// Whether it may be an image.
    image: bool,
}

/// The least and the most of each figure.
pub(super) fn bounds(walk: &Walk) -> [Cost; 2] {
    let (channels, height, width, image) = match walk.input {
        Shape::Image { channels, height, width } => (channels, height, width, true),
        Shape::Vector { features } => (features, 1, 1, false),
    };
    let start = Sides { channels, height, width };
    let mut known = Known { sides: [start; 2], cost: [Cost::default(); 2], image };
    for index in walk.program.blocks_in(None) {
        known = block(walk, index, known);
    }
    let mut known = flattened(walk.program.head, known);
    for (side, cost) in known.sides.iter().zip(&mut known.cost) {
        let linear = Op::Linear { units: walk.outputs };
        *cost += linear.alone(Shape::Vector { features: side.channels }).expect("a vector is classified").1;
    }
    known.cost
}

fn block(walk: &Walk, index: usize, mut known: Known) -> Known {
    let found = &walk.program.blocks[index];
    let (least, most) = (found.repeat.first().copied(), found.repeat.last().copied());
    for number in 1..=most.unwrap_or(0) {
        let after =
            if found.kinds[0].is_skip() { skip(walk, index, known) } else { plain(walk, found, known) };
        let is_sure = found.when.is_none() && least.is_some_and(|least| number <= least);
        known = if is_sure { after } else { either(known, after) };
    }
    known
}

/// One or the other.
fn either(a: Known, b: Known) -> Known {
    let pick = |side: usize, pick: fn(usize, usize) -> usize| Sides {
        channels: pick(a.sides[side].channels, b.sides[side].channels),
        height: pick(a.sides[side].height, b.sides[side].height),
        width: pick(a.sides[side].width, b.sides[side].width),
    };
    let least = |a: Cost, b: Cost| Cost {
        params: a.params.min(b.params),
        flops: a.flops.min(b.flops),
        activation_bytes: a.activation_bytes.min(b.activation_bytes),
    };
    let most = |a: Cost, b: Cost| Cost {
        params: a.params.max(b.params),
        flops: a.flops.max(b.flops),
        activation_bytes: a.activation_bytes.max(b.activation_bytes),
    };
    Known {
        sides: [pick(0, usize::min), pick(1, usize::max)],
        cost: [least(a.cost[0], b.cost[0]), most(a.cost[1], b.cost[1])],
        image: a.image || b.image,
    }
}

fn plain(walk: &Walk, found: &Block, known: Known) -> Known {
    let each = found.kinds.iter().map(|&kind| {
        let known = if kind == LayerKind::Dense { flattened(walk.program.head, known) } else { known };
        let is_vector = !known.image;
        let mut after = known;
        for end in [0, 1] {
            let mut sides = known.sides[end];
            // Windows that are not padded are cut to their images, of which the least has one pixel.
            let mut padding = PaddingWord::Same;
            if end == 0 && found.padding == PaddingWord::Valid {
                (sides.height, sides.width) = (1, 1);
                padding = PaddingWord::Valid;
            }
            let value = |param: Param| value(walk, found, kind, param, end);
            let mut shape = shape(sides, is_vector || kind == LayerKind::Dense);
            let biased = found.then.first() != Some(&Then::BatchNorm);
            let ops = layer(kind, &value, padding, biased, shape);
            for (_, op) in ops.into_iter().chain(then(&found.then)) {
                let (made, cost) = op.alone(shape).expect("windows are padded or cut");
                after.cost[end] += cost;
                shape = made;
            }
            after.sides[end] = match shape {
                Shape::Image { channels, height, width } => Sides { channels, height, width },
                Shape::Vector { features } => Sides { channels: features, height: 1, width: 1 },
            };
        }
        after.image &= !kind.makes_vector();
        after
    });
    each.reduce(either).unwrap_or(known)
}

fn shape(sides: Sides, is_vector: bool) -> Shape {
    let Sides { channels, height, width } = sides;
    if is_vector {
        Shape::Vector { features: channels * height * width }
    } else {
        Shape::Image { channels, height, width }
    }
}

/// The value of a parameter that makes the smallest (0) or the largest (1) network.
fn value(walk: &Walk, found: &Block, kind: LayerKind, param: Param, end: usize) -> f64 {
    let [low, high] = range_of(walk, found, param);
    let is_pool = matches!(kind, LayerKind::MaxPool | LayerKind::AvgPool);
    // Steps, and the windows of pools, make small what comes after them.
    let shrinks = param == Param::Stride || is_pool && param == Param::Kernel;
    if (end == 0) == shrinks { high } else { low }
}

/// The least and the most of a parameter.
fn range_of(walk: &Walk, found: &Block, param: Param) -> [f64; 2] {
    let limits = param.limits();
    match &found.params[param as usize] {
        None => [1.0; 2],
        Some(Domain::Derived(formula)) => interval(formula, &|name| range_of_name(walk, name))
            .map_or([limits.low, limits.high], |range| range.map(|value| fitted(value, limits))),
        Some(domain @ (Domain::Choices { .. } | Domain::Stretch { .. })) => domain.bounds(limits),
    }
}

/// The least and the most of a name of formulas, unless it is of the place or derived itself.
fn range_of_name(walk: &Walk, name: usize) -> Option<[f64; 2]> {
    let blocks = &walk.program.blocks;
    let drawn = |block: &Block, param: Param| match &block.params[param as usize] {
        Some(Domain::Derived(_)) | None => None,
        Some(domain) => Some(domain.bounds(param.limits())),
    };
    if let Some(&(block, param)) = name.checked_sub(NAMED).and_then(|slot| walk.program.named.get(slot)) {
        return drawn(&blocks[block], param);
    }
    let param = Param::ALL.get(name.checked_sub(PLACE.len())?).copied()?;
    // The last layer that has it may be any.
    let having = blocks.iter().filter(|block| block.params[param as usize].is_some());
    let ranges: Vec<[f64; 2]> = having.map(|block| drawn(block, param)).collect::<Option<_>>()?;
    ranges.into_iter().reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
}

/// The tensor as a vector, for a linear layer.
fn flattened(space_head: Head, known: Known) -> Known {
    let mut after = known;
    for end in [0, 1] {
        let Sides { channels, height, width } = known.sides[end];
        let features = if space_head == Head::GlobalPool { channels } else { channels * height * width };
        after.sides[end] = Sides { channels: features, height: 1, width: 1 };
        if end == 1 && known.image {
            let (_, op) = head(space_head);
            after.cost[1] += op.alone(shape(known.sides[1], false)).expect("an image becomes a vector").1;
        }
    }
    after.image = false;
    after
}

fn skip(walk: &Walk, index: usize, known: Known) -> Known {
    let found = &walk.program.blocks[index];
    let mut body = known;
    // The node by which the input is read.
    body.cost[1].activation_bytes += 4 * shape(known.sides[1], false).numel();
    for inner in walk.program.blocks_in(Some(index)) {
        body = block(walk, inner, body);
    }
    let (entry, made) = (known.sides[1], body.sides[1]);
    let adds = found.kinds[0] == LayerKind::Residual;
    let filters = if adds { made.channels } else { entry.channels };
    let shortcut = Op::Conv { filters, kernel: 1, stride: 1, padding: 0, bias: false };
    body.cost[1] += shortcut.alone(shape(entry, false)).expect("a 1x1 convolution fits").1;
    let channels = if adds { made.channels } else { made.channels + entry.channels };
    body.sides[1].channels = channels.max(entry.channels);
    body.sides[1].height = made.height.max(entry.height);
    body.sides[1].width = made.width.max(entry.width);
    body.sides[0].channels = body.sides[0].channels.min(known.sides[0].channels);
    let mut joined = shape(body.sides[1], false);
    body.cost[1].activation_bytes += 4 * joined.numel();
    for (_, op) in then(&found.then) {
        let (made, cost) = op.alone(joined).expect("links of a chain take every shape");
        body.cost[1] += cost;
        joined = made;
    }
    body
}
