//! What a person sees of a run while it goes on: which form, and the forms that are lines. The bars are in [`super::bars`].

use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use peng_runtime::event::{Durability, Event};
use peng_runtime::sink::{Sink, SinkError};
use peng_runtime::state::RunState;
use peng_spec::plan::Plan;

use super::bars::Bars;
use super::wording::{Scale, notable};
use crate::commands::study::StudyProgress;
use crate::failure::{Exit, Failure};

/// How progress is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Bars if the error stream is a terminal, else lines
    #[default]
    Auto,
    /// Bars for the run, its generation and its workers, on the error stream
    Bars,
    /// A line for each notable event, on the error stream
    Lines,
    /// Each event of the journal as a line of JSON, on the output stream
    Json,
    /// Nothing
    None,
}

impl ProgressMode {
    /// The same for a study, which has no bars and several journals.
    pub(crate) fn of_study(self) -> Result<StudyProgress, Failure> {
        let refused = |what: &str| {
            let message = format!("`--progress {what}` is for runs, and this is a study");
            Err(Failure::new(Exit::Usage, message).help("use `--progress lines` or `none`"))
        };
        match self {
            Self::Auto | Self::Lines => Ok(StudyProgress::Lines),
            Self::None => Ok(StudyProgress::None),
            Self::Bars => refused("bars"),
            Self::Json => refused("json"),
        }
    }
}

/// The sinks that show a run.
pub(crate) fn sinks(mode: ProgressMode, plan: &Plan) -> Vec<Box<dyn Sink>> {
    match fitting(mode, &std::io::stderr()) {
        ProgressMode::Auto | ProgressMode::None => Vec::new(),
        ProgressMode::Bars => vec![Box::new(Bars::new(plan, indicatif::ProgressDrawTarget::stderr()))],
        ProgressMode::Lines => vec![Box::new(Lines { out: std::io::stderr(), scale: Scale::from(plan) })],
        ProgressMode::Json => vec![Box::new(Json { out: std::io::stdout() })],
    }
}

/// Bars only on a terminal, if nothing else was asked for.
fn fitting(mode: ProgressMode, stream: &impl IsTerminal) -> ProgressMode {
    match mode {
        ProgressMode::Auto if stream.is_terminal() => ProgressMode::Bars,
        ProgressMode::Auto => ProgressMode::Lines,
        asked => asked,
    }
}

/// A line for each notable event.
struct Lines<W> {
    out: W,
    scale: Scale,
}

impl<W: Write + Send> Sink for Lines<W> {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn accept(&mut self, event: &Event, state: &RunState) -> Result<(), SinkError> {
        let Some(line) = notable(event, state, self.scale) else { return Ok(()) };
        writeln!(self.out, "{line}").map_err(|e| SinkError(e.to_string()))
    }
}

/// Each event of the journal as a line of JSON.
struct Json<W> {
    out: W,
}

impl<W: Write + Send> Sink for Json<W> {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn accept(&mut self, event: &Event, _: &RunState) -> Result<(), SinkError> {
        match event.kind.durability() {
            Durability::Ephemeral => return Ok(()),
            Durability::Journal | Durability::Synced => {}
        }
        let mut line = serde_json::to_vec(event).map_err(|e| SinkError(e.to_string()))?;
        line.push(b'\n');
        self.out.write_all(&line).and_then(|()| self.out.flush()).map_err(|e| SinkError(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use peng_estimator::Progress;
    use peng_runtime::event::{EventKind, TrialId};

    use super::*;
    use crate::ui::sample;

    #[test]
    fn bars_are_for_terminals() {
        let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        assert_eq!(fitting(ProgressMode::Auto, &file), ProgressMode::Lines);
        assert_eq!(fitting(ProgressMode::Bars, &file), ProgressMode::Bars);
    }

    #[test]
    fn json_lines_are_the_journal() {
        let (_, events) = sample::run();
        let mut json = Json { out: Vec::new() };
        let state = RunState::default();
        for event in &events {
            json.accept(event, &state).unwrap();
        }
        let kind = EventKind::BatchDone { trial: TrialId(0), until: Progress::whole(1), done: 1, of: 2 };
        json.accept(&Event { kind, ..events[0].clone() }, &state).unwrap();
        let text = String::from_utf8(json.out).unwrap();
        assert_eq!(text, include_str!("../../runtime/src/report/testdata/journal.jsonl"));
    }

    #[test]
    fn lines_are_the_notable_events() {
        let (plan, events) = sample::run();
        let mut lines = Lines { out: Vec::new(), scale: Scale::from(&plan) };
        let mut state = RunState::default();
        for event in &events {
            state.apply(event);
            lines.accept(event, &state).unwrap();
        }
        let text = String::from_utf8(lines.out).unwrap();
        assert!(text.starts_with("run started by peng 0.1.0 on cpu with 2 workers\nstep search started\n"));
        assert_eq!(text.lines().count(), 15);
    }
}
