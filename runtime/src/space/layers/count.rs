//! How many networks a space holds.
//!
//! Before conditions: walks in one state go on alike, so their number is counted once a state. After conditions: a dynamic
//! program from the beginning, whose states hold what was added up so far, each with the number of its genomes. Conditions
//! on neighbours, such as `filters[i + 1] >= filters[i]`, are judged on the way, and of their lists only the end is kept.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use indexmap::IndexMap;
use peng_spec::arch::{ArchGraph, LISTS, NetworkFacts, SINGLES};
use peng_spec::expr::Formula;
use rand::RngExt;

use super::domain::Domain;
use super::member::{Ask, Slot};
use super::params::{LayerKind, PaddingWord, Param};
use super::program::{NAMED, PLACE, around};
use super::walk::{Decision, Keep, State, Walk};
use crate::seed::{Rng, SeedTree};
use crate::space::count::{Bound, Satisfying, Share, Size, SpaceCount, sampled};

/// Most answers that are tried when a spec is checked, which must be fast.
const CHECKED_STEPS: usize = 100_000;
/// Most states that are held at once. Each of them leads to two members or more.
const MOST_STATES: usize = 600_000;
/// Most states that are made in all. Each decision has two answers or more, so that a million members take less.
const MOST_STEPS: usize = 2_000_000;
/// Most answers that are weighed for uniform draws, of which there are fewer then.
const WEIGHED: usize = 2_000_000;

/// Counts genomes without their settings of the training.
pub(super) fn count(walk: &Walk) -> SpaceCount {
    let mut genomes = Genomes::new(walk, MOST_STEPS);
    let all = genomes.from(&walk.start());
    let conditions = &walk.program.conditions;
    let satisfying = (!conditions.is_empty()).then(|| match (all, exactly(walk, conditions)) {
        (_, Some(count)) => Satisfying::Exactly(count),
        (Some(_), None) => Satisfying::Sampled(share(walk, conditions, &mut genomes)),
        (None, None) => Satisfying::Drawn(sampled(conditions, |number| {
            Some(facts(&walk.member_like(&|_| Vec::new(), &mut generator(number)).graph))
        })),
    });
    SpaceCount { genomes: all.map_or_else(|| Bound::AtMost(at_most(walk)), Bound::counted), satisfying }
}

/// The number of genomes; an upper bound if it cannot be told fast.
pub(super) fn genomes(walk: &Walk) -> Size {
    Genomes::new(walk, CHECKED_STEPS).from(&walk.start()).unwrap_or_else(|| at_most(walk))
}

/// The generator of a draw, the same in every plan.
fn generator(number: u32) -> Rng {
    SeedTree::new(0).child("count", number.into()).rng()
}

fn facts(graph: &ArchGraph) -> NetworkFacts {
    graph.facts().expect("networks of the space have shapes")
}

/// Without `when`, and as if nothing was tied.
fn at_most(walk: &Walk) -> Size {
    let blocks = &walk.program.blocks;
    let of = |index: usize| {
        let found = &blocks[index];
        let values = found.params.iter().flatten().map(|domain| Size::Whole(domain.count()));
        values.fold(Size::Whole(found.kinds.len() as u128), Size::times)
    };
    let mut all = Size::ONE;
    for (index, found) in blocks.iter().enumerate() {
        let most = |outer: usize| blocks[outer].repeat.last().copied().unwrap_or(0);
        let outer: usize = around(blocks, found.inside).map(most).product();
        let repeated = |power: &Size| Some(power.times(of(index)));
        let powers = std::iter::successors(Some(Size::ONE), repeated);
        let each = powers.take(1 + found.repeat.last().copied().unwrap_or(0)).reduce(Size::plus);
        for _ in 0..outer {
            all = all.times(each.unwrap_or(Size::ONE));
        }
    }
    all
}

impl Walk {
    /// What decides how many decisions there are.
    fn keep_for_genomes(&self) -> Keep {
        let used = &self.program.used;
        let place = used[..PLACE.len()].contains(&true);
        Keep { place, channels: used[0], depth: used[3], facts: [false; SINGLES.len() + LISTS.len()] }
    }

    /// What conditions are about.
    fn keep_for(&self, conditions: &[Formula]) -> Keep {
        let mut facts = [false; SINGLES.len() + LISTS.len()];
        conditions.iter().flat_map(Formula::names).for_each(|name| facts[name] = true);
        Keep { place: true, channels: true, depth: facts[3] || self.program.used[3], facts }
    }

    /// Whether a later state depends on the value of a parameter.
    fn matters(&self, keep: &Keep, block: usize, param: Param) -> bool {
        let used = &self.program.used;
        let named = self.program.named.iter().zip(&used[NAMED..]);
        let is_named = named.into_iter().any(|(&named, &used)| used && named == (block, param));
        let costs = keep.facts.contains(&true);
        let by_place = match param {
            Param::Filters | Param::Units => keep.channels,
            Param::Stride => true,
            Param::Kernel => {
                let found = &self.program.blocks[block];
                let pools =
                    found.kinds.iter().any(|kind| matches!(kind, LayerKind::MaxPool | LayerKind::AvgPool));
                costs || pools || found.padding == PaddingWord::Valid
            }
            Param::Dilation => self.program.blocks[block].padding == PaddingWord::Valid,
            Param::Rate => false,
        };
        let latest = param != Param::Rate && used[PLACE.len() + param as usize];
        latest || is_named || keep.place && by_place || self.feeds_derived(block, param)
    }

    /// Whether a derived value of the same block may depend on it.
    fn feeds_derived(&self, block: usize, param: Param) -> bool {
        let derived = self.program.blocks[block].params.iter().flatten();
        let name = PLACE.len() + param as usize;
        let mut formulas = derived.filter_map(|domain| match domain {
            Domain::Derived(formula) => Some(formula),
            Domain::Choices { .. } | Domain::Stretch { .. } => None,
        });
        param != Param::Rate && formulas.any(|formula| formula.names().contains(&name))
    }

    /// The states to which a decision leads, each with the number of its answers and one of them.
    fn branches(&self, state: &State, keep: &Keep, decision: &Decision<'_>) -> Vec<(State, u128, f64)> {
        match *decision {
            Decision::Again { block, count, .. } => [false, true]
                .into_iter()
                .map(|again| {
                    let mut next = state.clone();
                    self.take_again(&mut next, keep, None, (block, again));
                    (next, 1, (count + usize::from(again)) as f64)
                })
                .collect(),
            Decision::Kind { block, kinds } => (0..kinds.len())
                .map(|kind| {
                    let mut next = state.clone();
                    Self::take_kind(&mut next, block, kind);
                    (next, 1, kind as f64)
                })
                .collect(),
            Decision::Value { block, param, domain } => {
                let take = |value: f64, answers: u128| {
                    let mut next = state.clone();
                    self.take_value(&mut next, block, param, value);
                    (next, answers, value)
                };
                match domain {
                    Domain::Choices { values, .. } if self.matters(keep, block, param) => {
                        values.iter().map(|&value| take(value, 1)).collect()
                    }
                    Domain::Choices { values, .. } => vec![take(values[0], values.len() as u128)],
                    Domain::Stretch { low, .. } => vec![take(*low, 1)],
                    Domain::Derived(_) => unreachable!("a derived value is not decided"),
                }
            }
        }
    }
}

/// Numbers of genomes from a state on.
struct Genomes<'a> {
    walk: &'a Walk,
    keep: Keep,
    known: HashMap<State, Size>,
    /// Answers that may still be tried.
    left: usize,
}

impl<'a> Genomes<'a> {
    fn new(walk: &'a Walk, most: usize) -> Self {
        Self { walk, keep: walk.keep_for_genomes(), known: HashMap::new(), left: most }
    }

    /// `None`: there are too many.
    fn from(&mut self, state: &State) -> Option<Size> {
        let mut state = state.clone();
        let Some(decision) = self.walk.next(&mut state, &self.keep, None) else { return Some(Size::ONE) };
        if let Some(&count) = self.known.get(&state) {
            return Some(count);
        }
        let mut total = Size::Whole(0);
        let branches = self.walk.branches(&state, &self.keep, &decision);
        let Some(left) = self.left.checked_sub(branches.len()) else {
            // Nobody asks again, and there may be many.
            self.known = HashMap::new();
            return None;
        };
        self.left = left;
        for (next, answers, _) in branches {
            total = total.plus(Size::Whole(answers).times(self.from(&next)?));
        }
        self.known.insert(state, total);
        Some(total)
    }
}

/// The genomes that satisfy conditions; `None`: it would take too long.
pub(super) fn exactly(walk: &Walk, conditions: &[Formula]) -> Option<u128> {
    let keep = walk.keep_for(conditions);
    let (windows, rest): (Vec<_>, Vec<_>) =
        conditions.iter().partition(|condition| condition.window().is_some());
    // Of a list that only windows look at, no more than the widest of them less one is kept.
    let kept: [Option<usize>; LISTS.len()] = [0, 1, 2].map(|list| {
        let others = rest.iter().any(|condition| condition.names().contains(&(SINGLES.len() + list)));
        let widths = windows.iter().filter_map(|condition| condition.window());
        let widest = widths.filter(|(name, _)| *name == SINGLES.len() + list).map(|(_, width)| width).max();
        widest.filter(|_| !others).map(|width| width - 1)
    });
    let mut waiting: BTreeMap<_, IndexMap<State, u128>> = BTreeMap::new();
    let (mut total, mut held, mut made) = (0_u128, 0, 0);
    let mut group = IndexMap::new();
    let mut fresh = vec![(walk.start(), 1_u128, 0.0)];
    loop {
        made += fresh.len();
        for (mut state, genomes, _) in fresh.drain(..) {
            let goes_on = walk.next(&mut state, &keep, None).is_some();
            let judged = if goes_on { [&windows, &[][..]] } else { [&windows, &rest[..]] };
            if judged.iter().any(|conditions| !conditions.is_empty()) {
                let facts = Walk::facts(&state);
                if judged.into_iter().flatten().any(|condition| !condition.holds(&facts)) {
                    continue;
                }
            }
            if !goes_on {
                total = total.checked_add(genomes)?;
                continue;
            }
            state.keep_ends(kept);
            let states = waiting.entry(walk.order(&state)).or_default();
            let before = states.len();
            let known = states.entry(state).or_insert(0);
            *known = known.checked_add(genomes)?;
            held += states.len() - before;
        }
        // After every state, since a single group may lead to very many.
        if held > MOST_STATES || made > MOST_STEPS {
            return None;
        }
        if group.is_empty() {
            let Some((_, states)) = waiting.pop_first() else { return Some(total) };
            held -= states.len();
            group = states;
        }
        let (mut state, genomes) = group.pop().expect("no group is empty");
        let decision = walk.next(&mut state, &keep, None)?;
        fresh = walk.branches(&state, &keep, &decision);
        for (_, answers, _) in &mut fresh {
            *answers = answers.checked_mul(genomes)?;
        }
    }
}

#[cfg(test)]
pub(super) fn sampled_share(walk: &Walk) -> Share {
    share(walk, &walk.program.conditions, &mut Genomes::new(walk, MOST_STEPS))
}

/// The share of genomes drawn uniformly, by the numbers of genomes behind each branch.
fn share(walk: &Walk, conditions: &[Formula], genomes: &mut Genomes<'_>) -> Share {
    let mut weighed = 0;
    sampled(conditions, |number| {
        (weighed < WEIGHED).then(|| facts(&uniform(walk, genomes, &mut generator(number), &mut weighed)))
    })
}

/// A network whose genome is drawn uniformly.
fn uniform(walk: &Walk, genomes: &mut Genomes<'_>, rng: &mut Rng, weighed: &mut usize) -> ArchGraph {
    let mut state = walk.start();
    let keep = genomes.keep.clone();
    let drawn = walk.member::<Infallible>(&mut |key, ask| {
        if matches!(key.2, Slot::Training(_)) {
            return Ok(ask.draw(rng));
        }
        let decision = walk.next(&mut state, &keep, None).expect("both walks come to the same decisions");
        let branches = walk.branches(&state, &keep, &decision);
        *weighed += branches.len();
        let sizes = branches
            .iter()
            .map(|(next, answers, _)| Size::Whole(*answers).times(genomes.from(next).unwrap_or(Size::ONE)));
        // As parts of the largest, which cannot overflow.
        let logs: Vec<f64> = sizes.map(Size::log2).collect();
        let most = logs.iter().copied().fold(0.0, f64::max);
        let behind: Vec<f64> = logs.into_iter().map(|log| libm::exp2(log - most)).collect();
        let mut left = rng.random::<f64>() * behind.iter().sum::<f64>();
        let chosen = behind.iter().position(|number| {
            left -= number;
            left < 0.0
        });
        let (next, answers, answer) = branches[chosen.unwrap_or(branches.len() - 1)].clone();
        state = next;
        // Answers that lead to one state are alike.
        Ok(match ask {
            Ask::Value(Domain::Choices { values, .. }) if answers > 1 => {
                values[rng.random_range(0..values.len())]
            }
            Ask::Value(domain @ Domain::Stretch { .. }) => domain.sample(rng),
            Ask::Count { .. } | Ask::Kind(_) | Ask::Value(_) => answer,
        })
    });
    let Ok(member) = drawn;
    member.graph
}
