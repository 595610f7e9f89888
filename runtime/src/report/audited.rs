//! What audited trainings say of the estimator, in words.

use peng_spec::catalog::Target;
use peng_spec::plan::Metric;

use super::Report;
use super::quantity::{self, plural};
use crate::state::SwitchedOff;

/// What audits have shown so far, a line each; nothing without audits.
pub fn audit_words(report: &Report) -> Vec<String> {
    let Some(audit) = &report.audit else { return Vec::new() };
    let metric = report.setup.metric;
    let difference = |by| quantity::difference(metric, by);
    let unit = quantity::difference_unit(metric, report.setup.target);
    let confidence = format!("{:.0} %", 100.0 * audit.confidence);
    let within = |interval: Option<[f64; 2]>| match interval {
        Some([low, high]) => format!(" ({} to {})", difference(low), difference(high)),
        None => String::new(),
    };
    let mut lines = vec![format!(
        "{} of {} that the estimator stopped or would have stopped, trained to the end as a check",
        quantity::count(audit.audited as u64),
        plural(audit.stopped as u64, "training")
    )];
    if let (Some(mae), Some(bias)) = (audit.mae, audit.bias) {
        lines.push(format!(
            "predictions are off by {} {unit}{}, with a bias of {} {unit}{} (intervals at {confidence})",
            difference(mae),
            within(audit.mae_interval),
            quantity::signed(metric, bias),
            within(audit.bias_interval)
        ));
    }
    if let Some(regret) = audit.regret {
        let interval = match within(audit.regret_interval) {
            none if none.is_empty() => " (no interval: no audited training contradicts it)".to_owned(),
            some => some,
        };
        lines.push(format!("regret of the top tenth {} {unit}{interval}", difference(regret)));
    }
    let percent = |share: f64| quantity::percent(100.0 * share);
    let saved = match audit.saved_interval {
        Some([low, high]) => format!(" ({} to {})", percent(low), percent(high)),
        None => String::new(),
    };
    lines.push(format!(
        "by itself it saves {} of the epochs{saved}; auditing costs {}",
        percent(audit.saved_share),
        percent(audit.audit_share)
    ));
    lines
}

/// Why the estimator is not asked any more.
pub fn switched_off_words(off: &SwitchedOff, metric: Metric, target: Target) -> String {
    let unit = quantity::difference_unit(metric, target);
    let [low, high] = off.interval;
    format!(
        "the estimator is switched off since generation {}: its regret of {:.2} {unit} ({low:.2} to {high:.2}) is \
         certainly above {:.2} {unit}; all further trainings run to the end",
        off.generation, off.regret, off.limit
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;
    use crate::state::RunState;

    #[test]
    fn audits_are_told_with_their_intervals() {
        let mut plan = samples::plan();
        plan.estimator.audit_percent = 50.0;
        let mut state = RunState::fold(&samples::every_outcome());
        state.trials[0].audited = true;
        let estimate = &mut state.trials[0].estimates[0];
        estimate.observation.verdict = peng_estimator::Verdict::Converged { predicted: 92.0 };
        let words = audit_words(&Report::new(&plan, &state));
        assert_eq!(
            words[0],
            "1 of 4 trainings that the estimator stopped or would have stopped, trained to the end as a check"
        );
        assert!(words[1].starts_with("predictions are off by 4.00 pp, with a bias of +4.00 pp"), "{words:?}");
        assert!(words.iter().any(|line| line.starts_with("regret of the top tenth ")), "{words:?}");
        let off = SwitchedOff { generation: 2, regret: 2.0, interval: [0.75, 3.25], limit: 0.5 };
        assert_eq!(
            switched_off_words(&off, Metric::ValAccuracy, Target::Classes(10)),
            "the estimator is switched off since generation 2: its regret of 2.00 pp (0.75 to 3.25) is certainly above 0.50 pp; all further trainings run to the end"
        );
    }
}
