//! `trials.csv`, which a run leaves behind at its end, against the journal: it must say the same, byte for byte, and where
//! it is, the journal must go to an end.

use peng_spec::plan::Plan;

use super::Finding;
use crate::event::{Event, EventKind, RunEnd};
use crate::report::trials_csv;
use crate::state::RunState;

/// How a run has ended, if that is the last thing in its journal.
pub(super) fn end(events: &[Event]) -> Option<RunEnd> {
    match events.last().map(|event| &event.kind) {
        Some(EventKind::RunFinished { end }) => Some(end.clone()),
        _ => None,
    }
}

/// What does not agree in `trials.csv`.
pub fn trials_csv_differs(plan: &Plan, events: &[Event], found: &str) -> Option<Finding> {
    let finding = |what: String, recorded: &str, recomputed: &str| Finding {
        seq: events.last().map_or(0, |event| event.seq),
        trial: None,
        at: None,
        what,
        recorded: recorded.to_owned(),
        recomputed: recomputed.to_owned(),
    };
    let is_end =
        |event: &Event| matches!(&event.kind, EventKind::RunFinished { end } if *end != RunEnd::Interrupted);
    if !events.iter().any(is_end) {
        let what = "the end of the run, which has left `trials.csv`,".to_owned();
        return Some(finding(what, "missing", "in the journal"));
    }
    if !events.last().is_some_and(is_end) {
        // It goes on, and the file is of the end before.
        return None;
    }
    let expected = trials_csv(plan, &RunState::fold(events));
    if found == expected {
        return None;
    }
    let (mut ours, mut theirs) = (expected.lines(), found.lines());
    for number in 1.. {
        let (ours, theirs) = (ours.next(), theirs.next());
        if ours != theirs {
            let line = |line: Option<&str>| line.map_or("missing".to_owned(), |line| format!("`{line}`"));
            return Some(finding(format!("line {number} of `trials.csv`"), &line(theirs), &line(ours)));
        }
        if ours.is_none() {
            break;
        }
    }
    Some(finding("`trials.csv`".to_owned(), "the same with other line ends", "as the journal has it"))
}
