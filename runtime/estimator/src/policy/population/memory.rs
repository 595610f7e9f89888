//! The models learned last, kept for as long as the trials that they are learned from stay the same. A model is a function
//! of those, so that remembering one changes no decision.

use std::sync::{Arc, Mutex, PoisonError};

use super::grid::Grid;
use super::model::{Known, Model};
use super::series::Layout;

/// How many models are remembered: one for trials that have all that the ended ones have, one for the others.
const MODELS: usize = 2;

/// The memory of an estimator and its clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Vec<Learned>>>);

#[derive(Debug)]
struct Learned {
    layout: Layout,
    known: Vec<Known>,
    /// `None`: too few of them have finished.
    model: Option<Arc<Model>>,
}

impl Memory {
    /// The model with these features learned from these trials. The grid must be the same in all calls.
    pub(super) fn model(&self, grid: &Grid, layout: Layout, known: &[Known]) -> Option<Arc<Model>> {
        let mut learned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = learned.iter().find(|learned| learned.layout == layout && learned.known == known)
        {
            return found.model.clone();
        }
        let model = Model::new(grid, layout, known).map(Arc::new);
        learned.retain(|learned| learned.layout != layout);
        if learned.len() == MODELS {
            learned.remove(0);
        }
        learned.push(Learned { layout, known: known.to_vec(), model: model.clone() });
        model
    }
}
