//! A spec of which parts may not fit the schema: what reads it can only read what fits.
//!
//! So a check that needs a part that does not fit is silent, and no finding follows from one that is told already.

use super::{
    ConfirmSpec, Duration, EpochStep, KindSpec, ModeSpec, ObjectiveSpec, OptimizerKind, Percent, Points,
    ScheduleKind, Spec, WorkersSpec,
};
use crate::catalog::Slot;
use crate::document::{Node, Pointer};
use crate::shape::{Shaped, WellFormed};
use crate::source::Spanned;

/// A part of a spec: its address, and the same as a field.
#[derive(Debug, Clone, Copy)]
pub struct Part<T> {
    pointer: &'static str,
    of: fn(&Spec) -> &T,
}

/// Declares parts by their path, which is that of the fields and that of the keys.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $first:ident $(. $rest:ident)*;)*) => {
        $($(#[$doc])* pub const $name: Part<$type> = Part {
            pointer: concat!("/", stringify!($first) $(, "/", stringify!($rest))*),
            of: |spec| &spec.$first$(.$rest)*,
        };)*
    };
}

parts! {
    /// `dataset.validation`
    VALIDATION: Spanned<Percent> = dataset.validation;
    /// `dataset.limit.train`
    LIMIT_TRAIN: Option<Spanned<u64>> = dataset.limit.train;
    /// `dataset.limit.validation`
    LIMIT_VALIDATION: Option<Spanned<u64>> = dataset.limit.validation;
    /// `dataset.limit.test`
    LIMIT_TEST: Option<Spanned<u64>> = dataset.limit.test;
    /// `dataset.augment`
    AUGMENT: Vec<Spanned<String>> = dataset.augment;
    /// `search.mode`
    MODE: Spanned<ModeSpec> = search.mode;
    /// `search.reuse.similar_within`
    SIMILAR_WITHIN: Spanned<u32> = search.reuse.similar_within;
    /// `objectives`
    OBJECTIVES: Vec<ObjectiveSpec> = objectives;
    /// `training.epochs`
    EPOCHS: Spanned<u32> = training.epochs;
    /// `training.batch_size`
    BATCH_SIZE: Spanned<u64> = training.batch_size;
    /// `training.label_smoothing`
    LABEL_SMOOTHING: Spanned<f64> = training.label_smoothing;
    /// `training.measure_every`
    MEASURE_EVERY: Spanned<EpochStep> = training.measure_every;
    /// `training.optimizer.kind`
    OPTIMIZER: Spanned<OptimizerKind> = training.optimizer.kind;
    /// `training.optimizer.momentum`
    MOMENTUM: Option<Spanned<f64>> = training.optimizer.momentum;
    /// `training.optimizer.nesterov`
    NESTEROV: Option<Spanned<bool>> = training.optimizer.nesterov;
    /// `training.schedule.kind`
    SCHEDULE: Spanned<ScheduleKind> = training.schedule.kind;
    /// `training.schedule.every`
    STEP_EVERY: Option<Spanned<u32>> = training.schedule.every;
    /// `training.schedule.warm_up`
    WARM_UP: Spanned<u32> = training.schedule.warm_up;
    /// `estimator.metric`
    METRIC: Spanned<String> = estimator.metric;
    /// `estimator.audit`
    AUDIT: Spanned<Percent> = estimator.audit;
    /// `estimator.max_regret`
    MAX_REGRET: Option<Spanned<Points>> = estimator.max_regret;
    /// `gpu_budget.gpu_hours`
    GPU_HOURS: Option<Spanned<Duration>> = gpu_budget.gpu_hours;
    /// `gpu_budget.wall_time`
    WALL_TIME: Option<Spanned<Duration>> = gpu_budget.wall_time;
    /// `execution.workers`
    WORKERS: Spanned<WorkersSpec> = execution.workers;
    /// `finally.confirm`
    CONFIRM: Spanned<ConfirmSpec> = finally.confirm;
}

/// A spec of which parts may not fit.
#[derive(Debug)]
pub struct PartialSpec<'a> {
    pub(super) spec: Spec,
    pub(super) shaped: &'a Shaped<'a>,
}

impl PartialSpec<'_> {
    fn section_of(&self, slot: Slot) -> &KindSpec {
        match slot {
            Slot::Dataset => &self.spec.dataset.call,
            Slot::SearchSpace => &self.spec.search_space,
            Slot::Search => &self.spec.search.call,
            Slot::Estimator => &self.spec.estimator.call,
        }
    }

    /// A part, if it fits.
    pub fn read<T>(&self, part: &Part<T>) -> Option<&T> {
        self.fits(&part.pointer.into()).then(|| (part.of)(&self.spec))
    }

    /// The elements of a part that fit, each with its index.
    pub fn elements<T: 'static>(&self, part: &Part<Vec<T>>) -> impl Iterator<Item = (usize, &T)> {
        let pointer = Pointer::from(part.pointer);
        let list = (part.of)(&self.spec).iter().enumerate();
        list.filter(move |(index, _)| self.fits(&pointer.index(*index)))
    }

    /// A value of the document at a pointer that no part has, if it fits and is written.
    pub fn written(&self, pointer: &Pointer) -> Option<&Node> {
        self.shaped.document().find(pointer).map(|found| found.node).filter(|_| self.fits(pointer))
    }

    /// The kind of a slot with its parameters, if all of them fit.
    pub fn kind(&self, slot: Slot) -> Option<&KindSpec> {
        let common = KindSpec::common_keys(slot);
        let kind = self.section_of(slot);
        self.shaped.unfit().admits_all_but(self.shaped.document(), &kind.pointer, common).then_some(kind)
    }

    /// The kind of a slot, if its name fits, whatever its parameters.
    pub fn named_kind(&self, slot: Slot) -> Option<&KindSpec> {
        let kind = self.section_of(slot);
        self.fits(&kind.pointer.key("kind")).then_some(kind)
    }

    /// Whether what is at a pointer fits, or is left out on purpose.
    pub fn fits(&self, pointer: &Pointer) -> bool {
        self.shaped.unfit().admits(self.shaped.document(), pointer)
    }

    /// All of it, of a document that fits.
    pub fn whole(self, _: WellFormed) -> Spec {
        self.spec
    }
}
