//! An estimator as a service for searches in any language: JSON Lines in, JSON Lines out, without any I/O of its own.
//!
//! One JSON object a line; [`Service::answer`] gives one reply a request, in order. `peng engine` is this on stdin and
//! stdout.
//!
//! | request | reply |
//! |---|---|
//! | `{"op":"observe","run":"net-7","epoch":4.5,"planned":25,"metrics":{"val_accuracy":61.2}}`, optionally `"covariates":{"flops":1e8}` | `{"run","epoch","verdict","outcome","predicted","interval","confidence","reason","rule"}` |
//! | `{"op":"finish","run":"net-7","value":71.9}` | `{"run","outcome","value"}` |
//! | `{"op":"forget","run":"net-7"}` | `{"forgotten"}` |
//! | `{"op":"snapshot"}` | `{"state"}` |
//! | `{"op":"restore","state":...}` | `{"restored"}`, the number of runs |
//! | what cannot be read or is refused | `{"error":{"code","message"}}`; nothing has changed, and the service goes on |
//!
//! # Rules
//!
//! * `verdict` is `continue` or `stop`; `outcome` says how a stop is meant: `converged` (the run is a result, with the fitness
//!   `predicted`) or `pruned` (it is none). At an epoch of at least `planned` there is nothing to predict any more: the verdict
//!   is `stop` with the outcome `null`, and the run has completed with what was measured.
//! * A stop is final: no run is taken up again. An estimator by which a stop is a pause (`population`) has `confirm: none`, and is
//!   refused with another `confirm`.
//! * The first observation fixes `planned` and `covariates`; later ones leave them out or repeat them.
//! * `metrics` holds the predicted metric and those that the estimator needs. Others are kept too; where one is absent it is
//!   NaN. NaN and infinities are `"nan"` (or `null`), `"inf"` and `"-inf"`.
//! * Where it is only assumed that the metric is in percent, a finite value outside 0 to 100 is refused, unless the estimator
//!   takes values as they are: nobody knows what it means. Where that was said, it counts as 0 or 100.
//! * Epochs increase. An epoch that was observed before, with the same values, is no error and changes nothing: it gets the
//!   present verdict, so a client may send again.
//! * An epoch is a fraction with a denominator from 1 to 64. A decimal counts as the nearest one, at most a thousandth away, and
//!   the reply has it: `0.333` is a third, `1.0009` is 1.
//! * After a stop any observation with a readable epoch gets the verdict again, whatever else is in it. What it measures is
//!   kept for a `finish` that may follow, unless it would have been refused before the stop. After a `finish` every
//!   observation is refused, also one that was sent before.
//! * The first two epochs tell how far apart measurements are. Before the second they are taken to be as far apart as the
//!   first is from the beginning. Where the rule is not defined on a curve, or a training is too short for it, the answer
//!   is to go on.
//! * The history of a run is what had ended when its first observation came: stopped, completed or finished. What ended
//!   later, or how a stopped run was finished later, changes no answer to it.
//! * `finish` tells of a training that ended by itself, also after a stop, whose prediction it replaces in later histories.
//!   Without `value` that is the value measured last; one that is NaN or infinite is a failure. The same `finish` again
//!   changes nothing.
//! * `forget` drops a run from all histories, and frees its name and memory. Runs that go on are judged as if it had
//!   never been, but none that has stopped is taken up again.
//! * After `restore` the same requests get the same replies, bit for bit. It replaces all runs. A state is taken back only if
//!   it says what was written (spaces, the order of keys and the form of numbers are free: `1` for `1.0`, `0` for `-0.0`), and by
//!   a service that was started alike.
//! * A `snapshot` that no line of `restore` could hold is refused: `forget` runs that have ended, and ask again.

mod checksum;
mod experts;
mod observe;
mod recent;
mod refusal;
mod reply;
mod request;
mod restore;
mod run;
mod runs;
mod scaled;
mod snapshot;
#[cfg(test)]
mod tests;

use experts::Experts;
pub use experts::{ScaleOrigin, Setup};
use refusal::{Refusal, cut};
use reply::Reply;
pub use request::MAX_LINE;
use request::{Finish, Number, Request};
use run::same;
use runs::Runs;
use scaled::Doubts;
use snapshot::State;

use crate::policy::ParamIssue;

/// An estimator and the runs that it watches.
pub struct Service {
    experts: Experts,
    runs: Runs,
    doubts: Doubts,
}

/// The reply to a line of more than [`MAX_LINE`] bytes, which need not be read whole to be refused.
pub fn refuse_long_line() -> String {
    Reply::from(Refusal::TooLong { limit: MAX_LINE }).to_line()
}

impl Service {
    /// A service without runs; fails if the parameters do not fit even a long training.
    pub fn new(setup: Setup) -> Result<Self, Vec<ParamIssue>> {
        Ok(Service { experts: Experts::new(setup)?, runs: Runs::default(), doubts: Doubts::default() })
    }

    /// The reply to a line, without its end.
    pub fn answer(&mut self, line: &[u8]) -> String {
        if line.len() > MAX_LINE {
            return refuse_long_line();
        }
        request::read(line)
            .and_then(|request| self.handle(request))
            .unwrap_or_else(Reply::from)
            .to_line_within(MAX_LINE)
    }

    /// A warning about what was answered so far, for people; each is given once.
    pub fn doubt(&mut self) -> Option<String> {
        self.doubts.take()
    }

    fn handle(&mut self, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Observe(observe) => self.observe(&observe).map(Reply::Observed),
            Request::Finish(finish) => self.finish(finish),
            Request::Forget(forget) => self.forget(forget.run),
            Request::Snapshot => Ok(Reply::Snapshot { state: State::of(&self.experts.setup, &self.runs) }),
            Request::Restore(state) => {
                self.runs = state.into_runs(&self.experts.setup)?;
                self.experts.unlearn();
                Ok(Reply::Restored { restored: self.runs.len() })
            }
        }
    }

    fn finish(&mut self, finish: Finish) -> Result<Reply, Refusal> {
        let run = self.runs.get_mut(&finish.run)?;
        let last = run.record.curve.last().map_or(f64::NAN, |last| last.value);
        let value = finish.value.map_or(last, |Number(value)| value);
        scaled::admit(&self.experts.setup, &finish.run, value)?;
        let finished = match run.finish {
            Some(before) if same(before.value, value) => before,
            Some(before) => return Err(Refusal::RunFinished { run: cut(&finish.run), value: before.value }),
            None => self.runs.finish(&finish.run, value)?,
        };
        Ok(Reply::Finished { run: finish.run, outcome: finished.outcome(), value: Number(value) })
    }

    fn forget(&mut self, name: String) -> Result<Reply, Refusal> {
        let run = self.runs.forget(&name)?;
        // Where no history counts, no rule has become another one.
        if self.experts.uses_history && (run.stop.is_some() || run.finish.is_some()) {
            self.experts.unlearn();
            self.runs.judge_anew();
        }
        Ok(Reply::Forgotten { forgotten: name })
    }
}
