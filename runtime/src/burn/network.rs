//! From an architecture to a network that computes: a layer a node, and which values each of them reads.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use peng_spec::arch::{ArchGraph, Shape, ShapeError};

use super::layer::{Layer, Value};
use crate::seed::SeedTree;

/// A network with its weights.
#[derive(Module, Debug)]
pub(super) struct Network {
    layers: Vec<Layer>,
    #[module(skip)]
    wiring: Wiring,
}

/// What each layer reads; value 0 is the network's input, value `i + 1` what layer `i` makes.
#[derive(Debug, Clone)]
struct Wiring {
    reads: Vec<Vec<usize>>,
    /// The last layer that reads each value.
    last_reader: Vec<usize>,
}

impl Network {
    /// The network of an architecture that tells `classes` apart.
    ///
    /// The weights of a node depend on `seed` and its name alone.
    pub(super) fn new(
        arch: &ArchGraph,
        classes: usize,
        seed: SeedTree,
        device: &Device,
    ) -> Result<Self, ShapeError> {
        let shapes = arch.shapes()?;
        match shapes.last() {
            Some(Shape::Vector { features }) if *features == classes => {}
            Some(other) => {
                return Err(ShapeError(format!("found an output of {other}, expected a vector of {classes}")));
            }
            None => return Err(ShapeError("found no nodes, expected at least one".to_owned())),
        }
        let layers = arch
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let channels_in = arch.input_shapes(index, &shapes).iter().map(|shape| shape.channels()).sum();
                Layer::new(&node.op, channels_in, &mut seed.child(&node.name, 0).rng(), device)
            })
            .collect();
        Ok(Self { layers, wiring: Wiring::new(arch) })
    }

    /// Scores for the classes, `[batch, classes]`. A value is dropped after the last layer that reads it.
    pub(super) fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let Wiring { reads, last_reader } = &self.wiring;
        let mut values: Vec<Option<Value>> = vec![None; last_reader.len()];
        values[0] = Some(Value::Image(images));
        for (index, (layer, reads)) in self.layers.iter().zip(reads).enumerate() {
            let inputs = reads
                .iter()
                .enumerate()
                .map(|(place, &read)| {
                    let is_last = last_reader[read] == index && !reads[place + 1..].contains(&read);
                    let value = if is_last { values[read].take() } else { values[read].clone() };
                    value.expect("a value lives until its last reader")
                })
                .collect();
            values[index + 1] = Some(layer.forward(inputs));
        }
        values.pop().flatten().expect("there is a last layer").vector()
    }
}

impl Wiring {
    fn new(arch: &ArchGraph) -> Self {
        let reads: Vec<Vec<usize>> = arch
            .nodes
            .iter()
            .map(|node| match node.inputs.as_slice() {
                [] => vec![0],
                inputs => inputs.iter().map(|input| input + 1).collect(),
            })
            .collect();
        let mut last_reader = vec![usize::MAX; reads.len() + 1];
        for (index, reads) in reads.iter().enumerate() {
            for &read in reads {
                last_reader[read] = index;
            }
        }
        Self { reads, last_reader }
    }
}
