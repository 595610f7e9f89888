//! Architectures: the graph of a network, its shapes, and what it costs.
//!
//! Operations are a closed enum here, not a slot, since shapes and costs are what the compiler reasons about; the
//! runtime builds a burn layer for each variant.

mod canonical;
mod cost;
mod distance;
mod genome;
mod graph;
mod network;
mod shape;
mod steps;

pub use cost::{ArchReport, AuxiliaryReport, Cost, LayerReport};
pub use distance::Outline;
pub use genome::Genome;
pub use graph::{ArchGraph, ArchNode, Auxiliary, Op, Padding, PoolBy};
pub use network::{LISTS, NetworkFacts, SINGLES};
pub use shape::{Shape, ShapeError};
