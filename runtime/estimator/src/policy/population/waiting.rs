//! The value of waiting: what further training would be worth, less what it costs. Where no amount of it is worth its
//! cost, a training may pause.

use super::grid::Grid;
use super::normal;
use super::params::Prices;
use super::resolution::Resolution;
use crate::quantile::quantile;

/// The spread of the scores is taken as at least so many points: where all networks are nearly equal, an error of a share of
/// their spread is a small error.
const LEAST_SPREAD: f64 = 3.0;
/// The share of trials that counts as the best.
const TOP: f64 = 0.1;
/// The spread where there is no other trial.
const NO_SPREAD: f64 = 1.0;

/// Where the scores of a search lie so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Standing {
    /// The score that a trial needs to be among the best.
    pub(super) top: f64,
    /// From the 5th to the 95th percentile.
    pub(super) spread: f64,
}

impl Standing {
    /// `None` without scores.
    pub(super) fn new(mut scores: Vec<f64>) -> Option<Self> {
        let count = scores.len();
        let best = ((TOP * count as f64 - 1e-9).ceil() as usize).max(1);
        let below_the_best = count.checked_sub(best)?;
        let top = *scores.select_nth_unstable_by(below_the_best, f64::total_cmp).1;
        let mut at = |share| quantile(&mut scores, share);
        let spread = if count > 1 { at(0.95)? - at(0.05)? } else { NO_SPREAD };
        Some(Standing { top, spread: spread.max(LEAST_SPREAD) })
    }
}

/// A predicted score and its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    pub(super) score: f64,
    pub(super) deviation: f64,
}

/// What is needed to weigh further training.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scales<'a> {
    pub(super) grid: &'a Grid,
    /// The typical error of predictions at each decision point.
    pub(super) errors: &'a [f64],
    pub(super) prices: Prices,
    pub(super) standing: Standing,
    /// Deviations up to this cost nothing.
    pub(super) resolution: Resolution,
}

impl Scales<'_> {
    /// What the best amount of further training is worth more than it costs, in trainings; 0 or less: none is worth its
    /// cost.
    pub(super) fn value_of_waiting(&self, decision: usize, belief: Belief) -> f64 {
        let now = self.loss(belief.score, belief.deviation);
        let here = self.grid.fraction(decision);
        let error_here = self.errors[decision].max(1e-9);
        let mut best = now - (1.0 - here);
        for later in decision + 1..self.grid.len() {
            let cost = self.grid.fraction(later) - here;
            if cost >= now {
                break;
            }
            let deviation = belief.deviation * (self.errors[later] / error_here).min(1.0);
            best = best.max(now - cost - self.loss(belief.score, deviation));
        }
        best
    }

    /// What an error of this size costs: everywhere a little, and more the likelier it changes who is among the best.
    fn loss(&self, score: f64, deviation: f64) -> f64 {
        let Standing { top, spread } = self.standing;
        let free = self.resolution.at(score);
        let matters = (deviation * deviation - free * free).max(0.0).sqrt();
        let below = ((top - score) / matters.max(1e-9)).max(0.0);
        matters / spread * (self.prices.anywhere + self.prices.selection * normal::excess(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: Prices = Prices { anywhere: 0.4, selection: 2.0 };

    fn value(errors: &[f64], decision: usize, score: f64, deviation: f64, resolution: f64) -> f64 {
        let resolution = Resolution::Points(resolution);
        let grid = Grid::new(errors.len() + 1);
        let standing = Standing { top: 90.0, spread: 10.0 };
        Scales { grid: &grid, errors, prices: PRICES, standing, resolution }
            .value_of_waiting(decision, Belief { score, deviation })
    }

    #[test]
    fn who_is_uncertain_near_the_top_trains_on() {
        let errors = [8.0, 6.0, 4.0, 2.0];
        assert!(value(&errors, 0, 90.0, 8.0, 0.0) > 0.0);
        assert!(value(&errors, 0, 20.0, 8.0, 0.0) <= 0.0, "hopeless");
        assert!(value(&errors, 0, 90.0, 0.1, 0.0) <= 0.0, "certain");
        assert!(value(&errors, 0, 90.0, 8.0, 8.0) <= 0.0, "does not matter");
        assert!(value(&errors, 0, 95.0, 8.0, 0.0) > 0.0, "a leader is looked at again");
    }

    #[test]
    fn it_waits_for_an_error_that_falls_late_and_not_for_one_that_stays() {
        let drops = [4.0, 4.0, 4.0, 0.1];
        let stays = [4.0, 4.0, 4.0, 4.0];
        assert!(value(&drops, 2, 90.0, 1.2, 0.0) > value(&stays, 2, 90.0, 1.2, 0.0));
    }

    #[test]
    fn the_best_tenth_is_counted_up() {
        let scores = |count: i32| (1..=count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(Standing::new(scores(10)).unwrap().top, 10.0);
        assert_eq!(Standing::new(scores(11)).unwrap().top, 10.0);
        assert!((Standing::new(scores(101)).unwrap().spread - 90.0).abs() < 1e-9);
        assert_eq!(Standing::new(vec![50.0; 4]).unwrap().spread, LEAST_SPREAD);
        assert_eq!(Standing::new(Vec::new()), None);
    }
}
