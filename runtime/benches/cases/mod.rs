//! Networks and trainings that benchmarks of the trainer share. Each uses some of them.
#![allow(dead_code, clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use peng_runtime::data::{Examples, Splits};
use peng_runtime::seed::SeedTree;
use peng_runtime::train::TrainingJob;
use peng_spec::arch::{ArchGraph, Op, Shape};
use peng_spec::plan::{Decayed, EpochFraction, OptimizerPlan, SchedulePlan, TrainingPlan};

/// A network of the macro space: nodes a phase, channels a phase, side of the images.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    nodes: usize,
    wiring: Wiring,
    channels: [usize; 3],
    side: usize,
    pub(crate) train: usize,
}

#[derive(Clone, Copy)]
enum Wiring {
    /// Each node reads the one before it.
    Chain,
    /// Each node reads all before it, and the phase's output all of them.
    Dense,
}

static CASES: [Case; 5] = [
    Case {
        name: "digits-chain1",
        nodes: 1,
        wiring: Wiring::Chain,
        channels: [8, 12, 16],
        side: 8,
        train: 1078,
    },
    Case {
        name: "digits-chain3",
        nodes: 3,
        wiring: Wiring::Chain,
        channels: [8, 12, 16],
        side: 8,
        train: 1078,
    },
    Case {
        name: "digits-dense4",
        nodes: 4,
        wiring: Wiring::Dense,
        channels: [8, 12, 16],
        side: 8,
        train: 1078,
    },
    Case {
        name: "fashion-chain3",
        nodes: 3,
        wiring: Wiring::Chain,
        channels: [16, 24, 32],
        side: 28,
        train: 512,
    },
    Case {
        name: "fashion-dense4",
        nodes: 4,
        wiring: Wiring::Dense,
        channels: [8, 16, 32],
        side: 28,
        train: 512,
    },
];

/// The cases whose names have all the words of the command line.
pub(crate) fn chosen() -> impl Iterator<Item = &'static Case> {
    let filter: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    CASES.iter().filter(move |case| filter.iter().all(|word| case.name.contains(word.as_str())))
}

impl Case {
    /// Validation examples.
    pub(crate) fn validation(&self) -> usize {
        self.train / 3
    }

    /// The training of its network.
    pub(crate) fn job(&self, epochs: u32, batch_size: usize) -> TrainingJob {
        let data = Splits {
            train: examples(self.side, self.train),
            validation: examples(self.side, self.validation()),
        };
        let training = TrainingPlan {
            epochs,
            batch_size,
            optimizer: OptimizerPlan::Sgd {
                lr: 0.025,
                momentum: 0.9,
                nesterov: false,
                weight_decay: 3e-4,
                decayed: Decayed::All,
            },
            schedule: SchedulePlan::Cosine,
            warm_up: 0,
            label_smoothing: 0.0,
            clip_gradients: None,
            measure_every: EpochFraction::ONE,
        };
        TrainingJob {
            augment: Vec::new(),
            arch: network(self),
            data: Arc::new(data),
            training,
            seed: SeedTree::new(1),
            memory: None,
        }
    }
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Stripes of one of ten widths, so that there is something to learn.
fn examples(side: usize, count: usize) -> Examples {
    let labels: Vec<u16> = (0..count).map(|i| (i * 7 % 10) as u16).collect();
    let pixels = labels
        .iter()
        .enumerate()
        .flat_map(|(i, &label)| {
            let pixel = move |at: usize| ((at + i) * (usize::from(label) + 1) % 16) as f32 / 15.0;
            (0..side * side).map(pixel)
        })
        .collect();
    Examples::classified(Shape::Image { channels: 1, height: side, width: side }, 10, pixels, labels)
}

fn conv(filters: usize, kernel: usize, padding: usize) -> Op {
    Op::Conv { filters, kernel, stride: 1, padding, bias: false }
}

fn network(case: &Case) -> ArchGraph {
    let mut arch = ArchGraph::new(Shape::Image { channels: 1, height: case.side, width: case.side });
    let mut last = None;
    for (phase, &channels) in case.channels.iter().enumerate() {
        if phase > 0 {
            let pool = Op::MaxPool { kernel: 2, stride: 2 };
            last = Some(arch.push(format!("phase{phase}.pool"), pool, Vec::from_iter(last)));
        }
        let (kernel, padding) = if phase == 0 { (3, 0) } else { (1, 0) };
        let first =
            arch.push(format!("phase{phase}.first"), conv(channels, kernel, padding), Vec::from_iter(last));
        let mut outputs = vec![first];
        for node in 0..case.nodes {
            let name = |part: &str| format!("phase{phase}.node{node}.{part}");
            let inputs = match case.wiring {
                Wiring::Chain => vec![outputs[node]],
                Wiring::Dense => outputs[node.min(1)..].to_vec(),
            };
            let input = merge(&mut arch, &name("merge"), inputs, channels);
            let conv = arch.push(name("conv"), conv(channels, 3, 1), [input]);
            let norm = arch.push(name("norm"), Op::BatchNorm, [conv]);
            outputs.push(arch.push(name("relu"), Op::Relu, [norm]));
        }
        let outputs = match case.wiring {
            Wiring::Chain => vec![outputs[case.nodes]],
            Wiring::Dense => outputs,
        };
        let merged = merge(&mut arch, &format!("phase{phase}.output"), outputs, channels);
        let norm = arch.push(format!("phase{phase}.norm"), Op::BatchNorm, [merged]);
        last = Some(arch.push(format!("phase{phase}.relu"), Op::Relu, [norm]));
    }
    let pooled = arch.push("pool", Op::GlobalAvgPool, Vec::from_iter(last));
    arch.push("head", Op::Linear { units: 10 }, [pooled]);
    arch
}

fn merge(arch: &mut ArchGraph, name: &str, inputs: Vec<usize>, channels: usize) -> usize {
    if let [one] = inputs.as_slice() {
        return *one;
    }
    let concat = arch.push(format!("{name}.concat"), Op::Concat, inputs);
    arch.push(format!("{name}.conv"), conv(channels, 1, 0), [concat])
}

/// Seconds that all threads of this process were on a processor, so that other load does not count; elsewhere than on
/// Linux seconds that passed.
pub(crate) fn seconds_used() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let used = || -> Option<u64> {
        let threads = std::fs::read_dir("/proc/self/task").ok()?;
        threads
            .map(|t| {
                std::fs::read_to_string(t.ok()?.path().join("schedstat"))
                    .ok()?
                    .split(' ')
                    .next()?
                    .parse::<u64>()
                    .ok()
            })
            .sum()
    };
    used().map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |nanos| nanos as f64 / 1e9)
}
