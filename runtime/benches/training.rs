//! Images a second that the trainer trains and evaluates, on networks of the macro space.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p peng -p peng-runtime --bench training [-- FILTER]` prints a line a case: one epoch
//! to warm up, then the median of several. A worker process is started with that variable, so one thread is what counts.
//! Seconds are those of the processor, so the figures hold on a loaded machine too.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use peng_estimator::Progress;
use peng_spec::plan::Device;

use cases::{Case, chosen, median, seconds_used};

mod cases;

fn main() {
    for case in chosen() {
        for batch_size in [32, 64, 128] {
            measure(case, batch_size);
        }
    }
}

fn measure(case: &Case, batch_size: usize) {
    const EPOCHS: u32 = 5;
    let job = case.job(EPOCHS, batch_size);
    let cost = job.arch.cost().expect("the network has shapes");
    let factory = peng_runtime::trainer(Device::Cpu);
    let mut trainer = factory.start(job, None).expect("the network can be built");
    let mut loss = 0.0;
    let mut seconds = |until: u32| {
        let start = seconds_used();
        let measured = trainer.advance(Progress::whole(until), &mut |_, _| {}).expect("it trains");
        loss = measured.metrics.values().copied().last().unwrap_or(f64::NAN);
        seconds_used() - start
    };
    let mut epochs: Vec<f64> = (1..=EPOCHS).map(&mut seconds).skip(1).collect();
    // At a point that is already reached, both splits are only evaluated.
    let mut evaluations: Vec<f64> = (0..3).map(|_| seconds(EPOCHS)).collect();
    let evaluated = (case.train + case.validation()) as f64 / median(&mut evaluations);
    let training = median(&mut epochs) - (case.validation()) as f64 / evaluated;
    println!(
        "{:<15} batch {batch_size:>3}  {:>6} params {:>6.3} MFLOP  train {:>7.0} img/s  evaluate {evaluated:>7.0} img/s  loss {loss:.3}",
        case.name,
        cost.params,
        cost.flops as f64 / 1e6,
        case.train as f64 / training,
    );
}
