//! What a study has found: each arm against the truth of its own networks, and what all of it cost.
//!
//! How decisions are measured is in [`peng_estimator::score`]; here they are read from plans and journals. Pages are made
//! of this in [`crate::report::study`].

mod arm;
mod best;
mod truth;

use std::collections::BTreeMap;

use peng_estimator::score::{Scoring, Summary, Top};
use peng_estimator::{Direction, Scale};
use peng_spec::plan::{Goal, Metric, Plan, StudyPlan};
use serde::Serialize;

pub use arm::{ArmRun, Pair};
pub use best::{BestSets, OfAll};
pub use truth::TruthTable;

use super::dir::{RunRecord, StudyRun, runs};
use super::timing::Pace;
use crate::event::RunEnd;
use crate::report::Setup;
use crate::state::RunState;
use truth::Truth;

/// The version of the tables' JSON form.
pub const STUDY_REPORT_FORMAT: &str = "peng.study-report/1";

/// The confidence of all intervals.
const CONFIDENCE: f64 = 0.9;

/// What a study has found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudyTables {
    /// [`STUDY_REPORT_FORMAT`].
    pub format: &'static str,
    /// Name of the study.
    pub name: String,
    /// Digest of the study.
    pub digest: String,
    /// Whether all runs have ended.
    pub finished: bool,
    /// What was searched and how; the estimator is that of the first arm.
    pub setup: Setup,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// The slots that times on the wall are about.
    pub slots: usize,
    /// The confidence of intervals, 0 to 1.
    pub confidence: f64,
    /// What the arms are compared with, a row a seed.
    pub truth: Vec<TruthTable>,
    /// The arms, in the order of the study.
    pub arms: Vec<ArmTable>,
    /// What was trained, and what was shared.
    pub cost: StudyCost,
}

/// An arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmTable {
    /// Its name.
    pub name: String,
    /// Kind of its estimator.
    pub estimator: String,
    /// The parameters of the estimator.
    pub params: serde_json::Value,
    /// The measures of its runs, their top being a tenth, as means over the seeds; `None`: the truth is not known.
    pub mean: Option<Summary>,
    /// Its runs, in the order of the seeds; those that have not begun are not there.
    pub runs: Vec<ArmRun>,
}

/// What a study cost: an epoch that several runs share is trained once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StudyCost {
    /// Runs, the truths too.
    pub runs: usize,
    /// Epochs that the runs have trained in their own eyes, summed.
    pub counted_epochs: f64,
    /// Epochs of the union: of each network under each seed the longest training of any run.
    pub union_epochs: f64,
    /// Epochs that were really trained, also what was trained again after an interruption.
    pub trained_epochs: f64,
    /// Seconds of device slots that were really trained.
    pub trained_secs: f64,
}

impl StudyTables {
    /// The tables of a study at any point of it. `records` are its runs so far; `Err`: a plan cannot be run by this version.
    pub fn new(study: &StudyPlan, records: &[RunRecord], slots: usize) -> Result<Self, String> {
        let states: Vec<(StudyRun, &Plan, RunState, Pace)> = records
            .iter()
            .map(|record| {
                (record.run, &record.plan, RunState::fold(&record.events), Pace::new(&record.events))
            })
            .collect();
        let plan = &study.arms[0].plan;
        let mut truths = Vec::new();
        for seed in 0..study.seeds.len() {
            let of_seed = states.iter().filter(|(run, ..)| run.seed() == seed);
            truths.push(Truth::new(plan, of_seed.map(|(run, _, state, pace)| (*run, state, pace)))?);
        }
        let scoring = scoring(plan.estimator.metric, Top::Tenth);
        let mut arms = Vec::new();
        for (index, arm) in study.arms.iter().enumerate() {
            let mut runs = Vec::new();
            for (run, plan, state, pace) in &states {
                if let StudyRun::Arm { arm, seed } = *run
                    && arm == index
                {
                    runs.push(ArmRun::new(plan, state, pace, &truths[seed], slots)?);
                }
            }
            let scored: Option<Vec<&Summary>> =
                runs.iter().map(|run| Some(&run.scored.as_ref()?.summary)).collect();
            let mean = scored.filter(|scored| !scored.is_empty());
            arms.push(ArmTable {
                name: arm.name.clone(),
                estimator: arm.plan.estimator.call.kind.clone(),
                params: arm.plan.estimator.call.params.clone(),
                mean: mean.map(|scored| Summary::mean(&scored, CONFIDENCE, scoring.seed)),
                runs,
            });
        }
        let ended = states.iter().filter(|(_, _, state, _)| has_ended(state)).count();
        Ok(Self {
            format: STUDY_REPORT_FORMAT,
            name: study.name.clone(),
            digest: study.digest.clone(),
            finished: ended == runs(study).len(),
            setup: Setup::new(plan),
            seeds: study.seeds.clone(),
            slots,
            confidence: CONFIDENCE,
            truth: study.seeds.iter().zip(&truths).map(|(&seed, truth)| truth.table(seed)).collect(),
            arms,
            cost: cost(plan, records, &states)?,
        })
    }

    /// Indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("tables have string keys");
        text.push('\n');
        text
    }
}

/// Whether a run is over.
pub(crate) fn has_ended(state: &RunState) -> bool {
    matches!(state.end, Some(RunEnd::Finished | RunEnd::BudgetSpent { .. } | RunEnd::TooManyFailed { .. }))
}

/// How decisions about a metric are measured.
fn scoring(metric: Metric, top: Top) -> Scoring {
    let is_share =
        matches!(metric, Metric::ValAccuracy | Metric::TrainAccuracy | Metric::ValTop5 | Metric::TrainTop5);
    Scoring {
        direction: match metric.goal() {
            Goal::Maximize => Direction::Maximize,
            Goal::Minimize => Direction::Minimize,
        },
        scale: is_share.then_some(Scale::Percent),
        confidence: CONFIDENCE,
        seed: 0,
        top,
    }
}

fn cost(
    plan: &Plan,
    records: &[RunRecord],
    states: &[(StudyRun, &Plan, RunState, Pace)],
) -> Result<StudyCost, String> {
    let space = crate::space::of_plan(plan)?;
    let every = plan.training.measure_every;
    let step = f64::from(every.numerator) / f64::from(every.denominator);
    let mut longest: BTreeMap<(usize, String), f64> = BTreeMap::new();
    let mut cost = StudyCost { runs: states.len(), ..StudyCost::default() };
    for (run, _, state, _) in states {
        for trial in &state.trials {
            let trained = trial.trained().to_f64();
            cost.counted_epochs += trained;
            let key = (run.seed(), super::truth::key_of(&*space, &trial.genome)?);
            let longest = longest.entry(key).or_default();
            *longest = longest.max(trained);
        }
        cost.trained_epochs += (state.measurements - state.cached) as f64 * step;
    }
    cost.union_epochs = longest.values().sum();
    for event in records.iter().flat_map(|record| &record.events) {
        if let crate::event::EventKind::Measured { secs, cached: false, .. } = event.kind {
            cost.trained_secs += secs;
        }
    }
    Ok(cost)
}
