//! The report as one page that needs nothing else: its style and figures are in it, and no script.
//!
//! This file puts the facts into words; `report.html.hbs` has the structure, and escapes every text by itself. Only the
//! figures go in as they are; `svg.rs` has escaped their texts.

mod sections;

use std::fmt::Write;

use peng_spec::catalog::Target;
use peng_spec::plan::KindCall;
use serde::Serialize;

use sections::{
    FrontSection, ReasonRow, SavingsSection, TrialRow, front_section, member_curves, reasons, savings,
};

use super::figures::curves;
use super::page::rendered;
use super::quantity::{self, plural};
use super::summary::{best_words, goals};
use super::{Report, ending, outcomes};

const TEMPLATE: &str = include_str!("../report.html.hbs");

/// The style of the page, which other pages share.
pub(super) fn style() -> &'static str {
    let (_, rest) = TEMPLATE.split_once("<style>").expect("the template is compiled in and tested");
    rest.split_once("</style>").expect("the template is compiled in and tested").0
}

/// The page. Equal journals have equal bytes.
pub fn html(report: &Report) -> String {
    rendered(TEMPLATE, &Page::new(report))
}

#[derive(Serialize)]
struct Page {
    name: String,
    ending: String,
    is_done: bool,
    intro: String,
    provenance: Vec<[String; 2]>,
    figures: Vec<KeyFigure>,
    metric: &'static str,
    objectives: String,
    warnings: Vec<String>,
    front: Option<FrontSection>,
    curves: Option<String>,
    member_curves: Vec<String>,
    savings: Option<SavingsSection>,
    reasons: Vec<ReasonRow>,
    trials: Vec<TrialRow>,
    settings: Vec<[String; 2]>,
    plan: String,
}

#[derive(Serialize)]
struct KeyFigure {
    value: String,
    name: &'static str,
    note: String,
}

impl Page {
    fn new(report: &Report) -> Self {
        Self {
            name: report.name.clone(),
            ending: ending(report.end.as_ref()),
            is_done: report.end == Some(crate::event::RunEnd::Finished),
            intro: intro(report),
            provenance: provenance(report),
            figures: key_figures(report),
            metric: report.setup.metric.name(),
            objectives: goals(report),
            warnings: report.warnings.clone(),
            front: front_section(report),
            curves: curves::all(report),
            member_curves: member_curves(report),
            savings: savings(report),
            reasons: reasons(report),
            trials: report.trials.iter().map(|t| TrialRow::new(report, t)).collect(),
            settings: settings(report),
            plan: report.plan.to_json(),
        }
    }
}

fn intro(report: &Report) -> String {
    let setup = &report.setup;
    format!(
        "A search by {} among the {} networks of {} for {} on {}. One training takes up to {} and may be stopped by {}.",
        setup.search,
        quantity::magnitude(setup.genomes),
        setup.space,
        goals(report),
        setup.dataset,
        plural(u64::from(setup.epochs), "epoch"),
        setup.estimator,
    )
}

fn provenance(report: &Report) -> Vec<[String; 2]> {
    let mut rows = vec![["seed".to_owned(), report.seed.to_string()]];
    if let Some(machine) = &report.machine {
        rows.push(["device".to_owned(), machine.device.clone()]);
        if !machine.adapters.is_empty() {
            rows.push(["cards".to_owned(), machine.adapters.join(", ")]);
        }
        rows.push(["workers".to_owned(), machine.workers.to_string()]);
        rows.push(["version".to_owned(), format!("peng {}", machine.peng)]);
    }
    if let (Some(started), Some(last)) = (report.started, report.last) {
        rows.push(["began".to_owned(), utc(started)]);
        rows.push(["last event".to_owned(), utc(last)]);
    }
    if report.resumes > 0 {
        rows.push(["resumed".to_owned(), plural(u64::from(report.resumes), "time")]);
    }
    rows.extend(report.memory_words().map(|words| ["memory of a training".to_owned(), words]));
    rows.push(["plan".to_owned(), report.digest.chars().take(12).collect()]);
    rows
}

fn utc(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn key_figures(report: &Report) -> Vec<KeyFigure> {
    let (counts, savings) = (&report.outcomes, &report.savings);
    let mut figures = vec![KeyFigure {
        value: quantity::count(counts.ended()),
        name: if counts.ended() == 1 { "network" } else { "networks" },
        note: outcomes(counts),
    }];
    if let Some(net) = savings.net_saved_percent() {
        let mut note = format!(
            "{} of {} not trained",
            quantity::epochs(savings.saved_epochs),
            quantity::epochs(savings.planned_epochs)
        );
        if savings.reconsider_epochs > 0.0 {
            let _ = write!(note, ", less {} taken up again", quantity::epochs(savings.reconsider_epochs));
        }
        if savings.confirm_epochs > 0.0 {
            let _ = write!(note, ", less {} of confirmation", quantity::epochs(savings.confirm_epochs));
        }
        figures.push(KeyFigure { value: quantity::percent(net), name: "of epochs saved", note });
    }
    let mut note = match report.images_per_slot_sec {
        Some(speed) => format!("{} training images a second", quantity::magnitude(speed)),
        None => "nothing measured yet".to_owned(),
    };
    if savings.saved_secs > 0.0 {
        note = format!("about {} saved net; {note}", quantity::duration(savings.net_saved_secs()));
    }
    figures.push(KeyFigure { value: quantity::duration(savings.slot_secs), name: "of device slots", note });
    if let (Some(best), Some(objective)) = (&report.best, report.setup.objectives.first()) {
        let value = quantity::value(objective.metric, best.objectives[0].value);
        let unit = if objective.metric.is_percent() { " %" } else { "" };
        let note = format!("trial {}, {}", best.trial, best_words(report, best).unwrap_or_default());
        figures.push(KeyFigure { value: value + unit, name: "best observed", note });
    }
    figures
}

fn settings(report: &Report) -> Vec<[String; 2]> {
    let (setup, plan) = (&report.setup, &report.plan);
    let [train, validation, test] = setup.splits.map(|n| quantity::count(n as u64));
    let budget = plan.execution.budget;
    let mut limits: Vec<String> = [(budget.slot_secs, "of device slots"), (budget.wall_secs, "of wall time")]
        .into_iter()
        .filter_map(|(secs, of)| Some(format!("{} {of}", quantity::duration(secs?))))
        .collect();
    limits.extend(budget.memory.map(|bytes| format!("{} on a device", quantity::bytes(bytes))));
    vec![
        ["data set".to_owned(), call(&plan.dataset.call)],
        [
            "splits".to_owned(),
            format!(
                "{train} for training, {validation} for validation, {test} for the test; {} {}",
                setup.input,
                match setup.target {
                    Target::Classes(_) => format!("in {}", setup.target),
                    Target::Values(_) => format!("with {}", setup.target),
                }
            ),
        ],
        ["search space".to_owned(), call(&plan.space.call)],
        ["search".to_owned(), call(&plan.search.call())],
        ["objectives".to_owned(), goals(report)],
        [
            "training".to_owned(),
            format!(
                "{}, {} examples a step, measured every {} epoch",
                plural(u64::from(setup.epochs), "epoch"),
                setup.batch_size,
                setup.measure_every
            ),
        ],
        ["estimator".to_owned(), format!("{} on {}", call(&plan.estimator.call), setup.metric)],
        ["budget".to_owned(), if limits.is_empty() { "not limited".to_owned() } else { limits.join(", ") }],
    ]
}

/// A kind and its parameters: `penguin (window 3, tolerance 0.5)`.
fn call(call: &KindCall) -> String {
    let params: Vec<String> = match &call.params {
        serde_json::Value::Object(map) => map
            .iter()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => format!("{name} {text}"),
                value => format!("{name} {value}"),
            })
            .collect(),
        _ => Vec::new(),
    };
    if params.is_empty() { call.kind.clone() } else { format!("{} ({})", call.kind, params.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::state::RunState;

    #[test]
    fn the_page_needs_nothing_else() {
        let (plan, events) = samples::search();
        let page = html(&Report::new(&plan, &RunState::fold(&events)));
        for outside in ["http", "src=", "href=", "url(", "@import", "<script"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.len() < 1_000_000, "{}", page.len());
    }

    #[test]
    fn hostile_texts_are_escaped() {
        let hostile = "</title><script>alert('x')</script>&amp;\"";
        let mut plan = samples::plan();
        plan.name = hostile.to_owned();
        let mut events = samples::every_outcome();
        for event in &mut events {
            match &mut event.kind {
                crate::event::EventKind::Warned { message } => hostile.clone_into(message),
                crate::event::EventKind::Estimated { observation, .. } => {
                    hostile.clone_into(&mut observation.reason);
                }
                crate::event::EventKind::TrialCreated { genome, .. } => {
                    *genome = peng_spec::arch::Genome::new(serde_json::json!({ hostile: hostile }));
                }
                _ => {}
            }
        }
        let page = html(&Report::new(&plan, &RunState::fold(&events)));
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("</title><").count(), page.matches("</title></").count());
        assert!(page.contains("&lt;script&gt;"));
    }
}
