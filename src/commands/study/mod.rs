//! `peng study`: one search under several estimators and seeds, against the truth. How its runs are started is in `launch`,
//! what is told of a study in `show`.

mod launch;
mod show;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use peng_compiler::{CompiledStudy, Language};
use peng_runtime::CAN_TRAIN;
use peng_runtime::device::Devices;
use peng_runtime::event::{Bound, EventKind, RunEnd};
use peng_runtime::run::CancelFlag;
use peng_runtime::store::Lock;
use peng_runtime::study::cache::set_slots;
use peng_runtime::study::curves::Curves;
use peng_runtime::study::{self, StudyDir, StudyRun};
use peng_spec::plan::StudyPlan;
use peng_spec::shape::SpecSchema;
use peng_spec::source::SourceMap;

pub(crate) use show::{Form, report, status, verify};

use crate::commands::kept::kept;
use crate::commands::load::{self, Settings};
use crate::commands::run::{Before, bind, bind_again, cannot_train};
use crate::failure::{Exit, Failure};
use crate::ui::progress::ProgressMode;
use crate::ui::{Aside, Ui, diagnostics};
use launch::{Hands, Local};

/// Run a search under several estimators and seeds, and compare them with the truth
///
/// Networks that several of them meet are trained once. The study can be stopped at any time and gone on with by `peng
/// resume DIR`; `peng status`, `peng verify` and `peng report` take its directory as they take that of a run.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// The study (`.yaml`)
    study: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// The directory of the study [default: OUTPUT_DIR/NAME-K with the first free K]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    progress: StudyProgress,
    /// Never download a data set
    #[arg(long)]
    offline: bool,
}

/// How the progress of a study is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyProgress {
    /// A line for each notable event of its runs, on the error stream
    #[default]
    Lines,
    /// Nothing
    None,
}

impl StudyProgress {
    /// How what comes before the runs is shown.
    fn of_downloads(self) -> ProgressMode {
        match self {
            Self::Lines => ProgressMode::Lines,
            Self::None => ProgressMode::None,
        }
    }
}

/// A study, and the files that it was compiled from.
pub(crate) struct LoadedStudy {
    pub(crate) study: StudyPlan,
    pub(crate) sources: SourceMap,
}

/// Compiles a study. `None`: it is rejected, and the findings are printed.
pub(crate) fn load(
    path: &Path,
    settings: &Settings,
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Option<LoadedStudy>> {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(path.display().to_string(), &load::read(path)?);
    let catalog = peng_runtime::catalog();
    let schema = SpecSchema::new(&catalog);
    let language = Language { catalog: &catalog, schema: &schema };
    match load::study(&mut sources, file, settings, language) {
        Ok(CompiledStudy { study, warnings }) => {
            if !ui.quiet {
                diagnostics::print(&sources, &warnings, ui.color_stderr, &mut Aside)?;
            }
            Ok(Some(LoadedStudy { study, sources }))
        }
        Err(found) => {
            diagnostics::print(&sources, found.as_slice(), ui.color_stdout, out)?;
            Ok(None)
        }
    }
}

/// Runs a study.
pub(crate) fn run(args: &StudyArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(LoadedStudy { study, sources }) = load(&args.study, &args.settings, ui, out)? else {
        return Ok(Exit::Findings);
    };
    if !CAN_TRAIN {
        return Err(cannot_train().into());
    }
    let before = Before::new(args.offline, args.progress.of_downloads(), ui)?;
    let bound = bind(&study.arms[0].plan, &before)?;
    let path = args.dir.clone().unwrap_or_else(|| free_dir(&study));
    let is_fresh = !path.exists();
    let (dir, lock) =
        StudyDir::create(&path, &study, &kept(&sources, &args.settings)).map_err(Failure::from)?;
    let result = execute(&study, &dir, &lock, (&bound.0, &bound.1), (args.progress, before.cancel), ui, out);
    if is_fresh && result.is_err() && !dir.has_begun(&study) {
        // Leave nothing behind that looks like a study.
        std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
    }
    result
}

/// Goes on with a study.
pub(crate) fn resume(
    path: &Path,
    offline: bool,
    progress: StudyProgress,
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if !CAN_TRAIN {
        return Err(cannot_train().into());
    }
    let dir = StudyDir::open(path).map_err(Failure::from)?;
    let study = dir.study().map_err(Failure::from)?;
    let lock = dir.lock().map_err(Failure::from)?;
    let plan = &study.arms[0].plan;
    let before = Before::new(offline, progress.of_downloads(), ui)?;
    let records = dir.records(&study).map_err(Failure::from)?;
    let bound = match records.first().and_then(|record| record.events.first()).map(|e| &e.kind) {
        Some(EventKind::RunStarted { bound: first, .. }) => bind_again(plan, first)?,
        _ => bind(plan, &before)?,
    };
    execute(&study, &dir, &lock, (&bound.0, &bound.1), (progress, before.cancel), ui, out)
}

/// Tells what resuming a study would do.
pub(crate) fn plan_of_resume(path: &Path, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = StudyDir::open(path).map_err(Failure::from)?;
    let study = dir.study().map_err(Failure::from)?;
    let records = dir.records(&study).map_err(Failure::from)?;
    write!(out, "{}", show::plan_of_resume(&study, &records))?;
    Ok(Exit::Fine)
}

fn execute(
    study: &StudyPlan,
    dir: &StudyDir,
    _lock: &Lock,
    (bound, devices): (&Bound, &Devices),
    (progress, cancel): (StudyProgress, CancelFlag),
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if !ui.quiet {
        writeln!(out, "study directory: {}", dir.path().display())?;
        out.flush()?;
    }
    let hands = Hands::new(study, bound.workers);
    set_slots(&dir.cache_path(), bound.workers)
        .with_context(|| format!("cannot write `{}`", dir.cache_path().display()))?;
    let launcher = Local {
        study,
        cache: std::path::absolute(dir.cache_path())?,
        bound: Bound { workers: hands.workers, ..bound.clone() },
        devices: devices.each.iter().map(|(device, _)| *device).collect(),
        program: std::env::current_exe().context("cannot find the program that is running")?,
        is_shown: !ui.quiet && progress == StudyProgress::Lines,
        cancel: cancel.clone(),
    };
    let ends = study::run(study, dir, &launcher, hands.at_once, &cancel).map_err(Failure::from)?;
    let was_stopped =
        ends.iter().any(|(_, end)| *end == RunEnd::Interrupted) || ends.len() < study::runs(study).len();
    if !was_stopped {
        leave(study, dir, bound.workers)?;
    }
    if !ui.quiet {
        write!(out, "{}", show::summary(study, dir, bound.workers)?)?;
    }
    let too_many = |(_, end): &(StudyRun, RunEnd)| matches!(end, RunEnd::TooManyFailed { .. });
    Ok(match was_stopped {
        true => Exit::Interrupted,
        false if ends.iter().any(too_many) => Exit::TooManyFailed,
        false => Exit::Fine,
    })
}

/// Writes what a study leaves behind.
fn leave(study: &StudyPlan, dir: &StudyDir, slots: usize) -> anyhow::Result<()> {
    let records = dir.records(study).map_err(Failure::from)?;
    let tables = show::tables(study, &records, slots)?;
    let write = |name: &str, content: &[u8]| dir.write(name, content).map(drop).map_err(Failure::from);
    write("report.html", peng_runtime::report::study::html(&tables).as_bytes())?;
    write("report.md", peng_runtime::report::study::markdown(&tables).as_bytes())?;
    write("report.json", tables.to_json().as_bytes())?;
    if study.truth {
        let Curves { curves, meta } = Curves::new(&records).map_err(show::unusable)?;
        write("curves/curves.csv.gz", &curves)?;
        write("curves/meta.csv", meta.as_bytes())?;
    }
    Ok(())
}

fn free_dir(study: &StudyPlan) -> PathBuf {
    let dir = Path::new(&study.arms[0].plan.output.dir);
    (1..=u32::MAX)
        .map(|k| dir.join(format!("{}-{k}", study.name)))
        .find(|path| !path.exists())
        .expect("a directory holds fewer studies")
}
