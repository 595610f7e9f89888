//! What is known of a network before its training, as features: numbers that every trial has and that differ.

use crate::trial::TrialRecord;

/// Positive numbers that differ by this factor are taken as logarithms.
const HEAVY: f64 = 10.0;
/// The features, points of score apart, so that the floor of deviations does not swallow small differences.
const STRETCH: f64 = 10.0;

/// The numbers that are used, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Covariates {
    used: Vec<Used>,
}

#[derive(Clone, Debug, PartialEq)]
struct Used {
    name: String,
    lowest: f64,
    highest: f64,
}

impl Covariates {
    /// Those that all these trials have, finite, and not all equal.
    pub(super) fn common(trials: &[&TrialRecord]) -> Self {
        let Some(first) = trials.first() else { return Covariates::default() };
        let used = first.covariates.keys().filter_map(|name| {
            let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
            for trial in trials {
                let value = finite(trial, name)?;
                (lowest, highest) = (lowest.min(value), highest.max(value));
            }
            (lowest < highest).then(|| Used { name: name.clone(), lowest, highest })
        });
        Covariates { used: used.collect() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.used.len()
    }

    /// Those of a trial; `None` if it lacks one.
    pub(super) fn of(&self, trial: &TrialRecord) -> Option<Vec<f64>> {
        self.used.iter().map(|used| Some(used.feature(finite(trial, &used.name)?))).collect()
    }
}

impl Used {
    /// From 0 to `STRETCH` among the trials that were seen.
    fn feature(&self, value: f64) -> f64 {
        let share = if self.lowest > 0.0 && self.highest / self.lowest >= HEAVY {
            let least = libm::log(self.lowest);
            (libm::log(value.max(self.lowest / HEAVY)) - least) / (libm::log(self.highest) - least)
        } else {
            (value - self.lowest) / (self.highest - self.lowest)
        };
        // A difference of two huge numbers may overflow.
        if share.is_finite() { STRETCH * share } else { 0.0 }
    }
}

fn finite(trial: &TrialRecord, name: &str) -> Option<f64> {
    trial.covariates.get(name).copied().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(covariates: &[(&str, f64)]) -> TrialRecord {
        let covariates = covariates.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        TrialRecord { covariates, ..TrialRecord::default() }
    }

    #[test]
    fn what_all_have_and_differs_is_used() {
        let trials = [
            trial(&[("lr", 0.001), ("depth", 2.0), ("seed", 1.0), ("odd", f64::NAN)]),
            trial(&[("lr", 0.1), ("depth", 4.0), ("seed", 1.0), ("odd", 1.0), ("own", 1.0)]),
        ];
        let covariates = Covariates::common(&trials.iter().collect::<Vec<_>>());
        assert_eq!(covariates.len(), 2);
        let of = |depth, lr| covariates.of(&trial(&[("lr", lr), ("depth", depth)]));
        let [depth, lr] = of(3.0, 0.01).unwrap()[..] else { panic!() };
        assert!((depth - 5.0).abs() < 1e-9 && (lr - 5.0).abs() < 1e-9, "{depth} {lr}");
        assert!(of(1e300, -1.0).unwrap().iter().all(|x| x.is_finite()));
        assert_eq!(covariates.of(&trial(&[("lr", 0.01)])), None);
        assert_eq!(Covariates::common(&[]).len(), 0);
    }
}
