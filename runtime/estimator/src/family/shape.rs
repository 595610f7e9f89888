//! What a form of the table is made of: the function e(x) in c + a (1 + e(x)), and the intervals of what e depends on.

use crate::fit::exact::linear::{Linear, Sample};
use crate::fit::exact::search::Range;

/// The x that a fit is made at, from the first at which the curve is defined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) first: f64,
    pub(super) last: f64,
    /// From one x to the next.
    pub(super) gap: f64,
}

/// A form that is linear in all but up to two parameters.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) linear: Linear,
    /// The searches whose best is taken.
    pub(super) orders: &'static [Order],
    /// Whether the curve has a value at this x.
    pub(super) defined: fn(f64) -> bool,
    /// The intervals of the two parameters; none where the form has no such parameter.
    pub(super) ranges: fn(&Frame) -> [Option<Range>; 2],
    /// What only x decides.
    pub(super) coordinates: fn(&Frame, f64) -> [f64; 2],
    /// What only x and the second parameter decide.
    pub(super) prepare: fn(&Frame, [f64; 2], f64) -> [f64; 4],
    /// e and its derivatives to both parameters.
    pub(super) sample: fn([f64; 4], [f64; 2]) -> Sample,
}

impl Shape {
    pub(super) fn sample_at(&self, frame: &Frame, x: f64, theta: [f64; 2]) -> Sample {
        (self.sample)((self.prepare)(frame, (self.coordinates)(frame, x), theta[1]), theta)
    }
}

impl Frame {
    pub(super) fn span(&self) -> f64 {
        self.last - self.first
    }
}

/// Which of two parameters is searched outside, the best of the other being sought for each of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    SecondOutside,
    FirstOutside,
}

/// The search of most forms.
pub(super) const ONE_WAY: &[Order] = &[Order::SecondOutside];

/// For forms without second parameter.
pub(super) fn as_they_are(_: &Frame, [first, second]: [f64; 2], _: f64) -> [f64; 4] {
    [first, second, 0.0, 0.0]
}
