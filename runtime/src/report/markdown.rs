//! The report as Markdown, for a pull request or an issue.

use std::fmt::Write;

use super::quantity::{self, plural};
use super::summary::{best_words, goals};
use super::{Report, ReportedMember, audit_words, ending, outcomes, switched_off_words};

/// The report as Markdown, with the same numbers as the page, without figures and without the list of all trials.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("# {}", escape(&report.name)));
    let setup = &report.setup;
    line(
        &mut text,
        format_args!(
            "\nThis run: {}, {} of wall time. It searched {} by {} for {} on {}, with up to {} a training and the estimator {}.",
            ending(report.end.as_ref()),
            quantity::duration(report.wall_secs),
            escape(&setup.space),
            escape(&setup.search),
            goals(report),
            escape(&setup.dataset),
            plural(u64::from(setup.epochs), "epoch"),
            escape(&setup.estimator)
        ),
    );
    figures(&mut text, report);
    front(&mut text, report, "Front as the search saw it", &report.fronts.as_searched);
    front(&mut text, report, "Front from observations", &report.fronts.from_observations);
    if let Some(error) = &report.prediction_error {
        let unit = quantity::difference_unit(setup.metric, setup.target);
        line(
            &mut text,
            format_args!(
                "\n{} checked by training on to the end: predicted less observed is {} {unit} on average, {} {unit} without sign, at most {} {unit}; {} not checked.",
                plural(error.checked, "prediction"),
                quantity::signed(setup.metric, error.bias),
                quantity::difference(setup.metric, error.mean_absolute),
                quantity::difference(setup.metric, error.largest),
                error.unchecked
            ),
        );
    }
    if !report.reasons.is_empty() {
        line(
            &mut text,
            format_args!("\n## Why trainings ended\n\n| trials | outcome | reason |\n| ---: | --- | --- |"),
        );
        for reason in &report.reasons {
            let (status, why) = (reason.status.word(), escape(&reason.text));
            line(&mut text, format_args!("| {} | {status} | {why} |", reason.trials.len()));
        }
    }
    if !report.warnings.is_empty() {
        line(&mut text, format_args!("\n## Warnings\n"));
        for warning in &report.warnings {
            line(&mut text, format_args!("* {}", escape(warning)));
        }
    }
    let version = report.machine.as_ref().map_or("unknown", |m| m.peng.as_str());
    line(
        &mut text,
        format_args!("\nPlan `{}`, seed {}, peng {}.", report.digest, report.seed, escape(version)),
    );
    text
}

fn figures(text: &mut String, report: &Report) {
    let (counts, savings) = (&report.outcomes, &report.savings);
    let words = match outcomes(counts) {
        words if words.is_empty() => "none".to_owned(),
        words => words,
    };
    line(text, format_args!("\n| | |\n| --- | --- |"));
    line(text, format_args!("| networks | {} of {}: {words} |", counts.ended(), report.setup.trials));
    if let (Some(saved), Some(net)) = (savings.saved_percent(), savings.net_saved_percent()) {
        let epochs = quantity::epochs;
        line(
            text,
            format_args!(
                "| epochs | {} instead of {}: {} saved ({}) |",
                epochs(savings.search_epochs),
                epochs(savings.planned_epochs),
                epochs(savings.saved_epochs),
                quantity::percent(saved)
            ),
        );
        if savings.reconsider_epochs > 0.0 {
            let again = epochs(savings.reconsider_epochs);
            let paused = plural(counts.reconsidered, "paused training");
            line(text, format_args!("| taken up again | {again} epochs of {paused} |"));
        }
        line(
            text,
            format_args!(
                "| confirmation | {} epochs, which leaves {} saved net ({}) |",
                epochs(savings.confirm_epochs),
                epochs(savings.net_saved_epochs),
                quantity::percent(net)
            ),
        );
    }
    for words in audit_words(report) {
        line(text, format_args!("| audit | {} |", escape(&words)));
    }
    if let Some(off) = &report.switched_off {
        line(
            text,
            format_args!(
                "| audit | {} |",
                escape(&switched_off_words(off, report.setup.metric, report.setup.target))
            ),
        );
    }
    line(
        text,
        format_args!(
            "| device slots | {} used, about {} saved net (an estimate) |",
            quantity::duration(savings.slot_secs),
            quantity::duration(savings.net_saved_secs())
        ),
    );
    if let Some(words) = report.memory_words() {
        line(text, format_args!("| memory of a training | {words} |"));
    }
    if let Some((best, words)) = report.best.as_ref().and_then(|b| Some((b, best_words(report, b)?))) {
        line(text, format_args!("| best network observed | trial {}: {words} |", best.trial));
    }
}

fn front(text: &mut String, report: &Report, title: &str, members: &[ReportedMember]) {
    if members.is_empty() {
        return;
    }
    let metric = report.setup.metric;
    line(
        text,
        format_args!(
            "\n## {title}\n\n| trial | {metric} predicted | {metric} observed | FLOPs | parameters | epochs | genome |\n| ---: | ---: | ---: | ---: | ---: | ---: | --- |"
        ),
    );
    for member in members {
        let value = |v: Option<f64>| v.map_or("-".to_owned(), |v| quantity::value(metric, v));
        let observed = value(member.observed.filter(|_| member.trained_to_the_end));
        line(
            text,
            format_args!(
                "| {} | {} | {observed} | {} | {} | {} | `{}` |",
                member.trial,
                value(member.predicted),
                quantity::magnitude(member.flops as f64),
                quantity::magnitude(member.params as f64),
                quantity::epochs(member.epochs_trained),
                member.genome.to_string().replace('|', "\\|").replace('`', "'")
            ),
        );
    }
}

/// Text without Markdown and HTML in it, on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '[' | ']' | '#' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string can be written to");
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::state::RunState;

    #[test]
    fn a_name_is_no_markup() {
        let mut plan = samples::plan();
        plan.name = "a|b <i> *c*\n# d".to_owned();
        let text = markdown(&Report::new(&plan, &RunState::fold(&samples::every_outcome())));
        assert!(text.starts_with("# a\\|b &lt;i> \\*c\\* \\# d\n"), "{text}");
        assert!(text.contains("| 1 | 93.10 | 90.50 | 4.00 M | 1.10 k | 8 | `[[1,0,0],[1]]` |"), "{text}");
        assert!(text.contains("| 2 | 89.25 | - |"), "{text}");
    }
}
