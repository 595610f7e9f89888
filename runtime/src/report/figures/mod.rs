//! The figures of the page. [`front`] draws objectives, [`curves`] learning curves; here is what both need.

pub(super) mod curves;
pub(super) mod front;

use peng_spec::plan::Metric;

use super::quantity;

/// The range of the finite values, less what lies far out: three quartile distances beyond the quartiles.
pub(super) fn robust_range(values: impl IntoIterator<Item = f64>) -> Option<[f64; 2]> {
    let mut values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let quartile = |q: usize| values.get((values.len().saturating_sub(1)) * q / 4).copied();
    let (low, high) = (quartile(1)?, quartile(3)?);
    let reach = 3.0 * (high - low);
    let inside = |v: &&f64| reach == 0.0 || (**v >= low - reach && **v <= high + reach);
    let first = values.iter().find(inside)?;
    let last = values.iter().rev().find(inside)?;
    Some([*first, *last])
}

pub(super) fn extend(range: [f64; 2], value: f64) -> [f64; 2] {
    if value.is_finite() { [range[0].min(value), range[1].max(value)] } else { range }
}

/// The unit in which the ticks of an axis are counted, and the axis's name.
fn axis_unit(metric: Metric, highest: f64) -> (f64, String) {
    let (unit, prefix) = match metric {
        Metric::Flops | Metric::Params => match highest {
            h if h >= 2e9 => (1e9, "G "),
            h if h >= 2e6 => (1e6, "M "),
            h if h >= 2e3 => (1e3, "k "),
            _ => (1.0, ""),
        },
        _ => (1.0, ""),
    };
    (unit, format!("{metric}, {prefix}{}", quantity::unit(metric)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_far_out_does_not_stretch_a_range() {
        let values = [10.0, 88.0, 89.0, 90.0, 91.0, 92.0, f64::NAN, f64::INFINITY];
        assert_eq!(robust_range(values), Some([88.0, 92.0]));
        assert_eq!(robust_range([3.0]), Some([3.0, 3.0]));
        assert_eq!(robust_range([f64::NAN]), None);
        assert_eq!(robust_range([5.0, 5.0, 5.0, 5.0, 9.0]), Some([5.0, 9.0]));
    }
}
