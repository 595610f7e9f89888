//! The front of a search with more objectives than the score, as far as their values are known before a training.

use crate::curve::Direction;
use crate::trial::{CostObjective, TrialRecord};

/// The other objectives of a trial, lower is better; `None` if one is unknown, or if there is none.
pub(super) fn costs(trial: &TrialRecord, objectives: &[CostObjective]) -> Option<Vec<f64>> {
    let cost = |objective: &CostObjective| {
        let value = trial.covariates.get(&objective.covariate).copied().filter(|value| !value.is_nan())?;
        Some(match objective.direction {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        })
    };
    let costs: Vec<f64> = objectives.iter().map(cost).collect::<Option<_>>()?;
    (!costs.is_empty()).then_some(costs)
}

/// The score from which on a trial with these costs is in the front: the best one among those that are nowhere dearer.
/// Minus infinity where there is none: it is in the front whatever its score, so that an error may always matter.
pub(super) fn threshold<'a>(own: &[f64], others: impl Iterator<Item = (&'a [f64], f64)>) -> f64 {
    let no_dearer = others.filter(|(costs, _)| costs.iter().zip(own).all(|(cost, own)| cost <= own));
    no_dearer.map(|(_, score)| score).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_networks_that_are_nowhere_dearer_stand_in_the_way() {
        let others = [(vec![1.0, 5.0], 60.0), (vec![2.0, 2.0], 70.0), (vec![9.0, 9.0], 99.0)];
        let threshold =
            |own: [f64; 2]| threshold(&own, others.iter().map(|(costs, score)| (&costs[..], *score)));
        assert_eq!(threshold([2.0, 5.0]), 70.0);
        assert_eq!(threshold([1.0, 5.0]), 60.0);
        assert_eq!(threshold([1.0, 1.0]), f64::NEG_INFINITY);
    }

    #[test]
    fn an_unknown_cost_leaves_the_front_out() {
        let flops = CostObjective { covariate: "flops".to_owned(), direction: Direction::Minimize };
        let speed = CostObjective { covariate: "speed".to_owned(), direction: Direction::Maximize };
        let mut trial = TrialRecord::default();
        trial.covariates.insert("flops".to_owned(), 3.0);
        trial.covariates.insert("speed".to_owned(), 8.0);
        assert_eq!(costs(&trial, &[flops.clone(), speed]), Some(vec![3.0, -8.0]));
        assert_eq!(costs(&TrialRecord::default(), &[flops]), None);
        assert_eq!(costs(&trial, &[]), None);
    }
}
