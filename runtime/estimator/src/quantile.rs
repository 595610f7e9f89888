//! Order statistics: medians and quantiles, for policies, audits and scores alike.

/// The median, in any order of the values; `None` for no values. NaN sorts last.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (&middle, half) = (values.get(values.len() / 2)?, values.len() / 2);
    Some(if values.len() % 2 == 1 { middle } else { f64::midpoint(values[half - 1], middle) })
}

/// The quantile of sorted values between which it interpolates linearly (type 7 of Hyndman and Fan, 1996; NumPy's
/// default); `None` for no values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let (below, part) = (place.floor() as usize, place.fract());
    let low = sorted[below];
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    Some(low + (high - low) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles_lie_between_the_values_beside_them() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [9.0, 1.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(
            [0.0, 0.25, 0.5, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0], share)),
            [1.0, 1.5, 2.0, 4.0].map(Some)
        );
    }
}
