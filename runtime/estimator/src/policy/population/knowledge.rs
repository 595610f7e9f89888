//! What a history says: the ended trials as scores, where they stand, and the models learned from them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::agreement::{AGREEING, Agreement};
use super::calibration;
use super::covariates::Covariates;
use super::front;
use super::grid::Grid;
use super::interval::Residuals;
use super::memory::Memory;
use super::mixture::Guess;
use super::model::{COMPARED, Known, Model};
use super::params::Params;
use super::series::{Layout, Metric, Series, Training};
use super::waiting::{Belief, Scales, Standing};
use super::{Confirm, Population};
use crate::trial::{EndedTrial, History, Outcome, TrialRecord};

/// What a history says.
#[derive(Debug)]
pub(super) struct Knowledge {
    metric: Metric,
    pub(super) grid: Grid,
    pub(super) trials: Vec<Ended>,
    /// Where the scores lie that the search was told; `None` without any.
    pub(super) standing: Option<Standing>,
    /// The newest of the trials as scores.
    known: Vec<Known>,
    layout: Layout,
    covariates: Covariates,
    /// Which of `known` models are learned from.
    taught: Range<usize>,
    memory: Memory,
    params: Params,
    /// For trials that have what all ended ones have, and for the others; got when they are first asked for.
    models: [OnceLock<Option<Predictor>>; 2],
}

/// A model, and how good it is where trainings pause.
#[derive(Debug)]
pub(super) struct Predictor {
    pub(super) model: Arc<Model>,
    /// How far off its predictions are where trainings pause.
    residuals: Residuals,
}

/// An ended trial with a result.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) number: usize,
    pub(super) is_paused: bool,
    /// The score that the search was told.
    pub(super) score: f64,
    /// The search's other objectives.
    pub(super) costs: Option<Vec<f64>>,
}

/// A prediction at a decision point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    pub(super) decision: usize,
    pub(super) guess: Guess,
    /// With the disagreement of the last predictions.
    pub(super) belief: Belief,
}

impl Predictor {
    /// The scores between which the final one lies with this confidence.
    pub(super) fn interval(&self, prediction: &Prediction, confidence: f64) -> [f64; 2] {
        let Prediction { guess, belief, .. } = prediction;
        guess.within(self.residuals.reach(confidence) * belief.deviation / guess.deviation())
    }
}

impl Knowledge {
    /// All that the history says, for an estimator.
    pub(super) fn new(history: &History, estimator: &Population) -> Self {
        Self::since(|_| 0, history, estimator)
    }

    /// What judging needs: of long histories only the newest trials.
    pub(super) fn newest(history: &History, estimator: &Population) -> Self {
        Self::since(|taught| taught.start, history, estimator)
    }

    fn since(first: impl Fn(&Range<usize>) -> usize, history: &History, estimator: &Population) -> Self {
        let Population { params, metric, planned, ref costs, ref memory, .. } = *estimator;
        let used: Vec<&EndedTrial> = history.trials.iter().filter(|trial| has_result(trial)).collect();
        let taught = taught(&used);
        let records: Vec<&TrialRecord> = used[taught.clone()].iter().map(|trial| &trial.record).collect();
        let is_in_all =
            |training: &Training| !records.is_empty() && records.iter().all(|trial| training.is_in(trial));
        let training = Training::ALL.into_iter().find(is_in_all);
        let covariates = if params.covariates { Covariates::common(&records) } else { Covariates::default() };
        let length = used[taught.clone()].iter().any(|trial| trial.points_planned != planned);
        let layout = Layout { training, length, covariates: covariates.len() };
        let first = first(&taught);
        let known = used[first..].iter().map(|trial| {
            let before = covariates.of(&trial.record).unwrap_or_default();
            let series = Series::new(&trial.record, planned_points(trial), metric, training, before);
            Known { series, finished: is_whole(trial).then(|| metric.score(trial.fitness)) }
        });
        let trials: Vec<Ended> = used
            .iter()
            .map(|trial| Ended {
                number: trial.record.number,
                is_paused: trial.outcome == Outcome::Converged,
                score: metric.score(trial.fitness),
                costs: front::costs(&trial.record, costs),
            })
            .collect();
        Knowledge {
            metric,
            grid: Grid::new(planned),
            standing: Standing::new(trials.iter().map(|trial| trial.score).collect()),
            trials,
            known: known.collect(),
            layout,
            covariates,
            taught: taught.start - first..taught.end - first,
            memory: memory.clone(),
            params,
            models: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// The trial as scores.
    pub(super) fn series(&self, trial: &TrialRecord, planned: usize) -> Series {
        let training = self.layout.training.filter(|training| training.is_in(trial));
        let before = self.covariates.of(trial).unwrap_or_default();
        Series::new(trial, planned, self.metric, training, before)
    }

    /// The predictor for such a trial; `None` with too few finished trainings.
    pub(super) fn predictor(&self, trial: &Series) -> Option<&Predictor> {
        let (place, layout) = if trial.has(self.layout) {
            (0, self.layout)
        } else {
            (1, Layout { training: None, covariates: 0, ..self.layout })
        };
        let known = &self.known[self.taught.clone()];
        let learn = || {
            let model = self.memory.model(&self.grid, layout, known)?;
            let residuals = self.residuals(&model, self.standing?);
            Some(Predictor { model, residuals })
        };
        self.models[place].get_or_init(learn).as_ref()
    }

    fn residuals(&self, model: &Model, standing: Standing) -> Residuals {
        let profile = self.params.profile;
        let scales = |prices| Scales {
            grid: &self.grid,
            errors: model.errors(),
            prices,
            standing,
            resolution: self.params.resolves(),
        };
        let [watching, confirming] = [profile.watching(), profile.confirming()].map(scales);
        match self.params.confirm {
            Confirm::Generation | Confirm::End => calibration::residuals(model, &[watching, confirming]),
            Confirm::None => calibration::residuals(model, &[watching]),
        }
    }

    /// The model learned from all trials up to the newest that has finished.
    #[cfg(all(test, feature = "engine"))]
    pub(super) fn model_of_all(&self) -> Option<Model> {
        Model::new(&self.grid, self.layout, &self.known[..self.taught.end])
    }

    /// How many of the newest trainings have finished.
    pub(super) fn finished(&self) -> usize {
        self.known.iter().filter(|known| known.finished.is_some()).count()
    }

    /// The standing for a trial with these costs: the front may be easier to enter than the best tenth. `scores` are those of
    /// the ended trials, of which `itself` may be one.
    pub(super) fn standing_at(
        &self,
        costs: Option<&[f64]>,
        standing: Standing,
        scores: impl Iterator<Item = f64>,
        itself: Option<usize>,
    ) -> Standing {
        let Some(costs) = costs else { return standing };
        let others = self.trials.iter().zip(scores).filter(|(trial, _)| Some(trial.number) != itself);
        let others = others.filter_map(|(trial, score)| Some((trial.costs.as_deref()?, score)));
        Standing { top: standing.top.min(front::threshold(costs, others)).max(0.0), ..standing }
    }

    /// The newest ended trials with their scores.
    pub(super) fn known(&self) -> impl Iterator<Item = (&Ended, &Series)> {
        let newest = &self.trials[self.trials.len() - self.known.len()..];
        newest.iter().zip(self.known.iter().map(|known| &known.series))
    }

    /// The predictions at the decision points from `from` to before `to`.
    pub(super) fn predictions<'a>(
        &'a self,
        model: &'a Model,
        trial: &'a Series,
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = Prediction> + 'a {
        let mut agreement = Agreement::default();
        let predicted = (from.saturating_sub(AGREEING)..to).map(move |decision| {
            let guess = model.predict(&self.grid, decision, trial);
            Prediction { decision, guess, belief: agreement.belief(guess) }
        });
        predicted.skip_while(move |prediction| prediction.decision < from)
    }
}

fn has_result(trial: &EndedTrial) -> bool {
    match trial.outcome {
        Outcome::Completed | Outcome::Converged => !trial.record.curve.is_empty(),
        Outcome::Pruned | Outcome::Failed => false,
    }
}

/// Whether its curve goes to its end. Of a training that was stopped a search may tell the final value without the curve.
fn is_whole(trial: &EndedTrial) -> bool {
    let last = trial.record.curve.last().map_or(f64::NAN, |point| point.value);
    let is_the_last = last == trial.fitness || (last.is_nan() && trial.fitness.is_nan());
    trial.outcome == Outcome::Completed && (is_the_last || trial.record.curve.len() >= trial.points_planned)
}

/// Which of the trials models are learned from: up to the newest that was trained to its end, since a paused one alone does not
/// make predictions better, and no further back than they look.
fn taught(used: &[&EndedTrial]) -> Range<usize> {
    let mut whole =
        used.iter().enumerate().rev().filter(|(_, trial)| is_whole(trial)).map(|(place, _)| place);
    let Some(newest) = whole.next() else { return 0..0 };
    whole.nth(COMPARED - 2).unwrap_or(0)..newest + 1
}

fn planned_points(trial: &EndedTrial) -> usize {
    let points = trial.record.curve.len();
    if is_whole(trial) { points } else { trial.points_planned.max(points) }
}
