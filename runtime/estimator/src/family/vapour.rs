//! a e^(b (1/x - 1/first)) (x / first)^c: a vapour-pressure curve, a being its value at the first x.

use super::shape::{Frame, ONE_WAY, Shape};
use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::{Range, Spacing};

pub(super) const VAP3: Shape = Shape {
    linear: Linear::Scale,
    orders: ONE_WAY,
    defined: |x| x > 0.0,
    ranges: |frame| [Some(pressures(frame)), Some(POWERS)],
    coordinates: |frame, x| [1.0 / x - 1.0 / frame.first, libm::log(x / frame.first)],
    prepare: |_, [inverse, log], c| [inverse, log, c * log, 0.0],
    sample,
};

const POWERS: Range = Range { lower: -10.0, upper: 10.0, spacing: Spacing::Signed(0.1), nodes: 24 };

fn pressures(frame: &Frame) -> Range {
    let most = 20.0 * frame.first;
    Range { lower: -most, upper: most, spacing: Spacing::Signed(0.005 * most), nodes: 24 }
}

fn sample([inverse, log, power, _]: [f64; 4], [b, _]: [f64; 2]) -> Sample {
    let e = libm::expm1(b * inverse + power);
    [e, inverse * (1.0 + e), log * (1.0 + e)]
}
