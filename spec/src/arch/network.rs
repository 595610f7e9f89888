//! What a `where` condition may say of a network: the names, and their values for a graph.

use super::{ArchGraph, Op, Shape, ShapeError};
use crate::expr::{Dimension, Form, Formula, Name, Values};

/// What a network is, as conditions see it: the values of [`NetworkFacts::names`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkFacts {
    /// Those that are one number, in the order of [`SINGLES`].
    pub singles: [f64; SINGLES.len()],
    /// Those that are a list, in the order of [`LISTS`].
    pub lists: [Vec<f64>; LISTS.len()],
}

/// Names of one number; what they are, says the README of [`crate::expr`].
pub const SINGLES: [&str; 7] = ["params", "flops", "bytes", "depth", "channels", "height", "width"];

/// Names of lists.
pub const LISTS: [&str; 3] = ["filters", "kernel", "units"];

impl NetworkFacts {
    /// The names of conditions: [`SINGLES`], then [`LISTS`].
    pub fn names() -> Vec<Name> {
        let name = |name: &str, form| {
            let dimension = (name == "bytes").then_some(Dimension::Memory);
            Name { name: name.to_owned(), dimension, form }
        };
        let singles = SINGLES.map(|single| name(single, Form::Single));
        singles.into_iter().chain(LISTS.map(|list| name(list, Form::List))).collect()
    }

    /// Whether all conditions hold.
    pub fn satisfy(&self, conditions: &[Formula]) -> bool {
        conditions.iter().all(|condition| condition.holds(self))
    }
}

impl Values for NetworkFacts {
    fn single(&self, name: usize) -> f64 {
        self.singles[name]
    }

    fn list(&self, name: usize) -> &[f64] {
        &self.lists[name - SINGLES.len()]
    }
}

impl Op {
    /// Whether it is a convolution or a linear layer.
    pub fn has_weights(&self) -> bool {
        self.listed().iter().any(Option::is_some)
    }

    /// What it adds to each list of [`LISTS`].
    pub fn listed(&self) -> [Option<u32>; LISTS.len()] {
        match self {
            Self::Conv { filters, kernel, .. } => [Some(*filters as u32), Some(*kernel as u32), None],
            Self::GeneralConv { filters, kernel, .. } => {
                [Some(*filters as u32), Some(kernel[0].max(kernel[1]) as u32), None]
            }
            Self::Linear { units } => [None, None, Some(*units as u32)],
            Self::BatchNorm
            | Self::Relu
            | Self::MaxPool { .. }
            | Self::Pool { .. }
            | Self::GlobalAvgPool
            | Self::Flatten
            | Self::Dropout { .. }
            | Self::DropPath { .. }
            | Self::Shift
            | Self::SqueezeExcite { .. }
            | Self::Add
            | Self::Concat => [None; LISTS.len()],
        }
    }
}

impl ArchGraph {
    /// What conditions may say of the network.
    pub fn facts(&self) -> Result<NetworkFacts, ShapeError> {
        let shapes = self.shapes()?;
        let cost = self.cost_of(&shapes);
        let mut depths: Vec<u32> = Vec::with_capacity(self.nodes.len());
        let [mut filters, mut kernels, mut units] = [Vec::new(), Vec::new(), Vec::new()];
        for node in &self.nodes {
            let before = node.inputs.iter().map(|&i| depths[i]).max().unwrap_or(0);
            depths.push(before + u32::from(node.op.has_weights()));
            let [filter, kernel, unit] = node.op.listed();
            filters.extend(filter.map(f64::from));
            kernels.extend(kernel.map(f64::from));
            units.extend(unit.map(f64::from));
        }
        // The last linear layer is the classifier.
        units.pop();
        let mut last_image = std::iter::once(self.input).chain(shapes).filter_map(|shape| match shape {
            Shape::Image { channels, height, width } => Some([channels, height, width]),
            Shape::Vector { .. } => None,
        });
        let [channels, height, width] = last_image.next_back().unwrap_or_default().map(|side| side as f64);
        let depth = f64::from(depths.last().copied().unwrap_or(0));
        let [params, flops, bytes] = [cost.params, cost.flops, cost.activation_bytes].map(|n| n as f64);
        Ok(NetworkFacts {
            singles: [params, flops, bytes, depth, channels, height, width],
            lists: [filters, kernels, units],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::condition;

    #[test]
    fn a_graph_is_what_its_conditions_say() {
        let conv = |filters, kernel, padding| Op::Conv { filters, kernel, stride: 1, padding, bias: false };
        let mut graph = ArchGraph::new("3x8x9".parse().unwrap());
        let stem = graph.push("stem", conv(4, 3, 0), []);
        let long = graph.push("long", conv(4, 5, 2), [stem]);
        let sum = graph.push("sum", Op::Add, [stem, long]);
        let flat = graph.push("flat", Op::Flatten, [sum]);
        let dense = graph.push("dense", Op::Linear { units: 16 }, [flat]);
        graph.push("classifier", Op::Linear { units: 2 }, [dense]);
        let facts = graph.facts().unwrap();
        let names = NetworkFacts::names();
        let holds = |text: &str| facts.satisfy(&[condition(text, &names).unwrap()]);
        assert!(holds("params == 3*4*9 + 4*4*25 + 16*(4*6*7 + 1) + 2*17"));
        assert!(holds("depth == 4 and channels == 4 and height == 6 and width == 7"));
        assert!(holds("count(filters) == 2 and kernel[0] == 3 and kernel[1] == 5"));
        assert!(holds("count(units) == 1 and units[0] == 16"));
        assert!(holds("bytes == 4 B * (3 * 168 + 168 + 16 + 2)"));
        assert!(!holds("flops <= 1k"));
    }
}
