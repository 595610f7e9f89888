//! Hands leases to workers and turns what they say into events, until all trials of a list have ended.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use peng_estimator::{Progress, Resumption};
use peng_spec::plan::EpochFraction;

use super::coordinator::{Coordinator, Flow};
use super::dialogue::Dialogue;
use super::places::Room;
use super::{RunError, budget};
use crate::estimate;
use crate::event::{EventKind, Purpose, RunEnd, Slot, TrialId, TrialOutcome};
use crate::execute::ExecutorMsg;
use crate::space::network_key;
use crate::store::checkpoint_path;
use crate::train::{Need, OutOfMemory};
use crate::trial::protocol::{FromWorker, Lease, Verdicts};

/// A trial whose workers are lost this often has failed: its network kills them.
const ATTEMPTS: u32 = 3;

/// How long the coordinator waits for a message before it looks at budgets and signals again.
const PATIENCE: Duration = Duration::from_millis(50);

/// The attempts under way.
struct Leases {
    purpose: Purpose,
    waiting: VecDeque<TrialId>,
    busy: BTreeMap<Slot, Busy>,
    /// Trials whose newest checkpoint cannot be read: they begin anew.
    unreadable: Vec<TrialId>,
    /// How often the worker of a trial was lost, in this process.
    lost: BTreeMap<TrialId, u32>,
    /// After how many ends it was looked at what follows from them.
    settled: Option<usize>,
    /// After how many ends the history was what workers learn from, where each trial has its own.
    taught: Option<usize>,
    end: Option<RunEnd>,
}

/// An attempt under way.
#[derive(Clone, Copy)]
struct Busy {
    trial: TrialId,
    token: u32,
    /// What it is likely to hold, and what it may.
    need: Need,
    room: Room,
}

impl Coordinator<'_> {
    /// Trains trials until all have ended, a budget is spent, or a user wants to stop.
    pub(super) fn train(&mut self, trials: &[TrialId], purpose: Purpose) -> Result<Flow, RunError> {
        self.train_more(trials, purpose, None)
    }

    /// The same, and makes further trials of what a search asks for whenever a slot is free.
    pub(super) fn train_more(
        &mut self,
        trials: &[TrialId],
        purpose: Purpose,
        mut dialogue: Option<&mut Dialogue>,
    ) -> Result<Flow, RunError> {
        let mut leases = Leases {
            purpose,
            waiting: trials.iter().copied().collect(),
            busy: BTreeMap::new(),
            unreadable: Vec::new(),
            lost: BTreeMap::new(),
            settled: None,
            taught: None,
            end: None,
        };
        loop {
            if dialogue.is_some()
                && leases.settled.replace(self.state.ended.len()) != Some(self.state.ended.len())
                && let Some(end) = self.settle()?
                && leases.end.is_none()
            {
                leases.end = Some(end);
                self.executor.stop()?;
            }
            let is_idle = leases.waiting.is_empty() && leases.busy.len() < self.executor.slots();
            let has_more = match dialogue.as_deref_mut() {
                Some(dialogue) if is_idle && leases.end.is_none() => {
                    let ends = self.state.ended.len();
                    dialogue.has_next((self.plan, &self.state), ends, &*self.space)?
                }
                _ => false,
            };
            self.watch(&mut leases, has_more)?;
            self.hand_out(&mut leases, dialogue.as_deref_mut())?;
            if leases.busy.is_empty() {
                break;
            }
            if let Some((slot, message)) = self.executor.poll(PATIENCE)? {
                self.hear(&mut leases, slot, message)?;
            }
        }
        let Some(end) = leases.end else { return Ok(Flow::Done) };
        if matches!(end, RunEnd::BudgetSpent { .. } | RunEnd::TooManyFailed { .. }) {
            let trials = match dialogue {
                Some(_) => self.state.trials.iter().map(|trial| trial.id).collect(),
                None => trials.to_vec(),
            };
            for trial in trials {
                if self.is_open(trial, purpose) {
                    let outcome = TrialOutcome::Cancelled;
                    self.end_trial(trial, purpose, outcome)?;
                }
            }
        }
        Ok(Flow::End(end))
    }

    /// A trial has ended for a purpose.
    fn end_trial(&mut self, trial: TrialId, purpose: Purpose, outcome: TrialOutcome) -> Result<(), RunError> {
        let measured = self.state.trial(trial).map_or(&[][..], |trial| &trial.points);
        let curve = estimate::digest_of_curve(measured);
        self.emit(EventKind::TrialFinished { trial, purpose, outcome, curve })
    }

    /// Whether a trial has not ended for a purpose.
    fn is_open(&self, trial: TrialId, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Search => self.state.trial(trial).is_some_and(|t| t.outcome.is_none()),
            Purpose::Confirm => self.state.trial(trial).is_some_and(|t| t.confirmation.is_none()),
            Purpose::Reconsider => self.resumption(trial).is_some(),
        }
    }

    /// How far a paused trial is trained on.
    fn resumption(&self, trial: TrialId) -> Option<&Resumption> {
        self.state.reconsidered.as_ref()?.open.iter().find(|r| r.number == trial.index())
    }

    /// Looks whether something ends the run before its time.
    fn watch(&mut self, leases: &mut Leases, has_more: bool) -> Result<(), RunError> {
        if leases.end.is_some() {
            return Ok(());
        }
        if self.cancel.is_set() {
            self.emit(EventKind::CancelRequested)?;
            leases.end = Some(RunEnd::Interrupted);
        } else {
            let since = self.clock.elapsed().saturating_sub(self.newest);
            let spent = budget::spent(&self.plan.execution.budget, &self.state, since);
            let is_done = leases.busy.is_empty() && leases.waiting.is_empty() && !has_more;
            let Some(budget) = spent.filter(|_| !is_done) else {
                return Ok(());
            };
            leases.end = Some(RunEnd::BudgetSpent { budget: budget.to_owned() });
        }
        self.executor.stop()?;
        Ok(())
    }

    fn hand_out(&mut self, leases: &mut Leases, mut dialogue: Option<&mut Dialogue>) -> Result<(), RunError> {
        if leases.end.is_some() {
            return Ok(());
        }
        for slot in (0..self.executor.slots()).map(Slot) {
            if leases.busy.contains_key(&slot) {
                continue;
            }
            let next = match (leases.waiting.pop_front(), dialogue.as_deref_mut()) {
                (None, Some(dialogue)) => self.make_next(dialogue)?,
                (waiting, _) => waiting,
            };
            let Some(trial) = next else { return Ok(()) };
            let mut lease = self.lease(leases, trial)?;
            let need = Need::new(&lease.arch, lease.cost, &lease.training);
            let others = leases.busy.iter().map(|(slot, busy)| (slot, &busy.room));
            let Some(room) = self.places.room(slot, trial, need, others) else {
                leases.waiting.push_front(trial);
                continue;
            };
            lease.memory = room.memory;
            if dialogue.is_some() {
                self.teach(leases, trial);
            }
            self.emit(EventKind::TrialStarted {
                trial,
                attempt: lease.token,
                slot,
                purpose: leases.purpose,
                from: lease.from,
            })?;
            leases.busy.insert(slot, Busy { trial, token: lease.token, need, room });
            self.executor.submit(slot, lease)?;
        }
        Ok(())
    }

    /// Sees to it that the lease of a trial rests on what was known when the trial was made.
    fn teach(&mut self, leases: &mut Leases, trial: TrialId) {
        let after = self.state.trial(trial).map(|trial| trial.after);
        if self.estimator.needs().uses_history && leases.taught != after {
            self.executor.teach(estimate::history_of(self.plan, &self.state, trial));
            leases.taught = after;
        }
    }

    fn lease(&self, leases: &Leases, id: TrialId) -> Result<Lease, RunError> {
        let trial = self.state.trial(id).expect("only trials of the state are trained");
        let from = trial
            .checkpoint
            // Begun anew, a trial can have been stopped before it came to its checkpoint again.
            .filter(|&at| !leases.unreadable.contains(&id) && trial.point(at).is_some())
            .filter(|&at| checkpoint_path(&self.dir.trial_path(id), at).is_dir())
            .unwrap_or(Progress::ZERO);
        let planned = Progress::whole(self.plan.training.epochs);
        let until = match leases.purpose {
            Purpose::Search | Purpose::Confirm => planned,
            Purpose::Reconsider => {
                let points = self.resumption(id).map_or(0, |r| r.until_points);
                measured(self.plan.training.measure_every, points).unwrap_or(planned).min(planned)
            }
        };
        let verdicts = match leases.purpose {
            Purpose::Search if trial.unasked => Verdicts::Unasked,
            Purpose::Search if trial.audited => Verdicts::Noted,
            Purpose::Search => Verdicts::Obeyed,
            Purpose::Reconsider | Purpose::Confirm => Verdicts::Unasked,
        };
        let (arch, settings) = (self.space.decode(&trial.genome)?, self.space.settings(&trial.genome)?);
        Ok(Lease {
            trial: id,
            token: trial.attempts + 1,
            network: network_key(&arch, &settings),
            arch,
            training: self.plan.training.with(&settings),
            cost: trial.cost,
            verdicts,
            from,
            curve: trial.points.iter().filter(|p| p.at <= from).cloned().collect(),
            until,
            memory: None,
        })
    }

    fn hear(&mut self, leases: &mut Leases, slot: Slot, message: ExecutorMsg) -> Result<(), RunError> {
        let Some(&busy) = leases.busy.get(&slot) else { return Ok(()) };
        let Busy { trial, token, need, .. } = busy;
        match message {
            ExecutorMsg::Worker(said) => {
                if token_of(&said) != Some((trial, token)) {
                    return Ok(());
                }
                if let FromWorker::Measured { memory: Some(held), .. } = &said {
                    self.places.measured(need, *held);
                }
                self.note(leases, slot, said)
            }
            ExecutorMsg::Lost { out_of_memory: true, .. } => {
                leases.busy.remove(&slot);
                self.out_of_memory(leases, busy, OutOfMemory { held: None })
            }
            ExecutorMsg::Lost { cause, out_of_memory: false } => {
                leases.busy.remove(&slot);
                let lost = leases.lost.entry(trial).or_default();
                *lost += 1;
                if *lost < ATTEMPTS {
                    leases.waiting.push_front(trial);
                    let message = format!(
                        "the worker of trial {trial} was lost ({cause}); the trial goes on with another"
                    );
                    return self.emit(EventKind::Warned { message });
                }
                let cause = format!("lost its worker {ATTEMPTS} times ({cause})");
                let outcome = TrialOutcome::Failed { cause };
                self.end_trial(trial, leases.purpose, outcome)
            }
        }
    }

    /// An attempt ran out of memory: the trial has failed, or is tried again with a device for itself.
    fn out_of_memory(
        &mut self,
        leases: &mut Leases,
        Busy { trial, need, room, .. }: Busy,
        out_of_memory: OutOfMemory,
    ) -> Result<(), RunError> {
        if let Some(cause) = self.places.out_of_memory(trial, need, room, out_of_memory) {
            let outcome = TrialOutcome::Failed { cause };
            return self.end_trial(trial, leases.purpose, outcome);
        }
        leases.waiting.push_front(trial);
        let message =
            format!("trial {trial} ran out of memory beside others; it is tried again alone on its device");
        self.emit(EventKind::Warned { message })
    }

    /// Turns what a worker says into events.
    fn note(&mut self, leases: &mut Leases, slot: Slot, said: FromWorker) -> Result<(), RunError> {
        match said {
            FromWorker::Hello { .. } | FromWorker::Unusable { .. } => Ok(()),
            FromWorker::Batch { trial, until, done, of, .. } => {
                self.emit(EventKind::BatchDone { trial, until, done, of })
            }
            FromWorker::Known { trial, known, .. } => self.emit(EventKind::CacheAsked { trial, known }),
            FromWorker::Measured { trial, point, images, secs, memory, cached, .. } => {
                let (at, metrics) = (point.at, point.metrics);
                self.emit(EventKind::Measured { trial, at, metrics, images, secs, memory, cached })
            }
            FromWorker::Estimated { trial, at, observation, inputs, .. } => {
                self.emit(EventKind::Estimated { trial, at, observation, inputs })
            }
            FromWorker::Saved { trial, at, .. } => self.emit(EventKind::CheckpointSaved { trial, at }),
            FromWorker::Ended { trial, outcome, .. } => {
                leases.busy.remove(&slot);
                self.end_trial(trial, leases.purpose, outcome)
            }
            FromWorker::OutOfMemory { held, .. } => match leases.busy.remove(&slot) {
                Some(busy) => self.out_of_memory(leases, busy, OutOfMemory { held }),
                None => Ok(()),
            },
            FromWorker::Paused { trial, .. } => {
                leases.busy.remove(&slot);
                // It keeps its prediction until the estimator has seen what was measured since.
                let outcome = self.state.trial(trial).and_then(|t| t.outcome.clone());
                let outcome = outcome.expect("only paused trials are trained to be paused again");
                self.end_trial(trial, leases.purpose, outcome)
            }
            FromWorker::Stopped { .. } => {
                leases.busy.remove(&slot);
                Ok(())
            }
            // Nothing may happen that cannot be gone on with, and a trial that failed for it would change the search.
            FromWorker::NotSaved { trial, reason, .. } => {
                Err(RunError::NotSaved { trial, reason, dir: self.dir.path().to_owned() })
            }
            FromWorker::NoCheckpoint { trial, reason, .. } => {
                leases.busy.remove(&slot);
                leases.unreadable.push(trial);
                leases.waiting.push_front(trial);
                self.emit(EventKind::Warned { message: format!("{reason}; trial {trial} begins anew") })
            }
        }
    }
}

/// Where a training is after so many measurements.
fn measured(every: EpochFraction, points: usize) -> Option<Progress> {
    Progress::new(every.numerator, every.denominator).ok()?.times(u32::try_from(points).ok()?)
}

fn token_of(said: &FromWorker) -> Option<(TrialId, u32)> {
    match said {
        FromWorker::Hello { .. } | FromWorker::Unusable { .. } => None,
        FromWorker::Batch { trial, token, .. }
        | FromWorker::Known { trial, token, .. }
        | FromWorker::Measured { trial, token, .. }
        | FromWorker::Estimated { trial, token, .. }
        | FromWorker::Saved { trial, token, .. }
        | FromWorker::Ended { trial, token, .. }
        | FromWorker::OutOfMemory { trial, token, .. }
        | FromWorker::Paused { trial, token }
        | FromWorker::Stopped { trial, token }
        | FromWorker::NotSaved { trial, token, .. }
        | FromWorker::NoCheckpoint { trial, token, .. } => Some((*trial, *token)),
    }
}
