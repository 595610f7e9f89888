//! What a network costs: parameters, multiply-accumulates as NSGA-Net counts them, bytes of activations.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{ArchGraph, ArchNode, Genome, Op, PoolBy, Shape, ShapeError};

/// The cost of a network or of one of its nodes, for one example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Learned parameters.
    pub params: u64,
    /// Multiply-accumulates of a forward pass, counted as NSGA-Net does.
    pub flops: u64,
    /// Bytes of the outputs in 32-bit floats.
    pub activation_bytes: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.params = self.params.saturating_add(other.params);
        self.flops = self.flops.saturating_add(other.flops);
        self.activation_bytes = self.activation_bytes.saturating_add(other.activation_bytes);
    }
}

/// One line of an [`ArchReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Name of the node.
    pub name: String,
    /// Kind of its operation.
    pub kind: String,
    /// Shapes that it reads.
    pub input: Vec<String>,
    /// Shape that it makes.
    pub output: String,
    /// Learned parameters.
    pub params: u64,
    /// Multiply-accumulates for one example.
    pub flops: u64,
}

/// What `peng arch` tells of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArchReport {
    /// Its encoding.
    pub genome: Genome,
    /// Learned parameters.
    pub params: u64,
    /// Multiply-accumulates for one example.
    pub flops: u64,
    /// Bytes of all outputs for one example.
    pub activation_bytes: u64,
    /// A line a node.
    pub layers: Vec<LayerReport>,
    /// What is there in training only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auxiliary: Option<AuxiliaryReport>,
}

/// The auxiliary head in an [`ArchReport`], which counts nowhere else in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuxiliaryReport {
    /// By what its loss is multiplied.
    pub weight: f64,
    /// Learned parameters.
    pub params: u64,
    /// A line a node.
    pub layers: Vec<LayerReport>,
}

impl ArchGraph {
    /// The cost of each node, in order.
    pub fn node_costs(&self) -> Result<Vec<Cost>, ShapeError> {
        let shapes = self.shapes()?;
        Ok(self.costs_of(&shapes).collect())
    }

    /// The cost of the whole network.
    pub fn cost(&self) -> Result<Cost, ShapeError> {
        Ok(self.cost_of(&self.shapes()?))
    }

    /// The cost of the whole network, given [`ArchGraph::shapes`].
    pub(super) fn cost_of(&self, shapes: &[Shape]) -> Cost {
        let mut total = Cost::default();
        self.costs_of(shapes).for_each(|cost| total += cost);
        total
    }

    fn costs_of(&self, shapes: &[Shape]) -> impl Iterator<Item = Cost> {
        let cost = |(index, node): (usize, &ArchNode)| {
            node_cost(&node.op, &self.input_shapes(index, shapes), shapes[index])
        };
        self.nodes.iter().enumerate().map(cost)
    }

    /// The network as a table.
    pub fn report(&self, genome: &Genome) -> Result<ArchReport, ShapeError> {
        let total = self.cost()?;
        let trained = self.trained();
        let mut layers = trained.lines()?;
        let rest = layers.split_off(self.nodes.len());
        let auxiliary = self.auxiliary.as_ref().map(|head| AuxiliaryReport {
            weight: head.weight,
            params: rest.iter().map(|line| line.params).sum(),
            layers: rest,
        });
        Ok(ArchReport {
            genome: genome.clone(),
            params: total.params,
            flops: total.flops,
            activation_bytes: total.activation_bytes,
            layers,
            auxiliary,
        })
    }

    fn lines(&self) -> Result<Vec<LayerReport>, ShapeError> {
        let shapes = self.shapes()?;
        let costs = self.node_costs()?;
        let line = |(i, node): (usize, &ArchNode)| LayerReport {
            name: node.name.clone(),
            kind: node.op.kind().to_owned(),
            input: self.input_shapes(i, &shapes).iter().map(Shape::to_string).collect(),
            output: shapes[i].to_string(),
            params: costs[i].params,
            flops: costs[i].flops,
        };
        Ok(self.nodes.iter().enumerate().map(line).collect())
    }
}

impl Op {
    /// What the operation makes of one input, and what it costs; it must be one that reads a single input.
    pub fn alone(&self, input: Shape) -> Result<(Shape, Cost), ShapeError> {
        let mut graph = ArchGraph::new(input);
        graph.push("layer", self.clone(), []);
        let shape = graph.shapes()?[0];
        Ok((shape, node_cost(self, &[input], shape)))
    }

    /// The name of the operation as `peng arch` prints it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "conv",
            Self::BatchNorm => "batch_norm",
            Self::Relu => "relu",
            Self::MaxPool { .. } | Self::Pool { by: PoolBy::Max, .. } => "max_pool",
            Self::GlobalAvgPool => "global_avg_pool",
            Self::Linear { .. } => "linear",
            Self::Concat => "concat",
            Self::GeneralConv { groups, .. } if *groups > 1 => "grouped_conv",
            Self::GeneralConv { .. } => "general_conv",
            Self::Pool { by: PoolBy::Mean, .. } => "avg_pool",
            Self::Flatten => "flatten",
            Self::Dropout { .. } => "dropout",
            Self::DropPath { .. } => "drop_path",
            Self::Shift => "shift",
            Self::SqueezeExcite { .. } => "squeeze_excite",
            Self::Add => "add",
        }
    }
}

/// NSGA-Net's rules (Lu et al. 2019, its FLOPs counter): convolution `k² c_in c_out H W` (and one more a value with
/// bias), linear `in out` (its bias is not counted), batch norm two a value, `ReLU` one a value of its output, pools one
/// a value of their input, squeeze-and-excitation what its pool, its linear layers and its rectifier cost; concatenation is
/// free, and so are what it does not count: addition, flattening, shifts, dropout. Drop-path is not there outside of training.
fn node_cost(op: &Op, inputs: &[Shape], output: Shape) -> Cost {
    let read: u64 = inputs.iter().map(|s| s.numel()).sum();
    let c_in = inputs.iter().map(|s| s.channels() as u64).sum::<u64>();
    let c_out = output.channels() as u64;
    let (params, flops) = match op {
        Op::Conv { kernel, bias, .. } => {
            let taps = (kernel * kernel) as u64 * c_in;
            let bias = u64::from(*bias);
            (c_out * (taps + bias), output.numel() * (taps + bias))
        }
        Op::GeneralConv { kernel: [height, width], groups, bias, .. } => {
            let taps = (height * width) as u64 * (c_in / *groups as u64) + u64::from(*bias);
            (c_out * taps, output.numel() * taps)
        }
        Op::BatchNorm => (2 * c_in, 2 * read),
        Op::Relu => (0, output.numel()),
        Op::MaxPool { .. } | Op::Pool { .. } | Op::GlobalAvgPool => (0, read),
        Op::Linear { .. } => (c_out * (c_in + 1), c_in * c_out),
        Op::SqueezeExcite { units } => {
            let weights = 2 * c_in * *units as u64;
            (weights, read + weights + *units as u64)
        }
        Op::DropPath { .. } => return Cost::default(),
        Op::Concat | Op::Add | Op::Flatten | Op::Shift | Op::Dropout { .. } => (0, 0),
    };
    Cost { params, flops, activation_bytes: output.numel() * 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(op: Op, inputs: &[&str], params: u64, flops: u64, values: u64) {
        let mut graph = ArchGraph::new(inputs[0].parse().unwrap());
        // Inputs of any number of channels, made of the first.
        let made: Vec<usize> = inputs
            .iter()
            .map(|input| {
                let filters = input.parse::<Shape>().unwrap().channels();
                let conv = Op::Conv { filters, kernel: 1, stride: 1, padding: 0, bias: false };
                graph.push(format!("input{filters}"), conv, [])
            })
            .collect();
        let last = graph.push("node", op, made);
        let expected = Cost { params, flops, activation_bytes: 4 * values };
        assert_eq!(graph.node_costs().unwrap()[last], expected, "{:?}", graph.nodes[last].op);
    }

    #[test]
    fn every_operation_costs_what_nsga_net_counts() {
        let conv = |padding, stride, bias| Op::Conv { filters: 5, kernel: 3, stride, padding, bias };
        // 5 filters of 3 * 3 * 2 weights at 4 * 6 places.
        check(conv(1, 1, false), &["2x4x6"], 90, 90 * 24, 5 * 24);
        check(conv(0, 1, false), &["2x4x6"], 90, 90 * 8, 5 * 8);
        check(conv(1, 2, true), &["2x4x6"], 95, 95 * 6, 5 * 6);
        check(Op::BatchNorm, &["2x4x6"], 4, 96, 48);
        check(Op::Relu, &["2x4x6"], 0, 48, 48);
        // Pools count what they read.
        check(Op::MaxPool { kernel: 2, stride: 2 }, &["2x5x6"], 0, 60, 12);
        check(Op::GlobalAvgPool, &["2x4x6"], 0, 48, 2);
        check(Op::Concat, &["2x4x6", "3x4x6"], 0, 0, 120);
        check(Op::Shift, &["2x4x6"], 0, 0, 48);
        check(Op::DropPath { rate: 0.2 }, &["2x4x6"], 0, 0, 0);
        // 48 values are pooled, 2 features become 3 and 2 again, 3 are rectified.
        check(Op::SqueezeExcite { units: 3 }, &["2x4x6"], 12, 48 + 12 + 3, 48);
        // A step to the right only.
        let (kernel, padding) = ([1, 7], super::super::Padding::Same);
        let row = Op::GeneralConv {
            filters: 5,
            kernel,
            stride: [1, 2],
            dilation: 1,
            groups: 1,
            padding,
            bias: false,
        };
        check(row, &["2x4x6"], 70, 70 * 12, 5 * 12);
    }

    #[test]
    fn the_bias_of_a_linear_layer_is_a_parameter_but_is_not_counted() {
        let mut graph = ArchGraph::new("3x8x9".parse().unwrap());
        let pool = graph.push("pool", Op::GlobalAvgPool, []);
        graph.push("linear", Op::Linear { units: 10 }, [pool]);
        // The pool reads 216 values.
        assert_eq!(graph.cost().unwrap(), Cost { params: 40, flops: 216 + 30, activation_bytes: 4 * 13 });
    }

    #[test]
    fn a_report_adds_up() {
        let mut graph = ArchGraph::new("1x6x6".parse().unwrap());
        let conv = Op::Conv { filters: 4, kernel: 3, stride: 1, padding: 0, bias: false };
        let conv = graph.push("conv", conv, []);
        let norm = graph.push("norm", Op::BatchNorm, [conv]);
        let pool = graph.push("pool", Op::GlobalAvgPool, [norm]);
        graph.push("linear", Op::Linear { units: 2 }, [pool]);
        let genome = Genome::new(serde_json::json!([1]));
        let report = graph.report(&genome).unwrap();
        assert_eq!(report.params, report.layers.iter().map(|layer| layer.params).sum::<u64>());
        assert_eq!(report.flops, report.layers.iter().map(|layer| layer.flops).sum::<u64>());
        assert_eq!(report.auxiliary, None);
        let line = &report.layers[1];
        assert_eq!(
            (line.kind.as_str(), line.output.as_str(), &line.input[..]),
            ("batch_norm", "4x4x4", &["4x4x4".to_owned()][..])
        );
    }

    #[test]
    fn an_auxiliary_head_is_told_apart_and_costs_nothing() {
        let mut graph = ArchGraph::new("1x6x6".parse().unwrap());
        let conv = Op::Conv { filters: 4, kernel: 3, stride: 1, padding: 0, bias: false };
        let conv = graph.push("conv", conv, []);
        let pool = graph.push("pool", Op::GlobalAvgPool, [conv]);
        graph.push("linear", Op::Linear { units: 2 }, [pool]);
        let (cost, facts) = (graph.cost(), graph.facts());
        let plain = serde_json::to_string(&graph).unwrap();
        assert!(!plain.contains("auxiliary"));
        let mean = graph.push_auxiliary(0.4, "auxiliary.pool", Op::GlobalAvgPool, [conv]);
        assert_eq!(graph.push_auxiliary(0.4, "auxiliary.linear", Op::Linear { units: 2 }, [mean]), 4);
        assert_eq!((graph.cost(), graph.facts()), (cost, facts));
        let report = graph.report(&Genome::new(serde_json::json!([1]))).unwrap();
        let head = report.auxiliary.unwrap();
        assert_eq!((report.layers.len(), head.layers.len(), head.params, head.weight), (3, 2, 10, 0.4));
        assert_eq!(head.layers[1].output, "2");
        let read: ArchGraph = serde_json::from_str(&serde_json::to_string(&graph).unwrap()).unwrap();
        assert_eq!(read, graph);
        assert_eq!(read.trained().nodes.len(), 5);
    }
}
