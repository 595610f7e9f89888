//! All runs, and which of their endings another run's history holds.

use std::collections::BTreeMap;

use super::refusal::{Refusal, cut};
use super::run::{Finish, Run};
use crate::trial::History;

/// The runs that are known, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Runs {
    by_number: BTreeMap<usize, Run>,
    numbers: BTreeMap<String, usize>,
    /// How many have begun, the forgotten ones too.
    pub(super) begun: usize,
    /// How many endings there were, the forgotten ones too.
    pub(super) endings: u64,
}

impl Runs {
    /// Those runs; `None` if two have one name or one number.
    pub(super) fn of(runs: Vec<Run>, begun: usize, endings: u64) -> Option<Self> {
        let mut book = Runs { begun, endings, ..Runs::default() };
        for run in runs {
            let number = run.record.number;
            let known = book.numbers.insert(run.name.clone(), number).is_some();
            if known || number >= begun || book.by_number.insert(number, run).is_some() {
                return None;
            }
        }
        Some(book)
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Run> {
        self.by_number.values()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Run> {
        self.by_number.get(self.numbers.get(name)?)
    }

    pub(super) fn find_mut(&mut self, name: &str) -> Option<&mut Run> {
        self.by_number.get_mut(self.numbers.get(name)?)
    }

    pub(super) fn get(&self, name: &str) -> Result<&Run, Refusal> {
        self.find(name).ok_or_else(|| unknown(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Result<&mut Run, Refusal> {
        self.find_mut(name).ok_or_else(|| unknown(name))
    }

    /// Takes a run in, whose number is that of those that have begun.
    pub(super) fn begin(&mut self, run: Run) {
        self.numbers.insert(run.name.clone(), self.begun);
        self.by_number.insert(self.begun, run);
        self.begun += 1;
    }

    /// The number of the next ending.
    pub(super) fn ending(&mut self) -> u64 {
        self.endings += 1;
        self.endings - 1
    }

    /// A client ends a run.
    pub(super) fn finish(&mut self, name: &str, value: f64) -> Result<Finish, Refusal> {
        let points = self.get(name)?.record.curve.len();
        let finish = Finish { ending: self.ending(), points, value };
        self.get_mut(name)?.finish = Some(finish);
        Ok(finish)
    }

    /// Drops a run, and hands it back.
    pub(super) fn forget(&mut self, name: &str) -> Result<Run, Refusal> {
        let run = self.numbers.remove(name).and_then(|number| self.by_number.remove(&number));
        run.ok_or_else(|| unknown(name))
    }

    /// Every rule may have become another one.
    pub(super) fn judge_anew(&mut self) {
        for run in self.by_number.values_mut() {
            run.judged = 0;
        }
    }

    /// What the first `endings` endings left behind, in the order in which the runs began.
    pub(super) fn history(&self, endings: u64) -> History {
        History { trials: self.iter().filter_map(|run| run.ended(endings)).collect() }
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::UnknownRun { run: cut(name) }
}
