//! Why trainings ended: equal reasons are counted together, also where they differ in a number.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Status, TrialReport};
use crate::event::TrialId;

/// A reason and its trials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// How the trials ended.
    pub status: Status,
    /// Why, with `…` for numbers that differ between the trials; empty: there is nothing to say.
    pub text: String,
    /// The trials.
    pub trials: Vec<TrialId>,
}

/// Trials whose reasons have the same words.
struct Group {
    /// The numbers between the words, `…` where the trials differ.
    numbers: Vec<String>,
    trials: Vec<TrialId>,
}

/// Counts the reasons of all ended trials, the most frequent one first; copies are left out.
pub(super) fn tally(trials: &[TrialReport]) -> Vec<Reason> {
    let mut groups: IndexMap<(Status, Vec<String>), Group> = IndexMap::new();
    for trial in trials {
        match trial.status {
            Status::Copied | Status::Running | Status::Waiting => continue,
            Status::Completed | Status::Converged | Status::Pruned | Status::Failed | Status::Cancelled => {}
        }
        let (words, numbers) = split(&trial.why().unwrap_or_default());
        let group = groups
            .entry((trial.status, words))
            .or_insert_with(|| Group { numbers: numbers.clone(), trials: Vec::new() });
        for (known, number) in group.numbers.iter_mut().zip(numbers) {
            if *known != number {
                "…".clone_into(known);
            }
        }
        group.trials.push(trial.trial);
    }
    let mut reasons: Vec<Reason> = groups
        .into_iter()
        .map(|((status, words), group)| Reason {
            status,
            text: join(&words, &group.numbers),
            trials: group.trials,
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.trials.len()));
    reasons
}

/// The text between the numbers, and the numbers; there is one more of the former.
fn split(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut words, mut numbers) = (vec![String::new()], Vec::new());
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        if c.is_ascii_digit() && !previous.is_alphanumeric() && previous != '_' {
            let mut number = String::from(c);
            while let Some(next) = chars.next_if(|n| n.is_ascii_digit() || *n == '.') {
                number.push(next);
            }
            previous = '0';
            numbers.push(number);
            words.push(String::new());
        } else {
            previous = c;
            words.last_mut().expect("it begins with one").push(c);
        }
    }
    (words, numbers)
}

fn join(words: &[String], numbers: &[String]) -> String {
    let mut text = String::new();
    for (i, word) in words.iter().enumerate() {
        text.push_str(word);
        text.push_str(numbers.get(i).map_or("", String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Report, samples};
    use crate::state::RunState;

    #[test]
    fn reasons_that_differ_in_a_number_are_one() {
        let (plan, events) = samples::search();
        let report = Report::new(&plan, &RunState::fold(&events));
        let texts: Vec<&str> = report.reasons.iter().map(|r| r.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "3 predictions within 0.5 pp of their median",
                "not stopped, 3 predictions lie up to … pp from their median",
                "the training diverged: `train_loss` is not a number"
            ]
        );
    }

    proptest! {
        #[test]
        fn splitting_and_joining_is_the_identity(text in "[a-c0-9_. %`é-]{0,20}") {
            let (words, numbers) = split(&text);
            prop_assert_eq!(join(&words, &numbers), text);
        }
    }
}
