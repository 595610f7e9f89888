//! The catalogue that the compiler asks: all kinds of all slots.

use std::sync::LazyLock;

use peng_spec::catalog::{Catalog, DatasetKind, EstimatorKind, SearchKind, SpaceKind};

use crate::data::DATASETS;
use crate::estimate::{Policy, estimators};
use crate::search::SEARCHES;
use crate::space::SPACES;

/// Everything that a spec may name in this version.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeCatalog;

static ESTIMATORS: LazyLock<Vec<Policy>> = LazyLock::new(estimators);

impl Catalog for RuntimeCatalog {
    fn datasets(&self) -> Vec<&dyn DatasetKind> {
        DATASETS.iter().map(|&k| k as &dyn DatasetKind).collect()
    }

    fn spaces(&self) -> Vec<&dyn SpaceKind> {
        SPACES.iter().map(|&k| k as &dyn SpaceKind).collect()
    }

    fn searches(&self) -> Vec<&dyn SearchKind> {
        SEARCHES.iter().map(|&k| k as &dyn SearchKind).collect()
    }

    fn estimators(&self) -> Vec<&dyn EstimatorKind> {
        ESTIMATORS.iter().map(|k| k as &dyn EstimatorKind).collect()
    }
}
