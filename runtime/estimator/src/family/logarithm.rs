//! c + a ln x and c + a / ln x: linear in all parameters.

use super::shape::{ONE_WAY, Shape, as_they_are};
use crate::fit::exact::linear::Linear;

pub(super) const LOG2: Shape = Shape {
    linear: Linear::Line,
    orders: ONE_WAY,
    defined: |x| x > 0.0,
    ranges: |_| [None, None],
    coordinates: |_, x| [libm::log(x) - 1.0, 0.0],
    prepare: as_they_are,
    sample: |[e, ..], _| [e, 0.0, 0.0],
};

/// At x = 1 the curve has a pole, and on either side of it different signs: only x > 1 counts.
pub(super) const ILOG2: Shape =
    Shape { defined: |x| x > 1.0, coordinates: |_, x| [1.0 / libm::log(x) - 1.0, 0.0], ..LOG2 };
