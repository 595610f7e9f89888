//! A policy over recorded curves: where it would have stopped each training, and with which fitness. Pure; no
//! file is read.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::curve::{Curve, CurveError, Direction};
use crate::estimator::{Estimator, Revises, Rule};
use crate::policy::{ParamIssue, PolicyKind};
use crate::progress::Progress;
use crate::scale::Scale;
use crate::trial::{CostObjective, EndedTrial, History, Outcome, TrainingFacts, TrialRecord};
use crate::verdict::Verdict;

/// A training that was recorded to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// Its name in the record.
    pub run_id: String,
    /// All that was measured; the last point is the truth, and its epoch the planned one.
    pub curve: Curve,
    /// Other metrics by name, at the epochs of the curve; NaN where they were not measured.
    pub others: BTreeMap<String, Curve>,
    /// What is known of the network before its training, by name.
    pub covariates: BTreeMap<String, f64>,
}

/// Which earlier trainings a decision may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryRule {
    /// Every earlier one.
    Sequential,
    /// Those of earlier generations, as in a search.
    Generations {
        /// Trainings a generation, at least 1.
        size: usize,
    },
}

/// What a replay takes as given.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Which values of the metric are better.
    pub direction: Direction,
    /// How the metric becomes a score; `None` for an unbounded one.
    pub scale: Option<Scale>,
    /// The confidence of intervals, above 0 and below 1.
    pub confidence: f64,
    /// Which earlier trainings a decision may use.
    pub history: HistoryRule,
    /// The search's other objectives, by covariate.
    pub costs: Vec<CostObjective>,
}

/// What a policy did with one training, as of the end of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The training's name in the record.
    pub run_id: String,
    /// How many points had been measured when it ended.
    pub points_seen: usize,
    /// How many points were recorded.
    pub points_planned: usize,
    /// The epoch at which it ended.
    pub stop_epoch: Progress,
    /// Completed, converged or pruned.
    pub outcome: Outcome,
    /// The fitness handed to the search, in the metric's own units: the prediction where it converged, else
    /// the last value.
    #[serde(with = "crate::extended")]
    pub predicted_final: f64,
    /// Lower and upper end of the prediction's interval, in the metric's own units.
    pub interval: Option<[f64; 2]>,
    /// The value measured last before it ended, in the metric's own units.
    #[serde(with = "crate::extended")]
    pub last_value: f64,
    /// Whether it was trained to the end to check the policy; a replay knows the truth and audits nothing.
    pub audit: bool,
}

/// Why curves cannot be replayed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// A curve without points.
    #[error("run `{run_id}` has no points")]
    Empty {
        /// The run's name.
        run_id: String,
    },
    /// The policy is not defined on a curve.
    #[error("run `{run_id}` cannot be judged")]
    Curve {
        /// The run's name.
        run_id: String,
        /// What is wrong with its curve.
        source: CurveError,
    },
    /// The policy cannot be built even for the curve with the most points.
    #[error("the estimator does not fit curves of {points} points")]
    Params {
        /// The most points that a curve has.
        points: usize,
        /// What is wrong.
        issues: Vec<ParamIssue>,
    },
    /// The policy watches a metric that no run has.
    #[error("no run has `{metric}` besides the predicted metric, at its epochs")]
    Unmeasured {
        /// The metric's name.
        metric: String,
    },
}

/// Whether the decisions on these runs depend on the order in which they come.
///
/// Where they don't, one replay in any order has the decisions for all of them.
pub fn depends_on_order<R: Borrow<RecordedRun>>(
    kind: &dyn PolicyKind,
    params: &Value,
    setting: &Setting,
    runs: &[R],
) -> Result<bool, ReplayError> {
    let Some(estimator) = for_the_longest(kind, params, setting, runs)? else { return Ok(false) };
    let needs = estimator.needs();
    Ok(needs.uses_history || needs.revises != Revises::Never)
}

/// Replays a policy over runs in the given order.
///
/// It is built anew for each kind of training, since the planned epochs are those of the curve. Where it cannot be built
/// for a curve, though it can for the one with the most points, the curve is too short to be stopped and
/// counts as completed. The curve is shown whole: by the contract of a [`Rule`] that is the same as showing it point by
/// point. Paused runs are taken up again as in a search; a sequential history has no generations, so there that is done
/// at the end only.
pub fn replay<R: Borrow<RecordedRun>>(
    kind: &dyn PolicyKind,
    params: &Value,
    setting: &Setting,
    runs: &[R],
) -> Result<Vec<Decision>, ReplayError> {
    let Some(reviser) = for_the_longest(kind, params, setting, runs)? else { return Ok(Vec::new()) };
    let needs = reviser.needs();
    let mut search = Search {
        runs: runs.iter().map(Borrow::borrow).collect(),
        history: History::default(),
        decisions: Vec::with_capacity(runs.len()),
        keeps_history: needs.uses_history || needs.revises != Revises::Never,
    };
    let mut experts = Experts { kind, params, setting, known: Vec::new() };
    let size = match setting.history {
        HistoryRule::Sequential => 1,
        HistoryRule::Generations { size } => size.max(1),
    };
    let mut begun = 0;
    while begun < runs.len() {
        let end = runs.len().min(begun.saturating_add(size));
        // Nobody sees the trials of this generation before all of them have ended.
        let mut ended = Vec::new();
        for number in begun..end {
            let (decision, trial) = search.decide(number, &mut experts)?;
            search.decisions.push(decision);
            ended.extend(trial);
        }
        search.history.trials.append(&mut ended);
        if needs.uses_history {
            experts.forget();
        }
        if needs.revises == Revises::EachGeneration && setting.history != HistoryRule::Sequential {
            search.revise(&*reviser);
        }
        begun = end;
    }
    if needs.revises != Revises::Never {
        search.revise(&*reviser);
    }
    Ok(search.decisions)
}

/// The metrics that a policy watches besides the predicted one.
pub fn watched<R: Borrow<RecordedRun>>(
    kind: &dyn PolicyKind,
    params: &Value,
    setting: &Setting,
    runs: &[R],
) -> Result<Vec<String>, ReplayError> {
    let estimator = for_the_longest(kind, params, setting, runs)?;
    Ok(estimator.map(|estimator| estimator.needs().metrics).unwrap_or_default())
}

/// What a policy decides on each of these runs by itself, where that does not [depend on their order](depends_on_order).
pub fn replay_each<R: Borrow<RecordedRun>>(
    kind: &dyn PolicyKind,
    params: &Value,
    setting: &Setting,
    runs: &[R],
) -> Result<Vec<Decision>, ReplayError> {
    let search = Search {
        runs: runs.iter().map(Borrow::borrow).collect(),
        history: History::default(),
        decisions: Vec::new(),
        keeps_history: false,
    };
    let mut experts = Experts { kind, params, setting, known: Vec::new() };
    (0..runs.len()).map(|number| Ok(search.decide(number, &mut experts)?.0)).collect()
}

/// The estimator for the run with the most points; `None` without runs. Fails where what it watches is measured nowhere.
fn for_the_longest<R: Borrow<RecordedRun>>(
    kind: &dyn PolicyKind,
    params: &Value,
    setting: &Setting,
    runs: &[R],
) -> Result<Option<Box<dyn Estimator>>, ReplayError> {
    let curves = runs.iter().map(|run| &run.borrow().curve);
    let Some(longest) = curves.max_by_key(|curve| curve.len()) else { return Ok(None) };
    let estimator = kind
        .build(params.clone(), &facts(longest, setting))
        .map_err(|issues| ReplayError::Params { points: longest.len(), issues })?;
    let is_absent = |metric: &String| runs.iter().all(|run| !run.borrow().others.contains_key(metric));
    match estimator.needs().metrics.into_iter().find(is_absent) {
        Some(metric) => Err(ReplayError::Unmeasured { metric }),
        None => Ok(Some(estimator)),
    }
}

/// The search that is played.
struct Search<'a> {
    runs: Vec<&'a RecordedRun>,
    history: History,
    decisions: Vec<Decision>,
    /// Whether anybody looks at the history.
    keeps_history: bool,
}

impl Search<'_> {
    /// What happens to a run, and what the history gets of it if that is kept.
    fn decide(
        &self,
        number: usize,
        experts: &mut Experts<'_>,
    ) -> Result<(Decision, Option<EndedTrial>), ReplayError> {
        let run = self.runs[number];
        let Some(last) = run.curve.last() else {
            return Err(ReplayError::Empty { run_id: run.run_id.clone() });
        };
        let planned = run.curve.len();
        let mut decision = Decision {
            run_id: run.run_id.clone(),
            points_seen: planned,
            points_planned: planned,
            stop_epoch: last.at,
            outcome: Outcome::Completed,
            predicted_final: last.value,
            interval: None,
            last_value: last.value,
            audit: false,
        };
        let record = record(run, number, planned);
        if let Some(expert) = experts.of(&run.curve, &self.history) {
            let judged = |source| ReplayError::Curve { run_id: run.run_id.clone(), source };
            expert.estimator.admits(&run.curve).map_err(judged)?;
            let observation = expert.rule.judge(&record, 0);
            // A verdict at the last point comes too late to stop anything.
            let points = observation.points.clamp(1, planned);
            let stop = run.curve.points()[points - 1];
            let ended = match observation.verdict {
                Verdict::Continue => None,
                _ if points == planned => None,
                Verdict::Converged { predicted } => Some((Outcome::Converged, predicted)),
                Verdict::Pruned => Some((Outcome::Pruned, stop.value)),
            };
            if let Some((outcome, predicted_final)) = ended {
                decision = Decision {
                    points_seen: points,
                    stop_epoch: stop.at,
                    outcome,
                    predicted_final,
                    interval: observation.interval,
                    last_value: stop.value,
                    ..decision
                };
            }
        }
        let trial = self.keeps_history.then(|| EndedTrial {
            record: if decision.points_seen < planned { record.prefix(decision.points_seen) } else { record },
            points_planned: planned,
            outcome: decision.outcome,
            fitness: decision.predicted_final,
        });
        Ok((decision, trial))
    }

    /// Takes paused runs up again until the estimator leaves the rest as it is, or names none that is paused.
    fn revise(&mut self, estimator: &dyn Estimator) {
        loop {
            let revision = estimator.revise(&self.history);
            for revised in &revision.predictions {
                let Some(decision) = self.decisions.get_mut(revised.number) else { continue };
                if decision.outcome == Outcome::Converged {
                    decision.predicted_final = revised.predicted;
                    decision.interval = revised.interval;
                    self.history.trials[revised.number].fitness = revised.predicted;
                }
            }
            let mut goes_on = false;
            for resumption in &revision.resumptions {
                goes_on |= self.resume(resumption.number, resumption.until_points);
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Trains a paused run further; false if it is not paused.
    fn resume(&mut self, number: usize, until_points: usize) -> bool {
        let Some(decision) = self.decisions.get_mut(number) else { return false };
        if decision.outcome != Outcome::Converged {
            return false;
        }
        let (run, trial) = (self.runs[number], &mut self.history.trials[number]);
        let points = until_points.clamp(decision.points_seen + 1, decision.points_planned);
        let stop = run.curve.points()[points - 1];
        trial.record = record(run, number, points);
        decision.points_seen = points;
        decision.stop_epoch = stop.at;
        decision.last_value = stop.value;
        if points == decision.points_planned {
            decision.outcome = Outcome::Completed;
            decision.predicted_final = stop.value;
            decision.interval = None;
            trial.outcome = Outcome::Completed;
            trial.fitness = stop.value;
        }
        true
    }
}

fn record(run: &RecordedRun, number: usize, points: usize) -> TrialRecord {
    TrialRecord {
        number,
        curve: run.curve.prefix(points),
        others: run.others.iter().map(|(name, curve)| (name.clone(), curve.prefix(points))).collect(),
        covariates: run.covariates.clone(),
    }
}

/// An estimator for one kind of training, and what it has learned.
struct Expert {
    facts: TrainingFacts,
    /// `None`: such trainings are too short for it.
    estimator: Option<Box<dyn Estimator>>,
    /// `None`: it has not learned from the present history yet.
    rule: Option<Box<dyn Rule>>,
}

/// An expert who has learned.
struct Learned<'a> {
    estimator: &'a dyn Estimator,
    rule: &'a dyn Rule,
}

/// One expert for each kind of training that was met.
struct Experts<'a> {
    kind: &'a dyn PolicyKind,
    params: &'a Value,
    setting: &'a Setting,
    known: Vec<Expert>,
}

impl Experts<'_> {
    fn of(&mut self, curve: &Curve, history: &History) -> Option<Learned<'_>> {
        let facts = facts(curve, self.setting);
        let place = self.known.iter().position(|expert| expert.facts == facts);
        let place = place.unwrap_or_else(|| {
            let estimator = self.kind.build(self.params.clone(), &facts).ok();
            self.known.push(Expert { facts, estimator, rule: None });
            self.known.len() - 1
        });
        let Expert { estimator, rule, .. } = &mut self.known[place];
        let estimator = estimator.as_deref()?;
        let rule = rule.get_or_insert_with(|| estimator.learn(history));
        Some(Learned { estimator, rule: &**rule })
    }

    /// The history has grown.
    fn forget(&mut self) {
        for expert in &mut self.known {
            expert.rule = None;
        }
    }
}

/// What would have been known of a recorded training before it began.
fn facts(curve: &Curve, setting: &Setting) -> TrainingFacts {
    let planned = curve.last().map_or(Progress::ZERO, |last| last.at);
    let apart = match curve.points() {
        [first, second, ..] => first.at.until(second.at),
        [] | [_] => None,
    };
    TrainingFacts {
        planned,
        measure_every: apart.unwrap_or(planned),
        points: curve.len(),
        direction: setting.direction,
        scale: setting.scale,
        confidence: setting.confidence,
        examples: None,
        costs: setting.costs.clone(),
    }
}

#[cfg(test)]
mod tests;
