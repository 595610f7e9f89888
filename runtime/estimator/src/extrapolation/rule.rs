//! The rule: a stop when the last predictions agree. How they come about is in `attempt`.

use super::attempt::{Attempts, Outcome, out_of_range};
use super::{Method, Range, points_up_to};
use crate::curve::{Curve, CurveError};
use crate::estimator::{Estimator, Needs, Revises, Rule};
use crate::quantile::median;
use crate::trial::{History, TrialRecord};
use crate::verdict::{Observation, Verdict};

/// The fewest points of which a spacing can be told.
const LEAST_POINTS: usize = 2;

/// An engine with all its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extrapolation {
    pub name: &'static str,
    pub method: Method,
    /// How many predictions must agree.
    pub window: usize,
    /// How far each may lie from their median, in percentage points.
    pub tolerance: f64,
    /// The epoch whose value is predicted.
    pub predict_at: f64,
    /// How many points the first fit has.
    pub min_points: usize,
}

impl Extrapolation {
    /// What the newest of `points` points leads to.
    fn weigh(&self, attempts: &mut Attempts<'_>, points: usize) -> Observation {
        let attempt = attempts.of(points);
        let mut observation = Observation::go_on(self.name, points, "");
        observation.predicted = attempt.predicted;
        if let Some(fit) = attempt.fit {
            note(&mut observation, &fit.terms);
        }
        if let Outcome::Skipped(reason) | Outcome::Interrupts(reason) = &attempt.outcome {
            observation.reason.clone_from(reason);
            return observation;
        }
        self.conclude(&attempts.run(points), observation)
    }

    /// Judges the last predictions, the newest first.
    fn conclude(&self, run: &[f64], observation: Observation) -> Observation {
        let Extrapolation { window, tolerance, .. } = *self;
        let go_on = |observation, reason| Observation { reason, ..observation };
        let Some(median) = median(&mut run.to_vec()).filter(|_| run.len() >= window) else {
            return go_on(observation, format!("{} of {window} predictions", run.len()));
        };
        let mut observation = observation;
        let spread = run.iter().map(|p| (p - median).abs()).fold(0.0, f64::max);
        note(&mut observation, &[("median", median), ("spread", spread)]);
        if run.iter().any(|&p| p > median + tolerance || p < median - tolerance) {
            let reason = format!("{window} predictions lie up to {spread:.2} pp from their median");
            return go_on(observation, reason);
        }
        let newest = run[0];
        if newest > 100.0 || newest <= 0.0 && self.method.range == Range::Newest {
            return go_on(observation, out_of_range(newest));
        }
        let reason = format!("{window} predictions within {tolerance} pp of their median");
        Observation { verdict: Verdict::Converged { predicted: newest }, reason, ..observation }
    }
}

impl Estimator for Extrapolation {
    fn name(&self) -> &'static str {
        self.name
    }

    fn needs(&self) -> Needs {
        Needs {
            metrics: Vec::new(),
            fewest_points: self.min_points + self.window - 1,
            fewest_trials: 0,
            uses_history: false,
            revises: Revises::Never,
        }
    }

    fn admits(&self, curve: &Curve) -> Result<(), CurveError> {
        curve.spacing().map(drop)
    }

    fn learn(&self, _history: &History) -> Box<dyn Rule> {
        Box::new(*self)
    }
}

impl Rule for Extrapolation {
    /// A value that is NaN or infinite makes every later fit fail, as in the published code: no prediction. So it is
    /// when the rule is corrected; who has seen such values should see the training's end.
    fn judge(&self, trial: &TrialRecord, judged: usize) -> Observation {
        let curve = &trial.curve;
        let regular = curve.prefix(curve.regular_points());
        let go_on = |reason: String| Observation::go_on(self.name, curve.len(), reason);
        let spacing = match regular.spacing() {
            Ok(Some(spacing)) => spacing,
            Ok(None) => return go_on(format!("{} of {LEAST_POINTS} points", curve.len())),
            Err(error) => return go_on(error.to_string()),
        };
        let first_at = regular.points()[0].at;
        let x = self.method.place.of(self.predict_at, first_at, spacing);
        let ceiling = points_up_to(x);
        let values: Vec<f64> = regular.points().iter().map(|point| point.value).collect();
        let most = self.method.last.most(ceiling).unwrap_or(usize::MAX);
        let last = values.len().min(most);
        let first = self.min_points;
        let mut attempts = Attempts::new(self, &values[..last], x);
        let mut newest = go_on(format!("{} of {first} points", values.len()));
        // Fits depend on nothing but their points, so those before are made only as far as the window reaches back.
        for points in first.max(judged.min(last.saturating_sub(1)) + 1)..=last {
            newest = self.weigh(&mut attempts, points);
            if newest.verdict.is_stop() {
                return newest;
            }
        }
        if let Err(error) = curve.spacing() {
            return go_on(error.to_string());
        }
        if values.len() > most {
            return go_on(format!("all {ceiling} points are measured"));
        }
        newest
    }
}

/// Adds what is finite.
fn note(observation: &mut Observation, terms: &[(&str, f64)]) {
    let finite = terms.iter().filter(|(_, value)| value.is_finite());
    observation.fit.extend(finite.map(|&(name, value)| (name.to_owned(), value)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::half_epochs;
    use crate::extrapolation::{A4NN, ASYMPTOTE, CORRECTED, MAIN, MODULAR};

    fn rule(method: Method) -> Extrapolation {
        Extrapolation { name: "test", method, window: 3, tolerance: 0.5, predict_at: 10.0, min_points: 2 }
    }

    fn judged(method: Method, newest_first: [f64; 3]) -> Verdict {
        rule(method).conclude(&newest_first, Observation::go_on("test", 9, "")).verdict
    }

    #[test]
    fn the_window_is_a_closed_interval_around_its_median() {
        let stop = Verdict::Converged { predicted: 51.0 };
        assert_eq!(judged(MAIN, [51.0, 50.5, 50.0]), stop);
        assert_eq!(judged(MAIN, [51.0, 50.0, 50.5]), stop);
        assert_eq!(judged(MAIN, [51.1, 50.5, 50.0]), Verdict::Continue);
    }

    #[test]
    fn the_newest_prediction_decides_on_the_range() {
        assert_eq!(judged(MAIN, [100.0, 100.2, 100.4]), Verdict::Converged { predicted: 100.0 });
        assert_eq!(judged(MAIN, [100.1, 100.2, 100.0]), Verdict::Continue);
        assert_eq!(judged(MAIN, [0.0, 0.1, 0.2]), Verdict::Continue);
        assert_eq!(judged(MODULAR, [0.0, 0.1, 0.2]), Verdict::Converged { predicted: 0.0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_curve_is_judged_alike_whole_and_in_steps(
            values in prop::collection::vec(prop_oneof![8 => 0.0..100.0_f64, 1 => Just(f64::NAN)], 0..14),
            method in prop::sample::select(vec![MAIN, MODULAR, ASYMPTOTE, A4NN, CORRECTED])
        ) {
            let rule = Extrapolation { tolerance: 5.0, min_points: 4, ..rule(method) };
            let trial = TrialRecord::new(0, half_epochs(&values));
            let whole = rule.judge(&trial, 0);
            let mut stop = None;
            for points in 0..=values.len() {
                let step = rule.judge(&trial.prefix(points), 0);
                for judged in 0..points {
                    prop_assert_eq!(&rule.judge(&trial.prefix(points), judged), &step);
                }
                if step.verdict.is_stop() {
                    stop = Some(step);
                    break;
                }
            }
            if let Some(stop) = stop {
                prop_assert_eq!(whole, stop);
            } else {
                prop_assert_eq!(whole.verdict, Verdict::Continue);
            }
        }
    }
}
