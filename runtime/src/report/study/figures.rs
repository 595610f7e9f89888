//! The pictures of a study: savings against regret, what was handed over against the truth, and the best sets.

use super::sections::Figure;
use crate::report::comparison::{Compared, Comparison, REPLAY_FORMAT, savings_against_regret};
use crate::report::figures::{extend, robust_range};
use crate::report::quantity::{epochs, value};
use crate::report::svg::{Anchor, Axis, Canvas, Mark};
use crate::study::tables::{ArmTable, BestSets, Pair, StudyTables};

/// One of the accuracies of two sets of networks.
type Which = fn(&BestSets) -> &[f64];

/// The picture of savings against regret; `None` if no arm has a place in it.
pub(super) fn savings(tables: &StudyTables) -> Option<String> {
    let compared = tables.arms.iter().filter_map(|arm| {
        let mean = arm.mean.clone()?;
        Some(Compared {
            estimator: arm.name.clone(),
            median: *mean.values(),
            mean,
            by_dataset: Vec::new(),
            by_population: Vec::new(),
            not_replayed: Vec::new(),
        })
    });
    savings_against_regret(&Comparison {
        format: REPLAY_FORMAT,
        confidence: tables.confidence,
        history: String::new(),
        orders: String::new(),
        limit: None,
        estimators: compared.collect(),
    })
}

/// What each arm handed over, against the truth.
pub(super) fn pairs(tables: &StudyTables) -> Vec<Figure> {
    let all = || tables.arms.iter().flat_map(|arm| arm.runs.iter().flat_map(|run| &run.pairs));
    let Some(range) = robust_range(all().flat_map(|pair| [pair.truth, pair.handed])) else {
        return Vec::new();
    };
    tables.arms.iter().enumerate().filter_map(|(at, arm)| scatter(tables, arm, at, range)).collect()
}

fn scatter(tables: &StudyTables, arm: &ArmTable, at: usize, range: [f64; 2]) -> Option<Figure> {
    let metric = tables.setup.metric;
    let pairs: Vec<(u64, &Pair)> =
        arm.runs.iter().flat_map(|run| run.pairs.iter().map(move |pair| (run.seed, pair))).collect();
    if pairs.is_empty() {
        return None;
    }
    let size = [260.0, 236.0];
    let x = Axis::around(range, 4, 1.0, [44.0, size[0] - 10.0]);
    let y = Axis::around(range, 4, 1.0, [size[1] - 44.0, 34.0]);
    let mut canvas = Canvas::new(size[0], size[1]);
    canvas.text("title", Anchor::Start, [0.0, 12.0], &arm.name);
    canvas.axes(&x, &y, ["truth", ""]);
    let ends = [x.ticks.first()?.0, x.ticks.last()?.0];
    canvas.line("stop-line", [x.at(ends[0]), y.at(ends[0])], [x.at(ends[1]), y.at(ends[1])]);
    let mut outside = 0;
    for (seed, pair) in pairs {
        let values = [pair.truth, pair.handed];
        if !values.iter().all(|v| x.holds(*v)) {
            outside += 1;
            continue;
        }
        let (mark, class, words) = if pair.predicted {
            (Mark::Diamond, "predicted faint", "predicted")
        } else {
            (Mark::Circle, "observed faint", "observed")
        };
        let title = format!(
            "trial {}, seed {seed}: {words} {} at epoch {}, truly {}",
            pair.trial,
            value(metric, pair.handed),
            epochs(pair.epochs),
            value(metric, pair.truth)
        );
        canvas.mark(mark, class, [x.at(pair.truth), y.at(pair.handed)], 3.0, &title);
    }
    let beyond = if outside == 0 { String::new() } else { format!(", {outside} beyond the axes") };
    let caption = format!("{}: handed over (up) against the truth (right){beyond}", arm.name);
    let svg = canvas.finish(&format!("figure-pairs-{at}"), &caption);
    Some(Figure { svg, caption: String::new(), class: "one-of-many" })
}

/// The true values of the best sets of each arm: the truly best above, the predicted best below. The largest set that all
/// arms have is shown.
pub(super) fn distributions(tables: &StudyTables) -> Vec<Figure> {
    let top = ["20", "10", "tenth"].into_iter().find(|top| {
        let has =
            |arm: &ArmTable| !arm.runs.is_empty() && arm.runs.iter().all(|run| of(&run.best, top).is_some());
        tables.arms.iter().all(has)
    });
    let Some(top) = top else { return Vec::new() };
    let values = |arm: &ArmTable, which: Which| -> Vec<f64> {
        arm.runs.iter().filter_map(|run| of(&run.best, top)).flat_map(which).copied().collect()
    };
    let sets: [(&str, &str, Which); 2] = [
        ("truly best", "observed", |b| &b.true_values),
        ("predicted best", "predicted", |b| &b.predicted_values),
    ];
    let all =
        tables.arms.iter().flat_map(|arm| sets.iter().flat_map(move |(_, _, which)| values(arm, *which)));
    let finite = all.filter(|v| v.is_finite());
    let [low, high] = finite.fold([f64::INFINITY, f64::NEG_INFINITY], extend);
    if low > high {
        return Vec::new();
    }
    let row = 46.0;
    let size = [760.0, 30.0 + row * tables.arms.len() as f64 + 44.0];
    let x = Axis::around([low, high], 8, 1.0, [150.0, size[0] - 14.0]);
    let mut y = Axis::within([0.0, 1.0], 1, [size[1] - 44.0, 20.0]);
    y.ticks.clear();
    let mut canvas = Canvas::new(size[0], size[1]);
    canvas.axes(&x, &y, [&tables.setup.metric.to_string(), ""]);
    for (place, arm) in tables.arms.iter().enumerate() {
        let middle = 30.0 + row * (place as f64 + 0.5);
        canvas.text("title", Anchor::Start, [0.0, middle + 4.0], &arm.name);
        for ((name, class, which), off) in sets.iter().zip([-9.0, 9.0]) {
            let values = values(arm, *which);
            for value in values.iter().filter(|value| value.is_finite()) {
                let at = x.at(*value);
                canvas.line(&format!("rug {class}"), [at, middle + off - 7.0], [at, middle + off + 7.0]);
            }
            let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            let mean = finite.iter().sum::<f64>() / finite.len() as f64;
            if mean.is_finite() {
                let title = format!("{}: mean of the {name}: {mean:.2}", arm.name);
                let mark = if *class == "observed" { Mark::Circle } else { Mark::Diamond };
                canvas.mark(mark, class, [x.at(mean), middle + off], 4.0, &title);
            }
        }
    }
    let count = if top == "tenth" { "tenth of the networks" } else { top };
    let caption = format!(
        "True values of the best {count}, of all seeds: a line a network, a mark the mean; above the truly best, below those \
         that were handed over as the best."
    );
    let svg = canvas.finish("figure-distributions", "True values of the best sets");
    vec![Figure { svg, caption, class: "wide" }]
}

fn of<'a>(best: &'a [BestSets], top: &str) -> Option<&'a BestSets> {
    best.iter().find(|best| best.top == top)
}
