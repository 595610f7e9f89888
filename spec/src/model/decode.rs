//! A well-formed document to a typed [`Spec`]. A property test says that this never fails after the shape was checked.

use serde_json::{Map, Value};

use super::augment::{self, NormalizeSpec};
use super::execution::{self, BudgetSpec, ExecutionSpec, FinallySpec, OutputSpec};
use super::leaf::{Chosen, Leaf, Word};
use super::optimizer::{self, OptimizerKind, OptimizerSpec};
use super::schedule::{self, ScheduleKind, ScheduleSpec};
use super::search::{self, ModeSpec, ReuseSpec, SearchSpec};
use super::training::{self, TrainingSpec};
use super::{DatasetSpec, EstimatorSpec, KindSpec, LimitSpec, NEVER, ObjectiveSpec, Spec};
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::document::{Document, NodeValue, Pointer};
use crate::plan::Goal;
use crate::shape::WellFormed;
use crate::source::Spanned;

/// Decodes a document that fits the schema.
pub fn decode(well_formed: &WellFormed<'_>) -> Result<Spec, Diagnostics> {
    let root = Section { well_formed, pointer: Pointer::root() };
    spec(&root).map_err(|d| Diagnostics::from(*d))
}

type Decoded<T> = Result<T, Box<Diagnostic>>;

/// A mapping of the document, written or not.
struct Section<'a> {
    well_formed: &'a WellFormed<'a>,
    pointer: Pointer,
}

impl Section<'_> {
    fn document(&self) -> &Document {
        self.well_formed.document()
    }

    fn section(&self, key: &str) -> Self {
        Section { well_formed: self.well_formed, pointer: self.pointer.key(key) }
    }

    fn optional<T: Leaf>(&self, key: &str) -> Decoded<Option<Spanned<T>>> {
        let pointer = self.pointer.key(key);
        let Some(found) = self.document().find(&pointer) else { return Ok(None) };
        let span = found.node.span;
        match T::read(found.node) {
            Some(value) => Ok(Some(Spanned::written(value, span))),
            None => Err(Box::new(
                Diagnostic::error(codes::E0103, span, format!("the value of `{key}` cannot be read"))
                    .at(pointer),
            )),
        }
    }

    fn required<T: Leaf>(&self, key: &str) -> Decoded<Spanned<T>> {
        self.optional(key)?.ok_or_else(|| {
            let span = self.document().span_near(&self.pointer);
            Box::new(
                Diagnostic::error(codes::E0101, span, format!("missing key `{key}`"))
                    .at(self.pointer.clone()),
            )
        })
    }

    fn or<T: Leaf>(&self, key: &str, default: impl FnOnce() -> T) -> Decoded<Spanned<T>> {
        let fill_in = || Spanned::filled_in(default(), self.document().span_near(&self.pointer.key(key)));
        Ok(self.optional(key)?.unwrap_or_else(fill_in))
    }

    /// A key that is filled in for some kinds only; for others it stays if it is written, so that a check tells of it.
    fn filled<T: Leaf>(&self, key: &str, default: Option<fn() -> T>) -> Decoded<Option<Spanned<T>>> {
        match default {
            Some(default) => self.or(key, default).map(Some),
            None => self.optional(key),
        }
    }

    fn word_or<W: Word>(&self, key: &str, default: fn() -> W) -> Decoded<Spanned<W>> {
        let fill_in = || Spanned::filled_in(default(), self.document().span_near(&self.pointer.key(key)));
        let written = self.optional::<Chosen<W>>(key)?;
        Ok(written.map_or_else(fill_in, |chosen| Spanned::written(chosen.value.0, chosen.span)))
    }

    fn kind(&self, slot: Slot) -> Decoded<KindSpec> {
        let section = self.section(slot.key());
        let common = KindSpec::common_keys(slot);
        let kind = if slot == Slot::Estimator {
            section.or("kind", || NEVER.to_owned())?
        } else {
            section.required("kind")?
        };
        let params: Map<String, Value> = match self.well_formed.value().get(slot.key()) {
            Some(Value::Object(map)) => map
                .iter()
                .filter(|(key, _)| *key != "kind" && !common.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            _ => Map::new(),
        };
        Ok(KindSpec { kind, params, pointer: section.pointer })
    }
}

fn spec(root: &Section<'_>) -> Decoded<Spec> {
    let dataset = root.section("dataset");
    let limit = dataset.section("limit");
    let estimator = root.section("estimator");
    let budget = root.section("gpu_budget");
    let execution = root.section("execution");
    Ok(Spec {
        version: root.required("version")?,
        name: root.required("name")?,
        seed: root.or("seed", super::default_seed)?,
        dataset: DatasetSpec {
            call: root.kind(Slot::Dataset)?,
            validation: dataset.or("validation", super::default_validation)?,
            limit: LimitSpec {
                train: limit.optional("train")?,
                validation: limit.optional("validation")?,
                test: limit.optional("test")?,
            },
            augment: texts(&dataset, "augment"),
            normalize: normalize(&dataset)?,
        },
        search_space: root.kind(Slot::SearchSpace)?,
        search: search(root)?,
        objectives: objectives(root),
        training: training(&root.section("training"))?,
        estimator: EstimatorSpec {
            call: root.kind(Slot::Estimator)?,
            metric: estimator.or("metric", super::default_metric)?,
            audit: estimator.or("audit", super::default_audit)?,
            max_regret: estimator.optional("max_regret")?,
        },
        gpu_budget: BudgetSpec {
            devices: budget.or("devices", execution::default_devices)?,
            gpu_hours: budget.optional("gpu_hours")?,
            wall_time: budget.optional("wall_time")?,
            memory: budget.optional("memory")?,
        },
        execution: ExecutionSpec {
            executor: execution.word_or("executor", execution::default_executor)?,
            workers: execution.or("workers", execution::default_workers)?,
            max_failed: execution.or("max_failed", execution::default_max_failed)?,
        },
        finally: FinallySpec {
            confirm: root.section("finally").word_or("confirm", execution::default_confirm)?,
        },
        output: OutputSpec { dir: root.section("output").or("dir", execution::default_dir)? },
    })
}

fn search(root: &Section<'_>) -> Decoded<SearchSpec> {
    let section = root.section("search");
    let mode = section.word_or("mode", || search::default_mode().0)?;
    let reuse = section.section("reuse");
    Ok(SearchSpec {
        call: root.kind(Slot::Search)?,
        mode: Spanned { value: ModeSpec(mode.value), span: mode.span, origin: mode.origin },
        reuse: ReuseSpec { similar_within: reuse.or("similar_within", search::default_similar_within)? },
    })
}

fn training(section: &Section<'_>) -> Decoded<TrainingSpec> {
    Ok(TrainingSpec {
        epochs: section.required("epochs")?,
        batch_size: section.or("batch_size", training::default_batch_size)?,
        optimizer: optimizer(&section.section("optimizer"))?,
        schedule: schedule(&section.section("schedule"))?,
        label_smoothing: section.or("label_smoothing", training::default_label_smoothing)?,
        clip_gradients: section.optional("clip_gradients")?,
        measure_every: section.or("measure_every", training::default_measure_every)?,
    })
}

fn optimizer(section: &Section<'_>) -> Decoded<OptimizerSpec> {
    let kind = section.word_or("kind", optimizer::default_optimizer)?;
    let (is_sgd, is_adam) = match kind.value {
        OptimizerKind::Sgd => (true, false),
        OptimizerKind::Adam | OptimizerKind::AdamW => (false, true),
    };
    let of_sgd = |default: fn() -> f64| is_sgd.then_some(default);
    let of_adam = |default: fn() -> f64| is_adam.then_some(default);
    Ok(OptimizerSpec {
        kind,
        lr: section.or("lr", || kind.value.lr())?,
        momentum: section.filled("momentum", of_sgd(optimizer::default_momentum))?,
        nesterov: section.filled("nesterov", is_sgd.then_some(optimizer::default_nesterov))?,
        beta1: section.filled("beta1", of_adam(optimizer::default_beta1))?,
        beta2: section.filled("beta2", of_adam(optimizer::default_beta2))?,
        epsilon: section.filled("epsilon", of_adam(optimizer::default_epsilon))?,
        weight_decay: section.or("weight_decay", || kind.value.weight_decay())?,
        decayed: section.word_or("decayed", optimizer::default_decayed)?,
    })
}

fn schedule(section: &Section<'_>) -> Decoded<ScheduleSpec> {
    let kind = section.word_or("kind", schedule::default_schedule)?;
    let is_step = kind.value == ScheduleKind::Step;
    Ok(ScheduleSpec {
        kind,
        every: section.optional("every")?,
        factor: section.filled("factor", is_step.then_some(schedule::default_factor))?,
        warm_up: section.or("warm_up", schedule::default_warm_up)?,
    })
}

fn texts(section: &Section<'_>, key: &str) -> Vec<Spanned<String>> {
    let found = section.document().find(&section.pointer.key(key));
    let list = found.map(|found| found.node.elements()).unwrap_or_default();
    let written = |node: &crate::document::Node| Some(Spanned::written(node.as_str()?.to_owned(), node.span));
    list.iter().filter_map(written).collect()
}

fn normalize(section: &Section<'_>) -> Decoded<Spanned<NormalizeSpec>> {
    let chosen = section.word_or("normalize", || augment::default_normalize().0)?;
    Ok(Spanned { value: NormalizeSpec(chosen.value), span: chosen.span, origin: chosen.origin })
}

fn objectives(root: &Section<'_>) -> Vec<ObjectiveSpec> {
    let list =
        root.document().root().entry("objectives").map(|entry| entry.value.elements()).unwrap_or_default();
    let mut objectives = Vec::with_capacity(list.len());
    for node in list {
        for entry in node.entries() {
            let goal = if entry.key == "maximize" { Goal::Maximize } else { Goal::Minimize };
            if let NodeValue::String(metric) = &entry.value.value {
                let metric = Spanned::written(metric.clone(), entry.value.span);
                objectives.push(ObjectiveSpec { goal, goal_span: entry.key_span, metric });
            }
        }
    }
    objectives
}
