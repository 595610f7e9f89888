//! A learning curve: what was measured of one training, and when. Values are never cleaned: NaN and
//! infinities are data.

use serde::{Deserialize, Serialize};

use crate::progress::Progress;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// When it was measured, in epochs.
    pub at: Progress,
    /// The metric's value in its own units; may be NaN or infinite.
    #[serde(with = "crate::extended")]
    pub value: f64,
}

/// Measurements of one metric of one training, in increasing order of epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Point>", into = "Vec<Point>")]
pub struct Curve {
    points: Vec<Point>,
}

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Larger is better: accuracies.
    Maximize,
    /// Smaller is better: losses.
    Minimize,
}

/// What is wrong with a curve.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum CurveError {
    /// A measurement does not lie behind the one before it.
    #[error("the measurement at epoch {at} follows one at epoch {last}; epochs must increase")]
    NotIncreasing {
        /// The epoch of the last point.
        last: Progress,
        /// The epoch of the refused point.
        at: Progress,
    },
    /// The rule needs equal distances between measurements.
    #[error("the measurements at epochs {before} and {at} are not as far apart as the first two")]
    NotEquallySpaced {
        /// The epoch of the point before.
        before: Progress,
        /// The first epoch that breaks the spacing.
        at: Progress,
    },
    /// The distance of the measurements is no [`Progress`].
    #[error("the measurements at epochs {before} and {at} are {} epochs apart, which is too fine", at.to_f64() - before.to_f64())]
    TooFine {
        /// The epoch of the first point.
        before: Progress,
        /// The epoch of the second point.
        at: Progress,
    },
}

/// Metrics of which less is better have one of these words in their name.
const FALLING: [&str; 5] = ["loss", "perplexity", "error", "mae", "mse"];

impl Direction {
    /// What the name of a metric suggests: less is better where it contains loss, perplexity, error, mae or mse.
    pub fn suggested_by(metric: &str) -> Self {
        if FALLING.iter().any(|word| metric.contains(word)) {
            Direction::Minimize
        } else {
            Direction::Maximize
        }
    }

    /// Whether `a` is strictly better than `b`; false if either is NaN.
    pub fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            Direction::Maximize => a > b,
            Direction::Minimize => a < b,
        }
    }
}

impl Curve {
    /// A curve without points.
    pub const fn new() -> Self {
        Curve { points: Vec::new() }
    }

    /// Appends a measurement, which must lie behind the last one.
    pub fn push(&mut self, point: Point) -> Result<(), CurveError> {
        if let Some(last) = self.points.last()
            && last.at >= point.at
        {
            return Err(CurveError::NotIncreasing { last: last.at, at: point.at });
        }
        self.points.push(point);
        Ok(())
    }

    /// All points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether nothing was measured yet.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The newest point.
    pub fn last(&self) -> Option<Point> {
        self.points.last().copied()
    }

    /// The best finite point, the earliest of equals.
    pub fn best(&self, direction: Direction) -> Option<Point> {
        let mut finite = self.points.iter().copied().filter(|point| point.value.is_finite());
        let first = finite.next()?;
        Some(finite.fold(
            first,
            |best, point| {
                if direction.is_better(point.value, best.value) { point } else { best }
            },
        ))
    }

    /// The curve as it was after `points` measurements.
    #[must_use]
    pub fn prefix(&self, points: usize) -> Curve {
        Curve { points: self.points[..points.min(self.len())].to_vec() }
    }

    /// The distance of the measurements, which must be equal; `None` with fewer than two points.
    pub fn spacing(&self) -> Result<Option<Progress>, CurveError> {
        let regular = self.regular_points();
        if let Some(point) = self.points.get(regular) {
            return Err(CurveError::NotEquallySpaced { before: self.points[regular - 1].at, at: point.at });
        }
        let [first, second, ..] = self.points[..] else { return Ok(None) };
        first.at.until(second.at).map(Some).ok_or(CurveError::TooFine { before: first.at, at: second.at })
    }

    /// How many of the first points are as far apart as the first two.
    pub fn regular_points(&self) -> usize {
        let [first, second, ..] = self.points[..] else { return self.len() };
        let irregular =
            |pair: &[Point]| !Progress::equally_far([first.at, second.at], [pair[0].at, pair[1].at]);
        self.points.windows(2).position(irregular).map_or(self.len(), |place| place + 1)
    }
}

impl TryFrom<Vec<Point>> for Curve {
    type Error = CurveError;

    fn try_from(points: Vec<Point>) -> Result<Self, CurveError> {
        let mut curve = Curve::new();
        for point in points {
            curve.push(point)?;
        }
        Ok(curve)
    }
}

impl From<Curve> for Vec<Point> {
    fn from(curve: Curve) -> Self {
        curve.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Result<Curve, CurveError> {
        let point = |&(at, value)| Point { at: Progress::from_f64(at).unwrap(), value };
        Curve::try_from(points.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn epochs_must_increase() {
        let error = curve(&[(1.0, 0.0), (1.0, 0.0)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the measurement at epoch 1 follows one at epoch 1; epochs must increase"
        );
    }

    #[test]
    fn the_best_point_is_finite_and_earliest() {
        let curve =
            curve(&[(1.0, f64::NAN), (2.0, 5.0), (3.0, f64::INFINITY), (4.0, 5.0), (5.0, 1.0)]).unwrap();
        assert_eq!(curve.best(Direction::Maximize).unwrap().at, Progress::whole(2));
        assert_eq!(curve.best(Direction::Minimize).unwrap().at, Progress::whole(5));
        assert_eq!(Curve::new().best(Direction::Maximize), None);
    }

    #[test]
    fn unequal_spacing_is_found() {
        let thirds = [(1.0 / 3.0, 0.0), (2.0 / 3.0, 0.0), (1.0, 0.0), (4.0 / 3.0, 0.0)];
        assert_eq!(curve(&thirds).unwrap().spacing(), Ok(Progress::new(1, 3).ok()));
        let error = curve(&[(1.0, 0.0), (2.0, 0.0), (2.5, 0.0)]).unwrap().spacing().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the measurements at epochs 2 and 2.5 are not as far apart as the first two"
        );
        assert_eq!(curve(&[(0.5, 0.0)]).unwrap().spacing(), Ok(None));
    }

    #[test]
    fn values_that_json_lacks_survive() {
        let values =
            [(1.0, f64::NAN), (2.0, f64::INFINITY), (3.0, f64::NEG_INFINITY), (4.0, 0.1), (5.0, 7.0)];
        let text = serde_json::to_string(&curve(&values).unwrap()).unwrap();
        let back: Curve = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        assert!(serde_json::from_str::<Curve>(r#"[{"at": 1, "value": "much"}]"#).is_err());
        assert!(serde_json::from_str::<Curve>(r#"[{"at": 1, "value": 1}, {"at": 1, "value": 1}]"#).is_err());
    }
}
