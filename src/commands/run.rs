//! `peng run` and `peng resume`: a plan, a run directory, workers, and what is left of a run when it ends.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use peng_runtime::clock::SystemClock;
use peng_runtime::device::{self, DeviceError, Devices};
use peng_runtime::event::{Bound, EventKind, RunEnd};
use peng_runtime::execute::Local;
use peng_runtime::run::{CancelFlag, RunContext, RunError, run as run_plan, workers};
use peng_runtime::state::RunState;
use peng_runtime::store::{Lock, RunDir, StoreError};
use peng_runtime::study::StudyDir;
use peng_runtime::{CAN_TRAIN, estimate, report, verify};
use peng_spec::plan::{Backend, Device, Plan};

#[cfg(feature = "train")]
use crate::commands::datasets;
use crate::commands::kept::kept;
use crate::commands::load::{self, Loaded};
use crate::commands::{study, worker};
use crate::failure::{Exit, Failure};
#[cfg(feature = "train")]
use crate::ui::downloads::Downloads;
use crate::ui::progress::{self, ProgressMode};
use crate::ui::{Aside, Ui};

/// What `--help` says of data and the environment, which `datasets.rs` reads.
const ENVIRONMENT: &str = "\
Data sets that are published and are neither at their `path` nor in the usual places are downloaded once, to
`$XDG_CACHE_HOME/peng/datasets/KIND` (`~/.cache/peng/datasets/KIND`), and checked by SHA-256.

Environment:
  PENG_DATASETS_URL                    A mirror for these downloads: it has the published files as `KIND/NAME`
  XDG_CACHE_HOME                       The directory of caches [default: ~/.cache]
  http_proxy, https_proxy, all_proxy   Proxies; no_proxy: hosts without one";

/// Run a spec or a plan
#[derive(Debug, Args)]
#[command(after_long_help = ENVIRONMENT)]
pub(crate) struct RunArgs {
    /// A spec (`.yaml`), or a plan made by `peng plan -o` (`.json`)
    input: PathBuf,
    #[command(flatten)]
    settings: load::Settings,
    /// The run directory [default: OUTPUT_DIR/NAME-K with the first free K]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    progress: ProgressMode,
    /// Never download a data set
    #[arg(long)]
    offline: bool,
}

/// Go on with a run or a study that was stopped, killed or crashed
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The directory of the run or study
    dir: PathBuf,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// Never download a data set
    #[arg(long)]
    offline: bool,
    /// How progress is shown
    #[arg(long, value_enum, default_value_t)]
    progress: ProgressMode,
}

/// Runs a spec or a plan.
pub(crate) fn run(args: &RunArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(Loaded { plan, sources }) = load::plan_or_spec(&args.input, &args.settings, ui, out)? else {
        return Ok(Exit::Findings);
    };
    if !CAN_TRAIN {
        return Err(cannot_train().into());
    }
    let before = Before::new(args.offline, args.progress, ui)?;
    let (bound, devices) = bind(&plan, &before)?;
    let (path, fresh) = match &args.dir {
        Some(dir) => (dir.clone(), !dir.exists()),
        None => (free_dir(&plan), true),
    };
    let (dir, lock) = RunDir::create(&path, &plan, &kept(&sources, &args.settings)).map_err(Failure::from)?;
    let result = execute(&plan, &dir, &lock, (bound, &devices), (args.progress, before.cancel), ui, out);
    if fresh && result.is_err() && !RunDir::has_begun(&path) {
        // The run never began: leave nothing behind that looks like one.
        std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove `{}`", path.display()))?;
    }
    result
}

/// Goes on with a run.
pub(crate) fn resume(args: &ResumeArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if StudyDir::is_one(&args.dir) {
        return if args.dry_run {
            study::plan_of_resume(&args.dir, out)
        } else {
            study::resume(&args.dir, args.offline, args.progress.of_study()?, ui, out)
        };
    }
    let dir = RunDir::open(&args.dir).map_err(Failure::from)?;
    let plan = dir.plan().map_err(Failure::from)?;
    let events = match dir.journal() {
        Ok(events) => events,
        // Killed before its first event.
        Err(StoreError::NoRun { .. }) => Vec::new(),
        Err(error) => return Err(Failure::from(error).into()),
    };
    if args.dry_run {
        let unusable = |reason| Failure::from(RunError::Plan(reason));
        let estimator = estimate::build(&plan).map_err(unusable)?;
        if let Some(finding) = verify::premises(&plan, &events, &*estimator) {
            let (dir, finding) = (args.dir.clone(), Box::new(finding));
            return Err(Failure::from(RunError::Changed { dir, finding }).into());
        }
        let state = RunState::fold(&events);
        write!(out, "{}", crate::ui::resume::plan_of_resume(&plan, &state, &dir))?;
        return Ok(Exit::Fine);
    }
    if !CAN_TRAIN {
        return Err(cannot_train().into());
    }
    let lock = dir.lock().map_err(Failure::from)?;
    let before = Before::new(args.offline, args.progress, ui)?;
    let first = events.first().map(|e| &e.kind);
    let (bound, devices) = match first {
        Some(EventKind::RunStarted { bound: first, .. }) => bind_again(&plan, first)?,
        _ => bind(&plan, &before)?,
    };
    execute(&plan, &dir, &lock, (bound, &devices), (args.progress, before.cancel), ui, out)
}

fn execute(
    plan: &Plan,
    dir: &RunDir,
    lock: &Lock,
    (bound, devices): (Bound, &Devices),
    (progress, cancel): (ProgressMode, CancelFlag),
    ui: Ui,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let clock = SystemClock::new();
    let program = std::env::current_exe().context("cannot find the program that is running")?;
    let mut args = vec![OsString::from("worker")];
    if let Some(data) = &bound.data {
        args.extend(["--data".into(), data.into()]);
    }
    let each = devices.each.iter().map(|(device, _)| *device).collect();
    let mut executor = Local::new((program, args), each, dir.clone(), plan.digest.clone(), bound.workers);
    // With `--progress json` the output stream is the journal's alone.
    let mut aside = Aside;
    let out = if progress == ProgressMode::Json { &mut aside as &mut dyn Write } else { out };
    if !ui.quiet {
        writeln!(out, "run directory: {}", dir.path().display())?;
        if let Some(words) = taken(plan.execution.device, &bound) {
            writeln!(out, "device: {words}")?;
        }
        out.flush()?;
    }
    let estimator = estimate::build(plan).map_err(|reason| Failure::from(RunError::Plan(reason)))?;
    let estimator = &*estimator;
    let sinks = if ui.quiet { Vec::new() } else { progress::sinks(progress, plan) };
    let context = RunContext {
        plan,
        dir,
        lock,
        executor: &mut executor,
        estimator,
        sinks,
        cancel,
        clock: &clock,
        bound,
    };
    let (end, state) = run_plan(context).map_err(Failure::from)?;
    drop(executor);
    if end != RunEnd::Interrupted {
        leave(plan, &state, dir)?;
    }
    if !ui.quiet {
        write!(out, "{}", report::summary(&report::Report::new(plan, &state), dir.path()))?;
    }
    Ok(match end {
        RunEnd::Finished | RunEnd::BudgetSpent { .. } => Exit::Fine,
        RunEnd::TooManyFailed { .. } => Exit::TooManyFailed,
        RunEnd::Interrupted => Exit::Interrupted,
    })
}

/// Writes what a run leaves behind.
fn leave(plan: &Plan, state: &RunState, dir: &RunDir) -> anyhow::Result<()> {
    dir.write("trials.csv", report::trials_csv(plan, state).as_bytes()).map_err(Failure::from)?;
    let page = report::html(&report::Report::new(plan, state));
    dir.write("report.html", page.as_bytes()).map_err(Failure::from)?;
    Ok(())
}

/// Asked for at the places where `CAN_TRAIN` is, so that a checker does not even have what comes after them.
pub(super) fn cannot_train() -> Failure {
    let message = "this build of peng cannot train: it was built without the feature `train`";
    Failure::new(Exit::Environment, message).help("build it with `cargo build --release`")
}

/// How the data of a plan are obtained before it is run, and what stops it.
pub(super) struct Before {
    #[cfg_attr(not(feature = "train"), expect(dead_code, reason = "nothing is downloaded for no training"))]
    offline: bool,
    #[cfg_attr(not(feature = "train"), expect(dead_code, reason = "nothing is downloaded for no training"))]
    progress: ProgressMode,
    pub(super) cancel: CancelFlag,
}

impl Before {
    /// Listens for signals from now on.
    pub(super) fn new(offline: bool, progress: ProgressMode, ui: Ui) -> anyhow::Result<Self> {
        let cancel = CancelFlag::default();
        listen_for_signals(&cancel)?;
        Ok(Self { offline, progress: if ui.quiet { ProgressMode::None } else { progress }, cancel })
    }
}

#[cfg(feature = "train")]
pub(super) fn bind(plan: &Plan, before: &Before) -> Result<(Bound, Devices), Failure> {
    let mut downloads = Downloads::new(before.progress);
    let place = datasets::obtain(plan, before.offline, &mut downloads, &before.cancel)?;
    let absolute = |p: PathBuf| std::path::absolute(&p).unwrap_or(p).display().to_string();
    let (bound, devices) = bind_machine(plan, plan.execution.device)?;
    Ok((Bound { data: place.map(absolute), ..bound }, devices))
}

#[cfg(not(feature = "train"))]
pub(super) fn bind(_: &Plan, _: &Before) -> Result<(Bound, Devices), Failure> {
    Err(cannot_train())
}

/// What a resumed run is bound to. Other devices round otherwise: what `auto` was at first, it stays.
pub(super) fn bind_again(plan: &Plan, first: &Bound) -> Result<(Bound, Devices), Failure> {
    let (bound, devices) = bind_machine(plan, first.device.parse().unwrap_or(plan.execution.device))?;
    Ok((Bound { data: first.data.clone(), ..bound }, devices))
}

fn bind_machine(plan: &Plan, device: Device) -> Result<(Bound, Devices), Failure> {
    let devices = device::bind(device, &worker::adapters).map_err(Failure::from)?;
    let adapters: Vec<_> = devices.each.iter().filter_map(|(_, adapter)| adapter.as_ref()).collect();
    let least = adapters.iter().map(|adapter| adapter.memory).min().flatten();
    let mut bound = Bound {
        peng: env!("CARGO_PKG_VERSION").to_owned(),
        device: devices.device.to_string(),
        adapters: adapters.iter().map(|adapter| adapter.name.clone()).collect(),
        memory: plan.execution.budget.memory.or(least),
        workers: 0,
        data: None,
        content: None,
    };
    bound.workers = workers(plan, &bound, std::thread::available_parallelism().map_or(1, usize::from));
    Ok((bound, devices))
}

/// What was taken, where that is not what the plan says; in a build for the processor alone there is no choice.
fn taken(planned: Device, bound: &Bound) -> Option<String> {
    let built: Vec<&str> =
        Backend::ALL.into_iter().filter(|b| device::is_built(*b)).map(Backend::name).collect();
    match bound.adapters.as_slice() {
        [] if planned == Device::Auto && !built.is_empty() => {
            Some(format!("cpu, since no graphics card was found with {}", built.join(", ")))
        }
        [] => None,
        adapters => Some(format!("{} ({})", bound.device, adapters.join(", "))),
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Self::new(Exit::Environment, error.to_string()).help(error.help())
    }
}

fn free_dir(plan: &Plan) -> PathBuf {
    let dir = Path::new(&plan.output.dir);
    (1..=u32::MAX)
        .map(|k| dir.join(format!("{}-{k}", plan.name)))
        .find(|path| !path.exists())
        .expect("a directory holds fewer runs")
}

/// The first Ctrl-C or SIGTERM asks the run to stop, the second ends it at once.
pub(super) fn listen_for_signals(cancel: &CancelFlag) -> anyhow::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, cancel.raw())
            .and_then(|_| signal_hook::flag::register(signal, cancel.raw()))
            .context("cannot listen for Ctrl-C")?;
    }
    Ok(())
}
