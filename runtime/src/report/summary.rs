//! The summary that a run ends with, for a terminal of 80 to 100 columns.

use std::fmt::Write;
use std::path::Path;

use peng_spec::plan::Goal;

use super::quantity::{self, plural};
use super::{Outcomes, Report, ReportedMember, audit_words, switched_off_words};
use crate::event::RunEnd;
use crate::store::shell_word;
use crate::table::{Align, Table};

/// Reasons that the summary lists; the report has all of them.
const REASONS: usize = 6;
/// Columns of the terminal that a reason may take.
const REASON_WIDTH: usize = 74;

/// The summary of the run in `dir`.
pub fn summary(report: &Report, dir: &Path) -> String {
    let mut text = String::new();
    text.push_str(&headline(report));
    text.push('\n');
    text.push_str(&figures(report));
    text.push_str(&reasons(report));
    text.push_str(&front(report));
    text.push_str(&best(report));
    for warning in &report.warnings {
        line(&mut text, format_args!("warning: {warning}"));
    }
    match report.end {
        Some(RunEnd::Interrupted) | None => {
            line(&mut text, format_args!("Go on with `peng resume {}`.", shell_word(dir)));
        }
        Some(RunEnd::Finished | RunEnd::BudgetSpent { .. } | RunEnd::TooManyFailed { .. }) => {
            line(&mut text, format_args!("Report: {}", dir.join("report.html").display()));
        }
    }
    text
}

/// How a run ended, in words.
pub fn ending(end: Option<&RunEnd>) -> String {
    match end {
        Some(RunEnd::Finished) => "finished".to_owned(),
        Some(RunEnd::BudgetSpent { budget }) => format!("stopped, since the budget `{budget}` is spent"),
        Some(RunEnd::Interrupted) => "interrupted".to_owned(),
        Some(RunEnd::TooManyFailed { failed, trained }) => {
            format!("stopped, since {failed} of {trained} trainings failed")
        }
        None => "not finished".to_owned(),
    }
}

/// The counts that are not zero: `31 completed, 62 converged`.
pub fn outcomes(counts: &Outcomes) -> String {
    let parts: Vec<String> = [
        (counts.completed, "completed"),
        (counts.converged, "converged"),
        (counts.pruned, "pruned"),
        (counts.copied, "copied"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
        (counts.running, "running"),
        (counts.waiting, "waiting"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{} {word}", quantity::count(number)))
    .collect();
    parts.join(", ")
}

/// What was searched, and how the run ended.
fn headline(report: &Report) -> String {
    let setup = &report.setup;
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{}: {}, {} of wall time",
            report.name,
            ending(report.end.as_ref()),
            quantity::duration(report.wall_secs)
        ),
    );
    line(
        &mut text,
        format_args!(
            "{} on {} by {}, {} of up to {}, estimator {}",
            setup.space,
            setup.dataset,
            setup.search,
            plural(setup.trials, "network"),
            plural(u64::from(setup.epochs), "epoch"),
            setup.estimator
        ),
    );
    text
}

fn figures(report: &Report) -> String {
    let (counts, savings) = (&report.outcomes, &report.savings);
    let mut table = Table::plain([Align::Left, Align::Left]);
    let networks = match outcomes(counts) {
        words if words.is_empty() => format!("0 of {}", quantity::count(report.setup.trials)),
        words => format!(
            "{} of {}: {words}",
            quantity::count(counts.ended()),
            quantity::count(report.setup.trials)
        ),
    };
    table.row(["networks", &networks]);
    if let (Some(saved), Some(net)) = (savings.saved_percent(), savings.net_saved_percent()) {
        let epochs = format!(
            "{} trained by the search instead of {}: {} saved ({})",
            quantity::epochs(savings.search_epochs),
            quantity::epochs(savings.planned_epochs),
            quantity::epochs(savings.saved_epochs),
            quantity::percent(saved)
        );
        table.row(["epochs", &epochs]);
        if savings.reconsider_epochs > 0.0 {
            let again = format!(
                "{} more in {} that were taken up again",
                quantity::epochs(savings.reconsider_epochs),
                plural(counts.reconsidered, "paused training")
            );
            table.row(["", &again]);
        }
        if savings.confirm_epochs > 0.0 {
            let confirmed = format!(
                "{} more to confirm {}: {} saved net ({})",
                quantity::epochs(savings.confirm_epochs),
                plural(counts.confirmed, "prediction"),
                quantity::epochs(savings.net_saved_epochs),
                quantity::percent(net)
            );
            table.row(["", &confirmed]);
        }
    }
    let lost = savings.lost_epochs;
    if lost > 0.0 {
        let lost = format!("{} lost in failed or cancelled trainings", quantity::epochs(lost));
        table.row(["", &lost]);
    }
    for (i, words) in audit_words(report).iter().enumerate() {
        table.row([if i == 0 { "audit" } else { "" }, words]);
    }
    if let Some(off) = &report.switched_off {
        table.row(["", &switched_off_words(off, report.setup.metric, report.setup.target)]);
    }
    let mut time = format!("{} of device slots", quantity::duration(savings.slot_secs));
    if savings.saved_secs > 0.0 {
        let saved = savings.net_saved_secs();
        let word = if saved < 0.0 { "lost" } else { "saved" };
        let _ = write!(time, "; about {} {word} net (estimated)", quantity::duration(saved.abs()));
    }
    table.row(["time", &time]);
    if let Some(speed) = report.images_per_slot_sec {
        let speed = format!("{} training images a second and slot", quantity::magnitude(speed));
        table.row(["speed", &speed]);
    }
    table.render(2)
}

fn reasons(report: &Report) -> String {
    if report.reasons.is_empty() {
        return String::new();
    }
    let mut table = Table::plain([Align::Right, Align::Left]);
    for reason in report.reasons.iter().take(REASONS) {
        let words = match reason.text.as_str() {
            "" => reason.status.word().to_owned(),
            text => format!("{}: {text}", reason.status.word()),
        };
        table.row([quantity::count(reason.trials.len() as u64), cut(&words, REASON_WIDTH)]);
    }
    let rest: usize = report.reasons.iter().skip(REASONS).map(|r| r.trials.len()).sum();
    if rest > 0 {
        table.row([quantity::count(rest as u64), "for other reasons, see the report".to_owned()]);
    }
    format!("\nWhy trainings ended\n{}", table.render(2))
}

fn front(report: &Report) -> String {
    let metric = report.setup.metric;
    let front = &report.fronts.known;
    if front.is_empty() {
        return String::new();
    }
    let others: Vec<(usize, peng_spec::plan::Metric)> = report
        .setup
        .objectives
        .iter()
        .enumerate()
        .filter(|(_, objective)| objective.metric != metric)
        .map(|(i, objective)| (i, objective.metric))
        .collect();
    let mut columns = vec![("trial", Align::Right), ("predicted", Align::Right), ("observed", Align::Right)];
    columns.extend(others.iter().map(|(_, metric)| (metric.name(), Align::Right)));
    columns.extend([("epochs", Align::Right), ("genome", Align::Left)]);
    let mut table = Table::new(columns);
    for member in front {
        let observed = member.observed.filter(|_| member.trained_to_the_end);
        let value = |v: Option<f64>| v.map_or("-".to_owned(), |v| quantity::value(metric, v));
        let mut row = vec![member.trial.to_string(), value(member.predicted), value(observed)];
        row.extend(others.iter().map(|(i, metric)| quantity::value(*metric, member.objectives[*i].value)));
        let epochs = quantity::epochs(member.epochs_trained);
        row.push(format!("{epochs}/{}", report.setup.epochs));
        row.push(quantity::genome(&member.genome, 32));
        table.row(row);
    }
    let mut text = format!(
        "\nFront of {}: {}\n{}",
        plural(front.len() as u64, "network"),
        goals(report),
        table.render(2)
    );
    let predicted = front.iter().filter(|m| m.is_predicted()).count() as u64;
    if predicted > 0 {
        line(&mut text, format_args!("  {} only predicted, not confirmed", of_them(predicted, front.len())));
    }
    if let Some(error) = &report.prediction_error {
        let unit = quantity::difference_unit(metric, report.setup.target);
        line(
            &mut text,
            format_args!(
                "  {} checked: {} {unit} off on average, at most {} {unit}",
                plural(error.checked, "prediction"),
                quantity::signed(metric, error.bias),
                quantity::difference(metric, error.largest)
            ),
        );
    }
    text
}

fn of_them(number: u64, all: usize) -> String {
    if number == all as u64 { "all".to_owned() } else { format!("{} of them", quantity::count(number)) }
}

/// The objectives in words: `highest val_accuracy and lowest flops`.
pub(super) fn goals(report: &Report) -> String {
    let words: Vec<String> = report
        .setup
        .objectives
        .iter()
        .map(|objective| {
            let goal = match objective.goal {
                Goal::Maximize => "highest",
                Goal::Minimize => "lowest",
            };
            format!("{goal} {}", objective.metric)
        })
        .collect();
    words.join(" and ")
}

/// The first objective of a network that was trained to the end, in words.
pub(super) fn best_words(report: &Report, best: &ReportedMember) -> Option<String> {
    let metric = report.setup.objectives.first()?.metric;
    let value = quantity::value(metric, best.objectives.first()?.value);
    let flops = quantity::magnitude(best.flops as f64);
    let params = quantity::magnitude(best.params as f64);
    Some(format!("{metric} {value}, {flops} FLOPs, {params} parameters"))
}

fn best(report: &Report) -> String {
    let mut text = String::from("\n");
    match report.best.as_ref().and_then(|best| Some((best, best_words(report, best)?))) {
        Some((best, words)) => {
            line(&mut text, format_args!("Best network trained to the end: trial {}, {words}", best.trial));
            line(&mut text, format_args!("  {}", best.genome));
        }
        None => line(&mut text, format_args!("No network was trained to the end.")),
    }
    text
}

fn cut(text: &str, width: usize) -> String {
    let first = text.lines().next().unwrap_or_default();
    if first.chars().count() <= width && first.len() == text.len() {
        return text.to_owned();
    }
    first.chars().take(width - 1).chain(['…']).collect()
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string can be written to");
    text.push('\n');
}
