//! One run of an arm against the truth of its networks.

use std::collections::BTreeMap;

use peng_estimator::replay::{Decision, RecordedRun};
use peng_estimator::score::{Scored, Top, score};
use peng_estimator::{Outcome, Progress};
use peng_spec::plan::{Metric, Plan};
use serde::Serialize;

use super::best::{BestSets, best_sets};
use super::truth::Truth;
use super::{Pace, scoring};
use crate::event::{RunEnd, TrialId, TrialOutcome};
use crate::report::{Outcomes, Savings};
use crate::state::{RunState, TrialState};
use crate::study::timing::{Seconds, in_full, seconds};

/// An arm under a seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmRun {
    /// The seed.
    pub seed: u64,
    /// How it ended; `None`: it goes on, or was killed.
    pub end: Option<RunEnd>,
    /// Trials by the way they ended.
    pub outcomes: Outcomes,
    /// Epochs, used and saved, as if the run had trained alone.
    pub savings: Savings,
    /// Epochs of the search saved, of all planned ones, less those of paused trainings that were taken up again, percent.
    pub saved_percent: Option<f64>,
    /// Epochs planned for each one trained: networks in the same time.
    pub throughput: Option<f64>,
    /// Seconds as if the run had trained alone, at the pace at which its networks were trained.
    pub seconds: Seconds,
    /// Seconds that all of its networks would have taken to the end; `None`: not all are known.
    pub in_full: Option<Seconds>,
    /// The measures, their top being a tenth; `None`: the truth is not known of all of its networks.
    pub scored: Option<Scored>,
    /// The best networks, by how many those are.
    pub best: Vec<BestSets>,
    /// What was handed over of each network, and the truth.
    pub pairs: Vec<Pair>,
}

/// What was handed over of a network, and the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The trial.
    pub trial: TrialId,
    /// The value that was handed over; not finite where it failed.
    pub handed: f64,
    /// Whether that was a prediction.
    pub predicted: bool,
    /// Where its training ended, in epochs.
    pub epochs: f64,
    /// Its value at the end of a whole training; not finite where that failed.
    pub truth: f64,
}

impl ArmRun {
    pub(super) fn new(
        plan: &Plan,
        state: &RunState,
        pace: &Pace,
        truth: &Truth,
        slots: usize,
    ) -> Result<Self, String> {
        let metric = plan.estimator.metric;
        let savings = Savings::new(plan, state);
        let searched = savings.search_epochs + savings.reconsider_epochs;
        let planned = savings.planned_epochs;
        let mut run = Self {
            seed: plan.seed,
            end: state.end.clone(),
            outcomes: Outcomes::new(state),
            savings,
            saved_percent: (planned > 0.0).then(|| 100.0 * (1.0 - searched / planned)),
            throughput: (searched > 0.0).then(|| planned / searched),
            seconds: seconds(state, pace, slots),
            in_full: None,
            scored: None,
            best: Vec::new(),
            pairs: Vec::new(),
        };
        let trained: Vec<&TrialState> =
            state.trials.iter().filter(|trial| decision_of(trial, metric).is_some()).collect();
        let mut records = Vec::new();
        let mut decisions = Vec::new();
        let mut secs: BTreeMap<TrialId, f64> = BTreeMap::new();
        for trial in &trained {
            let Some(ended) = truth.of(trial)? else { continue };
            let Some((outcome, at, handed)) = decision_of(trial, metric) else { continue };
            records.push(RecordedRun {
                run_id: trial.id.to_string(),
                curve: ended.curve.clone(),
                ..RecordedRun::default()
            });
            let points = |until: Progress| trial.points.iter().filter(|point| point.at <= until).count();
            let planned = ended.curve.len();
            let is_whole = !matches!(outcome, Outcome::Converged | Outcome::Pruned);
            decisions.push(Decision {
                run_id: trial.id.to_string(),
                points_seen: if is_whole { planned } else { points(at).min(planned) },
                points_planned: planned,
                stop_epoch: at,
                outcome,
                predicted_final: handed,
                interval: interval(trial, at),
                last_value: value_at(trial, at, metric),
                audit: trial.audited,
            });
            secs.insert(trial.id, ended.secs);
            run.pairs.push(Pair {
                trial: trial.id,
                handed,
                predicted: outcome == Outcome::Converged,
                epochs: at.to_f64(),
                truth: ended.value,
            });
        }
        if !trained.is_empty() && decisions.len() == trained.len() {
            let measured = score(&records, &[&decisions], &scoring(metric, Top::Tenth));
            run.scored = Some(measured.map_err(|e| e.to_string())?);
            run.best = best_sets(&records, &decisions, metric, &truth.values()).map_err(|e| e.to_string())?;
            run.in_full = Some(in_full(state, &secs, slots));
        }
        Ok(run)
    }
}

/// How a trial ended for the search, where, and what was handed over; `None`: it did not, or is a copy.
fn decision_of(trial: &TrialState, metric: Metric) -> Option<(Outcome, Progress, f64)> {
    let ending = trial.endings.last()?;
    let last = value_at(trial, ending.at, metric);
    match ending.outcome {
        TrialOutcome::Completed => Some((Outcome::Completed, ending.at, last)),
        TrialOutcome::Converged { predicted } => Some((Outcome::Converged, ending.at, predicted)),
        TrialOutcome::Pruned => Some((Outcome::Pruned, ending.at, last)),
        TrialOutcome::Failed { .. } => Some((Outcome::Failed, ending.at, f64::NAN)),
        TrialOutcome::Copied { .. } | TrialOutcome::Cancelled => None,
    }
}

fn value_at(trial: &TrialState, at: Progress, metric: Metric) -> f64 {
    trial.point(at).and_then(|point| point.metrics.get(&metric)).copied().unwrap_or(f64::NAN)
}

/// The interval of the prediction that was handed over, in the metric's own units.
fn interval(trial: &TrialState, at: Progress) -> Option<[f64; 2]> {
    trial.estimates.iter().rev().find(|estimate| estimate.at <= at)?.observation.interval
}
