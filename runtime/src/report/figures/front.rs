//! The plot of the front: the first objective over the second one, or over the course of the search if it is the only
//! one. Predictions are diamonds, observations circles; a line joins the two of one network.

use peng_spec::catalog::Target;
use peng_spec::plan::{Goal, Objective};

use super::{axis_unit, extend, robust_range};
use crate::fitness::ObjectiveValue;
use crate::report::svg::{Anchor, Axis, Canvas, Mark};
use crate::report::{Report, ReportedMember, Status, TrialReport, quantity};

const SIZE: [f64; 2] = [600.0, 400.0];

/// A drawing, and what a reader must know besides.
pub(in crate::report) struct FrontFigure {
    pub(in crate::report) svg: String,
    /// Networks that lie beyond its axes.
    pub(in crate::report) outside: usize,
    /// Whether stopped trainings count by what was measured then, since the estimator predicts another metric.
    pub(in crate::report) has_halfway: bool,
}

/// The plot; `None` if no trial has a result.
pub(in crate::report) fn figure(report: &Report) -> Option<FrontFigure> {
    let first = *report.setup.objectives.first()?;
    let second = report.setup.objectives.get(1).copied();
    let trials: Vec<&TrialReport> = report
        .trials
        .iter()
        .filter(|t| t.status != Status::Copied && (t.told.is_some() || t.observed_objectives.is_some()))
        .collect();
    let points: Vec<[f64; 2]> = trials.iter().flat_map(|t| both(t)).collect();
    let members = report.fronts.as_searched.iter().chain(&report.fronts.from_observations);
    let on_front: Vec<[f64; 2]> = members.filter_map(|m| place(m.trial.0, &m.objectives)).collect();
    let plot = Plot::new(report.setup.target, first, second, &points, &on_front)?;

    let mut canvas = Canvas::new(SIZE[0], SIZE[1]);
    canvas.axes(&plot.x, &plot.y, [&plot.x_name, &plot.y_name]);
    let mut outside = 0;
    for trial in &trials {
        let front = |members: &[ReportedMember]| members.iter().any(|m| m.trial == trial.trial);
        let is_member = front(&report.fronts.as_searched) || front(&report.fronts.from_observations);
        if both(trial).any(|p| plot.holds(p)) {
            plot.trial(&mut canvas, report, trial, if is_member { "" } else { " faint" });
        } else {
            outside += 1;
        }
    }
    let told = trials.iter().filter_map(|t| place(t.trial.0, t.told.as_ref()?));
    let observed = trials.iter().filter_map(|t| place(t.trial.0, t.observed_objectives.as_ref()?));
    let lines = match report.setup.objectives.len() {
        1 => [plot.best_so_far(told), plot.best_so_far(observed)],
        2 => [plot.border(&report.fronts.as_searched), plot.border(&report.fronts.from_observations)],
        // A front of more objectives has no border in a plane.
        _ => [Vec::new(), Vec::new()],
    };
    canvas.polyline("front predicted", &lines[0]);
    canvas.polyline("front observed", &lines[1]);
    plot.labels(&mut canvas, &report.fronts.from_observations);
    let over = second.map_or("the course of the search".to_owned(), |s| s.metric.to_string());
    let title = format!("{} over {over}, predicted and observed", first.metric);
    let has_halfway =
        trials.iter().any(|t| t.status == Status::Converged && t.told.iter().flatten().all(|v| !v.predicted));
    Some(FrontFigure { svg: canvas.finish("figure-front", &title), outside, has_halfway })
}

/// What the search was told, and what was observed.
fn both(trial: &TrialReport) -> impl Iterator<Item = [f64; 2]> + '_ {
    [&trial.told, &trial.observed_objectives]
        .into_iter()
        .flatten()
        .filter_map(|values| place(trial.trial.0, values))
}

/// Second objective, or the trial's number, and first objective.
fn place(trial: u32, values: &[ObjectiveValue]) -> Option<[f64; 2]> {
    let y = values.first()?.value;
    Some([values.get(1).map_or(f64::from(trial), |v| v.value), y])
}

struct Plot {
    x: Axis,
    y: Axis,
    x_name: String,
    y_name: String,
    /// Of the horizontal and the vertical axis.
    goals: [Goal; 2],
}

impl Plot {
    fn new(
        target: Target,
        first: Objective,
        second: Option<Objective>,
        points: &[[f64; 2]],
        on_front: &[[f64; 2]],
    ) -> Option<Self> {
        let range = |i: usize| {
            let range = robust_range(points.iter().map(|p| p[i]))?;
            let [low, high] = on_front.iter().fold(range, |range, p| extend(range, p[i]));
            // So that no mark stands on an end.
            let room = if i == 0 && second.is_none() { 0.0 } else { 0.02 * (high - low) };
            Some([low - room, high + room])
        };
        let (x_range, y_range) = (range(0)?, range(1)?);
        let (x_unit, x_name) = match second {
            Some(objective) => axis_unit(objective.metric, target, x_range[1]),
            None => (1.0, "trial, in the order of the search".to_owned()),
        };
        let (y_unit, y_name) = axis_unit(first.metric, target, y_range[1]);
        Some(Self {
            x: Axis::around(x_range, 6, x_unit, [54.0, SIZE[0] - 12.0]),
            y: Axis::around(y_range, 6, y_unit, [SIZE[1] - 46.0, 30.0]),
            x_name: named(&x_name, second.map(|s| s.goal)),
            y_name: named(&y_name, Some(first.goal)),
            goals: [second.map_or(Goal::Minimize, |s| s.goal), first.goal],
        })
    }

    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        self.x.holds(x) && self.y.holds(y)
    }

    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [self.x.at(x), self.y.at(y)]
    }

    fn trial(&self, canvas: &mut Canvas, report: &Report, trial: &TrialReport, faint: &str) {
        let r = if faint.is_empty() { 5.0 } else { 3.0 };
        let id = trial.trial.0;
        let told = trial.told.as_ref().and_then(|v| place(id, v));
        let observed = trial.observed_objectives.as_ref().and_then(|v| place(id, v));
        let is_predicted = trial.told.iter().flatten().any(|v| v.predicted);
        let shown = |[_, y]: [f64; 2]| quantity::value(report.setup.objectives[0].metric, y);
        if let (Some(told), Some(observed), true) = (told, observed, is_predicted) {
            canvas.line(&format!("shift{faint}"), self.at(told), self.at(observed));
        }
        if let (Some(told), true) = (told, is_predicted) {
            let title = format!("trial {id}: predicted {}", shown(told));
            canvas.mark(Mark::Diamond, &format!("predicted{faint}"), self.at(told), r, &title);
        } else if let (Some(told), Status::Converged) = (told, trial.status) {
            let title = format!("trial {id}: measured {} when it was stopped", shown(told));
            canvas.mark(Mark::Circle, &format!("halfway{faint}"), self.at(told), r, &title);
        } else if let (Some(told), Status::Pruned) = (told, trial.status) {
            let title = format!("trial {id}: pruned at {}", shown(told));
            canvas.mark(Mark::Cross, "stopped faint", self.at(told), r, &title);
        }
        if let Some(observed) = observed {
            let title = format!("trial {id}: observed {}", shown(observed));
            canvas.mark(Mark::Circle, &format!("observed{faint}"), self.at(observed), r, &title);
        }
    }

    /// The border of what a front of two objectives dominates.
    fn border(&self, members: &[ReportedMember]) -> Vec<[f64; 2]> {
        let mut places: Vec<[f64; 2]> =
            members.iter().filter_map(|m| place(m.trial.0, &m.objectives)).collect();
        places.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut corners: Vec<[f64; 2]> = Vec::new();
        for next in places.iter().map(|p| self.at(*p)) {
            if let Some(last) = corners.last().copied() {
                corners.push(match self.goals[0] {
                    Goal::Minimize => [next[0], last[1]],
                    Goal::Maximize => [last[0], next[1]],
                });
            }
            corners.push(next);
        }
        corners
    }

    /// The best so far over the course of a search with one objective.
    fn best_so_far(&self, points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
        let mut corners = Vec::new();
        let mut best: Option<f64> = None;
        for [x, y] in points.filter(|p| p[1].is_finite()) {
            let known = best.unwrap_or(y);
            let now = if self.goals[1].is_better(y, known) { y } else { known };
            corners.extend([self.at([x, known]), self.at([x, now])]);
            best = Some(now);
        }
        corners
    }

    /// The numbers of the members, where they don't cover each other.
    fn labels(&self, canvas: &mut Canvas, members: &[ReportedMember]) {
        let above = match self.goals[1] {
            Goal::Maximize => 18.0,
            Goal::Minimize => -10.0,
        };
        let mut taken: Vec<[f64; 2]> = Vec::new();
        for member in members {
            let Some(place) = place(member.trial.0, &member.objectives) else { continue };
            let [x, y] = self.at(place);
            let at = [x + 7.0, y + above];
            if taken.iter().all(|t| (t[0] - at[0]).abs() > 24.0 || (t[1] - at[1]).abs() > 13.0) {
                canvas.text("label", Anchor::Start, at, &member.trial.to_string());
                taken.push(at);
            }
        }
    }
}

fn named(name: &str, goal: Option<Goal>) -> String {
    match goal {
        Some(Goal::Maximize) => format!("{name} (more is better)"),
        Some(Goal::Minimize) => format!("{name} (less is better)"),
        None => name.to_owned(),
    }
}
