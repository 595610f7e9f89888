//! Progress bars: one for the run, one for its generation, one a worker. What is notable scrolls by above them.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use peng_runtime::event::{Event, EventKind, Slot, TrialId};
use peng_runtime::report::quantity::{duration, epochs, percent, value};
use peng_runtime::report::{Outcomes, Savings};
use peng_runtime::sink::{Sink, SinkError};
use peng_runtime::state::{GenerationState, RunState};
use peng_spec::plan::Plan;

use super::wording::{Scale, notable, secs_left};

/// Steps of a worker's bar in an epoch.
const FINE: f64 = 1000.0;

/// The bars. They are cleared when the run ends, and when this is dropped.
pub(crate) struct Bars {
    plan: Plan,
    scale: Scale,
    multi: MultiProgress,
    run: ProgressBar,
    generation: ProgressBar,
    workers: BTreeMap<Slot, ProgressBar>,
    /// The worker of each trial under way.
    slots: BTreeMap<TrialId, Slot>,
}

impl Bars {
    /// The bars of a run; they show what the state says with the first event.
    pub(crate) fn new(plan: &Plan, target: ProgressDrawTarget) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        let run = multi.add(ProgressBar::new(plan.cost.trials));
        run.set_style(style(
            "{spinner:.cyan} {prefix:.bold} [{bar:20.cyan/dim}] {pos}/{len} networks {wide_msg}",
        ));
        run.set_prefix("run       ");
        let generation = multi.add(ProgressBar::new(1));
        generation.set_style(style("  {prefix:.bold} [{bar:20.cyan/dim}] {pos}/{len} networks {wide_msg}"));
        generation.set_prefix("generation");
        let (workers, slots) = (BTreeMap::new(), BTreeMap::new());
        Self { plan: plan.clone(), scale: Scale::from(plan), multi, run, generation, workers, slots }
    }

    /// Takes the bars off the screen; what was printed above them stays.
    pub(crate) fn finish(&mut self) {
        self.run.finish_and_clear();
        self.generation.finish_and_clear();
        for bar in self.workers.values() {
            bar.finish_and_clear();
        }
        self.workers.clear();
        self.slots.clear();
    }

    /// The run and its generation, from the state alone: so a resumed run begins where it was.
    fn show_run(&self, state: &RunState) {
        let outcomes = Outcomes::new(state);
        self.run.set_position(outcomes.ended());
        let savings = Savings::new(&self.plan, state);
        let left = secs_left(state, &outcomes, self.scale);
        let mut parts: Vec<String> =
            left.map(|secs| format!("about {} left", duration(secs))).into_iter().collect();
        parts.push(format!("{} epochs", epochs(savings.trained_epochs())));
        if let Some(share) = savings.net_saved_percent() {
            parts.push(format!("{} saved ({})", epochs(savings.net_saved_epochs), percent(share)));
        }
        if outcomes.failed > 0 {
            parts.push(format!("{} failed", outcomes.failed));
        }
        self.run.set_message(parts.join(", "));
        if let Some(generation) = state.generations.last() {
            self.generation.set_length(u64::from(generation.candidates));
            self.generation.set_position(ended(generation, state));
            self.generation.set_message(format!("{} of {}", state.generations.len(), self.scale.generations));
        }
    }

    /// The bar of a worker, new if there is none.
    fn worker(&mut self, slot: Slot) -> &ProgressBar {
        let (multi, planned) = (&self.multi, f64::from(self.scale.epochs));
        self.workers.entry(slot).or_insert_with(|| {
            let bar = multi.add(ProgressBar::new((planned * FINE) as u64));
            bar.set_style(style("  {prefix:10} [{bar:20.green/dim}] {wide_msg}"));
            bar.set_message("idle");
            bar
        })
    }

    fn show_trial(&self, trial: TrialId, state: &RunState) {
        let Some(bar) = self.slots.get(&trial).and_then(|slot| self.workers.get(slot)) else { return };
        let Some(known) = state.trial(trial) else { return };
        bar.set_position((known.trained().to_f64() * FINE) as u64);
        let mut parts = vec![format!("epoch {}/{}", epochs(known.trained().to_f64()), self.scale.epochs)];
        if let Some(observed) = known.last(self.scale.metric) {
            parts.push(format!("{} {}", self.scale.metric, value(self.scale.metric, observed)));
        }
        if let Some(predicted) = known.estimates.last().and_then(|e| e.observation.predicted) {
            parts.push(format!("predicted {}", value(self.scale.metric, predicted)));
        }
        bar.set_message(parts.join(", "));
    }
}

impl Sink for Bars {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn accept(&mut self, event: &Event, state: &RunState) -> Result<(), SinkError> {
        if let Some(line) = notable(event, state, self.scale) {
            self.multi.println(line).map_err(|e| SinkError(e.to_string()))?;
        }
        match &event.kind {
            EventKind::RunStarted { .. } | EventKind::RunResumed { .. } => {
                self.run.set_elapsed(Duration::from_secs_f64(state.wall_secs));
                self.run.enable_steady_tick(Duration::from_millis(250));
                self.show_run(state);
                for slot in 0..state.bound.as_ref().map_or(0, |bound| bound.workers) {
                    self.worker(Slot(slot));
                }
            }
            EventKind::GenerationStarted { .. } | EventKind::TrialSkipped { .. } => self.show_run(state),
            EventKind::TrialStarted { trial, slot, .. } => {
                self.slots.retain(|_, taken| taken != slot);
                self.slots.insert(*trial, *slot);
                self.worker(*slot).set_prefix(format!("trial {trial}"));
                self.show_trial(*trial, state);
            }
            EventKind::Measured { trial, .. } | EventKind::Estimated { trial, .. } => {
                self.show_trial(*trial, state);
            }
            EventKind::TrialFinished { trial, .. } => {
                if let Some(bar) = self.slots.remove(trial).and_then(|slot| self.workers.get(&slot)) {
                    bar.set_prefix("");
                    bar.set_position(0);
                    bar.set_message("idle");
                }
                self.show_run(state);
            }
            EventKind::BatchDone { trial, until, done, of } => {
                let bar = self.slots.get(trial).and_then(|slot| self.workers.get(slot));
                if let (Some(bar), Some(known), true) = (bar, state.trial(*trial), *of > 0) {
                    let from = known.trained().to_f64();
                    let now = from + (until.to_f64() - from) * (*done as f64 / *of as f64);
                    bar.set_position((now * FINE) as u64);
                }
            }
            EventKind::RunFinished { .. } => self.finish(),
            EventKind::StepStarted { .. }
            | EventKind::StepFinished { .. }
            | EventKind::GenerationFinished { .. }
            | EventKind::TrialCreated { .. }
            | EventKind::CacheAsked { .. }
            | EventKind::CheckpointSaved { .. }
            | EventKind::Reconsidered { .. }
            | EventKind::EstimatorSwitchedOff { .. }
            | EventKind::Warned { .. }
            | EventKind::CancelRequested => {}
        }
        Ok(())
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.finish();
    }
}

fn ended(generation: &GenerationState, state: &RunState) -> u64 {
    let trials = generation.trials.iter().filter_map(|id| state.trial(*id));
    trials.filter(|t| t.outcome.is_some()).count() as u64
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants").progress_chars("━╸─")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sample;

    #[test]
    fn a_run_can_be_shown_from_any_point_of_it() {
        let (plan, events) = sample::run();
        for begin in 0..events.len() {
            let mut bars = Bars::new(&plan, ProgressDrawTarget::hidden());
            let mut state = RunState::fold(&events[..begin]);
            for event in &events[begin..] {
                state.apply(event);
                bars.accept(event, &state).unwrap();
            }
            assert!(bars.workers.is_empty());
        }
    }

    #[test]
    fn bars_follow_the_state() {
        let (plan, events) = sample::run();
        let mut bars = Bars::new(&plan, ProgressDrawTarget::hidden());
        let mut state = RunState::default();
        let until =
            events.iter().position(|e| matches!(e.kind, EventKind::GenerationFinished { .. })).unwrap();
        for event in &events[..=until] {
            state.apply(event);
            bars.accept(event, &state).unwrap();
        }
        assert_eq!((bars.run.position(), bars.run.length()), (4, Some(8)));
        assert_eq!((bars.generation.position(), bars.generation.length()), (4, Some(4)));
        assert_eq!(bars.run.message(), "about 40 s left, 19 epochs, 13 saved (40.6 %)");
        assert_eq!(bars.workers.len(), 2);
        assert_eq!(bars.workers[&Slot(1)].message(), "idle");
    }
}
