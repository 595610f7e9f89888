//! The predictions of a curve, one a point, and what those without a usable one do to the run of predictions.

use super::fitted::Fitted;
use super::{Bound, Extrapolation, Failure, Range, Target};

/// What the points up to one of them lead to.
pub(super) struct Attempt {
    pub(super) fit: Option<Fitted>,
    pub(super) predicted: Option<f64>,
    pub(super) outcome: Outcome,
}

/// What an attempt does to the run of predictions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// Its prediction is the next of the run.
    Joins,
    /// The run stays as it is.
    Skipped(String),
    /// The run ends; the next prediction begins another one.
    Interrupts(String),
}

/// The attempts on a curve, each made when it is asked for and once only.
pub(super) struct Attempts<'a> {
    rule: &'a Extrapolation,
    values: &'a [f64],
    x: f64,
    made: Vec<Option<Attempt>>,
}

impl<'a> Attempts<'a> {
    /// None made yet, of a curve with these values that is asked at `x`.
    pub(super) fn new(rule: &'a Extrapolation, values: &'a [f64], x: f64) -> Self {
        Attempts { rule, values, x, made: (0..=values.len()).map(|_| None).collect() }
    }

    pub(super) fn of(&mut self, points: usize) -> &Attempt {
        self.made[points].get_or_insert_with(|| self.rule.attempt(&self.values[..points], self.x))
    }

    /// The last predictions of the run that is not interrupted, the newest first, as many as a window holds.
    pub(super) fn run(&mut self, points: usize) -> Vec<f64> {
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
}

pub(super) fn out_of_range(predicted: f64) -> String {
    format!("the prediction {predicted:.2} lies outside 0 to 100")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extrapolation::{A4NN, ASYMPTOTE, CORRECTED, MAIN, MODULAR, Method};

    fn rule(method: Method) -> Extrapolation {
        Extrapolation { name: "test", method, window: 3, tolerance: 0.5, predict_at: 10.0, min_points: 2 }
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
        let (skip, cut) = (Outcome::Skipped(String::new()), Outcome::Interrupts(String::new()));
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
        for method in [MAIN, MODULAR, ASYMPTOTE, A4NN, CORRECTED] {
            let rule = rule(method);
            let mut attempts = Attempts::new(&rule, &values, 20.0);
            attempts.run(15);
            let made: Vec<usize> = (0..=15).filter(|&points| attempts.made[points].is_some()).collect();
            assert_eq!(made, [13, 14, 15]);
        }
    }
}
