//! Learning curves: all of them in one plot, and each member of a front in one of its own.

use super::{axis_unit, extend, robust_range};
use crate::report::svg::{Anchor, Axis, Canvas, Mark};
use crate::report::{Report, Status, TrialReport, quantity};

const ALL: [f64; 2] = [600.0, 400.0];
const ONE: [f64; 2] = [300.0, 190.0];

/// All curves with the points where they were stopped and the predictions; `None` if nothing was measured.
pub(in crate::report) fn all(report: &Report) -> Option<String> {
    let trials: Vec<&TrialReport> = report.trials.iter().filter(|t| !t.curve.is_empty()).collect();
    let range = robust_range(trials.iter().flat_map(|t| t.curve.iter().map(|p| p.value)))?;
    let range = robust_range(trials.iter().filter_map(|t| t.predicted))
        .map_or(range, |predicted| extend(extend(range, predicted[0]), predicted[1]));
    let epochs = f64::from(report.setup.epochs);
    let (unit, name) = axis_unit(report.setup.metric, report.setup.target, range[1]);
    let x = Axis::within([0.0, epochs], 6, [54.0, ALL[0] - 16.0]);
    let y = Axis::around(range, 6, unit, [ALL[1] - 46.0, 30.0]);

    let mut canvas = Canvas::new(ALL[0], ALL[1]);
    canvas.axes(&x, &y, ["epochs of training", &name]);
    for trial in &trials {
        let stopped = matches!(trial.status, Status::Converged | Status::Pruned);
        curve(&mut canvas, if stopped { "curve stopped" } else { "curve" }, trial, &x, &y);
    }
    for trial in &trials {
        let (id, at) = (trial.trial, trial.stopped_at);
        let Some(end) = trial.curve.iter().rev().find(|p| at.is_none_or(|at| p.epoch <= at)) else {
            continue;
        };
        let place = [x.at(end.epoch), y.at(end.value)];
        match (trial.status, trial.predicted) {
            (Status::Converged, Some(predicted)) => {
                let shown = quantity::value(report.setup.metric, predicted);
                canvas.line("extrapolation", place, [x.at(epochs), y.at(predicted)]);
                let title = format!("trial {id}: predicted {shown}");
                canvas.mark(Mark::Diamond, "predicted faint", [x.at(epochs), y.at(predicted)], 2.5, &title);
                let title = format!("trial {id}: stopped at epoch {}", quantity::epochs(end.epoch));
                canvas.mark(Mark::Circle, "stop", place, 2.5, &title);
            }
            (Status::Pruned | Status::Failed | Status::Cancelled, _) => {
                let title = format!("trial {id}: {}", trial.status.word());
                canvas.mark(Mark::Cross, "stopped", place, 4.0, &title);
            }
            _ => {}
        }
    }
    let title = format!("Learning curves of {} trainings", trials.len());
    Some(canvas.finish("figure-curves", &title))
}

/// The curve of one trial with its predictions, on an axis that several trials share.
pub(in crate::report) fn one(report: &Report, trial: &TrialReport, range: [f64; 2]) -> String {
    let epochs = f64::from(report.setup.epochs);
    let (unit, _) = axis_unit(report.setup.metric, report.setup.target, range[1]);
    let x = Axis::within([0.0, epochs], 4, [40.0, ONE[0] - 14.0]);
    let y = Axis::around(range, 3, unit, [ONE[1] - 26.0, 26.0]);

    let mut canvas = Canvas::new(ONE[0], ONE[1]);
    canvas.axes(&x, &y, ["", ""]);
    canvas.text("title", Anchor::Start, [0.0, 13.0], &format!("trial {}", trial.trial));
    canvas.text("tick", Anchor::End, [ONE[0] - 6.0, 13.0], &words(report, trial));
    let band: Vec<([f64; 2], f64)> =
        trial.predictions.iter().filter_map(|p| Some((p.interval?, x.at(p.epoch)))).collect();
    let upper = band.iter().map(|([_, high], x)| [*x, y.at(*high)]);
    let lower = band.iter().rev().map(|([low, _], x)| [*x, y.at(*low)]);
    canvas.polygon("band", &upper.chain(lower).collect::<Vec<_>>());
    let guesses: Vec<[f64; 2]> =
        trial.predictions.iter().map(|p| [x.at(p.epoch), y.at(p.predicted)]).collect();
    canvas.polyline("guesses", &guesses);
    curve(&mut canvas, "curve strong", trial, &x, &y);
    if let (Some(at), Some(predicted)) = (trial.stopped_at, trial.predicted) {
        canvas.line("stop-line", [x.at(at), y.ends()[0]], [x.at(at), y.ends()[1]]);
        let place = [x.at(epochs), y.at(predicted)];
        if let Some(end) = trial.curve.iter().rev().find(|p| p.epoch <= at) {
            canvas.line("extrapolation", [x.at(end.epoch), y.at(end.value)], place);
        }
        let title = format!("predicted {}", quantity::value(report.setup.metric, predicted));
        canvas.mark(Mark::Diamond, "predicted", place, 4.5, &title);
    }
    if let (true, Some(observed)) = (trial.trained_to_the_end, trial.observed) {
        let title = format!("observed {}", quantity::value(report.setup.metric, observed));
        canvas.mark(Mark::Circle, "observed", [x.at(epochs), y.at(observed)], 4.5, &title);
    }
    let title = format!("Learning curve of trial {}: {}", trial.trial, words(report, trial));
    canvas.finish(&format!("figure-trial-{}", trial.trial), &title)
}

/// The range of an axis for the curves of several trials: without their first, low measurements where there are many.
pub(in crate::report) fn shared_range(trials: &[&TrialReport]) -> Option<[f64; 2]> {
    let late = trials.iter().flat_map(|t| t.curve.iter().skip(t.curve.len() / 5));
    let range = robust_range(late.map(|p| p.value))?;
    Some(trials.iter().filter_map(|t| t.predicted).fold(range, extend))
}

/// Draws the finite measurements, cut off where they leave the axis.
fn curve(canvas: &mut Canvas, class: &str, trial: &TrialReport, x: &Axis, y: &Axis) {
    let points: Vec<[f64; 2]> =
        trial.curve.iter().filter(|p| p.value.is_finite()).map(|p| [p.epoch, p.value]).collect();
    let mut piece: Vec<[f64; 2]> = Vec::new();
    for (i, [epoch, value]) in points.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| points[i]);
        if y.holds(*value) {
            if let Some(before) = before.filter(|b| !y.holds(b[1])) {
                piece.push(border(before, [*epoch, *value], x, y));
            }
            piece.push([x.at(*epoch), y.at(*value)]);
        } else {
            if let Some(before) = before.filter(|b| y.holds(b[1])) {
                piece.push(border([*epoch, *value], before, x, y));
            }
            canvas.polyline(class, &piece);
            piece.clear();
        }
    }
    canvas.polyline(class, &piece);
}

/// Where the line between a point outside and one inside crosses the end of the axis.
fn border(outside: [f64; 2], inside: [f64; 2], x: &Axis, y: &Axis) -> [f64; 2] {
    let end = y.value_at_end_near(outside[1]);
    let share = (end - inside[1]) / (outside[1] - inside[1]);
    [x.at(inside[0] + share * (outside[0] - inside[0])), y.at(end)]
}

fn words(report: &Report, trial: &TrialReport) -> String {
    let value = |v| quantity::value(report.setup.metric, v);
    let observed = trial.observed.filter(|_| trial.trained_to_the_end);
    match (trial.predicted, observed) {
        (Some(predicted), Some(observed)) => {
            format!("predicted {}, observed {}", value(predicted), value(observed))
        }
        (Some(predicted), None) => format!("predicted {}", value(predicted)),
        (None, Some(observed)) => format!("observed {}", value(observed)),
        (None, None) => trial.status.word().to_owned(),
    }
}
