//! `--gate`: a condition that each estimator's means must meet.

use peng_estimator::score::{Measure, Unit};
use peng_runtime::report::comparison::{measured, number};
use peng_runtime::report::{Compared, Comparison};
use peng_spec::expr::gate::{Gate, gate};
use peng_spec::expr::{Dimension, Form, Name};

use crate::failure::{Exit, Failure};
use crate::ui::diagnostics;
use crate::ui::findings::plural;

/// Reads a gate; one that is malformed is wrong usage.
pub(super) fn read(text: &str) -> Result<Gate, Failure> {
    let measures = Measure::ALL.map(|measure| Name {
        name: measure.name().to_owned(),
        form: Form::Single,
        dimension: match measure.unit() {
            Unit::Percent => Some(Dimension::Percent),
            Unit::Points => Some(Dimension::Points),
            Unit::Number => None,
        },
    });
    gate(text, &measures).map_err(|error| {
        let message = format!("`--gate`: {error}\n{}", diagnostics::expression(text, &error));
        let failure = Failure::new(Exit::Usage, message.trim_end());
        match error.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}

/// What keeps the gate shut; `None` if every estimator passes.
pub(super) fn findings(gate: &Gate, comparison: &Comparison) -> Option<Failure> {
    let mut findings = Vec::new();
    for compared in &comparison.estimators {
        // A mean that leaves out a population in which the measure is undefined is as good as undefined.
        let defined =
            |name: &str| compared.mean.get(Measure::find(name)?).filter(|found| found.undefined == 0);
        let value = |name: &str| Some(defined(name)?.value);
        // Where the digits that people are told would open the gate, they are told all.
        let told = |name: &str| number(Measure::find(name)?, value(name)?).parse().ok();
        let told = gate.failures(&told);
        for failed in gate.failures(&value) {
            let is_told = told.contains(&failed);
            let found = |name: &&str| {
                let measure = Measure::find(name)?;
                let value = match value(name) {
                    None => undefined(measure, compared),
                    Some(value) if is_told => measured(measure, value),
                    Some(value) if measure.unit() == Unit::Percent => format!("{value} %"),
                    Some(value) => value.to_string(),
                };
                Some(format!("{name} is {value}, "))
            };
            let found: String = failed.measures.iter().filter_map(found).collect();
            let not = if failed.is_negated { "not " } else { "" };
            findings.push(format!("`{}`: {found}expected {not}`{}`", compared.estimator, failed.text));
        }
        if let Some(first) = compared.not_replayed.first() {
            findings.push(format!(
                "`{}`: not replayed on {}, such as `{}`",
                compared.estimator,
                plural(compared.not_replayed.len(), "population"),
                first.population
            ));
        }
    }
    let text = findings.join("\n  ");
    (!findings.is_empty()).then(|| Failure::new(Exit::Findings, format!("the gate is shut\n  {text}")))
}

/// Where a measure is undefined.
fn undefined(measure: Measure, compared: &Compared) -> String {
    let populations = &compared.by_population;
    let mut without = populations.iter().filter(|own| own.scored.summary.undefined(measure) > 0);
    match without.next() {
        Some(first) if populations.len() > 1 => {
            let (count, all) = (1 + without.count(), plural(populations.len(), "population"));
            format!("undefined on {count} of {all}, such as `{}`", first.population)
        }
        Some(_) | None => "undefined".to_owned(),
    }
}
