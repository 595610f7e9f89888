//! Order statistics: medians and quantiles, for policies, audits and scores alike.

//! All reorder the values and take time in proportion to their number. NaN sorts last.

/// The median; `None` for no values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len().checked_sub(1)? / 2;
    let (low, high) = pair(values, half);
    Some(if values.len() % 2 == 1 { low } else { f64::midpoint(low, high) })
}

/// The quantile, interpolated linearly between the values beside it (type 7 of Hyndman and Fan, 1996; NumPy's default); `None`
/// for no values.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * (values.len().checked_sub(1)? as f64);
    let (low, high) = pair(values, place.floor() as usize);
    Some(low + (high - low) * place.fract())
}

/// The value at a place in rising order, and the next one, or itself where there is none.
fn pair(values: &mut [f64], place: usize) -> (f64, f64) {
    let (_, &mut low, above) = values.select_nth_unstable_by(place, f64::total_cmp);
    (low, above.iter().copied().min_by(f64::total_cmp).unwrap_or(low))
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
        assert_eq!(quantile(&mut [], 0.5), None);
        assert_eq!(
            [0.0, 0.25, 0.5, 1.0].map(|share| quantile(&mut [4.0, 1.0, 2.0], share)),
            [1.0, 1.5, 2.0, 4.0].map(Some)
        );
    }
}
