//! `peng verify`: recomputes every decision of a run from its journal.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_runtime::estimate;
use peng_runtime::event::RunEnd;
use peng_runtime::report::quantity::plural;
use peng_runtime::run::RunError;
use peng_runtime::store::RunDir;
use peng_runtime::study::StudyDir;
use peng_runtime::verify::{Verified, trials_csv_differs, verify};

use crate::commands::study;
use crate::failure::{Exit, Failure};
use crate::ui::style::Paint;

/// Findings that are listed for people; after the first altered value most later decisions differ too.
const LISTED: usize = 20;

/// Recompute every decision of a run or a study from its journals; they must agree bit for bit
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The directory of the run or study
    dir: PathBuf,
    /// How the result is written
    #[arg(long, value_enum, default_value_t)]
    format: VerifyFormat,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum VerifyFormat {
    /// A line each, the first findings only
    #[default]
    Human,
    /// All of it for programs
    Json,
}

/// Verifies a run.
pub(crate) fn run(args: &VerifyArgs, paint: Paint, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if StudyDir::is_one(&args.dir) {
        return study::verify(&args.dir, args.format == VerifyFormat::Json, paint, out);
    }
    let dir = RunDir::open(&args.dir).map_err(Failure::from)?;
    let plan = dir.plan().map_err(Failure::from)?;
    let events = dir.journal().map_err(Failure::from)?;
    let unusable = |reason| Failure::from(RunError::Plan(reason));
    let estimator = estimate::build(&plan).map_err(unusable)?;
    let mut verified = verify(&plan, &events, &*estimator).map_err(unusable)?;
    if let Some(found) = dir.read("trials.csv").map_err(Failure::from)? {
        verified.findings.extend(trials_csv_differs(&plan, &events, &found));
    }
    match args.format {
        VerifyFormat::Human => write!(out, "{}", text(&verified, paint))?,
        VerifyFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&verified)?)?,
    }
    Ok(if verified.findings.is_empty() { Exit::Fine } else { Exit::Findings })
}

fn text(verified: &Verified, paint: Paint) -> String {
    let listed = verified.findings.iter().take(LISTED);
    let mut lines: Vec<String> =
        listed.map(|finding| format!("{}: {finding}\n", paint.red("error[E0808]"))).collect();
    let more = verified.findings.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more, which may follow from the first\n"));
    }
    let counts = [
        plural(verified.networks, "network"),
        plural(verified.estimates, "answer") + " of the estimator",
        plural(verified.endings, "end") + " of trainings",
        plural(verified.revisions, "look") + " at paused trials",
        plural(verified.switches, "check") + " of the estimator",
    ];
    let all = plural(verified.decisions(), "decision");
    let verdict = match verified.findings.len() {
        0 => paint.green("agree bit for bit"),
        n => paint.red(&format!("are checked, {} found", plural(n as u64, "difference"))),
    };
    lines.push(format!("{all} {verdict}: {}\n", counts.join(", ")));
    if matches!(verified.end, None | Some(RunEnd::Interrupted)) {
        lines.push("The run has not ended: what is not in its journal yet is not verified.\n".to_owned());
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use peng_runtime::verify::Finding;

    use super::*;

    #[test]
    fn differences_are_listed_and_counted() {
        let found = Finding {
            seq: 9,
            trial: Some(peng_runtime::event::TrialId(3)),
            at: Some(peng_estimator::Progress::whole(4)),
            what: "`predicted`".into(),
            recorded: "71.2".into(),
            recomputed: "71.3".into(),
        };
        let verified = Verified { estimates: 2, findings: vec![found; 22], ..Verified::default() };
        let text = text(&verified, Paint::Plain);
        let first = "error[E0808]: event 9, trial 3 at epoch 4: `predicted` is 71.2, expected 71.3\n";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("and 2 more"), "{text}");
        assert!(
            text.contains("2 decisions are checked, 22 differences found: 0 networks, 2 answers"),
            "{text}"
        );
    }
}
