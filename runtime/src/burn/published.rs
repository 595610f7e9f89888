//! Networks of the NSGA-Net spaces against its published code, run in `PyTorch`: what they compute in training mode, batch norm over
//! the batch included, with weights and images that both sides make by one formula. `space/published_networks.py` wrote it down.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use peng_spec::arch::{Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Target};
use serde::Deserialize;
use serde_json::Value;

use super::network::{Network, Noise};
use crate::seed::SeedTree;
use crate::space;

#[derive(Deserialize)]
struct Published {
    kind: String,
    params: Value,
    input: [usize; 3],
    genome: Value,
    own: Vec<Vec<f32>>,
    auxiliary: Option<Vec<Vec<f32>>>,
}

/// Values from -1 to 1 in an order that repeats late.
fn formula(count: usize, multiplier: usize, modulus: usize) -> Vec<f32> {
    let middle = (modulus as f32 - 1.0) / 2.0;
    (0..count).map(|i| ((i * multiplier % modulus) as f32 - middle) / middle).collect()
}

/// Weights by the formula, no biases; batch norm stays as it begins.
struct ByFormula(Vec<String>);

impl ModuleMapper for ByFormula {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let is_bias = self.0.last().is_some_and(|name| name == "bias");
        param.map(|tensor| {
            let dims = tensor.dims();
            let fan_in: usize = dims[1..].iter().product();
            let scaled = |fan_in: usize| -> Vec<f32> {
                let values = formula(dims.iter().product(), 37, 101).into_iter();
                values.map(|value| value / (fan_in as f32).sqrt()).collect()
            };
            let values = match D {
                4 => scaled(fan_in),
                // A linear layer is written down the other way round.
                2 => {
                    let [read, made] = [dims[0], dims[1]];
                    let other = scaled(read);
                    (0..read * made).map(|at| other[at % made * read + at / made]).collect()
                }
                _ if is_bias => return tensor.zeros_like(),
                _ => return tensor,
            };
            Tensor::from_data(TensorData::new(values, dims), &tensor.device())
        })
    }
}

#[test]
fn networks_compute_what_the_published_code_does() {
    let published: Vec<Published> = serde_json::from_str(include_str!("published.json")).unwrap();
    assert_eq!(published.iter().filter(|one| one.auxiliary.is_some()).count(), 3);
    for Published { kind, params, input: [channels, height, width], genome, own, auxiliary } in published {
        let kind = space::find(&kind).unwrap();
        let facts = DatasetFacts {
            input: Shape::Image { channels, height, width },
            target: Target::Classes(own[0].len()),
            train: 9,
            test: 9,
        };
        let space = kind.build(&kind.normalise(&params).unwrap(), &facts).unwrap();
        let genome = Genome::new(genome);
        let device = Device::flex().autodiff();
        let arch = space.decode(&genome).unwrap();
        let network = Network::new(&arch, facts.target.outputs(), SeedTree::new(1), &device).unwrap();
        let network = network.map(&mut ByFormula(Vec::new()));
        let shape = [own.len(), channels, height, width];
        let pixels = formula(shape.iter().product(), 53, 97);
        let images = Tensor::from_data(TensorData::new(pixels, shape), &device);
        let scores = network.forward_training(images, Noise { seed: SeedTree::new(1), elapsed: 0.0 });
        let found = |scores: Tensor<2>| -> Vec<f32> { scores.into_data().try_to_vec().unwrap() };
        let pairs = [
            (Some(found(scores.own)), Some(own)),
            (scores.auxiliary.map(|(scores, _)| found(scores)), auxiliary),
        ];
        for (found, expected) in pairs {
            let expected = expected.map(|rows| rows.concat());
            assert_eq!(found.is_some(), expected.is_some());
            for (found, expected) in found.into_iter().flatten().zip(expected.into_iter().flatten()) {
                let near = 1e-3 * expected.abs().max(0.5);
                assert!((found - expected).abs() < near, "{genome}: {found}, expected {expected}");
            }
        }
    }
}
