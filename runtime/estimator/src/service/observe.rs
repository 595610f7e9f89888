//! What an observation leads to: it is measured, judged, and answered.

use super::refusal::{Refusal, cut};
use super::reply::{Observed, Word};
use super::request::{Number, Observe};
use super::run::{Run, Stop, Told};
use super::{Service, scaled};
use crate::progress::Progress;
use crate::trial::Outcome;
use crate::verdict::{Observation, Verdict};

impl Service {
    pub(super) fn observe(&mut self, observe: &Observe) -> Result<Observed, Refusal> {
        let at = epochs("epoch", observe.epoch)?;
        let name = observe.run.as_str();
        let told = match self.runs.find(name) {
            Some(Run { finish: Some(finish), .. }) => {
                return Err(Refusal::RunFinished { run: cut(name), value: finish.value });
            }
            Some(Run { stop: Some(stop), .. }) => {
                let told = stop.told.clone();
                // Whatever it holds, the verdict stands. What cannot be measured is not kept.
                self.measure(observe, at).ok();
                told
            }
            Some(_) | None => {
                self.measure(observe, at)?;
                self.doubts.look(&self.experts.setup, &self.runs.get(name)?.record.curve);
                self.decide(name)?
            }
        };
        let stop = self.runs.get(name)?.stop.as_ref();
        Ok(Observed {
            run: name.to_owned(),
            epoch: at.to_f64(),
            verdict: if stop.is_some() { Word::Stop } else { Word::Continue },
            outcome: stop.map(|stop| stop.outcome).filter(|&outcome| outcome != Outcome::Completed),
            predicted: told.predicted,
            interval: told.interval,
            confidence: self.experts.setup.confidence,
            reason: told.reason,
            rule: told.rule,
        })
    }

    /// Adds a measurement to its run, which begins with the first.
    fn measure(&mut self, observe: &Observe, at: Progress) -> Result<(), Refusal> {
        let Observe { run: name, planned, metrics, covariates, .. } = observe;
        let planned = planned.map(|planned| epochs("planned", planned)).transpose()?;
        if let Some(metric) = self.experts.metrics.iter().find(|&metric| !metrics.contains_key(metric)) {
            let names: Vec<String> = metrics.keys().map(|name| format!("`{name}`")).collect();
            return Err(Refusal::MetricMissing {
                run: cut(name),
                epoch: at,
                metric: cut(metric),
                found: if names.is_empty() { "none".to_owned() } else { cut(&names.join(", ")) },
            });
        }
        let metric = &self.experts.setup.metric;
        if let Some(&Number(value)) = metrics.get(metric) {
            scaled::admit(&self.experts.setup, name, value)?;
        }
        if let Some(run) = self.runs.find_mut(name) {
            run.agrees(planned, covariates.as_ref())?;
            return run.measure(at, metric, metrics);
        }
        let planned = match planned {
            Some(planned) if planned > Progress::ZERO => planned,
            Some(_) => return Err(Refusal::PlannedMissing { run: cut(name), found: "0 epochs" }),
            None => return Err(Refusal::PlannedMissing { run: cut(name), found: "nothing" }),
        };
        let mut run = Run::new(name, self.runs.begun, planned, self.runs.endings);
        let covariates = covariates.iter().flatten();
        run.record.covariates = covariates.map(|(name, &Number(value))| (name.clone(), value)).collect();
        run.measure(at, metric, metrics)?;
        self.runs.begin(run);
        Ok(())
    }

    /// Ends a run or lets it go on.
    fn decide(&mut self, name: &str) -> Result<Told, Refusal> {
        let run = self.runs.get(name)?;
        let points = run.record.curve.len();
        let (last, value) = match run.record.curve.last() {
            Some(last) => (last.at, last.value),
            None => (Progress::ZERO, f64::NAN),
        };
        let (outcome, fitness, told) = if last >= run.planned {
            let rule = self.experts.setup.kind.name();
            let told = Told::of(Observation::go_on(rule, points, "all planned epochs are trained"));
            (Outcome::Completed, value, told)
        } else {
            let observation = self.judge(name)?;
            match observation.verdict {
                Verdict::Converged { predicted } => (Outcome::Converged, predicted, Told::of(observation)),
                Verdict::Pruned => (Outcome::Pruned, value, Told::of(observation)),
                Verdict::Continue => {
                    self.runs.get_mut(name)?.judged = points;
                    return Ok(Told::of(observation));
                }
            }
        };
        let stop = Stop { ending: self.runs.ending(), points, outcome, fitness, told: told.clone() };
        self.runs.get_mut(name)?.stop = Some(stop);
        Ok(told)
    }

    /// What the rule says, or why there is none.
    fn judge(&mut self, name: &str) -> Result<Observation, Refusal> {
        let run = self.runs.get(name)?;
        let rule = self.experts.setup.kind.name();
        let go_on = |reason: String| Ok(Observation::go_on(rule, run.record.curve.len(), reason));
        let layout = match run.layout() {
            Ok(Some(layout)) => layout,
            Ok(None) => {
                return go_on("how far apart measurements are is not known before the second".to_owned());
            }
            Err(error) => return go_on(error.to_string()),
        };
        let estimator = match self.experts.estimator(layout) {
            Ok(estimator) => estimator,
            Err(issues) => return go_on(issues),
        };
        if let Err(error) = estimator.admits(&run.record.curve) {
            return go_on(error.to_string());
        }
        // With one point the layout was a guess.
        let judged = if run.judged > 1 { run.judged } else { 0 };
        let history = |endings| self.runs.history(endings);
        Ok(self.experts.rule(&*estimator, layout, run.begun_after, history).judge(&run.record, judged))
    }
}

fn epochs(field: &'static str, value: f64) -> Result<Progress, Refusal> {
    Progress::from_f64(value).map_err(|source| Refusal::BadEpoch { field, source })
}
