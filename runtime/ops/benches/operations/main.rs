//! Each operation against burn's own and `PyTorch`'s, the share of the processor's multiplications that convolutions reach,
//! and images a second of a network of nine convolutions, trained and evaluated.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p peng -p peng-ops --bench operations [-- [--pytorch PYTHON] [FILTER...]]`. Filters are
//! the first words of the lines; PYTHON is an interpreter that has `PyTorch` (`pip install torch numpy`), whose figures are
//! NCHW and `channels_last`, one thread; `--give-back` leaves the C library as it is, which workers do not. All seconds are
//! those of the processor, medians of rounds in turns, so the ratios hold on a loaded machine too.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use burn::tensor::{Device, Tensor, TensorData};

use crate::pytorch::PyTorch;

mod measure;
mod network;
mod pytorch;
mod single;

/// Whose operations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Burns,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut filter, mut pytorch, mut gives_back) = (Vec::new(), None, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--pytorch" => {
                pytorch = Some(PyTorch::start(&args.next().expect("`--pytorch` names an interpreter")));
            }
            "--give-back" => gives_back = true,
            // Cargo says that this is a benchmark.
            "--bench" => {}
            word => filter.push(word.to_owned()),
        }
    }
    let is_chosen =
        |name: &str| filter.is_empty() || filter.iter().any(|word| name.starts_with(word.as_str()));
    if !gives_back {
        peng_ops::keep_freed_memory();
    }
    let peak = measure::peak();
    println!("peak: {:.1} billion multiplications with addition a second", peak / 1e9);
    single::run(&is_chosen, peak, &mut pytorch);
    network::run(&is_chosen, &mut pytorch);
}

/// Floats in -1..1 without a pattern.
fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
