//! A document to a typed spec, as far as it fits the schema. A property test says that this never fails after the shape
//! was checked.

use serde_json::{Map, Value};

use super::augment::{self, NormalizeSpec};
use super::execution::{self, BudgetSpec, ExecutionSpec, FinallySpec, OutputSpec};
use super::leaf::{Chosen, Leaf, Word};
use super::optimizer::{self, OptimizerKind, OptimizerSpec};
use super::partial::PartialSpec;
use super::schedule::{self, ScheduleKind, ScheduleSpec};
use super::search::{self, ModeSpec, ReuseSpec, SearchSpec};
use super::training::{self, TrainingSpec};
use super::{DatasetSpec, EstimatorSpec, KindSpec, LimitSpec, NEVER, ObjectiveSpec, Spec};
use crate::catalog::Slot;
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::document::{Document, Node, Pointer};
use crate::plan::Goal;
use crate::shape::Shaped;
use crate::source::Spanned;

/// Decodes what fits the schema. In place of the rest stand other values, which [`PartialSpec`] keeps from being read.
pub fn decode<'a>(shaped: &'a Shaped<'a>) -> Result<PartialSpec<'a>, Diagnostics> {
    let root = Section { shaped, pointer: Pointer::root() };
    let spec = spec(&root).map_err(|d| Diagnostics::from(*d))?;
    Ok(PartialSpec { spec, shaped })
}

type Decoded<T> = Result<T, Box<Diagnostic>>;

/// A mapping of the document, written or not.
struct Section<'a> {
    shaped: &'a Shaped<'a>,
    pointer: Pointer,
}

impl Section<'_> {
    fn document(&self) -> &Document {
        self.shaped.document()
    }

    fn fits(&self, pointer: &Pointer) -> bool {
        self.shaped.unfit().admits(self.document(), pointer)
    }

    fn section(&self, key: &str) -> Self {
        Section { shaped: self.shaped, pointer: self.pointer.key(key) }
    }

    fn optional<T: Leaf>(&self, key: &str) -> Decoded<Option<Spanned<T>>> {
        let pointer = self.pointer.key(key);
        let found = self.document().find(&pointer).filter(|_| self.fits(&pointer));
        let Some(found) = found else { return Ok(None) };
        let span = found.node.span;
        match T::read(found.node) {
            Some(value) => Ok(Some(Spanned::written(value, span))),
            None => Err(Box::new(
                Diagnostic::error(codes::E0103, span, format!("the value of `{key}` cannot be read"))
                    .at(pointer),
            )),
        }
    }

    fn required<T: Leaf>(&self, key: &str, instead: T) -> Decoded<Spanned<T>> {
        let written = self.optional(key)?;
        let pointer = self.pointer.key(key);
        let span = self.document().span_near(&pointer);
        if written.is_none() && self.fits(&pointer) {
            let missing = Diagnostic::error(codes::E0101, span, format!("missing key `{key}`"));
            return Err(Box::new(missing.at(self.pointer.clone())));
        }
        Ok(written.unwrap_or_else(|| Spanned::filled_in(instead, span)))
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
            section.required("kind", String::new())?
        };
        let params: Map<String, Value> = match self.shaped.value().get(slot.key()) {
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
        version: root.required("version", 0)?,
        name: root.required("name", String::new())?,
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
        epochs: section.required("epochs", 1)?,
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
    list.iter()
        .map(|node| Spanned::written(node.as_str().unwrap_or_default().to_owned(), node.span))
        .collect()
}

fn normalize(section: &Section<'_>) -> Decoded<Spanned<NormalizeSpec>> {
    let chosen = section.word_or("normalize", || augment::default_normalize().0)?;
    Ok(Spanned { value: NormalizeSpec(chosen.value), span: chosen.span, origin: chosen.origin })
}

fn objectives(root: &Section<'_>) -> Vec<ObjectiveSpec> {
    let list =
        root.document().root().entry("objectives").map(|entry| entry.value.elements()).unwrap_or_default();
    list.iter().map(objective).collect()
}

/// An element that is no objective stands for one that nobody reads.
fn objective(node: &Node) -> ObjectiveSpec {
    let entry = node.entries().first();
    let is_maximized = entry.is_some_and(|entry| entry.key == "maximize");
    let (goal_span, metric) = entry.map_or((node.span, node), |entry| (entry.key_span, &entry.value));
    ObjectiveSpec {
        goal: if is_maximized { Goal::Maximize } else { Goal::Minimize },
        goal_span,
        metric: Spanned::written(metric.as_str().unwrap_or_default().to_owned(), metric.span),
    }
}
