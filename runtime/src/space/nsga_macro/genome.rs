//! The encoding of `nsga-macro`: a list of genes a phase.

use peng_spec::arch::Genome;
use serde_json::Value;

use super::{Layout, Variant};
use crate::space::GenomeError;

/// The genes of all phases, one phase after another.
///
/// Those of a phase are bits: 1→2; 1→3, 2→3; 1→4, 2→4, 3→4; and so on; then the residual connection from the phase's input to
/// its output. With `variant: variable` the type of the phase follows: 0 `standard`, 1 `preact`, 2 `dense`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Genes(pub(super) Vec<u8>);

impl Genes {
    /// Reads a genome.
    pub(super) fn read(layout: &Layout, genome: &Genome) -> Result<Self, GenomeError> {
        let fail = |reason: String| GenomeError { genome: genome.to_string(), reason };
        let (example, what) = match layout.variant {
            Variant::Variable => ("[[1,0,2],[0,1,0]]", "bits, the type of the phase last"),
            Variant::Standard | Variant::Preact | Variant::Dense => ("[[1,0],[0,1]]", "bits"),
        };
        let no_list =
            |place: &str| fail(format!("{place} is no list; expected lists of {what}, such as `{example}`"));
        let phases = genome.value().as_array().ok_or_else(|| no_list("it"))?;
        if phases.len() != layout.phases {
            return Err(fail(format!("found {} phases, expected {}", phases.len(), layout.phases)));
        }
        let bounds = layout.phase_bounds();
        let mut genes = Vec::with_capacity(layout.phases * bounds.len());
        for (number, phase) in (1..).zip(phases) {
            let phase = phase.as_array().ok_or_else(|| no_list(&format!("phase {number}")))?;
            if phase.len() != bounds.len() {
                let (found, expected) = (phase.len(), bounds.len());
                return Err(fail(format!(
                    "phase {number}: found {found} {}, expected {expected}",
                    layout.unit()
                )));
            }
            for (gene, &bound) in phase.iter().zip(&bounds) {
                let value = gene.as_u64().filter(|&value| value <= bound.into());
                let expected = if bound == 1 { "0 or 1" } else { "a type, 0, 1 or 2" };
                genes.push(
                    value
                        .ok_or_else(|| fail(format!("phase {number}: found `{gene}`, expected {expected}")))?
                        as u8,
                );
            }
        }
        Ok(Self(genes))
    }

    /// Writes the genome.
    pub(super) fn encode(&self, layout: &Layout) -> Genome {
        let phase = |genes: &[u8]| genes.iter().copied().collect::<Value>();
        Genome::new(self.0.chunks(layout.phase_bounds().len()).map(phase).collect())
    }
}
