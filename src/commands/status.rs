//! `peng status`: where a run is, from its journal alone, also while another process runs it.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use peng_runtime::event::{Purpose, RunEnd};
use peng_runtime::report::quantity::{self, duration, epochs, percent, plural};
use peng_runtime::report::{Report, audit_words, ending, outcomes, switched_off_words};
use peng_runtime::state::{RunState, Running, StepState, TrialState};
use peng_runtime::store::{RunDir, StoreError, shell_word};
use peng_runtime::study::StudyDir;
use peng_runtime::table::{Align, Table};
use peng_spec::plan::Plan;

use crate::commands::study;
use crate::failure::{Exit, Failure};
use crate::ui::style::Paint;
use crate::ui::wording::{Scale, secs_left};

/// Tell where a run or a study is, also while another process runs it
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The directory of the run or study
    dir: PathBuf,
}

/// Tells where a run is.
pub(crate) fn run(args: &StatusArgs, paint: Paint, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if StudyDir::is_one(&args.dir) {
        return study::status(&args.dir, paint, out);
    }
    let dir = RunDir::open(&args.dir).map_err(Failure::from)?;
    let plan = dir.plan().map_err(Failure::from)?;
    let holder = if dir.is_locked() { Holder::Process } else { Holder::Nobody };
    let events = match dir.journal() {
        Ok(events) => events,
        // It was killed before its first event, or is about to write it.
        Err(StoreError::NoRun { .. }) => Vec::new(),
        Err(error) => return Err(Failure::from(error).into()),
    };
    write!(out, "{}", text(&plan, &RunState::fold(&events), holder, dir.path(), paint))?;
    Ok(Exit::Fine)
}

/// Who holds the run directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// A process that runs it.
    Process,
    /// Nobody.
    Nobody,
}

fn text(plan: &Plan, state: &RunState, holder: Holder, dir: &Path, paint: Paint) -> String {
    let report = Report::new(plan, state);
    let mut table = Table::plain([Align::Left, Align::Left]);
    let mut row = |name: &str, words: String| table.row([paint.dim(name), words]);
    if let Some(machine) = &state.bound {
        let resumed = match state.resumes {
            0 => String::new(),
            times => format!(", resumed {}", plural(u64::from(times), "time")),
        };
        let workers = plural(machine.workers as u64, "worker");
        row(
            "run",
            format!("peng {} on {}, {workers}, seed {}{resumed}", machine.peng, machine.device, plan.seed),
        );
    }
    row("step", step(plan, state));
    if let Some(generation) = state.generations.last() {
        let ended =
            generation.trials.iter().filter_map(|id| state.trial(*id)).filter(|t| t.outcome.is_some());
        row(
            "generation",
            format!(
                "{} of {}, {} of its {} ended",
                state.generations.len(),
                plan.cost.generations,
                ended.count(),
                plural(u64::from(generation.candidates), "network")
            ),
        );
    }
    let counts = match outcomes(&report.outcomes) {
        words if words.is_empty() => String::new(),
        words => format!(": {words}"),
    };
    row("networks", format!("{} of {}{counts}", report.outcomes.ended(), plan.cost.trials));
    row("epochs", trained(&report));
    for (i, words) in audit_words(&report).into_iter().enumerate() {
        row(if i == 0 { "audit" } else { "" }, words);
    }
    if let Some(off) = &report.switched_off {
        row("estimator", switched_off_words(off, plan.estimator.metric, plan.dataset.facts.target));
    }
    row("spent", spent(plan, state));
    if let Some(words) = report.memory_words() {
        row("memory", words);
    }
    if let (Some(secs), Holder::Process) = (secs_left(state, &report.outcomes, Scale::from(plan)), holder) {
        row("left", format!("about {} of search at the pace so far", duration(secs)));
    }
    for (i, trial) in state.trials.iter().filter(|t| t.running.is_some()).enumerate() {
        let name = match holder {
            _ if i > 0 => "",
            Holder::Process => "running",
            Holder::Nobody => "was running",
        };
        row(name, running(plan, trial));
    }
    if let Some(last) = state.last {
        row("last event", last.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    for warning in &state.warnings {
        row("warning", warning.clone());
    }
    let headline = format!("{}: {}\n", paint.bold(&report.name), headline(state, holder, paint));
    headline + &table.render(2) + &next(state, holder, dir)
}

fn headline(state: &RunState, holder: Holder, paint: Paint) -> String {
    match (&state.end, holder) {
        (None, Holder::Process) => paint.cyan("running"),
        (None, Holder::Nobody) if state.started.is_none() => paint.yellow("not begun"),
        (None, Holder::Nobody) => paint.yellow("not running, so it was killed or crashed"),
        (Some(end), _) => {
            let words = ending(Some(end));
            match end {
                RunEnd::Finished => paint.green(&words),
                RunEnd::BudgetSpent { .. } | RunEnd::Interrupted => paint.yellow(&words),
                RunEnd::TooManyFailed { .. } => paint.red(&words),
            }
        }
    }
}

fn step(plan: &Plan, state: &RunState) -> String {
    let done = plan.steps.iter().filter(|s| state.steps.get(&s.id) == Some(&StepState::Finished)).count();
    let under_way = plan.steps.iter().find(|s| state.steps.get(&s.id) == Some(&StepState::Started));
    let all = plan.steps.len();
    match under_way {
        Some(step) => format!("{}, {done} of {all} done", step.id),
        None => format!("{done} of {all} done"),
    }
}

fn trained(report: &Report) -> String {
    let savings = &report.savings;
    let trained = format!("{} trained", epochs(savings.trained_epochs()));
    match savings.net_saved_percent() {
        Some(share) => {
            format!("{trained}, {} saved net ({})", epochs(savings.net_saved_epochs), percent(share))
        }
        None => trained,
    }
}

fn spent(plan: &Plan, state: &RunState) -> String {
    let budget = plan.execution.budget;
    let part = |secs: f64, limit: Option<f64>, of: &str| match limit {
        Some(limit) if limit > 0.0 => {
            format!("{} of {} {of} ({})", duration(secs), duration(limit), percent(100.0 * secs / limit))
        }
        _ => format!("{} {of}", duration(secs)),
    };
    let slots = part(state.slot_secs, budget.slot_secs, "of device slots");
    format!("{slots}, {}", part(state.wall_secs, budget.wall_secs, "of wall time"))
}

fn running(plan: &Plan, trial: &TrialState) -> String {
    let metric = plan.estimator.metric;
    let on = match trial.running {
        Some(Running { slot, purpose: Purpose::Search }) => format!(" on worker {slot}"),
        Some(Running { slot, purpose: Purpose::Confirm }) => {
            format!(" on worker {slot} to confirm its prediction")
        }
        Some(Running { slot, purpose: Purpose::Reconsider }) => {
            format!(" on worker {slot} after its pause")
        }
        None => String::new(),
    };
    let at = format!("epoch {} of {}", epochs(trial.trained().to_f64()), plan.training.epochs);
    let mut parts = vec![format!("trial {}{on}", trial.id), at];
    if let Some(observed) = trial.last(metric) {
        parts.push(format!("{metric} {}", quantity::value(metric, observed)));
    }
    if let Some(predicted) = trial.estimates.last().and_then(|e| e.observation.predicted) {
        parts.push(format!("predicted {}", quantity::value(metric, predicted)));
    }
    parts.join(", ")
}

/// The command that makes sense next.
fn next(state: &RunState, holder: Holder, dir: &Path) -> String {
    let command = match (&state.end, holder) {
        (None, Holder::Process) => return String::new(),
        (None, Holder::Nobody) | (Some(RunEnd::Interrupted), _) => "resume",
        (Some(RunEnd::TooManyFailed { .. }), _) => "log",
        (Some(RunEnd::Finished | RunEnd::BudgetSpent { .. }), _) => "report",
    };
    format!("next: `peng {command} {}`\n", shell_word(dir))
}

#[cfg(test)]
mod tests {
    use peng_runtime::event::{Event, EventKind};

    use super::*;
    use crate::ui::sample;

    fn status(events: &[Event], holder: Holder) -> String {
        let plan = sample::run().0;
        text(&plan, &RunState::fold(events), holder, Path::new("runs/a-1"), Paint::Plain)
    }

    #[test]
    fn a_run_under_way_tells_what_it_does() {
        let (_, events) = sample::run();
        let second = events
            .iter()
            .position(|e| matches!(e.kind, EventKind::TrialStarted { trial, .. } if trial.0 == 6));
        let events = &events[..second.unwrap() + 2];
        assert_eq!(
            status(events, Holder::Process),
            "\
digits-sample: running
  run         peng 0.1.0 on cpu, 2 workers, seed 42
  step        search, 1 of 3 done
  generation  2 of 2, 2 of its 4 networks ended
  networks    6 of 8: 1 completed, 2 converged, 1 pruned, 1 copied, 1 failed, 1 running, 1 waiting
  epochs      21 trained, 13 saved net (40.6 %)
  spent       42 s of 2 h of device slots (0.6 %), 52 s of wall time
  left        about 17 s of search at the pace so far
  running     trial 6 on worker 0, epoch 1 of 8, val_accuracy 50.00
  last event  2026-07-25 17:20:52 UTC
"
        );
        let killed = status(events, Holder::Nobody);
        assert!(killed.starts_with("digits-sample: not running, so it was killed"), "{killed}");
        assert!(killed.contains("  was running  trial 6"), "{killed}");
        assert!(killed.ends_with("next: `peng resume runs/a-1`\n"), "{killed}");
    }

    #[test]
    fn every_end_has_its_next_command() {
        let (_, mut events) = sample::run();
        for (end, command) in [
            (RunEnd::Finished, "report"),
            (RunEnd::BudgetSpent { budget: "wall_time".into() }, "report"),
            (RunEnd::Interrupted, "resume"),
            (RunEnd::TooManyFailed { failed: 1, trained: 2 }, "log"),
        ] {
            events.last_mut().unwrap().kind = EventKind::RunFinished { end };
            assert!(status(&events, Holder::Nobody).ends_with(&format!("next: `peng {command} runs/a-1`\n")));
        }
        let none = status(&[], Holder::Nobody);
        assert!(none.starts_with("digits-sample: not begun\n"), "{none}");
    }
}
