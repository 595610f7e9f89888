//! The hidden `peng worker`: trains what its coordinator asks for, over stdin and stdout.

use std::io::{self, BufReader};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use peng_runtime::clock::SystemClock;
use peng_runtime::device::{self, Adapter};
use peng_runtime::trial::{Bindings, serve};
use peng_spec::plan::{Backend, Device};

use crate::failure::Exit;

/// Work for a run (started by `peng run`)
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The run directory
    #[arg(required_unless_present = "adapters")]
    dir: Option<PathBuf>,
    /// Where the data are
    #[arg(long)]
    data: Option<String>,
    /// Where curves are kept
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Where it trains
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Instead of working, print what a backend finds, as JSON
    #[arg(long, value_name = "BACKEND")]
    adapters: Option<Backend>,
}

/// Works until the input ends.
pub(crate) fn run(args: &WorkerArgs) -> anyhow::Result<Exit> {
    let mut output = io::stdout();
    if let Some(backend) = args.adapters {
        serde_json::to_writer(&mut output, &device::adapters(backend))?;
        return Ok(Exit::Fine);
    }
    let dir = args.dir.as_deref().expect("it is required");
    let factory = peng_runtime::trainer(args.device);
    let input = BufReader::new(io::stdin());
    #[expect(
        clippy::exit,
        reason = "a worker ends at once when its coordinator is gone, whatever it is doing"
    )]
    let gone = || std::process::exit(0);
    let bindings = Bindings { data: args.data.as_deref(), cache: args.cache.as_deref() };
    serve(dir, bindings, &*factory, &SystemClock::new(), input, &mut output, gone)?;
    Ok(Exit::Fine)
}

/// What a backend finds, asked in a process of its own: to open a device takes memory of it, and a driver may fail.
pub(crate) fn adapters(backend: Backend) -> Vec<Adapter> {
    let asked = std::env::current_exe()
        .and_then(|program| Command::new(program).args(["worker", "--adapters", backend.name()]).output());
    asked.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default()
}
