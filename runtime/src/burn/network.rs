//! From an architecture to a network that computes: a layer a node, and which values each of them reads.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use peng_ops::Shared;
use peng_spec::arch::{ArchGraph, Shape, ShapeError};

use super::fusion::{Step, steps};
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
    input: Shape,
    reads: Vec<Vec<usize>>,
    /// The name of each layer, by which what is drawn for it is told apart.
    names: Vec<String>,
    /// The last layer that reads each value.
    last_reader: Vec<usize>,
    /// Whether a value is read more than once.
    is_shared: Vec<bool>,
    /// What each layer does.
    steps: Vec<Step>,
    /// Layers of the network that is measured; those after them are the auxiliary head's.
    measured: usize,
    /// By what the loss of the auxiliary head is multiplied, if there is one.
    auxiliary: Option<f64>,
}

/// What is drawn in a step of the training, and how far the training is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    /// For what is dropped, by the names of the layers.
    pub(super) seed: SeedTree,
    /// Epochs that are done, as a share of all.
    pub(super) elapsed: f64,
}

/// What a network says in training.
#[derive(Debug)]
pub(super) struct Scores {
    /// Scores for the classes, `[batch, classes]`.
    pub(super) own: Tensor<2>,
    /// Those of the auxiliary head, and by what their loss is multiplied.
    pub(super) auxiliary: Option<(Tensor<2>, f64)>,
}

/// A value that waits for its readers.
#[derive(Debug, Clone)]
enum Held {
    One(Value),
    /// An image that is read more than once.
    Several(Shared),
}

impl Held {
    fn read(self) -> Value {
        match self {
            Self::One(value) => value,
            Self::Several(image) => Value::Image(image.branch()),
        }
    }
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
        let trained = arch.trained();
        let shapes = trained.shapes()?;
        let own = shapes[..arch.nodes.len()].last();
        for output in [own, shapes.last()] {
            match output {
                Some(Shape::Vector { features }) if *features == classes => {}
                Some(other) => {
                    return Err(ShapeError(format!(
                        "found an output of {other}, expected a vector of {classes}"
                    )));
                }
                None => return Err(ShapeError("found no nodes, expected at least one".to_owned())),
            }
        }
        let layers = trained
            .nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let channels_in =
                    trained.input_shapes(index, &shapes).iter().map(|shape| shape.channels()).sum();
                Layer::new(&node.op, channels_in, &mut seed.child(&node.name, 0).rng(), device)
            })
            .collect();
        let auxiliary = arch.auxiliary.as_ref().map(|head| head.weight);
        Ok(Self { layers, wiring: Wiring::new(&trained, &shapes, arch.nodes.len(), auxiliary) })
    }

    /// Scores for the classes, `[batch, classes]`, in inference.
    pub(super) fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.scores(images, None).own
    }

    /// What the network says in training, where what is dropped depends on `noise` and the names of the layers alone.
    pub(super) fn forward_training(&self, images: Tensor<4>, noise: Noise) -> Scores {
        self.scores(images, Some(noise))
    }

    /// A value is dropped after the last layer that reads it. Without noise the auxiliary head is left out.
    fn scores(&self, images: Tensor<4>, noise: Option<Noise>) -> Scores {
        let Wiring { input, reads, names, last_reader, is_shared, steps, measured, auxiliary } = &self.wiring;
        let layers = if noise.is_some() { &self.layers[..] } else { &self.layers[..*measured] };
        let mut values: Vec<Option<Held>> = vec![None; last_reader.len()];
        values[0] = Some(Held::One(match *input {
            Shape::Image { .. } => Value::Image(images),
            Shape::Vector { features } => {
                let [batch, ..] = images.dims();
                Value::Vector(images.reshape([batch, features]))
            }
        }));
        for (index, (layer, reads)) in layers.iter().zip(reads).enumerate() {
            let mut inputs: Vec<Value> = reads
                .iter()
                .enumerate()
                .map(|(place, &read)| {
                    let is_last = last_reader[read] == index && !reads[place + 1..].contains(&read);
                    let held = if is_last { values[read].take() } else { values[read].clone() };
                    held.expect("a value lives until its last reader").read()
                })
                .collect();
            let made = match (steps[index], layer, noise) {
                (Step::Later, Layer::Concat(_), _) => {
                    Some(Value::Parts(inputs.into_iter().map(Value::image).collect()))
                }
                (Step::Later, _, _) => inputs.pop(),
                (Step::Norm { conv, norm, activation }, _, _) => {
                    let input = inputs.pop().expect("every node reads something");
                    let conv = conv.map(|conv| &self.layers[conv]);
                    Some(self.layers[norm].normalise(conv, activation, input))
                }
                (Step::Alone, Layer::Dropout(dropout), Some(noise)) => {
                    let input = inputs.pop().expect("every node reads something");
                    Some(dropout.forward(input, &mut noise.seed.child(&names[index], 0).rng()))
                }
                (Step::Alone, Layer::DropPath(drop_path), Some(noise)) => {
                    let input = inputs.pop().expect("every node reads something");
                    let mut rng = noise.seed.child(&names[index], 0).rng();
                    Some(drop_path.forward(input, noise.elapsed, &mut rng))
                }
                (Step::Alone, _, _) => Some(layer.forward(inputs)),
            };
            values[index + 1] = made.map(|value| match value {
                Value::Image(x) if is_shared[index + 1] => Held::Several(Shared::new(x)),
                value => Held::One(value),
            });
        }
        let mut output =
            |layer: usize| values[layer].take().expect("nothing else reads an output").read().vector();
        let heads = auxiliary.filter(|_| noise.is_some());
        let auxiliary = heads.map(|weight| (output(self.layers.len()), weight));
        Scores { own: output(*measured), auxiliary }
    }
}

impl Wiring {
    /// `arch` is all that is trained, of which the first `measured` nodes are the network that is measured.
    fn new(arch: &ArchGraph, shapes: &[Shape], measured: usize, auxiliary: Option<f64>) -> Self {
        let reads: Vec<Vec<usize>> = arch
            .nodes
            .iter()
            .map(|node| match node.inputs.as_slice() {
                [] => vec![0],
                inputs => inputs.iter().map(|input| input + 1).collect(),
            })
            .collect();
        let mut last_reader = vec![usize::MAX; reads.len() + 1];
        let mut readers = vec![0; reads.len() + 1];
        for (index, reads) in reads.iter().enumerate() {
            for &read in reads {
                last_reader[read] = index;
                readers[read] += 1;
            }
        }
        // Outputs outlive their readers.
        last_reader[measured] = usize::MAX;
        let names = arch.nodes.iter().map(|node| node.name.clone()).collect();
        let is_shared = readers.into_iter().map(|readers| readers > 1).collect();
        let (input, steps) = (arch.input, steps(arch, shapes));
        Self { input, reads, names, last_reader, is_shared, steps, measured, auxiliary }
    }
}

#[cfg(test)]
mod tests {
    use peng_spec::arch::Op;

    use super::*;
    use crate::burn::fixtures::every_op;

    fn scores(network: &Network, device: &Device) -> Vec<f32> {
        let images = Tensor::<1>::from_floats(
            std::array::from_fn::<f32, 128, _>(|i| (i % 7) as f32).as_slice(),
            device,
        );
        network.forward(images.reshape([2, 1, 8, 8])).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn the_parameters_are_those_that_the_architecture_counts() {
        let arch = every_op();
        let network = Network::new(&arch, 10, SeedTree::new(1), &Device::flex()).unwrap();
        let shapes = arch.shapes().unwrap();
        let running: usize = arch
            .nodes
            .iter()
            .zip(&shapes)
            .map(|(node, shape)| if node.op == Op::BatchNorm { 2 * shape.channels() } else { 0 })
            .sum();
        assert_eq!((network.num_params() - running) as u64, arch.cost().unwrap().params);
    }

    #[test]
    fn weights_depend_on_the_seed_and_the_name_alone() {
        let device = Device::flex();
        let arch = every_op();
        let of = |arch: &ArchGraph, seed| {
            scores(&Network::new(arch, 10, SeedTree::new(seed), &device).unwrap(), &device)
        };
        assert_eq!(of(&arch, 1), of(&arch, 1));
        assert_ne!(of(&arch, 1), of(&arch, 2));
        let mut with_unread = ArchGraph::new(arch.input);
        with_unread.push("unread", Op::Conv { filters: 3, kernel: 3, stride: 1, padding: 1, bias: true }, []);
        for node in &arch.nodes {
            let inputs: Vec<usize> = node.inputs.iter().map(|i| i + 1).collect();
            with_unread.push(node.name.clone(), node.op.clone(), inputs);
        }
        assert_eq!(of(&arch, 1), of(&with_unread, 1));
    }

    #[test]
    fn what_does_not_tell_the_classes_apart_is_refused() {
        let refused = |arch: &ArchGraph, classes| {
            Network::new(arch, classes, SeedTree::new(1), &Device::flex()).unwrap_err().to_string()
        };
        let mut arch = every_op();
        assert_eq!(refused(&arch, 9), "found an output of 10, expected a vector of 9");
        arch.nodes.truncate(1);
        assert_eq!(refused(&arch, 4), "found an output of 4x8x8, expected a vector of 4");
        arch.nodes.clear();
        assert_eq!(refused(&arch, 4), "found no nodes, expected at least one");
    }
}
