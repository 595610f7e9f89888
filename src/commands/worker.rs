//! The hidden `peng worker`: trains what its coordinator asks for, over stdin and stdout.

use std::io::{self, BufReader};
use std::path::PathBuf;

use clap::Args;
use peng_runtime::clock::SystemClock;
use peng_runtime::trial::{Bindings, serve};

use crate::failure::Exit;

/// Work for a run (started by `peng run`)
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The run directory
    dir: PathBuf,
    /// Where the data are
    #[arg(long)]
    data: Option<String>,
    /// Where curves are kept
    #[arg(long)]
    cache: Option<PathBuf>,
}

/// Works until the input ends.
pub(crate) fn run(args: &WorkerArgs) -> anyhow::Result<Exit> {
    let factory = peng_runtime::trainer();
    let input = BufReader::new(io::stdin());
    let mut output = io::stdout();
    #[expect(
        clippy::exit,
        reason = "a worker ends at once when its coordinator is gone, whatever it is doing"
    )]
    let gone = || std::process::exit(0);
    let bindings = Bindings { data: args.data.as_deref(), cache: args.cache.as_deref() };
    serve(&args.dir, bindings, &*factory, &SystemClock::new(), input, &mut output, gone)?;
    Ok(Exit::Fine)
}
