//! `peng explain`: what a code means, with a bad and a good example.

use std::io::Write;

use clap::Args;
use peng_spec::diag::{CODES, CodeInfo, did_you_mean, explain};

use crate::failure::{Exit, Failure};
use crate::ui::explanation;

/// Explain the code of a finding, with a bad and a good example
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as `E0203`; without it all codes are listed
    code: Option<String>,
}

/// Explains a code, or lists all of them.
pub(crate) fn run(args: &ExplainArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(code) = &args.code else {
        let mut infos: Vec<&CodeInfo> = CODES.iter().copied().flatten().collect();
        infos.sort_by_key(|info| &info.code.as_str()[1..]);
        for info in infos {
            writeln!(out, "{}  {}", info.code, info.title)?;
        }
        return Ok(Exit::Fine);
    };
    let info = explain(code).ok_or_else(|| {
        let known = CODES.iter().copied().flatten().map(|info| info.code.as_str());
        let help =
            did_you_mean(code, known).unwrap_or_else(|| "list all codes with `peng explain`".to_owned());
        Failure::new(Exit::Usage, format!("unknown code `{code}`")).help(help)
    })?;
    write!(out, "{}", explanation::text(info))?;
    Ok(Exit::Fine)
}
