//! `peng arch`: networks of a space, with layers, shapes, parameters, FLOPs.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peng_runtime::seed::SeedTree;
use peng_runtime::space::{self, SearchSpace, SpaceError};
use peng_runtime::table::{Align, Table};
use peng_spec::arch::{ArchGraph, ArchReport, AuxiliaryReport, Genome, LayerReport, Op};
use peng_spec::plan::Plan;

use crate::commands::load::{self, Loaded};
use crate::failure::{Exit, Failure};
use crate::ui::Ui;

/// Show networks of a spec's search space
#[derive(Debug, Args)]
pub(crate) struct ArchArgs {
    /// A spec, or a plan (`.json`)
    input: PathBuf,
    #[command(flatten)]
    settings: load::Settings,
    /// The network with this genome, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "sample")]
    genome: Option<String>,
    /// This many networks at random, from the seed of the spec
    #[arg(long, value_name = "N", default_value_t = 1)]
    sample: u32,
    /// The form of the output
    #[arg(long, value_enum, default_value_t)]
    format: ArchFormat,
}

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ArchFormat {
    /// A table a network
    #[default]
    Table,
    /// A JSON object a line, a network each
    Json,
    /// A graph for Graphviz
    Dot,
}

/// Shows networks.
pub(crate) fn run(args: &ArchArgs, ui: Ui, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(Loaded { plan, .. }) = load::plan_or_spec(&args.input, &args.settings, ui, out)? else {
        return Ok(Exit::Findings);
    };
    let space = build(&plan)?;
    let genomes = if let Some(text) = &args.genome {
        let value = serde_json::from_str(text).map_err(|e| {
            Failure::new(Exit::Usage, format!("`--genome` is no JSON: {e}"))
                .help("write it as `peng log` and `trials.csv` do, such as `[[0,1,1,0,0,1,0],...]`")
        })?;
        vec![Genome::new(value)]
    } else {
        let seed = SeedTree::new(plan.seed);
        let drawn = (0..args.sample).map(|i| space.sample(&mut seed.child("arch sample", i.into()).rng()));
        drawn.collect::<Result<_, _>>().map_err(|scarce| Failure::from(SpaceError::from(scarce)))?
    };
    for genome in &genomes {
        let graph = space.decode(genome).map_err(|e| Failure::new(Exit::Usage, e.to_string()))?;
        let report = graph.report(genome)?;
        match args.format {
            ArchFormat::Table => write!(out, "{}", table(&report))?,
            ArchFormat::Json => writeln!(out, "{}", serde_json::to_string(&report)?)?,
            ArchFormat::Dot => write!(out, "{}", dot(&graph, &report))?,
        }
    }
    Ok(Exit::Fine)
}

fn build(plan: &Plan) -> Result<Box<dyn SearchSpace>, Failure> {
    let call = &plan.space.call;
    let unknown =
        || Failure::new(Exit::Environment, format!("unknown search space `{}` in the plan", call.kind));
    space::find(&call.kind).ok_or_else(unknown)?.build(&call.params, &plan.dataset.facts).map_err(|issues| {
        let messages: Vec<&str> = issues.iter().map(|i| i.message.as_str()).collect();
        Failure::new(Exit::Environment, messages.join("; "))
    })
}

fn table(report: &ArchReport) -> String {
    let head = report.auxiliary.as_ref().map_or_else(String::new, |head| {
        let AuxiliaryReport { weight, params, layers } = head;
        format!("\nin training only, with {weight} of its loss: {params} parameters more\n{}", lines(layers))
    });
    format!(
        "genome {}\n{}total: {} parameters, {} FLOPs (multiply-accumulates), {} bytes of activations\n{head}\n",
        report.genome,
        lines(&report.layers),
        report.params,
        report.flops,
        report.activation_bytes
    )
}

fn lines(layers: &[LayerReport]) -> String {
    let mut table = Table::new([
        ("layer", Align::Left),
        ("kind", Align::Left),
        ("input", Align::Left),
        ("output", Align::Left),
        ("params", Align::Right),
        ("FLOPs", Align::Right),
    ]);
    for layer in layers {
        table.row([
            layer.name.clone(),
            layer.kind.clone(),
            layer.input.join(" + "),
            layer.output.clone(),
            layer.params.to_string(),
            layer.flops.to_string(),
        ]);
    }
    table.render(0)
}

/// What is there in training only is dashed.
fn dot(graph: &ArchGraph, report: &ArchReport) -> String {
    use std::fmt::Write as _;
    let mut dot = format!(
        "digraph network {{\n  label = {:?};\n  input [shape=ellipse, label=\"input\\n{}\"];\n",
        report.genome.to_string(),
        graph.input
    );
    let head = report.auxiliary.iter().flat_map(|head| &head.layers);
    let lines = report.layers.iter().chain(head);
    for (index, (node, layer)) in graph.trained().nodes.iter().zip(lines).enumerate() {
        let in_training_only = index >= graph.nodes.len() || matches!(node.op, Op::DropPath { .. });
        let style = if in_training_only { "style=dashed, " } else { "" };
        let _ = writeln!(
            dot,
            "  n{index} [shape=box, {style}label=\"{}\\n{} {}\"];",
            node.name, layer.kind, layer.output
        );
        if node.inputs.is_empty() {
            let _ = writeln!(dot, "  input -> n{index};");
        }
        for input in &node.inputs {
            let _ = writeln!(dot, "  n{input} -> n{index};");
        }
    }
    dot.push_str("}\n");
    dot
}
