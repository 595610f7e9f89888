//! c - e^((x - b)^a). The amplitude is fixed, so the form is not indifferent to units: fit accuracies in percent.
//!
//! Kept apart from e^((first - b)^a), which may be huge where the curve is all but flat.

use super::shape::{Frame, Order, Shape};
use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::{Range, Spacing};

/// Parameters a and first x less b. With either of them given there may be two curves of the same slope, so that
/// valleys hide behind each other; not with both.
pub(super) const EXPP3: Shape = Shape {
    linear: Linear::Offset,
    orders: &[Order::SecondOutside, Order::FirstOutside],
    defined: |x| x >= 0.0,
    ranges: |frame| [Some(POWERS), Some(shifts(frame))],
    coordinates: |frame, x| [x - frame.first, 0.0],
    prepare: |_, [distance, _], shift| {
        [libm::log(distance + shift), 1.0 / (distance + shift), libm::log(shift), 1.0 / shift]
    },
    sample,
};

const POWERS: Range = Range { lower: -10.0, upper: 3.0, spacing: Spacing::Signed(0.02), nodes: 48 };
/// Exponents beyond fit nothing, and their squares would overflow.
const MOST: f64 = 50.0;

fn shifts(frame: &Frame) -> Range {
    Range { lower: 0.01 * frame.gap, upper: 1000.0 * frame.gap, spacing: Spacing::Ratios, nodes: 32 }
}

fn sample([log, inverse, first_log, first_inverse]: [f64; 4], [a, _]: [f64; 2]) -> Sample {
    let power = |log: f64| {
        let power = libm::exp(a * log);
        if power < MOST { power } else { MOST }
    };
    let (here, first) = (power(log), power(first_log));
    let start = libm::exp(first);
    let e = start * libm::expm1(here - first);
    // Beyond the largest exponent nothing changes.
    let rate = if here < MOST { (start + e) * here } else { 0.0 };
    let first_rate = if first < MOST { start * first } else { 0.0 };
    [e, rate * log - first_rate * first_log, a * (rate * inverse - first_rate * first_inverse)]
}
