//! The measures by name, and their values. How they are computed is in the files next to this one.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A measure of a policy on one population in one order; all others are means of it.
///
/// *Score units* are points from 0 to 100 where the metric has a scale, else the metric's own units, turned round where
/// smaller values are better. The *spread* is the distance of the 5th and the 95th percentile of the true final scores;
/// the *top* are the best tenth of the runs, rounded up, ties by the order of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Measurements saved, of all planned ones.
    Saved,
    /// Measurements planned for each one made.
    SpeedUp,
    /// Mean absolute error of the fitness over all runs, 0 for those trained to the end.
    Mae,
    /// The same, of the spread; undefined where that is 0, as of a single run.
    Nmae,
    /// Mean error over all runs: above 0 where predictions are too high.
    Shift,
    /// Mean absolute error of the stopped runs; 0 where none was stopped.
    MaeStopped,
    /// 90th percentile of the absolute errors of all runs.
    P90,
    /// Largest absolute error.
    Max,
    /// Spearman's rank correlation of fitness and truth; 0 where all of either are equal.
    Spearman,
    /// Kendall's tau-b of the same.
    Kendall,
    /// Share of the true top that lies in the predicted top.
    Recall,
    /// Share of the predicted top that is truly as good as the worst of the true top.
    RecallTied,
    /// Mean true score of the true top less that of the predicted top.
    Regret,
    /// The same, of the spread; undefined where that is 0, as of a single run.
    Nreg,
    /// True score of the best run less that of the run predicted to be the best.
    RegretBest,
    /// Mean fitness of the predicted top less the mean true score of the true top (the papers' comparison of sets).
    PaperDifference,
    /// The spread.
    Spread,
    /// Share of the runs that were trained to the end.
    Completed,
    /// Share of the prediction intervals that hold the truth.
    Coverage,
}

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percent, 0 to 100.
    Percent,
    /// Points of the score.
    Points,
    /// A bare number.
    Number,
}

const COUNT: usize = 19;

impl Measure {
    /// Every measure, in the order in which they are listed.
    pub const ALL: [Measure; COUNT] = [
        Measure::Saved,
        Measure::SpeedUp,
        Measure::Mae,
        Measure::Nmae,
        Measure::Shift,
        Measure::MaeStopped,
        Measure::P90,
        Measure::Max,
        Measure::Spearman,
        Measure::Kendall,
        Measure::Recall,
        Measure::RecallTied,
        Measure::Regret,
        Measure::Nreg,
        Measure::RegretBest,
        Measure::PaperDifference,
        Measure::Spread,
        Measure::Completed,
        Measure::Coverage,
    ];

    /// Its name, in JSON and in gates.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::Saved => "saved",
            Measure::SpeedUp => "speed_up",
            Measure::Mae => "mae",
            Measure::Nmae => "nmae",
            Measure::Shift => "shift",
            Measure::MaeStopped => "mae_stopped",
            Measure::P90 => "p90",
            Measure::Max => "max",
            Measure::Spearman => "spearman",
            Measure::Kendall => "kendall",
            Measure::Recall => "recall",
            Measure::RecallTied => "recall_tied",
            Measure::Regret => "regret",
            Measure::Nreg => "nreg",
            Measure::RegretBest => "regret_best",
            Measure::PaperDifference => "paper_difference",
            Measure::Spread => "spread",
            Measure::Completed => "completed",
            Measure::Coverage => "coverage",
        }
    }

    /// What it counts.
    pub const fn unit(self) -> Unit {
        match self {
            Measure::Saved
            | Measure::Nmae
            | Measure::Recall
            | Measure::RecallTied
            | Measure::Nreg
            | Measure::Completed
            | Measure::Coverage => Unit::Percent,
            Measure::Mae
            | Measure::Shift
            | Measure::MaeStopped
            | Measure::P90
            | Measure::Max
            | Measure::Regret
            | Measure::RegretBest
            | Measure::PaperDifference
            | Measure::Spread => Unit::Points,
            Measure::SpeedUp | Measure::Spearman | Measure::Kendall => Unit::Number,
        }
    }

    /// The measure of that name.
    pub fn find(name: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|measure| measure.name() == name)
    }

    const fn place(self) -> usize {
        self as usize
    }
}

/// A value for each measure; undefined ones are absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values([Option<f64>; COUNT]);

impl Default for Values {
    fn default() -> Self {
        Values([None; COUNT])
    }
}

impl Values {
    /// The value of a measure, always finite.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        self.0[measure.place()]
    }

    /// Sets a value; one that is NaN or infinite is undefined.
    pub fn set(&mut self, measure: Measure, value: f64) {
        self.0[measure.place()] = value.is_finite().then_some(value);
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(COUNT))?;
        for measure in Measure::ALL {
            map.serialize_entry(measure.name(), &self.get(measure))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_has_its_place_and_name() {
        for (place, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!((measure.place(), Measure::find(measure.name())), (place, Some(measure)));
        }
        let mut values = Values::default();
        values.set(Measure::Max, 2.5);
        values.set(Measure::Mae, f64::NAN);
        assert_eq!((values.get(Measure::Max), values.get(Measure::Mae)), (Some(2.5), None));
        assert!(serde_json::to_string(&values).unwrap().contains(r#""p90":null,"max":2.5"#));
    }
}
