//! Values that lie where the scale of their metric has none: refused where nobody gave the scale, else doubted once for people.

use super::experts::{ScaleOrigin, Setup};
use super::refusal::{Refusal, cut};
use crate::curve::Curve;
use crate::scale::Scale;

/// From 0 to 100.
const PERCENT: std::ops::RangeInclusive<f64> = 0.0..=100.0;
/// With so many measurements that are no larger than 1, a run is hardly of percentages.
const SHARES: usize = 3;

/// What people should know and no reply tells, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    shares: Doubt,
    outside: Doubt,
}

#[derive(Clone, Debug, Default)]
enum Doubt {
    #[default]
    None,
    Raised(String),
    Told,
}

/// Refuses a value that is no percentage where it is only assumed that the metric is one.
pub(super) fn admit(setup: &Setup, run: &str, value: f64) -> Result<(), Refusal> {
    if setup.scale_origin == ScaleOrigin::Assumed && is_percent(setup) && is_outside(value) {
        return Err(Refusal::OffScale { run: cut(run), metric: cut(&setup.metric), value });
    }
    Ok(())
}

impl Doubts {
    /// Looks at a curve that has a new point.
    pub(super) fn look(&mut self, setup: &Setup, curve: &Curve) {
        if !is_percent(setup) {
            return;
        }
        let metric = &setup.metric;
        if curve.last().is_some_and(|last| is_outside(last.value)) {
            self.outside.raise(|| {
                format!(
                    "values of `{metric}` below 0 and above 100 count as 0 and 100, as `--scale percent` has it"
                )
            });
        }
        if curve.len() == SHARES && is_of_shares(curve) {
            self.shares.raise(|| {
                format!(
                    "no value of `{metric}` is above 1, and 1 counts as 1 percent; write shares as 0 to 100"
                )
            });
        }
    }

    /// What was not told yet.
    pub(super) fn take(&mut self) -> Option<String> {
        self.shares.take().or_else(|| self.outside.take())
    }
}

impl Doubt {
    fn raise(&mut self, text: impl FnOnce() -> String) {
        if matches!(self, Doubt::None) {
            *self = Doubt::Raised(text());
        }
    }

    fn take(&mut self) -> Option<String> {
        match std::mem::take(self) {
            Doubt::None => None,
            Doubt::Raised(text) => {
                *self = Doubt::Told;
                Some(text)
            }
            Doubt::Told => {
                *self = Doubt::Told;
                None
            }
        }
    }
}

fn is_percent(setup: &Setup) -> bool {
    setup.scale == Some(Scale::Percent) && setup.kind.needs_scores()
}

fn is_of_shares(curve: &Curve) -> bool {
    let largest = curve.points().iter().map(|point| point.value).fold(0.0, f64::max);
    largest > 0.0 && largest <= 1.0
}

fn is_outside(value: f64) -> bool {
    value.is_finite() && !PERCENT.contains(&value)
}
