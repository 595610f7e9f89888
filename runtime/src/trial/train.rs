//! What a worker does with a lease: train to the next point, measure, ask the estimator, and perhaps stop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use peng_estimator::{Observation, Progress, Verdict};
use peng_spec::plan::{EpochFraction, Plan};

use super::judge::{Ended, Learned, Watched};
use super::protocol::{FromWorker, Lease};
use crate::clock::Clock;
use crate::data::Splits;
use crate::event::TrialOutcome;
use crate::seed::SeedTree;
use crate::state::MeasuredPoint;
use crate::store::{checkpoint_path, save_checkpoint};
use crate::train::{Account, Need, OutOfMemory, TrainError, Trainer, TrainerFactory, TrainingJob};

/// A long training saves a checkpoint this often, so that a lost worker costs little.
const SAVE_EVERY: Duration = Duration::from_secs(30);

/// Set when the trainings of a worker shall stop after the measurement under way.
pub type StopFlag = AtomicBool;

/// What all trials of a worker share.
pub struct TrialContext<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The data.
    pub data: Arc<Splits>,
    /// What trains.
    pub factory: &'a dyn TrainerFactory,
    /// What decides.
    pub learned: &'a Learned,
    /// What time it is.
    pub clock: &'a dyn Clock,
}

/// Why the attempt of a lease has come to an end.
enum End {
    Outcome(TrialOutcome),
    Paused,
    Stopped,
    NoCheckpoint(String),
    NotSaved(String),
    OutOfMemory(OutOfMemory),
}

/// Trains what the lease names, and says everything that happens to `say`.
///
/// A network that diverges or panics is a failed trial, not an error. A disk that is full is neither: no network failed.
pub fn run_trial(
    context: &TrialContext<'_>,
    lease: &Lease,
    trial_dir: &Path,
    stop: &StopFlag,
    say: &mut dyn FnMut(FromWorker),
) {
    let (trial, token) = (lease.trial, lease.token);
    let attempt = AssertUnwindSafe(|| Attempt { context, lease, trial_dir, stop, say: &mut *say }.train());
    let end = match catch_unwind(attempt) {
        Ok(Ok(end)) => end,
        Ok(Err(TrainError::OutOfMemory(out_of_memory))) => End::OutOfMemory(out_of_memory),
        Ok(Err(TrainError::Stopped)) => End::Stopped,
        Ok(Err(error @ (TrainError::Checkpoint { .. } | TrainError::Cache { .. }))) => {
            End::NotSaved(error.to_string())
        }
        Ok(Err(error)) => End::Outcome(TrialOutcome::Failed { cause: error.to_string() }),
        Err(panic) if tells_out_of_memory(&words_of(&*panic)) => End::OutOfMemory(OutOfMemory { held: None }),
        Err(panic) => End::Outcome(TrialOutcome::Failed { cause: format!("panic: {}", words_of(&*panic)) }),
    };
    say(match end {
        End::Outcome(outcome) => FromWorker::Ended { trial, token, outcome },
        End::Paused => FromWorker::Paused { trial, token },
        End::Stopped => FromWorker::Stopped { trial, token },
        End::OutOfMemory(OutOfMemory { held }) => FromWorker::OutOfMemory { trial, token, held },
        End::NotSaved(reason) => FromWorker::NotSaved { trial, token, reason },
        End::NoCheckpoint(reason) => FromWorker::NoCheckpoint { trial, token, reason },
    });
}

struct Attempt<'a, 'b> {
    context: &'a TrialContext<'b>,
    lease: &'a Lease,
    trial_dir: &'a Path,
    stop: &'a StopFlag,
    say: &'a mut dyn FnMut(FromWorker),
}

impl Attempt<'_, '_> {
    fn train(mut self) -> Result<End, TrainError> {
        let plan = self.context.plan;
        let need = Need::new(&self.lease.arch, self.lease.cost, &self.lease.training);
        if self.lease.memory.is_some_and(|allowed| need.least() > allowed) {
            return Ok(End::OutOfMemory(OutOfMemory { held: None }));
        }
        let mut watched = Watched::new(plan, self.context.learned, self.lease);
        let mut at = self.lease.from;
        // The attempt before this one may have been lost after its last measurement.
        if at > Progress::ZERO {
            let verdict = verdict_of(watched.ask().as_ref());
            if let Some(ended) = watched.end(verdict, at) {
                return Ok(ended.into());
            }
        }
        let mut began = self.context.clock.elapsed();
        let mut trainer = match start(self.context, self.lease, self.trial_dir) {
            Ok(trainer) => trainer,
            Err(error @ TrainError::Checkpoint { .. }) => return Ok(End::NoCheckpoint(error.to_string())),
            Err(error) => return Err(error),
        };
        if let Some(known) = trainer.known() {
            (self.say)(FromWorker::Known { trial: self.lease.trial, token: self.lease.token, known });
        }
        let mut saved = (self.lease.from > Progress::ZERO).then_some(self.lease.from);
        let mut saved_at = began;
        loop {
            at = next_point(at, plan.training.measure_every);
            let point = self.measure(&mut *trainer, at, &mut began)?;
            if let Some(cause) = divergence(&point) {
                return Ok(End::Outcome(TrialOutcome::Failed { cause }));
            }
            watched.measure(&point);
            let answer = watched.ask();
            let ended = watched.end(verdict_of(answer.as_ref()), at);
            if let Some((observation, inputs)) = answer {
                let (trial, token) = (self.lease.trial, self.lease.token);
                (self.say)(FromWorker::Estimated { trial, token, at, observation, inputs });
            }
            let stopped = ended.is_none() && self.stop.load(Ordering::Relaxed);
            let due = self.context.clock.elapsed().saturating_sub(saved_at) >= SAVE_EVERY;
            if ended.is_some() || stopped || due {
                self.save(&mut *trainer, at, saved)?;
                saved = Some(at);
                saved_at = self.context.clock.elapsed();
            }
            match ended {
                Some(ended) => return Ok(ended.into()),
                None if stopped => return Ok(End::Stopped),
                None => {}
            }
        }
    }

    fn measure(
        &mut self,
        trainer: &mut dyn Trainer,
        at: Progress,
        began: &mut Duration,
    ) -> Result<MeasuredPoint, TrainError> {
        let (trial, token) = (self.lease.trial, self.lease.token);
        let clock = self.context.clock;
        let say = &mut *self.say;
        let mut told = *began;
        let measured = trainer.advance(at, &mut |done, of| {
            // Watchers want a picture, not every batch.
            if clock.elapsed().saturating_sub(told) >= Duration::from_millis(100) {
                told = clock.elapsed();
                say(FromWorker::Batch { trial, token, until: at, done, of });
            }
        })?;
        let now = clock.elapsed();
        let point = MeasuredPoint { at: measured.at, metrics: measured.metrics };
        let elapsed = now.saturating_sub(*began).as_secs_f64();
        let Account { secs, played: cached } =
            measured.account.unwrap_or(Account { secs: elapsed, played: false });
        let (point_said, images, memory) = (point.clone(), measured.images, trainer.memory());
        say(FromWorker::Measured { trial, token, point: point_said, images, secs, memory, cached });
        *began = now;
        Ok(point)
    }

    fn save(
        &mut self,
        trainer: &mut dyn Trainer,
        at: Progress,
        previous: Option<Progress>,
    ) -> Result<(), TrainError> {
        let failed = |e: std::io::Error| TrainError::Checkpoint {
            path: checkpoint_path(self.trial_dir, at).display().to_string(),
            action: "written",
            reason: e.to_string(),
        };
        save_checkpoint(self.trial_dir, at, previous, |dir| trainer.save(dir), failed)?;
        (self.say)(FromWorker::Saved { trial: self.lease.trial, token: self.lease.token, at });
        Ok(())
    }
}

/// The trainer of a lease, where it goes on.
fn start<'a>(
    context: &TrialContext<'a>,
    lease: &Lease,
    trial_dir: &Path,
) -> Result<Box<dyn Trainer + 'a>, TrainError> {
    let plan = context.plan;
    let job = TrainingJob {
        // One network has one curve, bit for bit, however its genome names and orders its nodes.
        arch: lease.arch.canonical(),
        data: Arc::clone(&context.data),
        augment: plan.dataset.augment.clone(),
        training: lease.training.clone(),
        // By its network and not by its number, so that it has one curve wherever it is met.
        seed: SeedTree::new(plan.seed).child("network", 0).child(&lease.network, 0),
        memory: lease.memory,
    };
    let checkpoint = (lease.from > Progress::ZERO).then(|| checkpoint_path(trial_dir, lease.from));
    context.factory.start(job, checkpoint.as_deref())
}

impl From<Ended> for End {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Outcome(outcome) => Self::Outcome(outcome),
            Ended::Paused => Self::Paused,
        }
    }
}

/// Where nobody was asked, a training goes on.
fn verdict_of(answer: Option<&(Observation, String)>) -> Verdict {
    answer.map_or(Verdict::Continue, |(observation, _)| observation.verdict)
}

/// The next point on the grid of a plan.
pub(crate) fn next_point(at: Progress, every: EpochFraction) -> Progress {
    let (n, d) = (u64::from(every.numerator), u64::from(every.denominator));
    let done = u64::from(at.numerator()) * d / (u64::from(at.denominator()) * n);
    let next = u32::try_from((done + 1) * n).expect("epochs are at most 10,000");
    Progress::new(next, every.denominator).expect("the compiler admits denominators that `Progress` holds")
}

fn divergence(point: &MeasuredPoint) -> Option<String> {
    let (metric, value) = point.metrics.iter().find(|(_, v)| !v.is_finite())?;
    let value = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
    Some(format!("diverged: {metric} is {value} at epoch {}", point.at))
}

/// Whether the words of a panic, or the last words of a process, say that an allocation failed: those of Rust, of burn's
/// backends, and of wgpu.
pub(crate) fn tells_out_of_memory(words: &str) -> bool {
    let words = words.to_lowercase();
    [
        "memory allocation of",
        "out of memory",
        "out of device memory",
        "outofmemory",
        "allocate buffer of size",
    ]
    .iter()
    .any(|failure| words.contains(failure))
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    words
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_on_the_grid_of_the_plan() {
        let third = EpochFraction::new(1, 3).unwrap();
        let points: Vec<String> =
            std::iter::successors(Some(Progress::ZERO), |&at| Some(next_point(at, third)))
                .take(5)
                .map(|p| format!("{}/{}", p.numerator(), p.denominator()))
                .collect();
        assert_eq!(points, ["0/1", "1/3", "2/3", "1/1", "4/3"]);
        assert_eq!(next_point(Progress::whole(4), EpochFraction::new(2, 1).unwrap()), Progress::whole(6));
    }
}
