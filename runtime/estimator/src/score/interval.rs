//! Quantiles of values with weights, and the exact interval of a share.

use statrs::distribution::{Beta, ContinuousCDF};

/// [`quantile`](crate::quantile::quantile) of values that occur several times, the smallest first.
pub(super) fn weighted_quantile(sorted: impl Iterator<Item = (f64, u32)> + Clone, share: f64) -> Option<f64> {
    let total: u64 = sorted.clone().map(|(_, weight)| u64::from(weight)).sum();
    let place = share.clamp(0.0, 1.0) * (total.checked_sub(1)? as f64);
    let (below, part) = (place.floor() as u64, place.fract());
    let (mut passed, mut low) = (0, None);
    for (value, weight) in sorted {
        passed += u64::from(weight);
        if passed > below {
            let from = *low.get_or_insert(value);
            if part == 0.0 || passed > below + 1 {
                return Some(from + (value - from) * part);
            }
        }
    }
    low
}

/// The interval of a share by the exact test (Clopper and Pearson, 1934), 0 to 1.
pub fn share_interval(hits: usize, of: usize, confidence: f64) -> [f64; 2] {
    let tail = (1.0 - confidence) / 2.0;
    let hits = hits.min(of);
    let (hit, missed) = (hits as f64, (of - hits) as f64);
    let quantile = |a, b, share| Beta::new(a, b).expect("both counts are positive").inverse_cdf(share);
    let low = if hits == 0 { 0.0 } else { quantile(hit, missed + 1.0, tail) };
    let high = if hits == of { 1.0 } else { quantile(hit + 1.0, missed, 1.0 - tail) };
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantile::quantile;

    #[test]
    fn shares_have_exact_intervals() {
        // R: binom.test(2, 4, conf.level = 0.9)
        let [low, high] = share_interval(2, 4, 0.9);
        assert!((low - 0.097_611_4).abs() < 1e-6 && (high - 0.902_388_6).abs() < 1e-6);
        assert_eq!(share_interval(0, 0, 0.9), [0.0, 1.0]);
        assert!((share_interval(0, 10, 0.95)[1] - 0.308_497_1).abs() < 1e-6);
    }

    #[test]
    fn quantiles_interpolate() {
        // NumPy: percentile([1, 2, 4, 8], [0, 5, 50, 95, 100])
        let mut values = [8.0, 1.0, 4.0, 2.0];
        let found = [0.0, 0.05, 0.5, 0.95, 1.0].map(|share| quantile(&mut values, share).unwrap());
        for (found, expected) in found.into_iter().zip([1.0, 1.15, 3.0, 7.4, 8.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
        }
        assert_eq!(quantile(&mut [], 0.5), None);
        let mut copies = [1.0, 1.0, 2.0, 4.0, 4.0, 4.0, 8.0];
        for share in [0.0, 0.1, 0.17, 0.5, 0.77, 0.95, 1.0] {
            let weighted = [(0.0, 0), (1.0, 2), (2.0, 1), (4.0, 3), (5.0, 0), (8.0, 1)];
            assert_eq!(weighted_quantile(weighted.into_iter(), share), quantile(&mut copies, share));
        }
    }
}
