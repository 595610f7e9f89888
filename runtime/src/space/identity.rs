//! What makes two networks one, so that only the first is trained.

use peng_spec::arch::{ArchGraph, Genome};
use peng_spec::plan::{Settings, sha256_hex};

use super::{GenomeError, SearchSpace};

/// The key of the network that a genome encodes: two genomes have one key if, and only if, they are one computation
/// ([`ArchGraph::canonical`]) with the same settings of the training.
pub(crate) fn identity(space: &dyn SearchSpace, genome: &Genome) -> Result<String, GenomeError> {
    Ok(network_key(&space.decode(genome)?, &space.settings(genome)?))
}

/// The key of a network that brings these settings of its training along.
pub(crate) fn network_key(arch: &ArchGraph, settings: &Settings) -> String {
    let text = serde_json::to_string(&(arch.canonical(), settings)).expect("a graph has string keys");
    sha256_hex(text.as_bytes())
}
