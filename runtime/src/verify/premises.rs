//! What a resume asks of a journal before it goes on: whether the answers in it rest on the measurements that are in it,
//! and whether these are what the ended trials had measured.
//!
//! That is a digest an answer, where `verify` computes the answer itself, which may take minutes.

use peng_estimator::{Estimator, History};
use peng_spec::plan::Plan;

use super::Finding;
use crate::estimate::{self, Premises};
use crate::event::{Event, EventKind};
use crate::run::Basis;
use crate::state::RunState;

/// The first answer of the estimator, or end of a trial, that rests on something else than what the journal holds before it.
pub fn premises(plan: &Plan, events: &[Event], estimator: &dyn Estimator) -> Option<Finding> {
    let uses_history = estimator.needs().uses_history;
    let mut state = RunState::default();
    let mut newest: Option<(Option<Basis>, Premises)> = None;
    for event in events {
        let differs = |trial, at, what: &str, recorded: &str, recomputed: String| {
            let (what, recorded) = (what.to_owned(), recorded.to_owned());
            let (trial, at) = (Some(trial), Some(at));
            Some(Finding { seq: event.seq, trial, at, what, recorded, recomputed })
        };
        match &event.kind {
            EventKind::Estimated { trial: id, at, inputs, .. } => {
                let Some(trial) = state.trial(*id) else { continue };
                let known = uses_history.then(|| Basis::of(plan, &state, *id));
                let same = newest.take().filter(|(basis, _)| *basis == known);
                let (_, premises) = newest.insert(same.unwrap_or_else(|| {
                    let history = if uses_history {
                        estimate::history_of(plan, &state, *id)
                    } else {
                        History::default()
                    };
                    (known, Premises::new(plan, &history))
                }));
                let recomputed = premises.of_trial(&estimate::record(plan, trial, *at));
                if *inputs != recomputed {
                    return differs(*id, *at, "`inputs`", inputs, recomputed);
                }
            }
            EventKind::TrialFinished { trial: id, curve, .. } => {
                let Some(trial) = state.trial(*id) else { continue };
                let recomputed = estimate::digest_of_curve(&trial.points);
                // Runs of older versions have none.
                if !curve.is_empty() && *curve != recomputed {
                    return differs(
                        *id,
                        trial.trained(),
                        "the digest of its measurements",
                        curve,
                        recomputed,
                    );
                }
            }
            _ => {}
        }
        state.apply(event);
    }
    None
}
