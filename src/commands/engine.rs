//! `peng engine`: the estimator as a service on stdin and stdout. What it answers is decided in `peng_estimator::service`;
//! here lines are read and written, one at a time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use peng_estimator::policy::PolicyKind;
use peng_estimator::service::{self, MAX_LINE, ScaleOrigin, Service, Setup};
use peng_estimator::{CostObjective, Direction, Scale, TrainingFacts};

use crate::commands::estimator::{self, Asked};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::ui::Ui;

const METRIC: &str = "val_accuracy";
const WRITING: &str = "cannot write replies to stdout";

/// Answer another program's questions whether trainings may stop: JSON Lines on stdin and stdout
///
/// One JSON object a line, one reply a request, in order; the service ends with its input.
///
///   {"op":"observe","run":"net-7","epoch":4.5,"planned":25,"metrics":{"val_accuracy":61.2}}
///   {"op":"finish","run":"net-7","value":71.9}
///   {"op":"forget","run":"net-7"}
///   {"op":"snapshot"}
///   {"op":"restore","state":...}
///
/// `planned` (and optionally `covariates`) come with a run's first observation. Stop a training when the `verdict` is `stop`;
/// if its `outcome` is `converged`, `predicted` is its fitness. A stop is final: under `population`, whose stops are pauses in a
/// run, `confirm` is `none` here.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct EngineArgs {
    /// `KIND[:key=value,...]`, such as `penguin:predict_at=20 epochs`, or a file with an `estimator:` section
    #[arg(long, value_name = "E", default_value = "penguin")]
    estimator: String,
    /// The metric that is predicted [default: that of the estimator's file, else `val_accuracy`]
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    metric: Option<String>,
    /// Small values of the metric are good ones; `--scale loss:X` and `perplexity:X` imply it
    #[arg(long)]
    lower_is_better: bool,
    /// How the metric becomes a score: `percent`, `loss:WORST`, `perplexity:WORST`, or `none` where it has no bounds [default:
    /// `none` for `--lower-is-better`, else `percent`, and a value outside 0 to 100 is refused where that matters]
    #[arg(long, value_name = "S")]
    scale: Option<ScaleArg>,
    /// For `population`, which alone weighs them: covariates of which the search wants small values besides, such as `flops`.
    /// A run that may enter the front by them is not stopped for being worse than others; one without them is compared by the
    /// metric alone
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    minimize: Vec<String>,
    /// Confidence of the intervals, between 0 and 1
    #[arg(long, default_value_t = TrainingFacts::CONFIDENCE, value_name = "SHARE", value_parser = estimator::share)]
    confidence: f64,
}

/// What `--scale` may be.
#[derive(Debug, Clone, Copy)]
enum ScaleArg {
    Unbounded,
    Of(Scale),
}

impl FromStr for ScaleArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Unbounded);
        }
        text.parse::<Scale>().map(Self::Of).map_err(|error| format!("{error}, or `none`"))
    }
}

/// A line of the input.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    TooLong,
    End,
}

/// Answers until the input ends.
pub(crate) fn run(args: &EngineArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    // Findings about the arguments are for people; stdout is the protocol's alone.
    let Some(asked) = estimator::read(&args.estimator, ui, &mut output::stderr())? else {
        return Ok(Exit::Findings);
    };
    let mut service = start(args, asked, ui)?;
    // A warning is no part of the protocol.
    let mut tell = |doubt: &str| drop(ui.warning(doubt, &mut output::stderr()));
    answer_all(&mut service, &mut BufReader::new(io::stdin().lock()), out, &mut tell)?;
    Ok(Exit::Fine)
}

fn start(args: &EngineArgs, asked: Asked, ui: Ui) -> anyhow::Result<Service> {
    let Asked { name, kind, params, metrics, audits } = asked;
    if let Some(key) = audits.first() {
        let message = format!("`{key}` is of runs: the engine is told how a training ended, and audits none");
        return Err(Failure::new(Exit::Usage, message).help(format!("leave `{key}` out")).into());
    }
    let falls = matches!(args.scale, Some(ScaleArg::Of(Scale::Loss { .. } | Scale::Perplexity { .. })));
    let direction = if args.lower_is_better || falls { Direction::Minimize } else { Direction::Maximize };
    let metric =
        args.metric.clone().or_else(|| metrics.into_iter().next()).unwrap_or_else(|| METRIC.to_owned());
    if direction == Direction::Maximize && Direction::suggested_by(&metric) == Direction::Minimize {
        let message =
            format!("larger values of `{metric}` count as better ones; `--lower-is-better` turns that round");
        ui.warning(&message, &mut output::stderr())?;
    }
    let (scale, scale_origin) = match (args.scale, direction) {
        (Some(ScaleArg::Of(scale)), _) => (Some(scale), ScaleOrigin::Given),
        (None, Direction::Maximize) => (Some(Scale::Percent), ScaleOrigin::Assumed),
        (Some(ScaleArg::Unbounded), _) | (None, Direction::Minimize) => (None, ScaleOrigin::Given),
    };
    let setup = Setup {
        kind,
        params,
        metric,
        direction,
        scale,
        scale_origin,
        confidence: args.confidence,
        costs: costs(&args.minimize, kind)?,
    };
    let service = Service::new(setup).map_err(|issues| {
        let messages: Vec<String> = issues.iter().map(|issue| issue.message.clone()).collect();
        let failure = Failure::new(
            Exit::Usage,
            format!("`{name}` cannot serve such trainings: {}", messages.join("; ")),
        );
        match issues.into_iter().find_map(|issue| issue.help) {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    Ok(service)
}

/// The search's other objectives, which somebody must weigh.
fn costs(names: &[String], kind: &dyn PolicyKind) -> Result<Vec<CostObjective>, Failure> {
    if !names.is_empty() && !kind.weighs_costs() {
        let message = format!(
            "`--minimize` changes nothing under `{}`, which compares by the metric alone",
            kind.name()
        );
        return Err(Failure::new(Exit::Usage, message).help("leave it out, or use `--estimator population`"));
    }
    match names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        Some((_, name)) => {
            let message = format!("`--minimize` names `{name}` twice");
            Err(Failure::new(Exit::Usage, message).help("name each covariate once"))
        }
        None => Ok(names.iter().cloned().map(CostObjective::minimize).collect()),
    }
}

/// Replies are handed over as soon as no whole request waits in the buffer. If the client does not read them, writing
/// blocks, and so does reading: nothing is hoarded.
fn answer_all<R: Read>(
    service: &mut Service,
    input: &mut BufReader<R>,
    out: &mut dyn Write,
    tell: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    let mut line = Vec::new();
    loop {
        if !input.buffer().contains(&b'\n') {
            out.flush().context(WRITING)?;
        }
        let reply = match read_line(input, MAX_LINE, &mut line).context("cannot read requests from stdin")? {
            Line::End => return Ok(()),
            Line::TooLong => service::refuse_long_line(),
            Line::Whole if line.trim_ascii().is_empty() => continue,
            Line::Whole => service.answer(&line),
        };
        writeln!(out, "{reply}").context(WRITING)?;
        if let Some(doubt) = service.doubt() {
            tell(&doubt);
        }
    }
}

/// Reads a line without its end. Of one that is too long, nothing is kept.
fn read_line(input: &mut dyn BufRead, limit: usize, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let mut length = 0;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let (part, is_last) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&buffer[..end], true),
            None => (buffer, false),
        };
        let is_end = buffer.is_empty();
        length += part.len();
        if length <= limit {
            line.extend_from_slice(part);
        } else {
            *line = Vec::new();
        }
        let used = part.len() + usize::from(is_last);
        input.consume(used);
        if is_last || is_end {
            return Ok(match length {
                0 if is_end => Line::End,
                _ if length > limit => Line::TooLong,
                _ => Line::Whole,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_have_a_limit_and_the_last_needs_no_end() {
        let mut input = BufReader::with_capacity(3, &b"abcd\n\nabcde\nabcdefgh\nxy"[..]);
        let mut line = Vec::new();
        let mut read = || {
            let kind = read_line(&mut input, 4, &mut line).unwrap();
            (kind, String::from_utf8(line.clone()).unwrap())
        };
        assert_eq!(read(), (Line::Whole, "abcd".to_owned()));
        assert_eq!(read(), (Line::Whole, String::new()));
        assert_eq!(read(), (Line::TooLong, String::new()));
        assert_eq!(read(), (Line::TooLong, String::new()));
        assert_eq!(read(), (Line::Whole, "xy".to_owned()));
        assert_eq!(read(), (Line::End, String::new()));
    }

    /// Remembers what had been written at each flush.
    #[derive(Default)]
    struct Pipe {
        written: String,
        handed_over: Vec<usize>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written += std::str::from_utf8(bytes).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.handed_over.push(self.written.lines().count());
            Ok(())
        }
    }

    fn service() -> Service {
        let setup = Setup {
            kind: peng_estimator::policy::find("penguin").unwrap(),
            params: json!({}),
            metric: METRIC.to_owned(),
            direction: Direction::Maximize,
            scale: Some(Scale::Percent),
            scale_origin: ScaleOrigin::Given,
            confidence: 0.9,
            costs: Vec::new(),
        };
        Service::new(setup).unwrap()
    }

    #[test]
    fn replies_are_handed_over_before_waiting_for_a_request() {
        let requests = b"{\"op\":\"forget\",\"run\":\"a\"}\n".repeat(3);
        // The first read brings two requests and half of the third: the client may wait for replies before it goes on.
        let (first, rest) = requests.split_at(62);
        let mut pipe = Pipe::default();
        let mut input = BufReader::new(first.chain(rest));
        answer_all(&mut service(), &mut input, &mut pipe, &mut |_| ()).unwrap();
        assert_eq!(pipe.handed_over, [0, 2, 3]);
        assert_eq!(pipe.written.matches("unknown_run").count(), 3);
    }
    /// A pipe that is full after so many bytes.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::WouldBlock)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn while_nobody_reads_replies_no_request_is_read() {
        let requests = b"{\"op\":\"forget\",\"run\":\"a\"}\n".repeat(100_000);
        let mut rest = &requests[..];
        let mut input = BufReader::with_capacity(1000, &mut rest);
        let error = answer_all(&mut service(), &mut input, &mut Full(10_000), &mut |_| ()).unwrap_err();
        assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(input);
        let read = requests.len() - rest.len();
        assert!(read < 10_000 + 1000, "{read} bytes are read for 10000 bytes of replies, which are longer");
    }
}
