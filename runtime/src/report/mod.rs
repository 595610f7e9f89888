//! The report of a run, from plan and journal alone: what was searched, what it saved, what is known of the front.
//!
//! [`Report`] holds the facts; [`summary`], [`html`], [`markdown`] and [`trials_csv()`] are its forms. Predicted and
//! observed values are kept apart in each of them.

mod audited;
pub mod comparison;
mod figures;
mod fronts;
mod html;
mod markdown;
mod page;
pub mod quantity;
mod reasons;
pub mod reference;
#[cfg(test)]
pub(crate) mod samples;
mod savings;
pub mod study;
mod summary;
mod svg;
mod trials;
mod trials_csv;

use jiff::Timestamp;
use peng_estimator::audit::AuditEstimate;
use peng_spec::catalog::Target;
use peng_spec::plan::{EpochFraction, Metric, Objective, Plan};
use serde::Serialize;

pub use audited::{audit_words, switched_off_words};
pub use comparison::{Compared, ComparedDataset, ComparedPopulation, Comparison, NotReplayed, REPLAY_FORMAT};
pub use fronts::{Fronts, PredictionError, ReportedMember};
pub use html::html;
pub use markdown::markdown;
pub use reasons::Reason;
pub use savings::Savings;
pub use summary::{ending, outcomes, summary};
pub use trials::{CurvePoint, Outcomes, PredictionPoint, Status, TrialReport};
pub use trials_csv::{curves_csv, trials_csv};
pub(crate) use trials_csv::{exact, written};

use crate::audit;
use crate::event::{Bound, RunEnd, TrialId};
use crate::state::{RunState, SwitchedOff};

/// The version of the report's JSON form.
pub const REPORT_FORMAT: &str = "peng.report/1";

/// What a run did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`REPORT_FORMAT`].
    pub format: &'static str,
    /// Name of the experiment.
    pub name: String,
    /// Digest of the plan.
    pub digest: String,
    /// The plan; not in the JSON form, since it is a file of its own.
    #[serde(skip)]
    pub plan: Plan,
    /// The seed.
    pub seed: u64,
    /// What was searched and how.
    pub setup: Setup,
    /// What the machine decided, as of the newest start; `None`: the run never began.
    pub machine: Option<Bound>,
    /// How the run ended; `None`: it goes on, or was killed.
    pub end: Option<RunEnd>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When its newest event happened.
    pub last: Option<Timestamp>,
    /// How often it was resumed.
    pub resumes: u32,
    /// Seconds of the run, without the time between a stop and its resume.
    pub wall_secs: f64,
    /// Generations that have ended.
    pub generations: u64,
    /// Trials by the way they ended.
    pub outcomes: Outcomes,
    /// Epochs and time, used and saved.
    pub savings: Savings,
    /// Training images, with everything that was trained twice.
    pub images: u64,
    /// Training images a second of a device slot; `None` before the first measurement.
    pub images_per_slot_sec: Option<f64>,
    /// The fronts, from what the search was told and from observations.
    pub fronts: Fronts,
    /// The best network in the first objective among those that were trained to the end.
    pub best: Option<ReportedMember>,
    /// Predictions against observations, where a stopped training was confirmed.
    pub prediction_error: Option<PredictionError>,
    /// What audited trainings say of the estimator; `None` without audits.
    pub audit: Option<AuditEstimate>,
    /// What it was switched off for.
    pub switched_off: Option<SwitchedOff>,
    /// Why trainings ended, the most frequent reason first.
    pub reasons: Vec<Reason>,
    /// Warnings, in order.
    pub warnings: Vec<String>,
    /// The trials, in order, with their curves.
    pub trials: Vec<TrialReport>,
}

/// What was searched and how, in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setup {
    /// Kind of the data set.
    pub dataset: String,
    /// Shape of one example.
    pub input: String,
    /// What networks tell of an example.
    #[serde(flatten)]
    pub target: Target,
    /// Sizes of the splits: training, validation, test.
    pub splits: [usize; 3],
    /// Kind of the search space.
    pub space: String,
    /// How many genomes it has.
    pub genomes: f64,
    /// Kind of the search.
    pub search: String,
    /// Networks that the search asks for.
    pub trials: u64,
    /// Generations in which it does.
    pub generations: u64,
    /// What is sought.
    pub objectives: Vec<Objective>,
    /// Epochs of a whole training.
    pub epochs: u32,
    /// Epochs between two measurements.
    pub measure_every: EpochFraction,
    /// Examples a step.
    pub batch_size: usize,
    /// Kind of the estimator.
    pub estimator: String,
    /// The metric whose curve it observes.
    pub metric: Metric,
}

impl Setup {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            dataset: plan.dataset.call.kind.clone(),
            input: plan.dataset.facts.input.to_string(),
            target: plan.dataset.facts.target,
            splits: plan.dataset.splits,
            space: plan.space.call.kind.clone(),
            genomes: plan.space.facts.genomes,
            search: plan.search.kind.clone(),
            trials: plan.cost.trials,
            generations: plan.cost.generations,
            objectives: plan.objectives.clone(),
            epochs: plan.training.epochs,
            measure_every: plan.training.measure_every,
            batch_size: plan.training.batch_size,
            estimator: plan.estimator.call.kind.clone(),
            metric: plan.estimator.metric,
        }
    }
}

impl Report {
    /// The report of a run at any point of it, also before its first event.
    pub fn new(plan: &Plan, state: &RunState) -> Self {
        let trials: Vec<_> = state.trials.iter().map(|t| TrialReport::new(plan, state, t)).collect();
        Self {
            format: REPORT_FORMAT,
            name: plan.name.clone(),
            digest: plan.digest.clone(),
            plan: plan.clone(),
            seed: plan.seed,
            setup: Setup::new(plan),
            machine: state.bound.clone(),
            end: state.end.clone(),
            started: state.started,
            last: state.last,
            resumes: state.resumes,
            wall_secs: state.wall_secs,
            generations: state.generations.iter().filter(|g| g.finished).count() as u64,
            outcomes: Outcomes::new(state),
            savings: Savings::new(plan, state),
            images: state.images,
            images_per_slot_sec: (state.slot_secs > 0.0).then(|| state.images as f64 / state.slot_secs),
            fronts: Fronts::new(plan, state, &trials),
            best: fronts::best(plan, state, &trials),
            prediction_error: PredictionError::new(&trials),
            audit: audit::estimate(plan, state),
            switched_off: state.switched_off,
            reasons: reasons::tally(&trials),
            warnings: state.warnings.clone(),
            trials,
        }
    }

    /// The most that a training has held on its device, in words; `None`: it was not measured.
    pub fn memory_words(&self) -> Option<String> {
        let most = self.trials.iter().max_by_key(|trial| trial.memory)?;
        let held = quantity::bytes(most.memory?);
        let of = self.plan.execution.budget.memory.map(quantity::bytes);
        let of = of.map_or_else(String::new, |budget| format!(" of {budget} on its device"));
        Some(format!("at most {held}{of}, by trial {}", most.trial))
    }

    /// The trial of that number.
    pub fn trial(&self, id: TrialId) -> Option<&TrialReport> {
        self.trials.get(id.index())
    }

    /// The report as indented JSON with a final line break; a number that JSON does not have is `null`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a report has string keys");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests;
