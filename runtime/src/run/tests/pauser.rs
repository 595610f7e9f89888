//! An estimator for tests that uses all that the boundary offers: the history, the other trials, pauses, resumptions in
//! several rounds. It predicts badly.

use peng_estimator::{
    Estimator, History, Needs, Observation, Outcome, Resumption, Revised, Revises, Revision, Rule,
    TrialRecord, Verdict,
};

/// Pauses where a curve has become flat; what is flat and what is still to come it learns from the history.
pub(crate) struct Pauser(pub(crate) Revises);

struct Learned {
    gain: f64,
    flat: f64,
}

impl Estimator for Pauser {
    fn name(&self) -> &'static str {
        "pauser"
    }

    fn needs(&self) -> Needs {
        Needs { metrics: Vec::new(), fewest_points: 3, fewest_trials: 0, uses_history: true, revises: self.0 }
    }

    fn learn(&self, history: &History) -> Box<dyn Rule> {
        Box::new(learned(history))
    }

    /// Trials that may be the best go on, every third one to its end.
    fn revise(&self, history: &History) -> Revision {
        let gain = learned(history).gain;
        let newest = |trial: &TrialRecord| trial.curve.last().map_or(0.0, |p| p.value) + gain;
        let best = history.trials.iter().map(|t| t.fitness).filter(|f| f.is_finite()).fold(0.0, f64::max);
        let paused = || history.trials.iter().filter(|t| t.outcome == Outcome::Converged);
        let predictions = paused()
            .map(|t| Revised { number: t.record.number, predicted: newest(&t.record), interval: None })
            .collect();
        let mut resumptions: Vec<Resumption> = paused()
            .filter(|t| newest(&t.record) > best - 2.0)
            .map(|t| {
                let points = t.record.curve.len();
                let number = t.record.number;
                let until_points = if number.is_multiple_of(3) { t.points_planned } else { points + 2 };
                Resumption { number, until_points, reason: "it may be the best".to_owned() }
            })
            .collect();
        resumptions.reverse();
        Revision { predictions, resumptions }
    }
}

fn learned(history: &History) -> Learned {
    let gains: Vec<f64> = history
        .trials
        .iter()
        .filter(|t| t.outcome == Outcome::Completed)
        .filter_map(|t| Some(t.fitness - t.record.curve.points().get(2)?.value))
        .collect();
    let gain = if gains.is_empty() { 3.0 } else { gains.iter().sum::<f64>() / gains.len() as f64 / 3.0 };
    Learned { gain, flat: 4.0 + 0.25 * history.trials.len() as f64 }
}

impl Rule for Learned {
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation {
        let values: Vec<f64> = trial.curve.points().iter().map(|p| p.value).collect();
        let size = trial.covariates["flops"].log10();
        let stop = (3.max(judged + 1)..=values.len())
            .find(|&points| (values[points - 1] - values[points - 2]).abs() < self.flat);
        match stop {
            Some(points) => {
                let predicted = values[points - 1] + self.gain + size / 1000.0;
                Observation {
                    verdict: Verdict::Converged { predicted },
                    predicted: Some(predicted),
                    interval: Some([predicted - 1.0, predicted + 1.0]),
                    fit: [("gain".to_owned(), self.gain)].into(),
                    ..Observation::go_on("pauser", points, "it is flat")
                }
            }
            None => Observation::go_on("pauser", values.len(), "it still rises"),
        }
    }
}
