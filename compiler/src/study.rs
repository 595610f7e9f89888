//! Compiles a study: its experiment under each of its estimators, each of which is checked where it stands.

use std::path::Path;

use peng_spec::catalog::Catalog;
use peng_spec::diag::{Diagnostic, Diagnostics, Sink, codes, quoted};
use peng_spec::document::{self, Document, Pointer};
use peng_spec::model::{ArmSpec, StudySpec, is_study};
use peng_spec::overlay::{self, ReadBase, Setting, normal};
use peng_spec::plan::{ArmPlan, Plan, STUDY_FORMAT, StudyPlan};
use peng_spec::shape::{self, SpecSchema, StudySchema};
use peng_spec::source::{FileId, Origin, SourceMap, Span, Spanned};

use crate::explain::grouped;
use crate::{Compiled, PlanSection, compile_with};

/// What compiling a study yields.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledStudy {
    /// The study.
    pub study: StudyPlan,
    /// What is odd, but no error.
    pub warnings: Vec<Diagnostic>,
}

/// What an experiment is compiled with.
#[derive(Clone, Copy)]
pub struct Language<'a> {
    /// The kinds that there are.
    pub catalog: &'a dyn Catalog,
    /// The schema of experiments.
    pub schema: &'a SpecSchema,
}

/// Compiles the study that a file of `sources` holds. Its experiment and the bases of that are read by `read` and added to
/// `sources`; `settings` go over the experiment.
pub fn compile_study(
    sources: &mut SourceMap,
    file: FileId,
    settings: &[Setting],
    read: &ReadBase<'_>,
    language: Language<'_>,
) -> Result<CompiledStudy, Diagnostics> {
    let document = document::load(sources, file)?;
    if document.root().entry("search_space").is_some() && !is_study(document.root()) {
        let span = document.span_near(&Pointer::root());
        let message = "found an experiment, expected a study";
        let help = "run it by `peng run`, or write a study that names it".to_owned();
        return Err(Diagnostic::error(codes::E0904, span, message).help(help).into());
    }
    let (spec, found) = shape::check_study(&document, &StudySchema::new());
    let mut sink = Sink::with(found);
    names(&spec.arms, &mut sink);
    seeds(&spec.seeds, &mut sink);
    let mut plans: Vec<Option<Plan>> = Vec::new();
    // An experiment that is missing or no text was told of already.
    if spec.experiment.origin == Origin::Written {
        match experiment(sources, file, &spec.experiment, settings, read) {
            Ok(experiment) => {
                plans = (spec.arms.iter())
                    .map(|found| arm(&document, &experiment, &spec, found, language, &mut sink))
                    .collect();
                together(&document, &experiment, &spec, &plans, &mut sink);
            }
            Err(found) => found.into_vec().into_iter().for_each(|found| sink.push(found)),
        }
    }
    let warnings = sink.finish()?;
    let arms = spec.arms.iter().zip(plans).filter_map(|(arm, plan)| {
        let name = arm.name.value.clone();
        Some(ArmPlan { name, plan: plan? })
    });
    let study = StudyPlan {
        format: STUDY_FORMAT.to_owned(),
        digest: String::new(),
        name: spec.name.value.clone(),
        seeds: spec.seeds.iter().map(|seed| seed.value).collect(),
        truth: spec.truth.value,
        arms: arms.collect(),
    };
    Ok(CompiledStudy { study: study.sealed(), warnings })
}

/// The experiment over its bases, with the settings; what is wrong there also shows the study.
fn experiment(
    sources: &mut SourceMap,
    file: FileId,
    path: &Spanned<String>,
    settings: &[Setting],
    read: &ReadBase<'_>,
) -> Result<Document, Diagnostics> {
    let refused = |message: String| {
        Diagnostics::from(Diagnostic::error(codes::E0901, path.span, message).at("/experiment"))
    };
    let folder = Path::new(sources.name(file)).parent().unwrap_or(Path::new("")).to_owned();
    let name = normal(&folder.join(&path.value));
    let shown = quoted(&name.display().to_string());
    let bytes = read(&name).map_err(|why| refused(format!("cannot read the experiment {shown}: {why}")))?;
    let base = sources.add_bytes(name.display().to_string(), &bytes);
    let document = overlay::load(sources, base, settings, read)
        .map_err(|found| found.map(|found| named_here(found, file, path.span)))?;
    if is_study(document.root()) {
        return Err(refused(format!("{shown} is a study, expected an experiment")));
    }
    Ok(document)
}

/// A finding; outside the study itself also with the place that names the experiment.
fn named_here(found: Diagnostic, study: FileId, span: Span) -> Diagnostic {
    if found.span.file == study { found } else { found.also(span, "the experiment of this study") }
}

fn names(arms: &[ArmSpec], sink: &mut Sink) {
    for (index, arm) in arms.iter().enumerate() {
        let is_written = arm.name.origin == Origin::Written;
        let is_same = |other: &&ArmSpec| is_written && other.name.value == arm.name.value;
        if let Some(first) = arms[..index].iter().find(is_same) {
            let message = format!("the arm {} occurs twice", quoted(&arm.name.value));
            let pointer = Pointer::root().key("arms").index(arm.index).key("name");
            sink.push(
                Diagnostic::error(codes::E0902, arm.name.span, message)
                    .also(first.name.span, "the first one")
                    .help("give each arm a name of its own".to_owned())
                    .at(pointer),
            );
        }
    }
}

fn seeds(seeds: &[Spanned<u64>], sink: &mut Sink) {
    for (index, seed) in seeds.iter().enumerate() {
        if let Some(first) = seeds[..index].iter().find(|other| other.value == seed.value) {
            sink.push(
                Diagnostic::error(codes::E0902, seed.span, format!("the seed {} occurs twice", seed.value))
                    .also(first.span, "the first one")
                    .help("remove one of them: equal seeds give equal runs".to_owned())
                    .at(Pointer::root().key("seeds").index(index)),
            );
        }
    }
}

/// The plan of an arm with the first seed.
fn arm(
    document: &Document,
    experiment: &Document,
    spec: &StudySpec,
    arm: &ArmSpec,
    language: Language<'_>,
    sink: &mut Sink,
) -> Option<Plan> {
    let at = Pointer::root().key("arms").index(arm.index);
    let entry = document.find(&at)?.node.entry("estimator")?.clone();
    let Language { catalog, schema } = language;
    let compiled = compile_with(experiment.with_entry(entry, document), catalog, schema);
    let (plan, found) = match compiled {
        Ok(Compiled { plan, warnings }) => (Some(plan), warnings),
        Err(found) => (None, found.into_vec()),
    };
    for mut found in found {
        if found.span.file == document.file() {
            found.pointer = found.pointer.map(|pointer| at.join(pointer.as_str()));
        }
        sink.push(named_here(found, document.file(), spec.experiment.span));
    }
    let plan = plan?;
    Some(Plan { seed: spec.seeds.first()?.value, ..plan }.sealed())
}

/// What arms must have in common, and what no arm of a study can have.
fn together(
    document: &Document,
    experiment: &Document,
    spec: &StudySpec,
    plans: &[Option<Plan>],
    sink: &mut Sink,
) {
    let known = || spec.arms.iter().zip(plans).filter_map(|(arm, plan)| Some((arm, plan.as_ref()?)));
    let Some((first, plan)) = known().next() else { return };
    for (index, (arm, other)) in known().enumerate().skip(1) {
        let at = Pointer::root().key("arms").index(arm.index);
        let (metric, expected) = (other.estimator.metric, plan.estimator.metric);
        let span = document.span_near(&at.key("estimator").key("metric"));
        if metric != expected {
            let message = format!(
                "the arm {} is about `{metric}`, but {} about `{expected}`",
                quoted(&arm.name.value),
                quoted(&first.name.value)
            );
            sink.push(
                Diagnostic::error(codes::E0903, span, message)
                    .also(first.name.span, "this arm")
                    .help("compare estimators of one metric, in a study for each".to_owned())
                    .at(at.key("estimator").key("metric")),
            );
        } else if let Some((same, _)) =
            known().take(index).find(|(_, earlier)| earlier.estimator == other.estimator)
        {
            let message = format!(
                "the arms {} and {} are the same estimator",
                quoted(&same.name.value),
                quoted(&arm.name.value)
            );
            let found = Diagnostic::warning(codes::W0901, arm.name.span, message);
            sink.push(found.also(same.name.span, "the first one").at(at.key("name")));
        }
    }
    if plan.execution.budget.wall_secs.is_some() {
        let pointer = Pointer::root().key("gpu_budget").key("wall_time");
        let message = "found a `wall_time`, which means nothing where arms share trainings";
        let found = Diagnostic::error(codes::E0903, experiment.span_near(&pointer), message)
            .help("remove it, or limit `gpu_hours`, which counts a training for each arm".to_owned())
            .at(pointer);
        sink.push(named_here(found, document.file(), spec.experiment.span));
    }
}

/// A study in words: its runs, and the bounds of what they share.
pub fn describe_study(study: &StudyPlan) -> Vec<PlanSection> {
    let cost = study.arms[0].plan.cost;
    let (arms, seeds) = (study.arms.len() as u64, study.seeds.len() as u64);
    let arm = |arm: &ArmPlan| format!("{}: {}", arm.name, arm.plan.estimator.call.kind);
    let names: Vec<String> = study.seeds.iter().map(u64::to_string).collect();
    let most = arms * cost.trials;
    let truth = if study.truth {
        "every network that an arm has met, to the end, once a seed"
    } else {
        "what the arms train to the end"
    };
    let bound = |one: u64, all: u64| {
        format!("{} a seed if all arms meet the same networks, at most {}", grouped(one), grouped(all))
    };
    vec![
        PlanSection {
            title: "study",
            lines: vec![format!("{} ({})", study.name, study.digest.get(..12).unwrap_or_default())],
        },
        PlanSection { title: "arms", lines: study.arms.iter().map(arm).collect() },
        PlanSection { title: "seeds", lines: vec![names.join(", ")] },
        PlanSection {
            title: "runs",
            lines: vec![format!("{}, of {} networks each", arms * seeds, grouped(cost.trials))],
        },
        PlanSection { title: "truth", lines: vec![truth.to_owned()] },
        PlanSection { title: "trainings", lines: vec![bound(cost.trials, most)] },
        PlanSection { title: "epochs", lines: vec![bound(cost.epochs_at_most, arms * cost.epochs_at_most)] },
    ]
}
