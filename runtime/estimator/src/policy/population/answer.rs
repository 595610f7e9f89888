//! A prediction as an answer: its terms by name, and its words.

use std::collections::BTreeMap;

use super::knowledge::Prediction;
use super::series::Metric;
use super::waiting::Scales;

/// What the answer was computed from.
pub(super) fn terms(prediction: &Prediction, scales: &Scales<'_>, value: f64) -> BTreeMap<String, f64> {
    let resolution = scales.resolution.at(prediction.belief.score);
    let resolution = (resolution > 0.0).then_some(("resolution", resolution));
    let terms = [
        ("fraction", scales.grid.fraction(prediction.decision)),
        ("score", prediction.belief.score),
        ("score_sd", prediction.belief.deviation),
        ("spread", scales.standing.spread),
        ("threshold", scales.standing.top),
        ("typical_error", scales.errors[prediction.decision]),
        ("value_of_waiting", value),
    ];
    terms.into_iter().chain(resolution).map(|(name, term)| (name.to_owned(), term)).collect()
}

/// The prediction and the threshold in words, in the metric's own units.
pub(super) fn words(prediction: &Prediction, scales: &Scales<'_>, metric: Metric) -> String {
    let [predicted, top] = [prediction.belief.score, scales.standing.top].map(|score| metric.value(score));
    let resolution = scales.resolution.at(prediction.belief.score);
    let free =
        if resolution > 0.0 { format!(", of which {resolution:.2} don't matter") } else { String::new() };
    format!(
        "predicted {predicted:.4}, off by about {:.2} points{free} of a spread of {:.1}; the best begin at {top:.4}",
        prediction.belief.deviation, scales.standing.spread
    )
}
