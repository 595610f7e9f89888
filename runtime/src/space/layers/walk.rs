//! The walk through a space: from one decision to the next, until a network is complete.
//!
//! A [`State`] holds no more than what later decisions, shapes and counted facts depend on, so that two walks that are in
//! one state go on alike. Drawing, reading, encoding and counting networks are walks with different deciders.

use peng_spec::arch::{Cost, LISTS, NetworkFacts, Op, SINGLES, Shape};
use peng_spec::expr::{Formula, Values};

use super::build::{Trace, head, join, layer, then};
use super::domain::{Domain, fitted};
use super::params::{LayerKind, Param};
use super::program::{MOST_SKIPS, NAMED, PLACE, Place, Program, Then, around};

/// What states hold of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keep {
    /// Height, width, depth, and channels.
    pub(super) place: bool,
    /// Channels, if the place is kept.
    pub(super) channels: bool,
    /// The depth, if the place is kept.
    pub(super) depth: bool,
    /// Which facts of [`NetworkFacts`].
    pub(super) facts: [bool; SINGLES.len() + LISTS.len()],
}

/// Where a walk is, and what it still has to know.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    at: At,
    /// How often the block at hand, and the skips around it, have occurred.
    counts: Place,
    shape: Shape,
    /// Channels, height and width of the last image, once there are none any more.
    image: [u32; 3],
    depth: u32,
    /// Whether there is a node.
    begun: bool,
    /// The skips that are open, from the outside.
    open: Vec<Open>,
    kind: Option<u8>,
    /// Bits of numbers: parameters of the layer at hand, of the last one that had them, of named blocks, tied ones.
    own: [Option<u64>; 6],
    latest: [u64; 6],
    named: Vec<u64>,
    tied: Vec<Option<u64>>,
    sums: [u64; 3],
    lists: [Vec<u32>; 3],
}

/// A skip that is not joined yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Open {
    /// What it reads.
    entry: Shape,
    /// The depth there.
    depth: u32,
    /// The product of strides since.
    stride: u32,
    /// Whether there is a layer in it.
    has_layer: bool,
}

impl Open {
    /// Takes a layer, or a skip with layers, in steps of so many pixels.
    fn take_layer(&mut self, stride: u32) {
        self.has_layer = true;
        self.stride = self.stride.saturating_mul(stride);
    }
}

/// The next thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    /// Whether the block occurs once more.
    Begin(u16),
    /// What it is this time.
    Kind(u16),
    /// Its parameter of that number.
    Param(u16, u8),
    End,
}

/// A decision.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decision<'a> {
    /// Whether the block that occurred so often occurs again.
    Again { block: usize, count: usize, repeat: &'a [usize] },
    /// What the layer is.
    Kind { block: usize, kinds: &'a [LayerKind] },
    /// A parameter.
    Value { block: usize, param: Param, domain: &'a Domain },
}

/// What the nodes of the classifier are called.
const CLASSIFIER: &str = "classifier";

/// Names of formulas in a state.
struct Scope<'a> {
    place: [f64; 4],
    own: &'a [Option<u64>; 6],
    state: &'a State,
}

impl Values for Scope<'_> {
    fn single(&self, name: usize) -> f64 {
        if name < PLACE.len() {
            self.place[name]
        } else if name < NAMED {
            let index = name - PLACE.len();
            f64::from_bits(self.own[index].unwrap_or(self.state.latest[index]))
        } else {
            f64::from_bits(self.state.named[name - NAMED])
        }
    }

    fn list(&self, _: usize) -> &[f64] {
        &[]
    }
}

/// A program for a data set.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) program: Program,
    pub(super) input: Shape,
    pub(super) outputs: usize,
}

impl State {
    /// Appends an operation that reads what the last one made.
    fn push(&mut self, keep: &Keep, trace: Option<&mut Trace>, label: &str, (name, op): (&'static str, Op)) {
        self.begun = true;
        if !keep.place {
            return;
        }
        let (shape, cost) = op.alone(self.shape).expect("layers are cut to fit");
        let is_classifier = label == CLASSIFIER;
        if !is_classifier {
            self.list(keep, &op);
        }
        self.add(keep, cost);
        self.move_to(keep, shape);
        if keep.depth && op.has_weights() {
            self.depth += 1;
        }
        if let Some(trace) = trace {
            trace.push(label, name, op);
        }
    }

    fn satisfies(&self, when: &Formula) -> bool {
        when.holds(&self.scope(&[None; 6]))
    }

    fn scope<'a>(&'a self, own: &'a [Option<u64>; 6]) -> Scope<'a> {
        let [channels, height, width] = match self.shape {
            Shape::Image { channels, height, width } => [channels, height, width],
            Shape::Vector { features } => [features, 1, 1],
        };
        let place = [channels as f64, height as f64, width as f64, f64::from(self.depth)];
        Scope { place, own, state: self }
    }

    fn move_to(&mut self, keep: &Keep, shape: Shape) {
        if let (Shape::Image { channels, height, width }, Shape::Vector { .. }) = (self.shape, shape) {
            let image = [channels, height, width].map(|side| side as u32);
            for (i, side) in image.into_iter().enumerate() {
                // `channels`, `height` and `width` are the last of the single names.
                self.image[i] = if keep.facts[SINGLES.len() - 3 + i] { side } else { 0 };
            }
        }
        self.shape = match shape {
            Shape::Image { height, width, .. } if !keep.channels => {
                Shape::Image { channels: 1, height, width }
            }
            Shape::Vector { .. } if !keep.channels => Shape::Vector { features: 1 },
            Shape::Image { .. } | Shape::Vector { .. } => shape,
        };
    }

    fn add(&mut self, keep: &Keep, cost: Cost) {
        let figures = [cost.params, cost.flops, cost.activation_bytes];
        for (i, figure) in figures.into_iter().enumerate().filter(|(i, _)| keep.facts[*i]) {
            self.sums[i] = self.sums[i].saturating_add(figure);
        }
    }

    fn list(&mut self, keep: &Keep, op: &Op) {
        let listed = op.listed();
        for (i, value) in listed.into_iter().enumerate().filter(|(i, _)| keep.facts[SINGLES.len() + i]) {
            self.lists[i].extend(value);
        }
    }

    /// Cuts lists to their ends.
    pub(super) fn keep_ends(&mut self, kept: [Option<usize>; LISTS.len()]) {
        for (list, kept) in self.lists.iter_mut().zip(kept) {
            if let Some(kept) = kept.filter(|&kept| list.len() > kept) {
                list.drain(..list.len() - kept);
            }
        }
    }
}

impl Walk {
    /// The beginning.
    pub(super) fn start(&self) -> State {
        State {
            at: At::Begin(0),
            counts: Place::default(),
            shape: self.input,
            image: [0; 3],
            depth: 0,
            begun: false,
            open: Vec::new(),
            kind: None,
            own: [None; 6],
            latest: [0; 6],
            named: vec![0; self.program.named.len()],
            tied: vec![None; self.program.tied.len()],
            sums: [0; 3],
            lists: [const { Vec::new() }; 3],
        }
    }

    /// Goes on to the next decision; `None`: the network is complete.
    pub(super) fn next<'a>(
        &'a self,
        state: &mut State,
        keep: &Keep,
        mut trace: Option<&mut Trace>,
    ) -> Option<Decision<'a>> {
        loop {
            match state.at {
                At::Begin(block) => {
                    let index = block as usize;
                    let Some(found) = self.program.blocks.get(index) else {
                        self.finish(state, keep, trace);
                        state.at = At::End;
                        return None;
                    };
                    let count = usize::from(state.counts[found.level]);
                    let goes_on = count < found.repeat.last().copied().unwrap_or(0);
                    let fits = goes_on && found.when.as_ref().is_none_or(|when| state.satisfies(when));
                    if !fits {
                        self.leave(state, index, keep, trace.as_deref_mut());
                    } else if found.repeat.contains(&count) {
                        return Some(Decision::Again { block: index, count, repeat: &found.repeat });
                    } else {
                        self.enter(state, index, keep, trace.as_deref_mut());
                    }
                }
                At::Kind(block) => {
                    let kinds = &self.program.blocks[block as usize].kinds;
                    if kinds.len() > 1 {
                        return Some(Decision::Kind { block: block as usize, kinds });
                    }
                    state.kind = Some(0);
                    state.at = At::Param(block, 0);
                }
                At::Param(block, number) => {
                    let index = block as usize;
                    let Some(&param) = Param::ALL.get(usize::from(number)) else {
                        self.append(state, index, keep, trace.as_deref_mut());
                        continue;
                    };
                    let found = &self.program.blocks[index];
                    let kind = found.kinds[usize::from(state.kind.unwrap_or(0))];
                    let has = kind.params().iter().any(|(known, _)| *known == param);
                    let domain = found.params[param as usize].as_ref().filter(|_| has);
                    let tied = self.program.tied.iter().position(|&tied| tied == (index, param));
                    let known = tied.and_then(|slot| state.tied[slot]);
                    match domain {
                        // Derived values come when the others are known.
                        None | Some(Domain::Derived(_)) => state.at = At::Param(block, number + 1),
                        Some(_) if known.is_some() => {
                            state.own[param as usize] = known;
                            state.at = At::Param(block, number + 1);
                        }
                        Some(Domain::Choices { values, .. }) if values.len() == 1 => {
                            self.take_value(state, index, param, values[0]);
                        }
                        Some(domain) => return Some(Decision::Value { block: index, param, domain }),
                    }
                }
                At::End => return None,
            }
        }
    }

    /// Decides [`Decision::Again`].
    pub(super) fn take_again(
        &self,
        state: &mut State,
        keep: &Keep,
        trace: Option<&mut Trace>,
        (block, again): (usize, bool),
    ) {
        if again { self.enter(state, block, keep, trace) } else { self.leave(state, block, keep, trace) }
    }

    /// Decides [`Decision::Kind`].
    pub(super) fn take_kind(state: &mut State, block: usize, kind: usize) {
        state.kind = Some(kind as u8);
        state.at = At::Param(block as u16, 0);
    }

    /// Decides [`Decision::Value`].
    pub(super) fn take_value(&self, state: &mut State, block: usize, param: Param, value: f64) {
        state.own[param as usize] = Some(value.to_bits());
        if let Some(slot) = self.program.tied.iter().position(|&tied| tied == (block, param)) {
            state.tied[slot] = Some(value.to_bits());
        }
        state.at = At::Param(block as u16, param as u8 + 1);
    }

    /// How often the block at hand and the skips around it have occurred.
    pub(super) fn counts(state: &State) -> Place {
        state.counts
    }

    /// Ascends along every walk.
    pub(super) fn order(&self, state: &State) -> ([(u16, u8); MOST_SKIPS + 1], u8) {
        let (block, stage) = match state.at {
            At::Kind(block) => (block, 0),
            At::Param(block, number) => (block, 1 + number),
            At::Begin(block) => (block, u8::MAX),
            At::End => (u16::MAX, u8::MAX),
        };
        let mut path = [(u16::MAX, 0); MOST_SKIPS + 1];
        let blocks = &self.program.blocks;
        match blocks.get(block as usize) {
            Some(found) => {
                for at in std::iter::once(block as usize).chain(around(blocks, found.inside)) {
                    let level = blocks[at].level;
                    path[level] = (at as u16, state.counts[level]);
                }
            }
            None => path[0] = (block, state.counts[0]),
        }
        (path, stage)
    }

    /// Begins a repetition of a block.
    fn enter(&self, state: &mut State, block: usize, keep: &Keep, mut trace: Option<&mut Trace>) {
        let found = &self.program.blocks[block];
        state.counts[found.level] += 1;
        if let Some(trace) = trace.as_deref_mut() {
            trace.enter(block, self.program.place_around(block, state.counts));
        }
        if found.kinds[0].is_skip() {
            if !state.begun {
                // What reads the input besides others reads it through a node.
                state.push(keep, trace.as_deref_mut(), "input", ("input", Op::Concat));
            }
            let (entry, depth) = (state.shape, state.depth);
            state.open.push(Open { entry, depth, stride: 1, has_layer: false });
            if let Some(trace) = trace {
                trace.open();
            }
            state.at = At::Begin(block as u16 + 1);
        } else {
            state.at = At::Kind(block as u16);
        }
    }

    /// Leaves a block behind, after all of its repetitions.
    fn leave(&self, state: &mut State, block: usize, keep: &Keep, trace: Option<&mut Trace>) {
        let found = &self.program.blocks[block];
        state.counts[found.level] = 0;
        for (slot, (owner, _)) in self.program.tied.iter().enumerate() {
            if *owner == block {
                state.tied[slot] = None;
            }
        }
        let after = found.end;
        match found.inside {
            Some(outer) if self.program.blocks[outer].end == after => {
                self.close(state, outer, keep, trace);
                state.at = At::Begin(outer as u16);
            }
            _ => state.at = At::Begin(after as u16),
        }
    }

    /// Ends a repetition of a skip: its shortcut, and what joins both.
    fn close(&self, state: &mut State, outer: usize, keep: &Keep, mut trace: Option<&mut Trace>) {
        let Some(Open { entry, depth, stride, has_layer }) = state.open.pop() else { return };
        if !has_layer {
            if let Some(trace) = trace {
                trace.close();
            }
            return;
        }
        if let Some(around) = state.open.last_mut() {
            around.take_layer(stride);
        }
        let kind = self.program.blocks[outer].kinds[0];
        let before = state.depth;
        let joined = join(kind, entry, state.shape, stride as usize);
        if let Some(trace) = trace.as_deref_mut() {
            trace.join(&self.label(state, outer), joined.shortcut.as_ref(), &joined.op);
        }
        let shortcut = u32::from(joined.shortcut.is_some());
        if let Some(op) = joined.shortcut.as_ref().filter(|_| keep.place) {
            state.list(keep, op);
        }
        if keep.place {
            state.add(keep, joined.cost);
            state.move_to(keep, joined.shape);
        }
        if keep.depth {
            state.depth = before.max(depth + shortcut);
        }
        self.chain(state, outer, keep, trace);
    }

    fn chain(&self, state: &mut State, block: usize, keep: &Keep, mut trace: Option<&mut Trace>) {
        let label = self.label_of(state, block, trace.as_deref());
        for op in then(&self.program.blocks[block].then) {
            state.push(keep, trace.as_deref_mut(), &label, op);
        }
    }

    /// Appends the layer whose parameters are known.
    fn append(&self, state: &mut State, block: usize, keep: &Keep, mut trace: Option<&mut Trace>) {
        let found = &self.program.blocks[block];
        let kind = found.kinds[usize::from(state.kind.take().unwrap_or(0))];
        let drawn = std::mem::take(&mut state.own);
        let mut own = drawn;
        // Derived values see those that were drawn, not each other.
        for param in Param::ALL {
            let has = kind.params().iter().any(|(known, _)| *known == param);
            if let Some(Domain::Derived(formula)) = found.params[param as usize].as_ref().filter(|_| has) {
                let value = fitted(formula.value(&state.scope(&drawn)), param.limits());
                own[param as usize] = Some(value.to_bits());
            }
        }
        let value = |param: Param| own[param as usize].map_or(0.0, f64::from_bits);
        let label = self.label_of(state, block, trace.as_deref());
        if kind == LayerKind::Dense && matches!(state.shape, Shape::Image { .. }) {
            state.push(keep, trace.as_deref_mut(), &label, head(self.program.head));
        }
        let biased = found.then.first() != Some(&Then::BatchNorm);
        for op in layer(kind, &value, found.padding, biased, state.shape) {
            state.push(keep, trace.as_deref_mut(), &label, op);
        }
        if let Some(open) = state.open.last_mut() {
            let pool = matches!(kind, LayerKind::MaxPool | LayerKind::AvgPool);
            let by = match value(Param::Stride) {
                0.0 if pool => value(Param::Kernel),
                other => other,
            };
            open.take_layer((by as u32).max(1));
        }
        for param in Param::ALL {
            let Some(bits) = own[param as usize] else { continue };
            if param != Param::Rate && self.program.used[PLACE.len() + param as usize] {
                state.latest[param as usize] = bits;
            }
            let slot = self.program.named.iter().position(|&named| named == (block, param));
            if let Some(slot) = slot.filter(|slot| self.program.used[NAMED + slot]) {
                state.named[slot] = bits;
            }
        }
        self.chain(state, block, keep, trace);
        state.at = At::Begin(block as u16);
    }

    /// Adds the head and the classifier.
    fn finish(&self, state: &mut State, keep: &Keep, mut trace: Option<&mut Trace>) {
        let pooled = Some(head(self.program.head)).filter(|_| matches!(state.shape, Shape::Image { .. }));
        let linear = ("linear", Op::Linear { units: self.outputs });
        for op in pooled.into_iter().chain([linear]) {
            state.push(keep, trace.as_deref_mut(), CLASSIFIER, op);
        }
    }

    /// What nodes are called, which nobody asks unless they are built.
    fn label_of(&self, state: &State, block: usize, trace: Option<&Trace>) -> String {
        trace.map_or_else(String::new, |_| self.label(state, block))
    }

    fn label(&self, state: &State, block: usize) -> String {
        let found = &self.program.blocks[block];
        let own = format!("{}.{}", found.label, state.counts[found.level]);
        found.inside.map_or_else(|| own.clone(), |outer| format!("{}.{own}", self.label(state, outer)))
    }

    /// What conditions may say of a complete network; what is not kept is 0.
    pub(super) fn facts(state: &State) -> NetworkFacts {
        let [params, flops, bytes] = state.sums.map(|sum| sum as f64);
        let [channels, height, width] = state.image.map(f64::from);
        NetworkFacts {
            singles: [params, flops, bytes, f64::from(state.depth), channels, height, width],
            lists: [0, 1, 2].map(|i: usize| state.lists[i].iter().copied().map(f64::from).collect()),
        }
    }
}
