//! What is told of a study: while it goes on, at its end, and what its journals say when they are recomputed.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use peng_runtime::report::quantity::{duration, epochs, percent, plural};
use peng_runtime::report::{ending, study as pages};
use peng_runtime::run::RunError;
use peng_runtime::state::RunState;
use peng_runtime::store::{RunDir, shell_word};
use peng_runtime::study::tables::StudyTables;
use peng_runtime::study::verify::{VerifiedStudy, verify_study};
use peng_runtime::study::{RunRecord, StudyDir, runs};
use peng_runtime::table::{Align, Table};
use peng_runtime::verify::trials_csv_differs;
use peng_spec::plan::{Count, StudyPlan};

use crate::failure::{Exit, Failure};
use crate::ui::style::Paint;

/// The form of a study's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Markdown,
    Json,
}

/// Tells where a study is.
pub(crate) fn status(path: &Path, paint: Paint, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = StudyDir::open(path).map_err(Failure::from)?;
    let study = dir.study().map_err(Failure::from)?;
    let records = dir.records(&study).map_err(Failure::from)?;
    let is_running = dir.is_locked();
    let states: Vec<(String, RunState)> =
        records.iter().map(|record| (record.run.name(&study), RunState::fold(&record.events))).collect();
    let all = runs(&study).len();
    let ended = states.iter().filter(|(_, state)| state.end.is_some()).count();
    let words = match (is_running, ended == all) {
        (true, _) => paint.cyan("running"),
        (false, true) => paint.green("finished"),
        (false, false) => paint.yellow("not running"),
    };
    writeln!(out, "{}: {words}, {ended} of {} ended", paint.bold(&study.name), plural(all as u64, "run"))?;
    let mut table = Table::plain([Align::Left, Align::Right, Align::Left]);
    for (record, (name, state)) in records.iter().zip(&states) {
        let done = state.trials.iter().filter(|trial| trial.outcome.is_some()).count();
        let end = match &state.end {
            Some(end) => ending(Some(end)),
            None if is_running => "running".to_owned(),
            None => "not running".to_owned(),
        };
        table.row([paint.dim(name), format!("{done} of {}", record.plan.cost.trials), end]);
    }
    write!(out, "{}", table.render(2))?;
    if !is_running {
        let command = if ended == all { "report" } else { "resume" };
        writeln!(out, "next: `peng {command} {}`", shell_word(path))?;
    }
    Ok(Exit::Fine)
}

/// Recomputes the decisions of a study.
pub(crate) fn verify(path: &Path, as_json: bool, paint: Paint, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = StudyDir::open(path).map_err(Failure::from)?;
    let study = dir.study().map_err(Failure::from)?;
    let records = dir.records(&study).map_err(Failure::from)?;
    let mut verified = verify_study(&study, &records).map_err(unusable)?;
    for (run, record) in verified.runs.iter_mut().zip(&records) {
        let dir = RunDir::open(&dir.run_path(&study, record.run)).map_err(Failure::from)?;
        if let Some(found) = dir.read("trials.csv").map_err(Failure::from)? {
            run.verified.findings.extend(trials_csv_differs(&record.plan, &record.events, &found));
        }
    }
    if as_json {
        writeln!(out, "{}", serde_json::to_string_pretty(&verified)?)?;
    } else {
        write!(out, "{}", verdict(&verified, paint))?;
    }
    Ok(if verified.agrees() { Exit::Fine } else { Exit::Findings })
}

fn verdict(verified: &VerifiedStudy, paint: Paint) -> String {
    let error = paint.red("error[E0808]");
    let mut text = String::new();
    // Writing to a string cannot fail.
    for run in &verified.runs {
        for finding in &run.verified.findings {
            _ = writeln!(text, "{error}: {}: {finding}", run.name);
        }
    }
    for finding in &verified.findings {
        _ = writeln!(text, "{error}: {finding}");
    }
    let count: usize = verified.runs.iter().map(|run| run.verified.findings.len()).sum();
    let count = count + verified.findings.len();
    let verdict = match count {
        0 => paint.green("agree bit for bit"),
        n => paint.red(&format!("are checked, {} found", plural(n as u64, "difference"))),
    };
    _ = writeln!(
        text,
        "{} of {} and {} {verdict}",
        plural(verified.decisions(), "decision"),
        plural(verified.runs.len() as u64, "run"),
        plural(verified.curves, "shared curve"),
    );
    text
}

/// Writes the report of a study.
pub(crate) fn report(
    path: &Path,
    form: Form,
    output: Option<&PathBuf>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let dir = StudyDir::open(path).map_err(Failure::from)?;
    let study = dir.study().map_err(Failure::from)?;
    let records = dir.records(&study).map_err(Failure::from)?;
    let tables = tables(&study, &records, slots(&study))?;
    let text = match form {
        Form::Html => pages::html(&tables),
        Form::Markdown => pages::markdown(&tables),
        Form::Json => tables.to_json(),
    };
    let path = match (output, form) {
        (Some(path), _) if path.as_os_str() != "-" => {
            std::fs::write(path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
            path.clone()
        }
        (None, Form::Html) => dir.write("report.html", text.as_bytes()).map_err(Failure::from)?,
        (Some(_) | None, _) => {
            write!(out, "{text}")?;
            return Ok(Exit::Fine);
        }
    };
    writeln!(out, "{}", path.display())?;
    Ok(Exit::Fine)
}

/// What is told at the end of a study.
pub(super) fn summary(study: &StudyPlan, dir: &StudyDir, slots: usize) -> anyhow::Result<String> {
    let records = dir.records(study).map_err(Failure::from)?;
    let tables = tables(study, &records, slots)?;
    let cost = tables.cost;
    let mut text = pages::text(&tables);
    let shared = cost.counted_epochs - cost.union_epochs;
    // Writing to a string cannot fail.
    _ = writeln!(
        text,
        "{} epochs of {} cost {} to train ({} of slots); {} were shared",
        epochs(cost.counted_epochs),
        plural(cost.runs as u64, "run"),
        epochs(cost.trained_epochs),
        duration(cost.trained_secs),
        percent(if cost.counted_epochs > 0.0 { 100.0 * shared / cost.counted_epochs } else { 0.0 }),
    );
    if tables.finished {
        _ = writeln!(text, "report: {}", dir.path().join("report.html").display());
    } else {
        _ = writeln!(text, "next: `peng resume {}`", shell_word(dir.path()));
    }
    Ok(text)
}

/// What resuming a study would do.
pub(super) fn plan_of_resume(study: &StudyPlan, records: &[RunRecord]) -> String {
    let mut text = String::new();
    for run in runs(study) {
        let name = run.name(study);
        let known = records.iter().find(|record| record.run == run);
        let state = known.map(|record| (RunState::fold(&record.events), record.plan.cost.trials));
        let words = match &state {
            Some((state, _))
                if state.end.as_ref().is_some_and(|end| *end != peng_runtime::event::RunEnd::Interrupted) =>
            {
                "has ended".to_owned()
            }
            Some((state, trials)) => {
                let ended = state.trials.iter().filter(|trial| trial.outcome.is_some()).count();
                format!("goes on after {ended} of {trials} trials")
            }
            None => "begins".to_owned(),
        };
        // Writing to a string cannot fail.
        _ = writeln!(text, "{name}: {words}");
    }
    text
}

/// The tables of a study.
pub(super) fn tables(study: &StudyPlan, records: &[RunRecord], slots: usize) -> Result<StudyTables, Failure> {
    StudyTables::new(study, records, slots).map_err(unusable)
}

/// The slots that times on the wall are about: what the plan says, of one device, or what this machine has.
fn slots(study: &StudyPlan) -> usize {
    match study.arms[0].plan.execution.workers {
        Count::Exactly(workers) | Count::PerDevice(workers) => workers,
        Count::Auto => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

pub(super) fn unusable(reason: String) -> Failure {
    Failure::from(RunError::Plan(reason))
}
