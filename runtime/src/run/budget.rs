//! What a run may spend, also across resumes: the state counts from the journal.

use std::time::Duration;

use peng_spec::plan::BudgetPlan;

use crate::state::RunState;

/// The budget that is spent, as the key of the spec; `since` is the time since the newest event.
pub(super) fn spent(budget: &BudgetPlan, state: &RunState, since: Duration) -> Option<&'static str> {
    let wall = state.wall_secs + since.as_secs_f64();
    if budget.wall_secs.is_some_and(|limit| wall >= limit) {
        Some("wall_time")
    } else if budget.slot_secs.is_some_and(|limit| state.slot_secs >= limit) {
        Some("gpu_hours")
    } else {
        None
    }
}
