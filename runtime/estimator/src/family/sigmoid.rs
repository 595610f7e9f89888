//! c + a e^(-k (X^d - first^d)) and c + a (1 + k first^d) / (1 + k X^d): from one level to another, with a take-off
//! that d delays. X is x in units of the last x, `first` the first x in them.

use super::shape::{Frame, ONE_WAY, Shape};
use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::{Range, Spacing};

pub(super) const WBL4: Shape = Shape {
    linear: Linear::OffsetAndScale,
    orders: ONE_WAY,
    defined: |x| x >= 0.0,
    ranges: |_| [Some(RATES), Some(POWERS)],
    coordinates: |frame, x| [libm::log(x / frame.last), libm::log(frame.first / frame.last)],
    prepare,
    sample: weibull,
};

pub(super) const MMF4: Shape = Shape { sample: hill, ..WBL4 };

const RATES: Range = Range { lower: 1e-4, upper: 1e6, spacing: Spacing::Ratios, nodes: 36 };
const POWERS: Range = Range { lower: 0.2, upper: 5.0, spacing: Spacing::Ratios, nodes: 16 };

/// X^d, its distance from first^d, and the derivatives of both to d.
fn prepare(_: &Frame, [log, first_log]: [f64; 2], d: f64) -> [f64; 4] {
    let (power, first) = (libm::exp(d * log), libm::exp(d * first_log));
    // At x = 0 the power vanishes faster than the logarithm grows.
    let rate = |power: f64, log: f64| if power > 0.0 { power * log } else { 0.0 };
    let rates = (rate(power, log), rate(first, first_log));
    [power, power - first, rates.0, rates.0 - rates.1]
}

fn weibull([_, distance, _, distance_rate]: [f64; 4], [k, _]: [f64; 2]) -> Sample {
    let e = libm::expm1(-k * distance);
    [e, -distance * (1.0 + e), -k * distance_rate * (1.0 + e)]
}

fn hill([power, distance, rate, distance_rate]: [f64; 4], [k, _]: [f64; 2]) -> Sample {
    let s = 1.0 + k * power;
    [-k * distance / s, -distance / (s * s), -k * (distance_rate - k * distance * rate / s) / s]
}
