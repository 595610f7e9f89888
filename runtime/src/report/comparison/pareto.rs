//! The picture of what is saved against what it costs: an estimator is a point, its intervals are whiskers, and those that
//! another one beats in both are paler.

use peng_estimator::score::{Estimate, Measure};

use super::{Comparison, measured};
use crate::report::svg::{Anchor, Axis, Canvas, Mark};

const SIZE: [f64; 2] = [760.0, 440.0];
/// Height of a label, and about the width of a character in it.
const LABEL: [f64; 2] = [14.0, 6.6];
/// Longer names are cut in labels.
const LONGEST: usize = 34;

/// An estimator with a place in the picture.
struct Point<'a> {
    name: &'a str,
    saved: Estimate,
    regret: Estimate,
    is_beaten: bool,
}

/// The picture; `None` if no estimator has a place in it.
pub(in crate::report) fn figure(comparison: &Comparison) -> Option<String> {
    let mut points: Vec<Point<'_>> = comparison
        .estimators
        .iter()
        .filter_map(|compared| {
            let [saved, regret] = [Measure::Saved, Measure::Nreg].map(|measure| compared.mean.get(measure));
            Some(Point { name: &compared.estimator, saved: saved?, regret: regret?, is_beaten: false })
        })
        .collect();
    let values: Vec<[f64; 2]> = points.iter().map(|point| [point.saved.value, point.regret.value]).collect();
    for point in &mut points {
        point.is_beaten = values.iter().any(|other| beats(*other, [point.saved.value, point.regret.value]));
    }
    let range = |of: fn(&Point<'_>) -> Estimate| {
        let ends = points.iter().flat_map(|point| {
            let Estimate { value, interval, .. } = of(point);
            interval.map_or([value, value], |[low, high]| [low.min(value), high.max(value)])
        });
        let [low, high] =
            ends.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
        (low <= high).then_some([low, high])
    };
    let [left, right] = range(|point| point.saved)?;
    let [bottom, top] = range(|point| point.regret)?;
    let x = Axis::around([left, right], 6, 1.0, [54.0, SIZE[0] - 14.0]);
    let y = Axis::around([bottom.min(0.0), top], 6, 1.0, [SIZE[1] - 46.0, 30.0]);
    let mut canvas = Canvas::new(SIZE[0], SIZE[1]);
    canvas.axes(
        &x,
        &y,
        ["epochs saved, % (more is better)", "regret of the top tenth, % of spread (less is better)"],
    );
    let mut border: Vec<[f64; 2]> =
        points.iter().filter(|p| !p.is_beaten).map(|p| [x.at(p.saved.value), y.at(p.regret.value)]).collect();
    border.sort_by(|a, b| a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1])));
    canvas.polyline("front observed", &stairs(&border));
    let (beaten, unbeaten): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.is_beaten);
    for point in beaten.iter().chain(&unbeaten) {
        mark(&mut canvas, &x, &y, point);
    }
    let mut taken: Vec<[f64; 4]> =
        points.iter().map(|p| around([x.at(p.saved.value), y.at(p.regret.value)], [6.0, 6.0])).collect();
    for point in unbeaten.iter().chain(&beaten) {
        label(&mut canvas, [x.at(point.saved.value), y.at(point.regret.value)], point, &mut taken);
    }
    Some(canvas.finish("figure-pareto", "Savings against regret, a point an estimator"))
}

/// Whether one saves as much at as little regret, and is better in either.
fn beats(one: [f64; 2], other: [f64; 2]) -> bool {
    one[0] >= other[0] && one[1] <= other[1] && one != other
}

/// The border of what the points beat: to the left of each, and up.
fn stairs(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut corners: Vec<[f64; 2]> = Vec::new();
    for &next in points {
        if let Some(&last) = corners.last() {
            corners.push([last[0], next[1]]);
        }
        corners.push(next);
    }
    corners
}

fn mark(canvas: &mut Canvas, x: &Axis, y: &Axis, point: &Point<'_>) {
    let faint = if point.is_beaten { " faint" } else { "" };
    let at = [x.at(point.saved.value), y.at(point.regret.value)];
    let whisker = format!("whisker{faint}");
    if let Some([low, high]) = point.saved.interval {
        canvas.line(&whisker, [x.at(low), at[1]], [x.at(high), at[1]]);
    }
    if let Some([low, high]) = point.regret.interval {
        canvas.line(&whisker, [at[0], y.at(low)], [at[0], y.at(high)]);
    }
    let title = format!(
        "{}: saves {} at a regret of {} of the spread",
        point.name,
        measured(Measure::Saved, point.saved.value),
        measured(Measure::Nreg, point.regret.value)
    );
    canvas.mark(Mark::Circle, &format!("observed{faint}"), at, 5.5, &title);
}

fn around([x, y]: [f64; 2], [width, height]: [f64; 2]) -> [f64; 4] {
    [x - width, x + width, y - height, y + height]
}

/// Writes a name where it covers no other and no point, as near as may be.
fn label(canvas: &mut Canvas, [x, y]: [f64; 2], point: &Point<'_>, taken: &mut Vec<[f64; 4]>) {
    let mut name: String = point.name.chars().take(LONGEST).collect();
    if name.len() < point.name.len() {
        name.push('…');
    }
    let width = name.chars().count() as f64 * LABEL[1];
    let room = |[left, right, top, bottom]: [f64; 4]| {
        left >= 0.0 && right <= SIZE[0] && top >= 0.0 && bottom <= SIZE[1]
    };
    for off in [-1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0, -5.0, 5.0] {
        for (anchor, left) in [(Anchor::Start, x + 8.0), (Anchor::End, x - 8.0 - width)] {
            let middle = y + off * 0.75 * LABEL[0];
            let place = [left, left + width, middle - LABEL[0] / 2.0, middle + LABEL[0] / 2.0];
            let covers = |other: &[f64; 4]| {
                place[0] < other[1] && other[0] < place[1] && place[2] < other[3] && other[2] < place[3]
            };
            if room(place) && !taken.iter().any(covers) {
                let at = match anchor {
                    Anchor::Start | Anchor::Middle => left,
                    Anchor::End => left + width,
                };
                let class = if point.is_beaten { "label beaten" } else { "label" };
                canvas.text(class, anchor, [at, middle + 4.0], &name);
                taken.push(place);
                return;
            }
        }
    }
}
