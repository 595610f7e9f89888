//! a e^(bx) and a x^b, with and without offset: all are exponentials, of x or of its logarithm.
//!
//! a is the part that the exponential has at the first x; the papers' a is at x = 0 (times e^(-b first)) or at
//! x = 1 (times first^-b).

use super::shape::{Frame, ONE_WAY, Shape, as_they_are};
use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::{Range, Spacing};

pub(super) const EXP2: Shape = Shape {
    linear: Linear::Scale,
    orders: ONE_WAY,
    defined: |x| x >= 0.0,
    ranges: |frame| [Some(rates(frame)), None],
    coordinates: |frame, x| [x - frame.first, 0.0],
    prepare: as_they_are,
    sample,
};

pub(super) const EXP3: Shape = Shape { linear: Linear::OffsetAndScale, ..EXP2 };

pub(super) const POW2: Shape = Shape {
    linear: Linear::Scale,
    orders: ONE_WAY,
    defined: |x| x > 0.0,
    ranges: |_| [Some(POWERS), None],
    coordinates: |frame, x| [libm::log(x / frame.first), 0.0],
    prepare: as_they_are,
    sample,
};

pub(super) const POW3: Shape = Shape { linear: Linear::OffsetAndScale, ..POW2 };

/// Falling by up to e^20 from one point to the next, or rising by up to e^20 over all.
fn rates(frame: &Frame) -> Range {
    Range {
        lower: -20.0 / frame.gap,
        upper: 20.0 / frame.span(),
        spacing: Spacing::Signed(0.02 / frame.span()),
        nodes: 48,
    }
}

const POWERS: Range = Range { lower: -10.0, upper: 10.0, spacing: Spacing::Signed(0.02), nodes: 48 };

fn sample([t, ..]: [f64; 4], [b, _]: [f64; 2]) -> Sample {
    let e = libm::expm1(b * t);
    [e, t * (1.0 + e), 0.0]
}
