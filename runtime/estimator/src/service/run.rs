//! One run: what was measured of it, and how it ended. Nothing is decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, cut};
use super::request::Number;
use crate::curve::{Curve, CurveError, Point};
use crate::extended::Shown;
use crate::progress::Progress;
use crate::trial::{EndedTrial, Outcome, TrialRecord};
use crate::verdict::Observation;

/// A training as the protocol calls it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) record: TrialRecord,
    pub(super) planned: Progress,
    /// The endings with a lower number are its history.
    pub(super) begun_after: u64,
    pub(super) stop: Option<Stop>,
    pub(super) finish: Option<Finish>,
    /// With so many points its rule has said to go on. Saves time only, and is in no snapshot.
    pub(super) judged: usize,
}

/// The verdict that ended it, or its planned epochs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stop {
    /// Its place among all endings.
    pub(super) ending: u64,
    /// With how many points it ended.
    pub(super) points: usize,
    pub(super) outcome: Outcome,
    /// What the search is told.
    pub(super) fitness: f64,
    pub(super) told: Told,
}

/// What a client is told besides the verdict. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct Told {
    pub(super) predicted: Option<f64>,
    pub(super) interval: Option<[f64; 2]>,
    pub(super) reason: String,
    pub(super) rule: String,
}

/// The end that its client tells of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Finish {
    /// Its place among all endings.
    pub(super) ending: u64,
    /// With how many points it ended.
    pub(super) points: usize,
    pub(super) value: f64,
}

/// How the measurements of a planned training lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) planned: Progress,
    pub(super) measure_every: Progress,
    /// How many measurements the planned training makes.
    pub(super) points: usize,
}

impl Told {
    pub(super) fn of(observation: Observation) -> Self {
        Told {
            // Adding 0 makes -0 the 0 that it equals, for clients whose JSON has none.
            predicted: observation
                .predicted
                .filter(|predicted| predicted.is_finite())
                .map(|value| value + 0.0),
            interval: observation
                .interval
                .filter(|ends| ends.iter().all(|end| end.is_finite()))
                .map(|ends| ends.map(|end| end + 0.0)),
            reason: observation.reason,
            rule: observation.rule,
        }
    }
}

impl Finish {
    pub(super) fn outcome(&self) -> Outcome {
        if self.value.is_finite() { Outcome::Completed } else { Outcome::Failed }
    }
}

impl Run {
    /// A run of which nothing is measured yet.
    pub(super) fn new(name: &str, number: usize, planned: Progress, begun_after: u64) -> Self {
        Run {
            name: name.to_owned(),
            record: TrialRecord::new(number, Curve::new()),
            planned,
            begun_after,
            stop: None,
            finish: None,
            judged: 0,
        }
    }

    /// Adds what was measured at an epoch. At an epoch that was observed before nothing changes, and its values must be the
    /// same. Metrics other than the predicted one are NaN where they are absent.
    pub(super) fn measure(
        &mut self,
        at: Progress,
        metric: &str,
        metrics: &BTreeMap<String, Number>,
    ) -> Result<(), Refusal> {
        let place = self.record.curve.points().binary_search_by(|point| point.at.cmp(&at));
        if let Ok(place) = place {
            return self.repeats(place, at, metric, metrics);
        }
        let push = |curve: &mut Curve, value| {
            let pushed = curve.push(Point { at, value });
            pushed.map_err(|source| Refusal::EpochOrder { run: cut(&self.name), source })
        };
        let TrialRecord { curve, others, .. } = &mut self.record;
        push(curve, metrics.get(metric).map_or(f64::NAN, |number| number.0))?;
        for name in metrics.keys().filter(|&name| name != metric) {
            // After a stop only what was there before goes on, so that what the run is to later ones stays as it was.
            if self.stop.is_none() && !others.contains_key(name) {
                let before = curve.prefix(curve.len() - 1);
                let absent = before.points().iter().map(|&point| Point { value: f64::NAN, ..point });
                let absent = Curve::try_from(absent.collect::<Vec<_>>());
                others.insert(name.clone(), absent.expect("these are the epochs of a curve"));
            }
        }
        for (name, other) in others {
            push(other, metrics.get(name).map_or(f64::NAN, |number| number.0))?;
        }
        Ok(())
    }

    /// Whether a later observation plans the same training of the same network.
    pub(super) fn agrees(
        &self,
        planned: Option<Progress>,
        covariates: Option<&BTreeMap<String, Number>>,
    ) -> Result<(), Refusal> {
        if let Some(found) = planned.filter(|&planned| planned != self.planned) {
            return Err(Refusal::PlannedChanged { run: cut(&self.name), planned: self.planned, found });
        }
        let known = &self.record.covariates;
        let equal = |found: &BTreeMap<String, Number>| {
            found.len() == known.len()
                && found.iter().zip(known).all(|((a, x), (b, &y))| a == b && same(x.0, y))
        };
        match covariates {
            Some(found) if !equal(found) => Err(Refusal::CovariatesChanged { run: cut(&self.name) }),
            Some(_) | None => Ok(()),
        }
    }

    fn repeats(
        &self,
        place: usize,
        at: Progress,
        predicted: &str,
        metrics: &BTreeMap<String, Number>,
    ) -> Result<(), Refusal> {
        for (name, &Number(found)) in metrics {
            let curve =
                if name == predicted { Some(&self.record.curve) } else { self.record.others.get(name) };
            let before = curve.map_or(f64::NAN, |curve| curve.points()[place].value);
            if !same(before, found) {
                let (run, metric) = (cut(&self.name), cut(name));
                let before = match curve {
                    None => "not given".to_owned(),
                    Some(_) if before.is_nan() && name != predicted => "nan or not given".to_owned(),
                    Some(_) => Shown(&before).to_string(),
                };
                return Err(Refusal::EpochChanged { run, epoch: at, metric, before, found });
            }
        }
        Ok(())
    }

    /// How the measurements of the planned training lie, as far as can be told: before the second measurement they are
    /// taken to be as far apart as the first is from the beginning. `None` if that is at epoch 0.
    pub(super) fn layout(&self) -> Result<Option<Layout>, CurveError> {
        layout(&self.record.curve, self.planned)
    }

    /// What it is to trainings that begin after so many endings, if it is anything to them.
    pub(super) fn ended(&self, endings: u64) -> Option<EndedTrial> {
        let finish = self.finish.filter(|finish| finish.ending < endings);
        let stop = self.stop.as_ref().filter(|stop| stop.ending < endings);
        let (points, outcome, fitness) = match (finish, stop) {
            (Some(finish), _) => (finish.points, finish.outcome(), finish.value),
            (None, Some(stop)) => (stop.points, stop.outcome, stop.fitness),
            (None, None) => return None,
        };
        let record = self.record.prefix(points);
        let layout = layout(&record.curve, self.planned).ok().flatten();
        let points_planned = layout.map_or(points, |layout| layout.points);
        Some(EndedTrial { record, points_planned, outcome, fitness })
    }
}

fn layout(curve: &Curve, planned: Progress) -> Result<Option<Layout>, CurveError> {
    let (first, measure_every) = match curve.points() {
        [] => return Ok(None),
        [first] if first.at == Progress::ZERO => return Ok(None),
        [first] => (first.at, first.at),
        [first, second, ..] => {
            let apart = first.at.until(second.at);
            (first.at, apart.ok_or(CurveError::TooFine { before: first.at, at: second.at })?)
        }
    };
    let points = 1 + first.steps_until(planned, measure_every).unwrap_or(0);
    Ok(Some(Layout { planned, measure_every, points }))
}

/// Equal, or both NaN.
pub(super) fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(epochs: &[f64]) -> Run {
        let mut run = Run::new("a", 0, Progress::whole(10), 0);
        for &at in epochs {
            let metrics = BTreeMap::from([("m".to_owned(), Number(at))]);
            run.measure(Progress::from_f64(at).unwrap(), "m", &metrics).unwrap();
        }
        run
    }

    #[test]
    fn the_layout_is_told_by_the_first_two_measurements() {
        let layout =
            |epochs: &[f64]| run(epochs).layout().unwrap().map(|l| (l.measure_every.to_f64(), l.points));
        assert_eq!(layout(&[]), None);
        assert_eq!(layout(&[0.0]), None);
        assert_eq!(layout(&[0.0, 0.5]), Some((0.5, 21)));
        assert_eq!(layout(&[0.5]), Some((0.5, 20)));
        assert_eq!(layout(&[0.5, 1.5, 9.0]), Some((1.0, 10)));
        assert_eq!(layout(&[4.0, 7.0]), Some((3.0, 3)));
        assert_eq!(layout(&[12.0, 13.0]), Some((1.0, 1)));
        let fine = [1.0 / 63.0, 1.0 / 61.0].map(|at| Progress::from_f64(at).unwrap().to_f64());
        assert!(matches!(run(&fine).layout(), Err(CurveError::TooFine { .. })));
    }

    #[test]
    fn metrics_that_come_and_go_are_nan_where_they_are_absent() {
        let mut run = Run::new("a", 0, Progress::whole(10), 0);
        let numbers = |names: &[&str]| {
            names.iter().map(|&name| (name.to_owned(), Number(1.0))).collect::<BTreeMap<_, _>>()
        };
        for (at, names) in [(1, &["m"][..]), (2, &["m", "x"]), (3, &["m", "y"])] {
            run.measure(Progress::whole(at), "m", &numbers(names)).unwrap();
        }
        let values = |name: &str| {
            run.record.others[name].points().iter().map(|point| point.value.is_nan()).collect::<Vec<_>>()
        };
        assert_eq!(values("x"), [true, false, true]);
        assert_eq!(values("y"), [true, true, false]);
    }
}
