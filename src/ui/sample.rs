//! The run that tests look at: that of the runtime's own tests, in which trials end in all ways.

use peng_runtime::event::Event;
use peng_spec::plan::Plan;

/// Its plan and its journal.
pub(crate) fn run() -> (Plan, Vec<Event>) {
    let plan = include_str!("../../runtime/src/report/testdata/plan.json");
    let journal = include_str!("../../runtime/src/report/testdata/journal.jsonl");
    let events = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (Plan::from_json(plan).unwrap(), events)
}
