//! The sections of the page that are more than a text: front, curves of its members, savings, reasons, trials.

use peng_spec::plan::Metric;
use serde::Serialize;

use crate::event::TrialId;
use crate::report::figures::{curves, front};
use crate::report::quantity::{self, plural};
use crate::report::{Report, ReportedMember, TrialReport, audit_words, switched_off_words};

/// Members of the fronts whose curves are drawn one by one.
const CURVES: usize = 12;

#[derive(Serialize)]
pub(super) struct FrontSection {
    svg: String,
    lines: [&'static str; 2],
    has_halfway: bool,
    outside: Option<String>,
    verdict: String,
    error: Option<String>,
    other_objectives: Vec<&'static str>,
    rows: Vec<MemberRow>,
}

#[derive(Serialize)]
struct MemberRow {
    trial: u32,
    as_searched: Option<&'static str>,
    from_observations: bool,
    predicted: String,
    observed: String,
    is_final: bool,
    others: Vec<String>,
    params: String,
    epochs: String,
    genome: String,
    genome_short: String,
}

#[derive(Serialize)]
pub(super) struct SavingsSection {
    parts: Vec<Part>,
    words: Vec<String>,
}

#[derive(Serialize)]
struct Part {
    class: &'static str,
    name: &'static str,
    percent: String,
    epochs: String,
}

#[derive(Serialize)]
pub(super) struct ReasonRow {
    count: usize,
    percent: String,
    status: &'static str,
    text: String,
    trials: String,
}

#[derive(Serialize)]
pub(super) struct TrialRow {
    trial: u32,
    generation: u32,
    status: &'static str,
    is_confirmed: bool,
    genome: String,
    genome_short: String,
    params: String,
    flops: String,
    epochs: String,
    percent: String,
    predicted: String,
    observed: String,
    is_final: bool,
    why: String,
}

pub(super) fn front_section(report: &Report) -> Option<FrontSection> {
    let figure = front::figure(report)?;
    let fronts = &report.fronts;
    let (searched, observed) = (fronts.as_searched.len() as u64, fronts.from_observations.len() as u64);
    let predicted = fronts.as_searched.iter().filter(|m| m.is_predicted()).count() as u64;
    let verdict = format!(
        "The search saw a front of {}, {} of them by prediction. From observations alone it has {}; {} in both.",
        plural(searched, "network"),
        quantity::count(predicted),
        plural(observed, "network"),
        match fronts.in_both {
            1 => "1 is".to_owned(),
            n => format!("{} are", quantity::count(n)),
        }
    );
    let unit = quantity::difference_unit(report.setup.metric, report.setup.target);
    let difference = |by| quantity::difference(report.setup.metric, by);
    let error = report.prediction_error.as_ref().map(|e| {
        format!(
            "{} checked by training on to the end: predicted less observed is {} {unit} on average, {} {unit} without sign, at most {} {unit}; {} not checked. Those that are checked were chosen for high predictions, so that they tend to err more than the others.",
            plural(e.checked, "prediction"), quantity::signed(report.setup.metric, e.bias), difference(e.mean_absolute), difference(e.largest), match e.unchecked { 1 => "1 was".to_owned(), n => format!("{} were", quantity::count(n)) }
        )
    });
    let mut members = fronts.from_observations.clone();
    members.extend(
        fronts
            .as_searched
            .iter()
            .filter(|m| members.iter().all(|o| o.trial != m.trial))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let metric = report.setup.metric;
    let others: Vec<(usize, Metric)> = report
        .setup
        .objectives
        .iter()
        .enumerate()
        .filter(|(_, o)| o.metric != metric)
        .map(|(i, o)| (i, o.metric))
        .collect();
    let is_in = |members: &[ReportedMember], trial: TrialId| members.iter().any(|m| m.trial == trial);
    let rows = members
        .iter()
        .map(|m| MemberRow {
            trial: m.trial.0,
            as_searched: fronts
                .as_searched
                .iter()
                .find(|s| s.trial == m.trial)
                .map(|s| if s.is_predicted() { "predicted" } else { "observed" }),
            from_observations: is_in(&fronts.from_observations, m.trial),
            predicted: m.predicted.map_or(String::new(), |v| quantity::value(metric, v)),
            observed: m.observed.map_or(String::new(), |v| quantity::value(metric, v)),
            is_final: m.trained_to_the_end,
            others: others
                .iter()
                .map(|(i, metric)| quantity::value(*metric, m.objectives[*i].value))
                .collect(),
            params: quantity::magnitude(m.params as f64),
            epochs: quantity::epochs(m.epochs_trained),
            genome: m.genome.to_string(),
            genome_short: quantity::genome(&m.genome, 40),
        })
        .collect();
    Some(FrontSection {
        svg: figure.svg,
        has_halfway: figure.has_halfway,
        lines: match report.setup.objectives.len() {
            1 => ["best so far, observed", "best so far, as searched"],
            _ => ["front from observations", "front as searched"],
        },
        outside: (figure.outside > 0).then(|| plural(figure.outside as u64, "network")),
        verdict,
        error,
        other_objectives: others.into_iter().map(|(_, metric)| metric.name()).collect(),
        rows,
    })
}

pub(super) fn member_curves(report: &Report) -> Vec<String> {
    let fronts = &report.fronts;
    let mut members: Vec<&TrialReport> = Vec::new();
    for member in fronts.from_observations.iter().chain(&fronts.as_searched) {
        if let Some(trial) = report.trial(member.trial).filter(|t| !t.curve.is_empty())
            && members.iter().all(|known| known.trial != trial.trial)
        {
            members.push(trial);
        }
    }
    members.truncate(CURVES);
    let Some(range) = curves::shared_range(&members) else { return Vec::new() };
    members.into_iter().map(|trial| curves::one(report, trial, range)).collect()
}

pub(super) fn savings(report: &Report) -> Option<SavingsSection> {
    let savings = &report.savings;
    let (saved, net) = (savings.saved_percent()?, savings.net_saved_percent()?);
    let again = savings.reconsider_epochs + savings.confirm_epochs;
    let whole = savings.planned_epochs.max(savings.search_epochs + again);
    let parts = [
        ("search", "trained by the search", savings.search_epochs),
        ("confirm", "taken up again", savings.reconsider_epochs),
        ("confirm", "trained to confirm", savings.confirm_epochs),
        ("saved", "not trained", savings.net_saved_epochs.max(0.0)),
    ]
    .into_iter()
    .filter(|(_, _, epochs)| *epochs > 0.0)
    .map(|(class, name, epochs)| Part {
        class,
        name,
        percent: format!("{:.2}", 100.0 * epochs / whole),
        epochs: quantity::epochs(epochs),
    })
    .collect();
    let mut words = vec![format!(
        "{} ended with a result and would have taken {} epochs in full. The search trained {}, so that stopping saved {} ({}).",
        plural(savings.trainings, "training"),
        quantity::epochs(savings.planned_epochs),
        quantity::epochs(savings.search_epochs),
        quantity::epochs(savings.saved_epochs),
        quantity::percent(saved)
    )];
    if savings.reconsider_epochs > 0.0 {
        words.push(format!(
            "{} were taken up again for {} epochs, since the estimator wanted to see more of them.",
            plural(report.outcomes.reconsidered, "paused training"),
            quantity::epochs(savings.reconsider_epochs)
        ));
    }
    if savings.confirm_epochs > 0.0 {
        words.push(format!(
            "Confirming {} cost {} epochs, which leaves {} saved net ({}).",
            plural(report.outcomes.confirmed, "prediction"),
            quantity::epochs(savings.confirm_epochs),
            quantity::epochs(savings.net_saved_epochs),
            quantity::percent(net)
        ));
    }
    if savings.saved_secs > 0.0 {
        words.push(format!(
            "At the pace of each training the epochs saved net are about {} of a device slot; this is an estimate.",
            quantity::duration(savings.net_saved_secs())
        ));
    }
    if savings.lost_epochs > 0.0 {
        let lost = quantity::epochs(savings.lost_epochs);
        words.push(format!("Besides, {lost} epochs were lost in failed or cancelled trainings."));
    }
    if savings.copied_epochs > 0.0 {
        let copied = quantity::epochs(savings.copied_epochs);
        words.push(format!(
            "{} of an earlier network and needed no training: up to {copied} epochs more, which are not counted as saved.",
            match report.outcomes.copied {
                1 => "1 trial is a copy".to_owned(),
                n => format!("{n} trials are copies"),
            }
        ));
    }
    words.extend(audit_words(report).into_iter().map(|line| format!("Audit: {line}.")));
    words.extend(report.switched_off.iter().map(|off| {
        let text = switched_off_words(off, report.setup.metric, report.setup.target);
        format!("{}{}.", text[..1].to_uppercase(), &text[1..])
    }));
    Some(SavingsSection { parts, words })
}

pub(super) fn reasons(report: &Report) -> Vec<ReasonRow> {
    let all: usize = report.reasons.iter().map(|r| r.trials.len()).sum();
    report
        .reasons
        .iter()
        .map(|reason| ReasonRow {
            count: reason.trials.len(),
            percent: format!("{:.2}", 100.0 * reason.trials.len() as f64 / all as f64),
            status: reason.status.word(),
            text: reason.text.clone(),
            trials: some_trials(&reason.trials),
        })
        .collect()
}

fn some_trials(trials: &[TrialId]) -> String {
    let shown: Vec<String> = trials.iter().take(6).map(TrialId::to_string).collect();
    let more = if trials.len() > 6 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl TrialRow {
    pub(super) fn new(report: &Report, trial: &TrialReport) -> Self {
        let metric = report.setup.metric;
        let planned = f64::from(trial.epochs_planned.max(1));
        Self {
            trial: trial.trial.0,
            generation: trial.generation,
            status: trial.status.word(),
            is_confirmed: trial.is_confirmed(),
            genome: trial.genome.to_string(),
            genome_short: quantity::genome(&trial.genome, 40),
            params: quantity::magnitude(trial.params as f64),
            flops: quantity::magnitude(trial.flops as f64),
            epochs: quantity::epochs(trial.epochs_trained),
            percent: format!("{:.1}", (100.0 * trial.epochs_trained / planned).min(100.0)),
            predicted: trial.predicted.map_or(String::new(), |v| quantity::value(metric, v)),
            observed: trial.observed.map_or(String::new(), |v| quantity::value(metric, v)),
            is_final: trial.trained_to_the_end,
            why: trial.why().unwrap_or_default(),
        }
    }
}
