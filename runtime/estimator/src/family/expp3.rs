//! c - e^((x - b)^a). The amplitude is fixed, so the form is not indifferent to units: fit accuracies in percent.

use super::shape::{Frame, Shape};
use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::{Range, Spacing};

/// Inner parameter a, outer parameter first x less b.
pub(super) const EXPP3: Shape = Shape {
    linear: Linear::Offset,
    defined: |x| x >= 0.0,
    ranges: |frame| [Some(POWERS), Some(shifts(frame))],
    coordinates: |frame, x| [x - frame.first, 0.0],
    prepare: |_, [distance, _], shift| [libm::log(distance + shift), 1.0 / (distance + shift), 0.0, 0.0],
    sample,
};

const POWERS: Range = Range { lower: -10.0, upper: 3.0, spacing: Spacing::Signed(0.02), nodes: 36 };
/// Exponents beyond fit nothing, and their squares would overflow.
const MOST: f64 = 300.0;

fn shifts(frame: &Frame) -> Range {
    Range { lower: 0.01 * frame.gap, upper: 1000.0 * frame.gap, spacing: Spacing::Ratios, nodes: 24 }
}

fn sample([log, inverse, ..]: [f64; 4], [a, _]: [f64; 2]) -> Sample {
    let power = libm::exp(a * log);
    let power = if power < MOST { power } else { MOST };
    let rate = libm::exp(power) * power;
    [libm::expm1(power), rate * log, rate * a * inverse]
}
