//! `where`: a space cut to the networks that satisfy its conditions, which are drawn again until one does.
//!
//! The conditions are about what [`SearchSpace::facts`] says, so nothing is trained for them.

use peng_spec::arch::{ArchGraph, Cost, Genome, NetworkFacts, SINGLES};
use peng_spec::catalog::Issue;
use peng_spec::diag::codes;
use peng_spec::expr::{Comparison, Formula, Operator, condition};
use peng_spec::plan::Settings;

use super::{GenomeError, Scarce, SearchSpace};
use crate::seed::Rng;

/// Draws at random in a row of which none satisfies the conditions, after which there are too few that do.
pub(crate) const DRAWS: u32 = 10_000;
/// Tries of a mutation or a crossover, after which the parents stay as they are.
const MOVES: u32 = 100;

/// Reads the conditions of `where`.
pub(super) fn conditions(texts: &[String]) -> Result<Vec<Formula>, Vec<Issue>> {
    let names = NetworkFacts::names();
    let read = |(index, text): (usize, &String)| {
        condition(text, &names).map_err(|error| Issue::in_formula(format!("/where/{index}"), 0, error))
    };
    let (good, bad): (Vec<_>, Vec<_>) = texts.iter().enumerate().map(read).partition(Result::is_ok);
    let issues: Vec<Issue> = bad.into_iter().filter_map(Result::err).collect();
    if issues.is_empty() { Ok(good.into_iter().flatten().collect()) } else { Err(issues) }
}

/// The space, cut if there are conditions.
pub(super) fn constrained(
    space: Box<dyn SearchSpace>,
    texts: &[String],
) -> Result<Box<dyn SearchSpace>, Vec<Issue>> {
    if texts.is_empty() {
        return Ok(space);
    }
    Ok(Box::new(Constrained { space, conditions: conditions(texts)?, texts: texts.to_vec() }))
}

/// E0306: the conditions that no network between two bounds of the cost satisfies.
pub(super) fn impossible(texts: &[String], least: Cost, most: Cost) -> Result<(), Vec<Issue>> {
    let bounds = |cost: Cost| [cost.params, cost.flops, cost.activation_bytes].map(|figure| figure as f64);
    let [low, high] = [bounds(least), bounds(most)];
    let mut issues = Vec::new();
    for (index, condition) in conditions(texts)?.iter().enumerate() {
        if truth(condition, low, high) == Some(false) {
            let names = condition.names();
            let shown = names
                .iter()
                .filter(|&&name| name < 3)
                .map(|&name| format!("`{}` is between {} and {}", SINGLES[name], low[name], high[name]));
            let shown: Vec<String> = shown.collect();
            let mut message = format!("no network of the space satisfies `{}`", texts[index]);
            if !shown.is_empty() {
                message = format!("{message}: {}", shown.join(", "));
            }
            let mut issue = Issue::new(format!("/where/{index}"), message);
            issue.code = Some(codes::E0306);
            issues.push(issue.help("loosen the condition, or change the space"));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(issues) }
}

/// What is known of a condition if parameters, FLOPs and bytes lie between bounds and all else is open.
fn truth(formula: &Formula, low: [f64; 3], high: [f64; 3]) -> Option<bool> {
    let known = |name: usize| Some([*low.get(name)?, *high.get(name)?]);
    let truths = |parts: &[Formula]| -> Vec<Option<bool>> {
        parts.iter().map(|part| truth(part, low, high)).collect()
    };
    match formula {
        // Of a layer that is not there the condition holds.
        _ if !formula.elements().is_empty() => None,
        Formula::Compare(by, sides) => {
            let ([a, b], [c, d]) = (interval(&sides[0], &known)?, interval(&sides[1], &known)?);
            let at_most = |a: f64, b: f64, c: f64, d: f64| {
                if b <= c {
                    Some(true)
                } else if a > d {
                    Some(false)
                } else {
                    None
                }
            };
            let below = |a: f64, b: f64, c: f64, d: f64| {
                if b < c {
                    Some(true)
                } else if a >= d {
                    Some(false)
                } else {
                    None
                }
            };
            let apart = b < c || d < a;
            match by {
                Comparison::AtMost => at_most(a, b, c, d),
                Comparison::Below => below(a, b, c, d),
                Comparison::AtLeast => at_most(c, d, a, b),
                Comparison::Above => below(c, d, a, b),
                Comparison::Equal => apart.then_some(false),
                Comparison::Unequal => apart.then_some(true),
            }
        }
        Formula::Not(inner) => truth(inner, low, high).map(|is| !is),
        Formula::All(parts) => {
            let parts = truths(parts);
            if parts.contains(&Some(false)) {
                Some(false)
            } else {
                parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
            }
        }
        Formula::Any(parts) => {
            let parts = truths(parts);
            if parts.contains(&Some(true)) {
                Some(true)
            } else {
                parts.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
            }
        }
        Formula::Number(_)
        | Formula::Value(_)
        | Formula::Element(..)
        | Formula::Fold(..)
        | Formula::Negative(_)
        | Formula::Arithmetic(..) => None,
    }
}

/// The least and the most of a number, if they are known.
pub(super) fn interval(formula: &Formula, known: &dyn Fn(usize) -> Option<[f64; 2]>) -> Option<[f64; 2]> {
    let sorted = |values: [f64; 4]| {
        let all = values.iter().all(|value| value.is_finite());
        let fold = |pick: fn(f64, f64) -> f64| values.into_iter().reduce(pick);
        all.then_some([fold(f64::min)?, fold(f64::max)?])
    };
    match formula {
        Formula::Number(number) => Some([*number, *number]),
        Formula::Value(name) => known(*name),
        Formula::Negative(inner) => interval(inner, known).map(|[a, b]| [-b, -a]),
        Formula::Arithmetic(by, sides) => {
            let ([a, b], [c, d]) = (interval(&sides[0], known)?, interval(&sides[1], known)?);
            match by {
                Operator::Add => Some([a + c, b + d]),
                Operator::Subtract => Some([a - d, b - c]),
                Operator::Multiply => sorted([a * c, a * d, b * c, b * d]),
                Operator::Divide if c > 0.0 || d < 0.0 => sorted([a / c, a / d, b / c, b / d]),
                Operator::Divide => None,
            }
        }
        Formula::Element(..)
        | Formula::Fold(..)
        | Formula::Compare(..)
        | Formula::Not(_)
        | Formula::All(_)
        | Formula::Any(_) => None,
    }
}

/// A space cut to some of its networks.
struct Constrained {
    space: Box<dyn SearchSpace>,
    conditions: Vec<Formula>,
    texts: Vec<String>,
}

impl Constrained {
    fn satisfies(&self, genome: &Genome) -> Result<bool, GenomeError> {
        Ok(self.space.facts(genome)?.satisfy(&self.conditions))
    }
}

impl SearchSpace for Constrained {
    fn sample(&self, rng: &mut Rng) -> Result<Genome, Scarce> {
        for _ in 0..DRAWS {
            let genome = self.space.sample(rng)?;
            if self.satisfies(&genome).expect("a space reads the genomes that it draws") {
                return Ok(genome);
            }
        }
        Err(Scarce { draws: DRAWS, conditions: self.texts.join("`, `") })
    }

    /// If no try satisfies the conditions, the genome stays as it is.
    fn mutate(&self, genome: &Genome, rng: &mut Rng) -> Result<Genome, GenomeError> {
        for _ in 0..MOVES {
            let changed = self.space.mutate(genome, rng)?;
            if self.satisfies(&changed)? {
                return Ok(changed);
            }
        }
        Ok(genome.clone())
    }

    /// A child that does not satisfy the conditions is made again; after many tries it is one of its parents.
    fn crossover(&self, first: &Genome, second: &Genome, rng: &mut Rng) -> Result<[Genome; 2], GenomeError> {
        let mut found = Vec::new();
        for _ in 0..MOVES {
            for child in self.space.crossover(first, second, rng)? {
                if found.len() < 2 && self.satisfies(&child)? {
                    found.push(child);
                }
            }
            if found.len() == 2 {
                break;
            }
        }
        let mut found = found.into_iter();
        Ok([first, second].map(|parent| found.next().unwrap_or_else(|| parent.clone())))
    }

    fn decode(&self, genome: &Genome) -> Result<ArchGraph, GenomeError> {
        self.space.decode(genome)
    }

    fn canonical(&self, genome: &Genome) -> Result<Genome, GenomeError> {
        self.space.canonical(genome)
    }

    fn settings(&self, genome: &Genome) -> Result<Settings, GenomeError> {
        self.space.settings(genome)
    }

    fn facts(&self, genome: &Genome) -> Result<NetworkFacts, GenomeError> {
        self.space.facts(genome)
    }
}
