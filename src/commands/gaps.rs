//! What else was measured of a run, at the epochs of the metric that is predicted, and what of a record that leaves out.

use indexmap::IndexMap;
use peng_estimator::{Curve, Point};

/// How many there are, and the first one's name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) count: usize,
    pub(crate) first: String,
}

impl Counted {
    /// Counts one more.
    pub(crate) fn add(&mut self, name: &str) {
        if self.count == 0 {
            name.clone_into(&mut self.first);
        }
        self.count += 1;
    }
}

/// What the runs of one metric lack or leave out.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    /// Runs that are recorded without the metric.
    pub(crate) unmeasured: Counted,
    /// By another metric.
    pub(crate) others: IndexMap<String, Gap>,
}

/// What the runs lack of another metric, or leave out of it.
#[derive(Debug, Default)]
pub(crate) struct Gap {
    /// Runs without a point of it at any of their epochs.
    pub(crate) absent: Counted,
    /// Runs that lack some of its points: there it is NaN.
    pub(crate) partial: Counted,
    /// Its points at other epochs, which are left out.
    pub(crate) elsewhere: usize,
}

impl Gap {
    /// What there is of another metric at the epochs of a run's curve: NaN where it was not measured; `None` if that is
    /// everywhere.
    pub(crate) fn at_epochs_of(&mut self, run: &str, curve: &Curve, other: Option<&Curve>) -> Option<Curve> {
        let others = other.map(Curve::points).unwrap_or_default();
        let value =
            |at| others.binary_search_by_key(&at, |point| point.at).ok().map(|place| others[place].value);
        let found: Vec<_> = curve.points().iter().map(|point| (point.at, value(point.at))).collect();
        let common = found.iter().filter(|(_, value)| value.is_some()).count();
        self.elsewhere += others.len() - common;
        if common == 0 {
            self.absent.add(run);
            return None;
        }
        if common < curve.len() {
            self.partial.add(run);
        }
        let points = found.into_iter().map(|(at, value)| Point { at, value: value.unwrap_or(f64::NAN) });
        Some(Curve::try_from(points.collect::<Vec<_>>()).expect("they are the epochs of a curve"))
    }
}

#[cfg(test)]
mod tests {
    use peng_estimator::Progress;

    use super::*;

    #[test]
    fn what_is_missing_is_nan_and_what_lies_elsewhere_is_left_out() {
        let curve = |halves: &[u32]| {
            let point = |&at| Point { at: Progress::new(at, 2).unwrap(), value: f64::from(at) };
            Curve::try_from(halves.iter().map(point).collect::<Vec<_>>()).unwrap()
        };
        let whole = curve(&[2, 4, 6]);
        for (other, expected, gaps) in [
            (&[2, 4, 6][..], Some("2 4 6"), [0, 0, 0]),
            (&[2, 4], Some("2 4 NaN"), [0, 1, 0]),
            (&[1, 2, 3, 4, 5, 6, 7], Some("2 4 6"), [0, 0, 4]),
            (&[3, 4], Some("NaN 4 NaN"), [0, 1, 1]),
            (&[1, 3], None, [1, 0, 2]),
            (&[], None, [1, 0, 0]),
        ] {
            let mut gap = Gap::default();
            let found = gap.at_epochs_of("a", &whole, Some(&curve(other)));
            let found = found.map(|curve| {
                curve.points().iter().map(|point| point.value.to_string()).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{other:?}");
            assert_eq!([gap.absent.count, gap.partial.count, gap.elsewhere], gaps, "{other:?}");
        }
        let mut gap = Gap::default();
        assert_eq!(gap.at_epochs_of("a", &whole, None), None);
        gap.at_epochs_of("b", &whole, None);
        assert_eq!(gap.absent, Counted { count: 2, first: "a".to_owned() });
    }
}
