//! A prediction as an answer: its interval, its terms by name, and its words.

use std::collections::BTreeMap;

use super::gaussian::from_log;
use super::knowledge::Prediction;
use super::normal;
use super::series::Metric;
use super::waiting::Scales;

/// A value of waiting up to this is none.
pub(super) const WORTH: f64 = 1e-12;

/// Where the final value lies at this confidence, in the metric's own units.
pub(super) fn interval(prediction: &Prediction, confidence: f64, metric: Metric) -> [f64; 2] {
    let reach =
        normal::quantile(0.5 + 0.5 * confidence.clamp(0.0, 0.999_999)) * prediction.guess.log_deviation;
    let log = prediction.guess.log;
    metric.interval([from_log(log - reach), from_log(log + reach)])
}

/// What the answer was computed from.
pub(super) fn terms(prediction: &Prediction, scales: &Scales<'_>, value: f64) -> BTreeMap<String, f64> {
    let terms = [
        ("fraction", scales.grid.fraction(prediction.decision)),
        ("score", prediction.belief.score),
        ("score_sd", prediction.belief.deviation),
        ("spread", scales.standing.spread),
        ("threshold", scales.standing.top),
        ("typical_error", scales.errors[prediction.decision]),
        ("value_of_waiting", value),
    ];
    terms.into_iter().map(|(name, term)| (name.to_owned(), term)).collect()
}

/// The prediction and the threshold in words, in the metric's own units.
pub(super) fn words(prediction: &Prediction, scales: &Scales<'_>, metric: Metric) -> String {
    let [predicted, top] = [prediction.belief.score, scales.standing.top].map(|score| metric.value(score));
    format!(
        "predicted {predicted:.4}, off by about {:.2} points of a spread of {:.1}; the best tenth begins at {top:.4}",
        prediction.belief.deviation, scales.standing.spread
    )
}
