//! How far predictions are off where trainings pause. Each finished training is predicted without itself and paused where
//! the rule would have paused it; how far off it is there is what the intervals of paused trainings are made of, since a
//! training pauses where it looks certain, and what looks certain is not off as what does not.

use super::agreement::Agreement;
use super::grid;
use super::interval::Residuals;
use super::mixture::LeftOut;
use super::model::Model;
use super::waiting::Scales;

/// A value of waiting up to this is none.
const WORTH: f64 = 1e-9;

/// The residuals of those finished trainings that would have paused. By each of the scales in turn a training must not be worth
/// more training: by those of watching, then by those of confirming.
pub(super) fn residuals(model: &Model, stages: &[Scales<'_>]) -> Residuals {
    Residuals::new(model.left_out().filter_map(|example| where_paused(example, stages)).collect())
}

/// How far off an example is where it would have paused, in deviations; `None` where it would have been trained to its end.
fn where_paused(example: impl Iterator<Item = LeftOut>, stages: &[Scales<'_>]) -> Option<f64> {
    let mut agreement = Agreement::default();
    let mut passed = 0;
    for (decision, LeftOut { guess, off }) in example.enumerate() {
        let belief = agreement.belief(guess);
        let pauses = |scales: &Scales<'_>| scales.value_of_waiting(decision, belief) <= WORTH;
        if decision >= grid::FIRST {
            passed += stages[passed..].iter().take_while(|scales| pauses(scales)).count();
            if passed == stages.len() {
                return Some(off * guess.deviation() / belief.deviation);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::gaussian::to_log;
    use super::super::grid::Grid;
    use super::super::mixture::Guess;
    use super::super::params::Profile;
    use super::super::resolution::Resolution;
    use super::super::waiting::Standing;
    use super::*;

    const ERRORS: [f64; 9] = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];

    /// Predicted 50 points below the best with a deviation that falls, and at the last decision points as if among them.
    fn example(from: usize) -> impl Iterator<Item = LeftOut> {
        (0..ERRORS.len()).map(move |decision| LeftOut {
            guess: Guess { log: to_log(40.0), log_deviation: if decision < from { 0.5 } else { 0.01 } },
            off: decision as f64,
        })
    }

    #[test]
    fn an_example_is_off_as_far_as_where_it_would_have_paused() {
        let grid = Grid::new(ERRORS.len() + 1);
        let scales = |prices| Scales {
            grid: &grid,
            errors: &ERRORS,
            prices,
            standing: Standing { top: 90.0, spread: 40.0 },
            resolution: Resolution::Points(0.0),
        };
        let watching = scales(Profile::Default.watching());
        let careful = scales(Profile::Careful.confirming());
        let decided = |from, stages: &[Scales<'_>]| where_paused(example(from), stages);
        assert_eq!(decided(0, &[watching]), Some(grid::FIRST as f64), "not before the first pause");
        assert_eq!(decided(5, &[watching]), Some(5.0));
        assert_eq!(decided(5, &[watching, careful]), Some(5.0));
        assert_eq!(decided(99, &[watching, careful]), None, "it trains to its end");
    }
}
