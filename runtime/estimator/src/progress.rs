//! How far a training is: an exact number of epochs, so that half and third epochs compare and repeat
//! exactly.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::extended::Shown;

/// A rational number of epochs, always reduced, with a denominator of at most [`Progress::FINEST`].
///
/// Written (JSON, YAML, `Display`) as the shortest decimal that reads back to the same `f64`; read as the
/// nearest fraction, so writing and reading is the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    numerator: u32,
    denominator: u32,
}

/// Why a number is no [`Progress`].
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ProgressError {
    /// The denominator is zero or, reduced, larger than [`Progress::FINEST`].
    #[error(
        "{numerator}/{denominator} epochs is no fraction with a denominator from 1 to {}",
        Progress::FINEST
    )]
    Denominator {
        /// As given.
        numerator: u32,
        /// As given.
        denominator: u32,
    },
    /// Negative, not finite, too large, or too far from every allowed fraction.
    #[error("{} epochs is no fraction from 0 to {} with a denominator from 1 to {}", Shown(.value), u32::MAX / Progress::FINEST, Progress::FINEST)]
    Value {
        /// As given.
        value: f64,
    },
}

impl Progress {
    /// The largest denominator.
    pub const FINEST: u32 = 64;
    /// Before the first batch.
    pub const ZERO: Progress = Progress { numerator: 0, denominator: 1 };
    /// How far a decimal may lie from the fraction it is read as: `0.333` is a third, `0.33` is refused.
    const SLACK: f64 = 1e-3;

    /// `numerator/denominator` epochs.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, ProgressError> {
        let divisor = gcd(numerator, denominator).max(1);
        let reduced = Progress { numerator: numerator / divisor, denominator: denominator / divisor };
        if (1..=Self::FINEST).contains(&reduced.denominator) {
            Ok(reduced)
        } else {
            Err(ProgressError::Denominator { numerator, denominator })
        }
    }

    /// A whole number of epochs.
    pub const fn whole(epochs: u32) -> Self {
        Progress { numerator: epochs, denominator: 1 }
    }

    /// The fraction nearest to `epochs`, at most a thousandth of an epoch away.
    pub fn from_f64(epochs: f64) -> Result<Self, ProgressError> {
        let error = ProgressError::Value { value: epochs };
        if !(0.0..=f64::from(u32::MAX / Self::FINEST)).contains(&epochs) {
            return Err(error);
        }
        let mut best = Progress::ZERO;
        let mut best_off = f64::INFINITY;
        for denominator in 1..=Self::FINEST {
            let numerator = (epochs * f64::from(denominator)).round();
            let off = (epochs - numerator / f64::from(denominator)).abs();
            if off < best_off {
                best = Progress { numerator: numerator as u32, denominator };
                best_off = off;
            }
        }
        if best_off <= Self::SLACK { Ok(best) } else { Err(error) }
    }

    /// Above the fraction bar, reduced.
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// Below the fraction bar, reduced.
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// The number of epochs, rounded once.
    pub fn to_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// `count` times as far: the place of the `count`-th measurement; `None` beyond `u32`.
    pub fn times(self, count: u32) -> Option<Self> {
        let divisor = gcd(count, self.denominator).max(1);
        let numerator = self.numerator.checked_mul(count / divisor)?;
        Some(Progress { numerator, denominator: self.denominator / divisor })
    }

    /// How many whole steps of `step` fit into it; zero for a zero `step`.
    pub fn steps_of(self, step: Progress) -> usize {
        let above = u64::from(self.numerator) * u64::from(step.denominator);
        let below = u64::from(self.denominator) * u64::from(step.numerator);
        above.checked_div(below).map_or(0, |steps| steps as usize)
    }

    /// `epochs / self`, with one rounding where `epochs` is a whole number: the x of an epoch for
    /// measurements every `self`.
    pub fn divides(self, epochs: f64) -> f64 {
        epochs * f64::from(self.denominator) / f64::from(self.numerator)
    }

    /// How many whole steps of `step` fit between it and `later`, exactly; `None` if `later` lies before it. Zero for a
    /// zero `step`.
    pub fn steps_until(self, later: Progress, step: Progress) -> Option<usize> {
        let (above, below) = later.minus(self);
        let above = u128::try_from(above).ok()? * u128::from(step.denominator);
        let below = u128::from(below.unsigned_abs()) * u128::from(step.numerator);
        Some(above.checked_div(below).map_or(0, |steps| usize::try_from(steps).unwrap_or(usize::MAX)))
    }

    /// The exact difference as numerator and denominator, unreduced.
    fn minus(self, other: Progress) -> (i64, i64) {
        let above = i64::from(self.numerator) * i64::from(other.denominator)
            - i64::from(other.numerator) * i64::from(self.denominator);
        (above, i64::from(self.denominator) * i64::from(other.denominator))
    }

    /// `b - a == d - c`, exactly.
    pub(crate) fn equally_far([a, b]: [Progress; 2], [c, d]: [Progress; 2]) -> bool {
        let (first, first_below) = b.minus(a);
        let (second, second_below) = d.minus(c);
        i128::from(first) * i128::from(second_below) == i128::from(second) * i128::from(first_below)
    }

    /// `later - self` where that is a fraction this type holds.
    pub fn until(self, later: Progress) -> Option<Progress> {
        let (above, below) = later.minus(self);
        let above = u64::try_from(above).ok()?;
        let divisor = gcd_wide(above, below.unsigned_abs()).max(1);
        let numerator = u32::try_from(above / divisor).ok()?;
        let denominator = u32::try_from(below.unsigned_abs() / divisor).ok()?;
        Progress::new(numerator, denominator).ok()
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn gcd_wide(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd_wide(b, a % b) }
}

impl Ord for Progress {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = u64::from(self.numerator) * u64::from(other.denominator);
        let right = u64::from(other.numerator) * u64::from(self.denominator);
        left.cmp(&right)
    }
}

impl PartialOrd for Progress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_f64(), f)
    }
}

impl TryFrom<f64> for Progress {
    type Error = ProgressError;

    fn try_from(epochs: f64) -> Result<Self, ProgressError> {
        Progress::from_f64(epochs)
    }
}

impl Serialize for Progress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

impl<'de> Deserialize<'de> for Progress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Progress::from_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_shows_the_shortest_decimal() {
        let shown = |n, d| Progress::new(n, d).unwrap().to_string();
        assert_eq!(shown(9, 2), "4.5");
        assert_eq!(shown(6, 2), "3");
        assert_eq!(shown(1, 3), "0.3333333333333333");
    }

    #[test]
    fn what_is_no_fraction_is_refused() {
        assert!(Progress::new(1, 0).is_err());
        assert!(Progress::new(1, 65).is_err());
        assert_eq!(Progress::new(130, 65), Ok(Progress::whole(2)));
        for value in [-1.0, f64::NAN, f64::INFINITY, 0.33, 1e9] {
            assert!(Progress::from_f64(value).is_err(), "{value}");
        }
        assert_eq!(Progress::from_f64(0.333), Progress::new(1, 3));
    }

    #[test]
    fn steps_and_differences_are_exact() {
        let third = Progress::new(1, 3).unwrap();
        assert_eq!(third.times(3), Some(Progress::whole(1)));
        assert_eq!(Progress::whole(20).steps_of(third), 60);
        assert_eq!(third.divides(20.0), 60.0);
        assert_eq!(third.until(Progress::whole(1)), Progress::new(2, 3).ok());
        assert_eq!(Progress::whole(1).until(third), None);
        assert_eq!(Progress::whole(1).steps_of(Progress::ZERO), 0);
        let (early, late) = (Progress::new(1, 64).unwrap(), Progress::new(64, 63).unwrap());
        assert_eq!((early.until(late), early.steps_until(late, third)), (None, Some(3)));
        assert_eq!(third.steps_until(Progress::new(31, 3).unwrap(), Progress::whole(10)), Some(1));
        assert_eq!(late.steps_until(early, third), None);
        assert_eq!(early.steps_until(late, Progress::ZERO), Some(0));
    }

    proptest! {
        #[test]
        fn writing_and_reading_is_the_identity(n in 0..4_000_000_u32, d in 1..=64_u32) {
            let progress = Progress::new(n, d).unwrap();
            let text = serde_json::to_string(&progress).unwrap();
            prop_assert_eq!(serde_json::from_str::<Progress>(&text).unwrap(), progress);
            prop_assert_eq!(progress.to_string().parse::<f64>().unwrap(), progress.to_f64());
        }

        #[test]
        fn order_is_that_of_the_numbers(a in 0..999_u32, b in 1..=64_u32, c in 0..999_u32, d in 1..=64_u32) {
            let (left, right) = (Progress::new(a, b).unwrap(), Progress::new(c, d).unwrap());
            prop_assert_eq!(left.partial_cmp(&right), left.to_f64().partial_cmp(&right.to_f64()));
        }
    }
}
