//! Whether two samples have the same distribution.

use serde::Serialize;
use statrs::stats_tests::NaNPolicy;
use statrs::stats_tests::ks_test::{KSTwoSampleAlternativeMethod, ks_twosample};

/// The largest product of the sizes for which the p-value is exact.
const LARGEST_EXACT: usize = 10_000;

/// The test of Kolmogorov and Smirnov on two samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SameDistribution {
    /// The largest distance of the two empirical distribution functions, 0 to 1.
    pub statistic: f64,
    /// How probable a distance of that size is between samples of one distribution; ties make it too large.
    pub p: f64,
}

/// Compares the distributions of two samples, values that are not finite left out; `None` if one is empty then.
///
/// The p-value is exact (Schröer and Trenkler, 1995), for large samples asymptotic (Kolmogorov, 1933); two-sided.
pub fn same_distribution(a: &[f64], b: &[f64]) -> Option<SameDistribution> {
    let finite = |values: &[f64]| -> Vec<f64> { values.iter().copied().filter(|v| v.is_finite()).collect() };
    let (a, b) = (finite(a), finite(b));
    let method = if a.len() * b.len() <= LARGEST_EXACT {
        KSTwoSampleAlternativeMethod::TwoSidedExact
    } else {
        KSTwoSampleAlternativeMethod::TwoSidedAsymptotic
    };
    let (statistic, p) = ks_twosample(a, b, method, NaNPolicy::Error).ok()?;
    Some(SameDistribution { statistic, p: p.clamp(0.0, 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_the_share_of_all_orders_that_are_as_far_apart() {
        // Of the 252 orders of five and five values, 90 have a distance of 3/5 or more.
        let found = same_distribution(&[1.0, 2.0, 3.0, 4.0, 5.0], &[3.5, 4.5, 5.5, 6.5, 7.5]).unwrap();
        assert!((found.statistic - 0.6).abs() < 1e-12 && (found.p - 90.0 / 252.0).abs() < 1e-9);
        let same = same_distribution(&[1.0, 2.0], &[1.0, 2.0, f64::NAN]).unwrap();
        assert!((same.statistic, same.p) == (0.0, 1.0), "{same:?}");
        assert_eq!(same_distribution(&[f64::NAN], &[1.0]), None);
        let long: Vec<f64> = (0..200).map(f64::from).collect();
        let later: Vec<f64> = long.iter().map(|v| v + 100.0).collect();
        assert!(same_distribution(&long, &later).unwrap().p < 1e-12);
    }
}
