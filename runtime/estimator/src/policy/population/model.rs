//! What ended trials say about how trainings end: a mixture at each decision point, and how uncertain predictions are at each.

use super::gaussian::{Candidates, EXAMPLES};
use super::grid::Grid;
use super::kernel::Inputs;
use super::mixture::{Guess, LeftOut, Mixture};
use super::series::{Layout, Series};
use super::standard::Standard;

/// With fewer finished trainings nothing is predicted.
pub(super) const FEWEST_FINISHED: usize = 3;
/// Only so many of the newest trials that have reached a decision point make features comparable. A finished one has reached
/// them all, so that none is needed from before so many finished ones.
pub(super) const COMPARED: usize = 100;
/// How many decision points to each side decide with one which candidates fit.
const NEIGHBOURS: usize = 2;
/// How many finished trainings weigh as much as the usual course of the error.
const COURSE_PRIOR: f64 = 5.0;
/// The usual course: the error falls with this power of the training that is left.
const COURSE_POWER: f64 = 1.7;
/// The share of decision points from which the level of the course is taken.
const COURSE_PART: f64 = 0.7;

/// An ended trial as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) series: Series,
    /// Its final score, if it was trained to the end.
    pub(super) finished: Option<f64>,
}

/// Predictions at every decision point.
#[derive(Clone, Debug)]
pub(super) struct Model {
    layout: Layout,
    mixtures: Vec<Mixture>,
    /// Typical errors in score points, which never rise.
    errors: Vec<f64>,
}

impl Model {
    /// `None` with too few finished trainings.
    pub(super) fn new(grid: &Grid, layout: Layout, known: &[Known]) -> Option<Self> {
        let finished: Vec<(&Series, f64)> =
            known.iter().filter_map(|known| Some((&known.series, known.finished?))).collect();
        if finished.len() < FEWEST_FINISHED {
            return None;
        }
        let examples = &finished[finished.len().saturating_sub(EXAMPLES)..];
        let mut fits: Vec<Vec<f64>> = Vec::with_capacity(grid.len());
        let mut waiting = std::collections::VecDeque::with_capacity(NEIGHBOURS + 1);
        let mut mixtures = Vec::with_capacity(grid.len());
        let mut settle = |fits: &[Vec<f64>], waiting: &mut std::collections::VecDeque<Candidates>| {
            if let Some(candidates) = waiting.pop_front() {
                mixtures.push(Mixture::new(candidates, &around(fits, mixtures.len())));
            }
        };
        for decision in 0..grid.len() {
            let candidates = candidates(grid, decision, layout, known, examples);
            fits.push(candidates.all.iter().map(|candidate| candidate.fit).collect());
            waiting.push_back(candidates);
            if waiting.len() > NEIGHBOURS {
                settle(&fits, &mut waiting);
            }
        }
        while !waiting.is_empty() {
            settle(&fits, &mut waiting);
        }
        let errors = errors(grid, &mixtures, examples.len());
        Some(Model { layout, mixtures, errors })
    }

    /// What is predicted at a decision point that the trial has reached.
    pub(super) fn predict(&self, grid: &Grid, decision: usize, trial: &Series) -> Guess {
        let points = grid.points(decision, trial.planned).min(trial.len());
        let mut features = Vec::new();
        trial.features(points, self.layout, &mut features);
        self.mixtures[decision].predict(&features, trial.smoothed(points))
    }

    /// What is predicted of each example without itself, at each decision point.
    pub(super) fn left_out(&self) -> impl Iterator<Item = impl Iterator<Item = LeftOut>> {
        let examples = self.mixtures.first().map_or(0, |mixture| mixture.left_out.len());
        (0..examples).map(|example| self.mixtures.iter().map(move |mixture| mixture.left_out[example]))
    }

    /// The typical error of predictions at each decision point.
    pub(super) fn errors(&self) -> &[f64] {
        &self.errors
    }
}

fn candidates(
    grid: &Grid,
    decision: usize,
    layout: Layout,
    known: &[Known],
    examples: &[(&Series, f64)],
) -> Candidates {
    let features = |series: &Series| {
        let mut features = Vec::with_capacity(layout.len());
        series.features(grid.points(decision, series.planned), layout, &mut features);
        features
    };
    let has_reached = |series: &&Series| grid.points(decision, series.planned) <= series.len();
    let compared: Vec<Vec<f64>> = known
        .iter()
        .rev()
        .map(|known| &known.series)
        .filter(has_reached)
        .take(COMPARED)
        .map(features)
        .collect();
    let rows: Vec<Vec<f64>> = examples.iter().map(|(series, _)| features(series)).collect();
    let smoothed: Vec<f64> =
        examples.iter().map(|(series, _)| series.smoothed(grid.points(decision, series.planned))).collect();
    let finals: Vec<f64> = examples.iter().map(|&(_, last)| last).collect();
    let inputs = Inputs::new(&rows, Standard::new(&compared), &layout.few());
    Candidates::new(inputs, &smoothed, &finals)
}

/// How well each candidate fits at a decision point and beside it.
fn around(fits: &[Vec<f64>], decision: usize) -> Vec<f64> {
    let near = &fits[decision.saturating_sub(NEIGHBOURS)..(decision + NEIGHBOURS + 1).min(fits.len())];
    let mean = |candidate: usize| near.iter().map(|fits| fits[candidate]).sum::<f64>() / near.len() as f64;
    (0..fits[decision].len()).map(mean).collect()
}

/// Leave-one-out errors, drawn to the usual course of errors where they rest on few trainings, and never rising.
fn errors(grid: &Grid, mixtures: &[Mixture], examples: usize) -> Vec<f64> {
    let count = examples as f64;
    let trust = count / (count + COURSE_PRIOR);
    let log_error = |decision: usize| libm::log(mixtures[decision].error.max(1e-3));
    let course = |decision: usize| COURSE_POWER * libm::log(1.0 - grid.fraction(decision));
    let early = ((COURSE_PART * grid.len() as f64) as usize).max(1).min(grid.len());
    let level =
        (0..early).map(|decision| (log_error(decision) - course(decision)) / early as f64).sum::<f64>();
    let mut errors: Vec<f64> = (0..grid.len())
        .map(|decision| libm::exp(trust * log_error(decision) + (1.0 - trust) * (level + course(decision))))
        .collect();
    for decision in (1..errors.len()).rev() {
        errors[decision - 1] = errors[decision - 1].max(errors[decision]);
    }
    errors
}
