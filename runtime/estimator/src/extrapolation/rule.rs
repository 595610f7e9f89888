//! The rule: a prediction a point, and a stop when the last ones agree.

use super::fitted::Fitted;
use super::{Bound, Failure, Method, Range, Target, points_up_to};
use crate::curve::{Curve, CurveError};
use crate::estimator::{Estimator, Needs, Revises, Rule};
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

/// What the points up to one of them lead to.
struct Attempt {
    fit: Option<Fitted>,
    predicted: Option<f64>,
    outcome: Outcome,
}

/// What an attempt does to the run of predictions.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    /// Its prediction is the next of the run.
    Joins,
    /// The run stays as it is.
    Skipped(String),
    /// The run ends; the next prediction begins another one.
    Interrupts(String),
}

/// The attempts on a curve, each made when it is asked for and once only.
struct Attempts<'a> {
    rule: &'a Extrapolation,
    values: &'a [f64],
    x: f64,
    made: Vec<Option<Attempt>>,
}

impl Attempts<'_> {
    fn of(&mut self, points: usize) -> &Attempt {
        self.made[points].get_or_insert_with(|| self.rule.attempt(&self.values[..points], self.x))
    }

    /// The last predictions of the run that is not interrupted, the newest first, as many as a window holds.
    fn run(&mut self, points: usize) -> Vec<f64> {
        let (first, window) = (self.rule.min_points, self.rule.window);
        let mut run = Vec::with_capacity(window);
        for points in (first..=points).rev() {
            let attempt = self.of(points);
            match attempt.outcome {
                Outcome::Joins => run.extend(attempt.predicted),
                Outcome::Skipped(_) => {}
                Outcome::Interrupts(_) => break,
            }
            if run.len() == window {
                break;
            }
        }
        run
    }
}

impl Extrapolation {
    fn attempt(&self, values: &[f64], x: f64) -> Attempt {
        let nothing = |reason: String| match self.method.failure {
            Failure::Skipped => Outcome::Skipped(reason),
            Failure::Interrupts => Outcome::Interrupts(reason),
        };
        let fit = match self.method.fits.fit(values, x) {
            Ok(fit) => fit,
            Err(error) => {
                let outcome = nothing(format!("no prediction: {error}"));
                return Attempt { fit: None, predicted: None, outcome };
            }
        };
        let mut predicted = match self.method.target {
            Target::Value => fit.value,
            Target::Asymptote => fit.asymptote,
        };
        if self.method.range == Range::EachOrNearly && predicted <= 100.0 + self.tolerance {
            predicted = predicted.min(100.0);
        }
        let attempt = |predicted, outcome| Attempt { fit: Some(fit), predicted, outcome };
        if !predicted.is_finite() {
            let reason = "no prediction: the fitted curve is not finite at the predicted epoch";
            attempt(None, nothing(reason.to_owned()))
        } else if self.method.bound == Bound::Interrupts && fit.on_bound {
            let highest = self.method.fits.highest();
            let reason = format!("no prediction: the asymptote lies on its bound of {highest}");
            attempt(None, Outcome::Interrupts(reason))
        } else if self.method.range != Range::Newest && !(0.0..=100.0).contains(&predicted) {
            attempt(Some(predicted), Outcome::Interrupts(out_of_range(predicted)))
        } else {
            attempt(Some(predicted), Outcome::Joins)
        }
    }

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
        if run.len() < window {
            return go_on(observation, format!("{} of {window} predictions", run.len()));
        }
        let mut observation = observation;
        let median = median(run);
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
        let mut attempts = Attempts { rule: self, values: &values, x, made: Vec::new() };
        attempts.made.resize_with(last + 1, || None);
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

fn out_of_range(predicted: f64) -> String {
    format!("the prediction {predicted:.2} lies outside 0 to 100")
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::half_epochs;
    use crate::extrapolation::{A4NN, ASYMPTOTE, MAIN, MODULAR};

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

    /// The window as it stands after a curve on which these outcomes were found.
    fn run_after(outcomes: &[Outcome]) -> Vec<f64> {
        let rule = rule(MAIN);
        let values = vec![0.0; outcomes.len() + 1];
        let made = outcomes.iter().zip(2_u32..).map(|(outcome, points)| {
            Some(Attempt { fit: None, predicted: Some(f64::from(points)), outcome: outcome.clone() })
        });
        let made = [None, None].into_iter().chain(made).collect();
        Attempts { rule: &rule, values: &values, x: 20.0, made }.run(outcomes.len() + 1)
    }

    #[test]
    fn a_run_reaches_over_what_is_skipped_and_to_what_interrupts() {
        let (skip, cut) = (Outcome::Skipped("".to_owned()), Outcome::Interrupts("".to_owned()));
        let join = Outcome::Joins;
        assert_eq!(run_after(&vec![join.clone(); 5]), [6.0, 5.0, 4.0]);
        assert_eq!(
            run_after(&[join.clone(), join.clone(), skip.clone(), skip, join.clone()]),
            [6.0, 3.0, 2.0]
        );
        assert_eq!(run_after(&[join.clone(), cut, join.clone(), join]), [5.0, 4.0]);
    }

    #[test]
    fn only_the_fits_that_the_window_needs_are_made_again() {
        let values: Vec<f64> = (1..=15).map(|x| 80.0 - 60.0 * 1.2_f64.powi(1 - x)).collect();
        for method in [MAIN, MODULAR, ASYMPTOTE, A4NN] {
            let rule = rule(method);
            let mut attempts =
                Attempts { rule: &rule, values: &values, x: 20.0, made: (0..=15).map(|_| None).collect() };
            rule.weigh(&mut attempts, 15);
            let made: Vec<usize> = (0..=15).filter(|&points| attempts.made[points].is_some()).collect();
            assert_eq!(made, [13, 14, 15]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_curve_is_judged_alike_whole_and_in_steps(
            values in prop::collection::vec(prop_oneof![8 => 0.0..100.0_f64, 1 => Just(f64::NAN)], 0..14),
            method in prop::sample::select(vec![MAIN, MODULAR, ASYMPTOTE, A4NN])
        ) {
            let rule = Extrapolation { tolerance: 5.0, ..rule(method) };
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
            match stop {
                Some(stop) => prop_assert_eq!(whole, stop),
                None => prop_assert_eq!(whole.verdict, Verdict::Continue),
            }
        }
    }
}
