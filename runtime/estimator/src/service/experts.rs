//! Estimators and what they have learned, shared by the runs for which they are the same.

use std::sync::Arc;

use serde_json::{Value, json};

use super::recent::Recent;
use super::run::Layout;
use crate::curve::Direction;
use crate::estimator::{Estimator, Revises, Rule};
use crate::policy::{ParamIssue, PolicyKind};
use crate::progress::Progress;
use crate::scale::Scale;
use crate::trial::{CostObjective, History, TrainingFacts};

/// How many estimators are kept: small things, one for each kind of training.
const ESTIMATORS: usize = 64;
/// How many rules are kept. What was learned from a history may be megabytes; where more histories than that are in use at a
/// time, they are learned from again and again (`benches/service.rs` tells what that costs).
const RULES: usize = 64;
/// The length of the training with which parameters are tried before any is known, in epochs.
const LONG: u32 = 1000;

/// The parameter that says when paused trainings are looked at again. Here nobody does, which is its default: what a rule is
/// unsure of depends on whether it may ever be corrected.
const CONFIRM: &str = "confirm";

/// What a service is started with.
#[derive(Clone)]
pub struct Setup {
    /// The kind of its estimator.
    pub kind: &'static dyn PolicyKind,
    /// The estimator's parameters. Where one says that a stop is a pause, its default is that none is.
    pub params: Value,
    /// The metric that is predicted.
    pub metric: String,
    /// Which of its values are better.
    pub direction: Direction,
    /// How it becomes a score; `None` for an unbounded one.
    pub scale: Option<Scale>,
    /// Whether somebody said so.
    pub scale_origin: ScaleOrigin,
    /// The confidence of intervals, above 0 and below 1.
    pub confidence: f64,
    /// The search's other objectives, by covariate.
    pub costs: Vec<CostObjective>,
}

/// How it is known on which scale a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleOrigin {
    /// The client said so: what lies outside counts as the scale has it.
    Given,
    /// Nobody said anything, and percentages are the most likely: a value that is none is refused.
    Assumed,
}

/// An estimator, or why there is none for such a training.
type Built = Result<Arc<dyn Estimator>, String>;

/// Estimators by the layout of a training; rules by that and by how many endings their history has.
pub(super) struct Experts {
    pub(super) setup: Setup,
    /// Metrics without which the estimator cannot work, the predicted one first.
    pub(super) metrics: Vec<String>,
    /// Whether what ended before counts.
    pub(super) uses_history: bool,
    estimators: Recent<Layout, Built>,
    rules: Recent<(Layout, u64), Arc<dyn Rule>>,
}

impl Experts {
    /// Fails if the parameters do not fit even a long training.
    pub(super) fn new(mut setup: Setup) -> Result<Self, Vec<ParamIssue>> {
        let asks_to_confirm = setup.params.get(CONFIRM).is_some();
        setup.params = setup.kind.normalise(setup.params, None)?;
        let every = Progress::whole(1);
        let long = Layout { planned: Progress::whole(LONG), measure_every: every, points: LONG as usize };
        let build = |setup: &Setup| setup.kind.build(setup.params.clone(), &facts(setup, long));
        let mut needs = build(&setup)?.needs();
        if needs.revises != Revises::Never {
            if asks_to_confirm {
                return Err(vec![confirms()]);
            }
            setup.params[CONFIRM] = json!("none");
            needs = build(&setup)?.needs();
        }
        if needs.metrics.contains(&setup.metric) {
            let message = format!("`{}` is the metric that the estimator observes anyway", setup.metric);
            return Err(vec![ParamIssue::new("", message, "leave it out of the parameters")]);
        }
        let mut metrics = vec![setup.metric.clone()];
        metrics.extend(needs.metrics);
        Ok(Experts {
            setup,
            metrics,
            uses_history: needs.uses_history,
            estimators: Recent::new(ESTIMATORS),
            rules: Recent::new(RULES),
        })
    }

    /// The estimator for such trainings.
    pub(super) fn estimator(&mut self, layout: Layout) -> Built {
        let setup = &self.setup;
        self.estimators.get_or_insert_with(layout, || {
            let built = setup.kind.build(setup.params.clone(), &facts(setup, layout));
            built.map(Arc::from).map_err(|issues| {
                issues.iter().map(|issue| issue.message.as_str()).collect::<Vec<_>>().join("; ")
            })
        })
    }

    /// Its rule for runs that began after so many endings.
    pub(super) fn rule(
        &mut self,
        estimator: &dyn Estimator,
        layout: Layout,
        endings: u64,
        history: impl FnOnce(u64) -> History,
    ) -> Arc<dyn Rule> {
        let endings = if self.uses_history { endings } else { 0 };
        self.rules.get_or_insert_with((layout, endings), || Arc::from(estimator.learn(&history(endings))))
    }

    /// The histories are not what they were.
    pub(super) fn unlearn(&mut self) {
        self.rules.clear();
    }
}

/// The issue with parameters by which a stop is a pause.
fn confirms() -> ParamIssue {
    ParamIssue::new(
        "/confirm",
        "`confirm` has paused trainings taken up again, but to a client of the engine a stop is final",
        "leave `confirm` out, or use `confirm=none`",
    )
}

fn facts(setup: &Setup, layout: Layout) -> TrainingFacts {
    let Layout { planned, measure_every, points } = layout;
    TrainingFacts {
        planned,
        measure_every,
        points,
        direction: setup.direction,
        scale: setup.scale,
        confidence: setup.confidence,
        examples: None,
        costs: setup.costs.clone(),
    }
}
