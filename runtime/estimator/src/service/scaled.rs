//! Values that lie where the scale of their metric has none: refused where nobody gave the scale, else doubted once for people.

use super::experts::{ScaleOrigin, Setup};
use super::refusal::{Refusal, cut};
use crate::curve::Curve;
use crate::scale::Scale;

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
    let is_assumed = setup.scale_origin == ScaleOrigin::Assumed;
    if is_assumed && scale(setup).is_some_and(|scale| scale.takes_for_another(value)) {
        return Err(Refusal::OffScale { run: cut(run), metric: cut(&setup.metric), value });
    }
    Ok(())
}

impl Doubts {
    /// Looks at a curve that has a new point.
    pub(super) fn look(&mut self, setup: &Setup, curve: &Curve) {
        let Some(scale) = scale(setup) else { return };
        if curve.last().is_some_and(|last| scale.takes_for_another(last.value)) {
            self.outside.raise(|| scale.doubt_of_others(&setup.metric));
        }
        let largest = || curve.points().iter().map(|point| point.value).fold(0.0, f64::max);
        if curve.len() == SHARES && scale.takes_for_shares(largest()) {
            self.shares.raise(|| Scale::doubt_of_shares(&setup.metric));
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

/// The scale, if it matters to the estimator.
fn scale(setup: &Setup) -> Option<Scale> {
    setup.scale.filter(|_| setup.kind.needs_scores())
}
