//! E0306: conditions that no network of a space satisfies, found without training and in little time. What is not found here,
//! [`super::Scarce`] tells in the run.

use peng_spec::arch::{Cost, SINGLES};
use peng_spec::catalog::Issue;
use peng_spec::diag::codes;
use peng_spec::expr::{Comparison, Formula, Operator};

use super::{Satisfying, SearchSpace, SpaceCount};
use crate::seed::SeedTree;

/// Most genomes that are counted to find out whether one of them satisfies the conditions.
const MOST_COUNTED: f64 = 100_000.0;
/// Draws of which one that satisfies them makes counting needless.
const DRAWS: u32 = 100;

fn issue(pointer: String, message: String, advice: &str) -> Issue {
    let mut issue = Issue::new(pointer, message);
    issue.code = Some(codes::E0306);
    issue.help(advice)
}

/// The conditions that no network between two bounds of the cost satisfies, and those that exclude each other.
pub(super) fn impossible(
    texts: &[String],
    conditions: &[Formula],
    bounds: [Cost; 2],
) -> Result<(), Vec<Issue>> {
    let mut issues = outside(texts, conditions, bounds);
    if issues.is_empty() {
        issues.extend(opposed(texts, conditions));
    }
    if issues.is_empty() { Ok(()) } else { Err(issues) }
}

/// All conditions together, where the space is small enough to count how many networks satisfy them.
pub(super) fn unsatisfied(
    texts: &[String],
    conditions: &[Formula],
    space: &dyn SearchSpace,
    genomes: f64,
    count: impl FnOnce() -> SpaceCount,
) -> Result<(), Vec<Issue>> {
    if texts.is_empty() || genomes > MOST_COUNTED {
        return Ok(());
    }
    let is_one = |number: u32| {
        let genome = space.sample(&mut SeedTree::new(0).child("conditions", number.into()).rng()).ok();
        genome.and_then(|genome| space.facts(&genome).ok()).is_some_and(|facts| facts.satisfy(conditions))
    };
    if (0..DRAWS).any(is_one) || count().satisfying != Some(Satisfying::Exactly(0)) {
        return Ok(());
    }
    let (pointer, what) = match texts {
        [text] => ("/where/0", format!("`{text}`")),
        _ => ("/where", "all conditions".to_owned()),
    };
    let message = format!("no network of the space satisfies {what}: all {genomes} were counted");
    Err(vec![issue(pointer.to_owned(), message, "loosen a condition, or change the space")])
}

fn outside(texts: &[String], conditions: &[Formula], bounds: [Cost; 2]) -> Vec<Issue> {
    let [low, high] =
        bounds.map(|cost| [cost.params, cost.flops, cost.activation_bytes].map(|figure| figure as f64));
    let mut issues = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
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
            let advice = "loosen the condition, or change the space";
            issues.push(issue(format!("/where/{index}"), message, advice));
        }
    }
    issues
}

/// Where a condition, by its index, lets a figure lie: at most or at least at a number, which may itself be excluded.
#[derive(Clone, Copy)]
struct Limit {
    figure: usize,
    is_most: bool,
    number: f64,
    is_open: bool,
    condition: usize,
}

/// The first two conditions that leave no number for a figure; they may be one.
fn opposed(texts: &[String], conditions: &[Formula]) -> Option<Issue> {
    let mut earlier: Vec<Limit> = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        for limit in limits(condition, index) {
            if let Some(other) = earlier.iter().find(|&&other| excludes(limit, other)) {
                return Some(opposition(texts, [other.condition, index]));
            }
            earlier.push(limit);
        }
    }
    None
}

fn excludes(one: Limit, other: Limit) -> bool {
    let (most, least) = if one.is_most { (one, other) } else { (other, one) };
    one.figure == other.figure
        && one.is_most != other.is_most
        && (least.number > most.number || (least.number == most.number && (least.is_open || most.is_open)))
}

/// Of two conditions, the second in the order of the text, or the same one twice.
fn opposition(texts: &[String], [first, second]: [usize; 2]) -> Issue {
    let pointer = format!("/where/{second}");
    if first == second {
        let message = format!("no network satisfies `{}`, which contradicts itself", texts[second]);
        return issue(pointer, message, "loosen the condition");
    }
    let message = format!("no network satisfies `{}` and also `{}`", texts[second], texts[first]);
    issue(pointer, message, "loosen one of the two conditions")
        .also(format!("/where/{first}"), "the other condition")
}

/// The limits that comparisons of a figure with a number set, of which all must hold.
fn limits(formula: &Formula, condition: usize) -> Vec<Limit> {
    let (by, sides) = match formula {
        Formula::All(parts) => return parts.iter().flat_map(|part| limits(part, condition)).collect(),
        Formula::Compare(by, sides) => (*by, sides.as_ref()),
        _ => return Vec::new(),
    };
    let (figure, side, by) = match sides {
        [Formula::Value(name), side] => (*name, side, by),
        [side, Formula::Value(name)] => (*name, side, by.mirrored()),
        _ => return Vec::new(),
    };
    let Some([number, _]) = interval(side, &|_| None) else { return Vec::new() };
    let limit = |is_most, is_open| Limit { figure, is_most, number, is_open, condition };
    match by {
        Comparison::AtMost => vec![limit(true, false)],
        Comparison::Below => vec![limit(true, true)],
        Comparison::AtLeast => vec![limit(false, false)],
        Comparison::Above => vec![limit(false, true)],
        Comparison::Equal => vec![limit(true, false), limit(false, false)],
        Comparison::Unequal => Vec::new(),
    }
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

#[cfg(test)]
mod tests {
    use peng_spec::catalog::{DatasetFacts, Target};
    use serde_json::{Value, json};

    use crate::space::find;

    fn told(kind: &str, params: &Value) -> Option<String> {
        let dataset = DatasetFacts {
            input: "1x12x12".parse().unwrap(),
            target: Target::Classes(2),
            train: 10,
            test: 10,
        };
        let kind = find(kind).unwrap();
        let issues = kind.facts(&kind.normalise(params).unwrap(), &dataset).err()?;
        assert!(issues.iter().all(|issue| issue.code == Some(super::codes::E0306)), "{issues:?}");
        let each = issues.iter().map(|issue| format!("{}: {}", issue.pointer, issue.message));
        Some(each.collect::<Vec<_>>().join("; "))
    }

    fn of_macro(conditions: &Value) -> Option<String> {
        told("nsga-macro", &json!({ "phases": 2, "nodes": 3, "channels": 8, "where": conditions }))
    }

    #[test]
    fn conditions_that_exclude_each_other_are_named() {
        for (conditions, expected) in [
            (
                json!(["params > 10k", "flops > 0", "params < 5k"]),
                "/where/2: no network satisfies `params < 5k` and also `params > 10k`",
            ),
            (
                json!(["7k <= params", "params < 7k"]),
                "/where/1: no network satisfies `params < 7k` and also `7k <= params`",
            ),
            (
                json!(["depth == 3", "depth != 3", "depth >= 2 * 2"]),
                "/where/2: no network satisfies `depth >= 2 * 2` and also `depth == 3`",
            ),
            (
                json!(["depth > 4 and depth < 3"]),
                "/where/0: no network satisfies `depth > 4 and depth < 3`, which contradicts itself",
            ),
        ] {
            assert_eq!(of_macro(&conditions).as_deref(), Some(expected), "{conditions}");
        }
        for conditions in [
            json!(["depth >= 5", "depth <= 5"]),
            json!(["depth > 4 or depth < 3", "params >= 0"]),
            json!(["not (depth > 5)", "depth >= 5"]),
        ] {
            assert_eq!(of_macro(&conditions), None, "{conditions}");
        }
    }

    #[test]
    fn small_spaces_are_counted() {
        let expected = "/where/0: no network of the space satisfies `depth > 1000`: all 256 were counted";
        assert_eq!(of_macro(&json!(["depth > 1000"])).as_deref(), Some(expected));
        let blocks = json!([{ "layer": "conv", "filters": [4, 8], "kernel": 3 }]);
        let found = told("layers", &json!({ "blocks": blocks, "where": ["kernel[0] == 5", "params > 0"] }));
        let expected = "/where: no network of the space satisfies all conditions: all 2 were counted";
        assert_eq!(found.as_deref(), Some(expected));
        // One of 128 is deep enough and small enough: it need not be drawn.
        let blocks = json!([{ "repeat": "1..7", "layer": "conv", "filters": 4, "kernel": [1, 3] }]);
        assert_eq!(
            told("layers", &json!({ "blocks": blocks, "where": ["depth == 8", "max(kernel) == 1"] })),
            None
        );
    }
}
