//! Which measured value a rule without a model hands over as fitness when it stops a training.

use serde::{Deserialize, Serialize};

use crate::curve::{Curve, Direction};
use crate::scale::Scale;

/// A value of the curve that is taken for the final one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handed {
    /// The newest.
    Last,
    /// The best finite one so far. Of a noisy curve it is higher than the final value will be.
    Best,
}

impl Handed {
    /// The value, always finite.
    ///
    /// Where there is no finite one, as in a training that has diverged, it is what scores 0; `None` where the metric
    /// has no such value.
    pub fn of(self, curve: &Curve, direction: Direction, scale: Option<Scale>) -> Option<f64> {
        let point = match self {
            Handed::Last => curve.last().filter(|point| point.value.is_finite()),
            Handed::Best => curve.best(direction),
        };
        point.map(|point| point.value).or_else(|| scale.map(|scale| scale.value(0.0)))
    }

    /// Its name in words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Handed::Last => "last",
            Handed::Best => "best",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::half_epochs;

    #[test]
    fn values_are_finite_or_the_worst() {
        let percent = Some(Scale::Percent);
        let loss = Some(Scale::Loss { worst: 4.0 });
        let falling = half_epochs(&[3.0, 1.0, 2.0]);
        assert_eq!(Handed::Last.of(&falling, Direction::Minimize, loss), Some(2.0));
        assert_eq!(Handed::Best.of(&falling, Direction::Minimize, loss), Some(1.0));
        assert_eq!(Handed::Best.of(&falling, Direction::Maximize, percent), Some(3.0));
        for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let diverged = half_epochs(&[7.0, broken]);
            assert_eq!(Handed::Last.of(&diverged, Direction::Maximize, percent), Some(0.0));
            assert_eq!(Handed::Last.of(&diverged, Direction::Minimize, loss), Some(4.0));
            assert_eq!(Handed::Last.of(&diverged, Direction::Minimize, None), None);
            assert_eq!(Handed::Best.of(&diverged, Direction::Minimize, None), Some(7.0));
        }
    }
}
