//! The global search over a shape's parameters, each in an interval: a grid, then every valley that it shows.
//!
//! Two parameters are searched one inside the other: the outer one's function is the inner one's minimum.

use super::valley::{Ground, bottom};

/// The most nodes of a grid.
const MOST_NODES: usize = 64;

/// A gain by less than this share is none.
const ROUNDING: f64 = 1e-12;
/// So many times as high as the lowest node, a valley doesn't begin.
const HOPELESS: f64 = 1e4;

/// The interval of a parameter, and how a grid is spread over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) spacing: Spacing,
    pub(crate) nodes: usize,
}

/// How nodes are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spacing {
    /// With equal ratios.
    Ratios,
    /// With equal ratios on either side of zero, beyond this distance from it; equally within.
    Signed(f64),
}

impl Range {
    /// The parameter at a share of the way, and its derivative to the share.
    pub(crate) fn at(&self, share: f64) -> (f64, f64) {
        let (value, rate) = match self.spacing {
            Spacing::Ratios => {
                let rate = libm::log(self.upper / self.lower);
                let value = self.lower * libm::exp(rate * share);
                (value, rate * value)
            }
            Spacing::Signed(near) => {
                let (lower, upper) = (libm::asinh(self.lower / near), libm::asinh(self.upper / near));
                let at = lower + (upper - lower) * share;
                (near * libm::sinh(at), near * libm::cosh(at) * (upper - lower))
            }
        };
        // The ends exactly.
        if share <= 0.0 {
            (self.lower, rate)
        } else if share >= 1.0 {
            (self.upper, rate)
        } else {
            (value, rate)
        }
    }
}

/// The lowest point of [0, 1], where the function is not negative: of each valley between nodes the bottom, and of these the lowest.
pub(crate) fn lowest<G: Ground + Copy>(ground: &mut dyn FnMut(f64) -> G, nodes: usize) -> (f64, G) {
    let nodes = nodes.clamp(2, MOST_NODES);
    let width = 1.0 / (nodes - 1) as f64;
    let at = |i: usize| i as f64 * width;
    let first = ground(0.0);
    let mut seen = [first; MOST_NODES];
    let mut best = (0.0, first);
    for (i, node) in seen.iter_mut().enumerate().take(nodes).skip(1) {
        *node = ground(at(i));
        if node.height() < best.1.height() {
            best = (at(i), *node);
        }
    }
    for i in 1..nodes {
        let (left, right) = (seen[i - 1], seen[i]);
        let (falls, rises) = (-left.slope(), right.slope());
        let middle = if falls > 0.0 && (rises > 0.0 || right.height() >= left.height()) {
            at(i - 1)
        } else if rises > 0.0 && left.height() >= right.height() {
            at(i)
        } else {
            continue;
        };
        // Where the slope grows all along, no valley is deeper.
        let lower = left.height().min(right.height());
        let deepest = lower - falls.abs().max(rises.abs()) * width;
        if deepest < best.1.height() * (1.0 - ROUNDING) && lower <= HOPELESS * best.1.height() {
            let found = bottom(ground, [at(i - 1), middle, at(i)]);
            if found.1.height() < best.1.height() {
                best = found;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::exact::valley::At;

    #[test]
    fn the_lowest_of_several_valleys_is_found() {
        let mut wave = |x: f64| At(3.0 + (20.0 * x).sin() + x, 20.0 * (20.0 * x).cos() + 1.0);
        let (x, found) = lowest(&mut wave, 24);
        let exact = (1.5 * std::f64::consts::PI - (0.05_f64).asin()) / 20.0;
        assert!((x - exact).abs() < 1e-9, "{x} {exact} {}", found.0);
    }

    #[test]
    fn an_interval_maps_onto_its_parameter() {
        for spacing in [Spacing::Ratios, Spacing::Signed(0.01)] {
            let range = Range { lower: 0.5, upper: 40.0, spacing, nodes: 8 };
            assert_eq!((range.at(0.0).0, range.at(1.0).0), (0.5, 40.0));
            let (value, rate) = range.at(0.3);
            let slope = (range.at(0.3 + 1e-7).0 - range.at(0.3 - 1e-7).0) / 2e-7;
            assert!(value > 0.5 && value < 40.0 && (slope - rate).abs() < 1e-5 * rate);
        }
    }
}
