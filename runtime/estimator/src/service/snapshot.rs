//! A service as data: all that its later replies depend on, with the format's version and a checksum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checksum::{canonical, checksum, read_canonical};
use super::experts::Setup;
use super::refusal::{Refusal, cut};
use super::request::Number;
use super::run::{Finish, Run, Stop, Told};
use super::runs::Runs;
use crate::curve::{Curve, Direction, Point};
use crate::progress::Progress;
use crate::scale::Scale;
use crate::trial::{CostObjective, Outcome, TrialRecord};

/// The format, of which the number is the version.
pub(super) const FORMAT: &str = "peng-engine/2";

/// What `snapshot` gives and `restore` takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct State {
    format: String,
    /// Of what the content says: spaces, the order of keys and the form of numbers are free.
    checksum: String,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Content {
    started_with: StartedWith,
    begun: usize,
    endings: u64,
    runs: Vec<RunState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct StartedWith {
    estimator: String,
    /// As every client writes them, once their keys are sorted.
    #[serde(deserialize_with = "read_canonical")]
    params: Value,
    metric: String,
    direction: Direction,
    scale: Option<Scale>,
    confidence: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    costs: Vec<CostObjective>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RunState {
    run: String,
    number: usize,
    planned: Progress,
    begun_after: u64,
    epochs: Vec<Progress>,
    values: Vec<Number>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, Vec<Number>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    covariates: BTreeMap<String, Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stop: Option<StopState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finish: Option<FinishState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct StopState {
    ending: u64,
    points: usize,
    outcome: Outcome,
    fitness: Number,
    told: Told,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct FinishState {
    ending: u64,
    points: usize,
    value: Number,
}

impl State {
    /// A service as it is.
    pub(super) fn of(setup: &Setup, runs: &Runs) -> Self {
        let content = Content {
            started_with: StartedWith::of(setup),
            begun: runs.begun,
            endings: runs.endings,
            runs: runs.iter().map(RunState::of).collect(),
        };
        State { format: FORMAT.to_owned(), checksum: checksum(&content), content }
    }

    /// Its runs, if it is a whole state of a service that was started like this one.
    pub(super) fn into_runs(self, setup: &Setup) -> Result<Runs, Refusal> {
        let altered = |reason: &str| Refusal::AlteredState { reason: reason.to_owned() };
        let State { format: _, checksum: written, content } = self;
        let found = checksum(&content);
        if found != written {
            return Err(Refusal::AlteredState {
                reason: format!("its checksum is `{}`, but its content has `{found}`", cut(&written)),
            });
        }
        content.started_with.agrees(&StartedWith::of(setup))?;
        let Content { begun, endings, runs, .. } = content;
        let runs: Option<Vec<Run>> = runs.into_iter().map(RunState::into_run).collect();
        let runs = runs.ok_or_else(|| altered("a curve is not whole"))?;
        Runs::of(runs, begun, endings).ok_or_else(|| altered("two runs have one name or one number"))
    }
}

impl StartedWith {
    fn of(setup: &Setup) -> Self {
        StartedWith {
            estimator: setup.kind.name().to_owned(),
            params: canonical(setup.params.clone()),
            metric: setup.metric.clone(),
            direction: setup.direction,
            scale: setup.scale,
            confidence: setup.confidence,
            costs: setup.costs.clone(),
        }
    }

    /// The first field in which it is another one.
    fn agrees(&self, own: &StartedWith) -> Result<(), Refusal> {
        let words = |all: &StartedWith| {
            [
                ("estimator", format!("`{}`", all.estimator)),
                ("parameters", all.params.to_string()),
                ("metric", format!("`{}`", all.metric)),
                ("direction", format!("{:?}", all.direction).to_lowercase()),
                ("scale", all.scale.map_or("none".to_owned(), |scale| format!("`{scale}`"))),
                ("confidence", all.confidence.to_string()),
                ("other objectives", names(&all.costs)),
            ]
        };
        for ((field, found), (_, expected)) in words(self).into_iter().zip(words(own)) {
            if found != expected {
                return Err(Refusal::OtherSetup { field, found: cut(&found), expected: cut(&expected) });
            }
        }
        Ok(())
    }
}

/// Which way each is better, by name.
fn names(costs: &[CostObjective]) -> String {
    let name = |cost: &CostObjective| {
        format!("{} `{}`", format!("{:?}", cost.direction).to_lowercase(), cost.covariate)
    };
    if costs.is_empty() { "none".to_owned() } else { costs.iter().map(name).collect::<Vec<_>>().join(", ") }
}

impl RunState {
    fn of(run: &Run) -> Self {
        let numbers = |curve: &Curve| curve.points().iter().map(|point| Number(point.value)).collect();
        let TrialRecord { number, curve, others, covariates } = &run.record;
        RunState {
            run: run.name.clone(),
            number: *number,
            planned: run.planned,
            begun_after: run.begun_after,
            epochs: curve.points().iter().map(|point| point.at).collect(),
            values: numbers(curve),
            others: others.iter().map(|(name, curve)| (name.clone(), numbers(curve))).collect(),
            covariates: covariates.iter().map(|(name, &value)| (name.clone(), Number(value))).collect(),
            stop: run.stop.as_ref().map(StopState::of),
            finish: run.finish.map(|Finish { ending, points, value }| FinishState {
                ending,
                points,
                value: Number(value),
            }),
        }
    }

    fn into_run(self) -> Option<Run> {
        let curve = |values: &[Number]| {
            let points = self.epochs.iter().zip(values).map(|(&at, &Number(value))| Point { at, value });
            let curve = Curve::try_from(points.collect::<Vec<_>>()).ok()?;
            (values.len() == self.epochs.len()).then_some(curve)
        };
        let others = self.others.iter().map(|(name, values)| Some((name.clone(), curve(values)?)));
        let record = TrialRecord {
            number: self.number,
            curve: curve(&self.values)?,
            others: others.collect::<Option<_>>()?,
            covariates: self.covariates.into_iter().map(|(name, Number(value))| (name, value)).collect(),
        };
        Some(Run {
            name: self.run,
            record,
            planned: self.planned,
            begun_after: self.begun_after,
            stop: self.stop.map(StopState::into_stop),
            finish: self.finish.map(|FinishState { ending, points, value: Number(value) }| Finish {
                ending,
                points,
                value,
            }),
            judged: 0,
        })
    }
}

impl StopState {
    fn of(stop: &Stop) -> Self {
        let Stop { ending, points, outcome, fitness, told } = stop.clone();
        StopState { ending, points, outcome, fitness: Number(fitness), told }
    }

    fn into_stop(self) -> Stop {
        let StopState { ending, points, outcome, fitness: Number(fitness), told } = self;
        Stop { ending, points, outcome, fitness, told }
    }
}
