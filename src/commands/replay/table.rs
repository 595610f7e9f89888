//! The comparison as a table for people: a row an estimator, and below it a block a data set or population.

use std::fmt::Write;

use peng_estimator::score::{Measure, Summary};
use peng_runtime::report::comparison::{measured, number, unscored};
use peng_runtime::report::{Compared, Comparison};
use peng_runtime::table::{Align, Table};

use crate::commands::replay::By;
use crate::ui::findings::plural;

/// So wide is a name in the table.
const WIDEST: usize = 28;
/// With more populations than that, they have no rows of their own unless these are asked for.
const FEW: usize = 4;

/// The table.
pub(super) fn table(comparison: &Comparison, by: Option<By>) -> String {
    let populations = comparison.estimators.iter().map(|e| e.by_population.len()).max().unwrap_or(0);
    let by = by.unwrap_or(if (2..=FEW).contains(&populations) { By::Population } else { By::Estimator });
    let mut blocks = vec![Block { heading: heading(comparison), rows: Vec::new() }];
    for compared in &comparison.estimators {
        blocks[0].rows.push((&compared.estimator, &compared.mean));
    }
    let mut names: Vec<&str> = Vec::new();
    // Those that were replayed everywhere come first, so that the blocks are in the order of the data sets.
    let mut widest: Vec<&Compared> = comparison.estimators.iter().collect();
    widest.sort_by_key(|compared| compared.not_replayed.len());
    for (name, note, _) in widest.iter().flat_map(|compared| parts(compared, by)) {
        if !names.contains(&name) {
            names.push(name);
            blocks.push(Block { heading: format!("{name}: {note}"), rows: Vec::new() });
        }
    }
    for compared in &comparison.estimators {
        for (name, _, summary) in parts(compared, by) {
            let place = names.iter().position(|known| *known == name).expect("every part has its block");
            blocks[place + 1].rows.push((&compared.estimator, summary));
        }
    }
    rendered(&blocks, comparison.confidence) + &notes(comparison)
}

/// What is behind a mean that leaves out populations.
const MARK: &str = "*";

/// What the numbers leave out, a line each.
fn notes(comparison: &Comparison) -> String {
    let mut notes = String::new();
    let is_partial = |compared: &Compared| {
        SHOWN.iter().any(|&measure| compared.mean.get(measure).is_some_and(|found| found.undefined > 0))
    };
    if comparison.estimators.iter().any(is_partial) {
        notes += "* without the populations or orders in which the measure is undefined\n";
    }
    for compared in &comparison.estimators {
        if let Some(unscored) = unscored(compared) {
            writeln!(notes, "`{}`: {unscored}", compared.estimator).expect("writing to a string cannot fail");
        }
    }
    if notes.is_empty() { notes } else { format!("\n{notes}") }
}

/// The measures that are shown.
const SHOWN: [Measure; 6] =
    [Measure::Saved, Measure::Mae, Measure::Nmae, Measure::Spearman, Measure::RecallTied, Measure::Nreg];

/// Rows under a heading.
struct Block<'a> {
    heading: String,
    rows: Vec<(&'a String, &'a Summary)>,
}

fn heading(comparison: &Comparison) -> String {
    let widest = comparison.estimators.iter().max_by_key(|compared| compared.by_population.len());
    let Some(widest) = widest else { return String::new() };
    if let ([dataset], [population]) = (&widest.by_dataset[..], &widest.by_population[..]) {
        let scale = dataset.scale.map_or(String::new(), |scale| format!(" as {scale}"));
        return format!(
            "{}: {}{scale}, {}",
            dataset.dataset,
            dataset.metric,
            size(&population.scored.counts)
        );
    }
    let sets = widest.by_dataset.len();
    let what = if sets == 1 {
        format!("{}: mean over", widest.by_dataset[0].dataset)
    } else {
        format!("mean over {sets} data sets,")
    };
    let runs: usize = widest.by_dataset.iter().map(|dataset| dataset.runs).sum();
    let populations = plural(widest.by_population.len(), "population");
    format!("{what} {populations}, {}", plural(runs, "run"))
}

fn size(counts: &peng_estimator::score::Counts) -> String {
    format!("{}, {}", plural(counts.runs, "run"), plural(counts.orders, "order"))
}

fn parts(compared: &Compared, by: By) -> Vec<(&str, String, &Summary)> {
    match by {
        By::Estimator => Vec::new(),
        By::Dataset => compared
            .by_dataset
            .iter()
            .map(|d| {
                let scale = d.scale.map_or(String::new(), |scale| format!(" as {scale}"));
                let (populations, runs) = (plural(d.populations, "population"), plural(d.runs, "run"));
                let note = format!("{}{scale}, {populations}, {runs}", d.metric);
                (d.dataset.as_str(), note, &d.summary)
            })
            .collect(),
        By::Population => compared
            .by_population
            .iter()
            .map(|p| (p.population.as_str(), size(&p.scored.counts), &p.scored.summary))
            .collect(),
    }
}

fn rendered(blocks: &[Block<'_>], confidence: f64) -> String {
    // Without the dust that the binary form of a share leaves.
    let interval = format!("{} %", (1e8 * confidence).round() / 1e6);
    let mut table = Table::new([
        ("estimator", Align::Left),
        ("saved", Align::Right),
        (&interval, Align::Left),
        ("MAE", Align::Right),
        ("nMAE", Align::Right),
        ("Spearman", Align::Right),
        ("recall", Align::Right),
        ("nreg", Align::Right),
        (&interval, Align::Left),
    ]);
    for (name, summary) in blocks.iter().flat_map(|block| &block.rows) {
        let value = |measure| match summary.get(measure) {
            Some(estimate) if estimate.undefined > 0 => measured(measure, estimate.value) + MARK,
            Some(estimate) => measured(measure, estimate.value),
            None => "-".to_owned(),
        };
        let range = |measure| match summary.get(measure).and_then(|estimate| estimate.interval) {
            Some([low, high]) => format!("{}..{}", number(measure, low), number(measure, high)),
            None => String::new(),
        };
        table.row([
            shortened(name),
            value(Measure::Saved),
            range(Measure::Saved),
            value(Measure::Mae),
            value(Measure::Nmae),
            value(Measure::Spearman),
            value(Measure::RecallTied),
            value(Measure::Nreg),
            range(Measure::Nreg),
        ]);
    }
    let text = table.render(0);
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let mut shown = String::new();
    for (place, block) in blocks.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n" };
        writeln!(shown, "{gap}{}", block.heading).expect("writing to a string cannot fail");
        if place == 0 {
            writeln!(shown, "{header}").expect("writing to a string cannot fail");
        }
        for line in lines.by_ref().take(block.rows.len()) {
            writeln!(shown, "{line}").expect("writing to a string cannot fail");
        }
    }
    shown
}

/// A long name without its middle.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= WIDEST {
        return name.to_owned();
    }
    let (head, tail) = (WIDEST / 2, WIDEST - WIDEST / 2 - 1);
    let beginning: String = name.chars().take(head).collect();
    let end: String = name.chars().skip(length - tail).collect();
    format!("{beginning}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(shortened("penguin"), "penguin");
        let short = shortened("population:profile=careful,resolution=0.25pp");
        assert_eq!((short.as_str(), short.chars().count()), ("population:pro…lution=0.25pp", WIDEST));
    }
}
