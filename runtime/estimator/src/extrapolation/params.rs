//! The parameters that all extrapolating kinds have, and what can be wrong with them.

use super::{Extrapolation, Last, Method, points_up_to};
use crate::curve::Direction;
use crate::policy::ParamIssue;
use crate::trial::TrainingFacts;

/// The parameters that all extrapolating kinds have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Common {
    pub name: &'static str,
    pub window: u32,
    pub tolerance: f64,
    pub predict_at: Option<f64>,
    pub min_points: u32,
    /// The smallest value that `min_points` may have.
    pub least_points: u32,
    /// What to do where it is smaller.
    pub least_help: &'static str,
}

/// Every issue of the parameters; with `facts`, also those with such a training, if there is none else.
pub(crate) fn checked(
    common: &Common,
    method: &Method,
    facts: Option<&TrainingFacts>,
) -> Result<(), Vec<ParamIssue>> {
    let mut issues = common.own_issues();
    if let Some(facts) = facts
        && issues.is_empty()
    {
        issues = common.training_issues(method, facts);
    }
    if issues.is_empty() { Ok(()) } else { Err(issues) }
}

impl Common {
    /// The rule for such a training.
    pub(crate) fn rule(&self, method: Method, facts: &TrainingFacts) -> Extrapolation {
        Extrapolation {
            name: self.name,
            method,
            window: self.window as usize,
            tolerance: self.tolerance,
            predict_at: self.predict_at.unwrap_or(facts.planned.to_f64()),
            min_points: self.min_points as usize,
        }
    }

    /// The fewest points with which a training can converge.
    fn fewest_points(&self) -> usize {
        self.min_points as usize + self.window as usize - 1
    }

    fn own_issues(&self) -> Vec<ParamIssue> {
        let mut issues = Vec::new();
        let mut expect = |holds: bool, pointer, message: String, help| {
            if !holds {
                issues.push(ParamIssue::new(pointer, message, help));
            }
        };
        let Common { window, tolerance, predict_at, min_points, least_points, least_help, .. } = *self;
        expect(
            window >= 2,
            "/window",
            format!("`window` is {window}; expected at least 2"),
            "one prediction always agrees with itself; the papers use 3",
        );
        expect(
            tolerance.is_finite() && tolerance > 0.0,
            "/tolerance",
            format!("`tolerance` is {tolerance} pp; expected more than 0 pp"),
            "the papers use 0.5 pp",
        );
        expect(
            predict_at.is_none_or(|at| at.is_finite() && at > 0.0),
            "/predict_at",
            format!("`predict_at` is {} epochs; expected more than 0 epochs", predict_at.unwrap_or_default()),
            "leave it out to predict the last planned epoch",
        );
        expect(
            min_points >= least_points,
            "/min_points",
            format!("`min_points` is {min_points}; expected at least {least_points}"),
            least_help,
        );
        issues
    }

    fn training_issues(&self, method: &Method, facts: &TrainingFacts) -> Vec<ParamIssue> {
        if facts.direction == Direction::Minimize {
            return vec![ParamIssue::new(
                "",
                format!("`{}` predicts rising scores from 0 to 100, but this metric is minimized", self.name),
                "use an accuracy as its metric, or another estimator",
            )];
        }
        let planned = facts.points;
        let predict_at = self.predict_at.unwrap_or(facts.planned.to_f64());
        let ceiling = points_up_to(facts.measure_every.divides(predict_at));
        let (needed, usable) =
            (self.fewest_points(), method.last.most(ceiling).map_or(planned, |most| planned.min(most)));
        if needed <= usable && needed > ceiling {
            let message = format!(
                "`predict_at` {predict_at} epochs is measured before a training can converge, which needs {needed} points"
            );
            return vec![ParamIssue::new("/predict_at", message, "predict a later epoch")];
        }
        if needed <= usable {
            return Vec::new();
        }
        let limits = match method.last {
            Last::Before => {
                format!(
                    "at most {usable} count: {planned} are planned, and none converges with all {ceiling} up to epoch \
                     {predict_at}"
                )
            }
            Last::At => {
                format!(
                    "at most {usable} count: {planned} are planned, and those after epoch {predict_at} are ignored"
                )
            }
            Last::Any => format!("only {planned} are planned"),
        };
        let message = format!(
            "`window` {} needs {needed} points before a training can converge, but {limits}",
            self.window
        );
        if self.predict_at.is_some() && ceiling <= planned && method.last != Last::Any {
            vec![ParamIssue::new("/predict_at", message, "predict a later epoch, or lower `window`")]
        } else {
            let help = "plan more epochs, measure more often, or lower `window`";
            vec![ParamIssue::new("/window", message, help)]
        }
    }
}
