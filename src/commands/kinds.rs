//! `peng kinds`: every kind that a spec may name, with its parameters.

use std::fmt::Write as _;
use std::io::Write;

use clap::{Args, ValueEnum};
use peng_spec::catalog::Slot;
use peng_spec::shape::{KindSchema, SpecSchema};

use crate::failure::Exit;

/// List the kinds that a spec may name, with their parameters
#[derive(Debug, Args)]
pub(crate) struct KindsArgs {
    /// Only the kinds of this key of the spec
    #[arg(value_enum)]
    slot: Option<SlotArg>,
}

/// A key of the spec that has kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SlotArg {
    /// What is learned from
    Dataset,
    /// Which networks exist
    #[value(name = "search_space", alias = "search-space")]
    SearchSpace,
    /// How networks are proposed
    Search,
    /// When a training may stop
    Estimator,
}

impl From<SlotArg> for Slot {
    fn from(slot: SlotArg) -> Self {
        match slot {
            SlotArg::Dataset => Self::Dataset,
            SlotArg::SearchSpace => Self::SearchSpace,
            SlotArg::Search => Self::Search,
            SlotArg::Estimator => Self::Estimator,
        }
    }
}

/// Lists kinds.
pub(crate) fn run(args: &KindsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let schema = SpecSchema::new(&peng_runtime::catalog());
    let slots = Slot::ALL.into_iter().filter(|slot| args.slot.is_none_or(|only| *slot == only.into()));
    let texts: Vec<String> = slots.map(|slot| slot_text(&schema, slot)).collect();
    write!(out, "{}", texts.join("\n"))?;
    Ok(Exit::Fine)
}

fn slot_text(schema: &SpecSchema, slot: Slot) -> String {
    schema.kinds(slot).iter().fold(format!("{}\n", slot.key()), |mut text, kind| {
        kind_text(slot, kind, &mut text).expect("writing to a string cannot fail");
        text
    })
}

fn kind_text(slot: Slot, kind: &KindSchema, text: &mut String) -> std::fmt::Result {
    writeln!(text, "  {}: {}", kind.name, kind.summary)?;
    for param in kind.params(slot) {
        write!(text, "    {} ({}", param.name, param.takes)?;
        match param.default {
            Some(default) => write!(text, ", default {default}")?,
            None if param.required => write!(text, ", required")?,
            None => {}
        }
        writeln!(text, "): {}", param.doc)?;
    }
    Ok(())
}
