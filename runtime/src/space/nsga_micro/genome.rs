//! The encoding of `nsga-micro`: the nested lists of the published code, `[normal, reduction]`, a cell a list of blocks, a block
//! `[[op, in], [op, in]]`.
//!
//! `op` is the number of an operation in [`Operation::ALL`]; `in` is 0 for the cell before the previous one, 1 for the previous
//! one, and 2 and more for the blocks of the cell, of which each reads earlier ones only.

use peng_spec::arch::Genome;
use serde_json::{Value, json};

use super::Layout;
use super::operation::Operation;
use crate::space::{GenomeError, canonical};

/// The numbers of a genome one after another, as the published search sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Genes(pub(super) Vec<u8>);

/// One operation of a block and what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) operation: Operation,
    pub(super) input: usize,
}

impl Genes {
    /// Reads a genome.
    pub(super) fn read(layout: &Layout, genome: &Genome) -> Result<Self, GenomeError> {
        let fail = |reason: String| GenomeError { genome: genome.to_string(), reason };
        let list = |value: &Value, count: usize, place: &str, of: &str| match value.as_array() {
            Some(list) if list.len() == count => Ok(list.clone()),
            Some(list) => Err(fail(format!("{place}: found {} {of}, expected {count}", list.len()))),
            None => Err(fail(format!("{place}: found `{value}`, expected a list of {count} {of}"))),
        };
        let bounds = layout.bounds();
        let mut genes = Vec::with_capacity(bounds.len());
        let cells = list(genome.value(), 2, "the genome", "cells")?;
        for (cell, name) in cells.iter().zip(["normal cell", "reduction cell"]) {
            for (number, block) in (1..).zip(list(cell, layout.blocks, name, "blocks")?) {
                let place = format!("{name}, block {number}");
                for unit in list(&block, 2, &place, "operations with their inputs")? {
                    for (gene, of) in list(&unit, 2, &place, "numbers")?.iter().zip(["operation", "input"]) {
                        let bound = bounds[genes.len()];
                        let value = gene.as_u64().filter(|&value| value <= bound.into());
                        genes.push(value.ok_or_else(|| {
                            fail(format!("{place}: found {of} `{gene}`, expected 0 to {bound}"))
                        })? as u8);
                    }
                }
            }
        }
        Ok(Self(genes))
    }

    /// Writes the genome.
    pub(super) fn encode(&self, layout: &Layout) -> Genome {
        let block = |genes: &[u8]| json!([genes[..2], genes[2..]]);
        let cell = |genes: &[u8]| genes.chunks(4).map(block).collect::<Value>();
        Genome::new(self.0.chunks(4 * layout.blocks).map(cell).collect())
    }

    /// The blocks of the normal cell and those of the reduction cell.
    pub(super) fn cells(&self, layout: &Layout) -> [Vec<[Unit; 2]>; 2] {
        let unit = |genes: &[u8]| Unit {
            operation: Operation::ALL[usize::from(genes[0])],
            input: usize::from(genes[1]),
        };
        let (normal, reduction) = self.0.split_at(4 * layout.blocks);
        [normal, reduction]
            .map(|genes| genes.chunks(4).map(|block| [unit(&block[..2]), unit(&block[2..])]).collect())
    }

    /// The genes that stand for all that make the same network but for the order of blocks and of their operations.
    pub(super) fn canonical(&self, layout: &Layout) -> Self {
        let cell = |genes: &[u8]| -> Vec<u8> {
            let reads = |block: &[u8]| block.chunks(2).map(|unit| (unit[0], usize::from(unit[1]))).collect();
            let blocks: Vec<canonical::Reads> = genes.chunks(4).map(reads).collect();
            canonical::order(&blocks, 2)
                .into_iter()
                .flatten()
                .flat_map(|(operation, input)| [operation, input as u8])
                .collect()
        };
        Self(self.0.chunks(4 * layout.blocks).flat_map(cell).collect())
    }
}
