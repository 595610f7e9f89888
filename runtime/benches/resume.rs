//! What it costs a training to be stopped and to go on: its checkpoint written, dropped, read, and the network built anew.
//!
//! `RAYON_NUM_THREADS=1 cargo bench -p peng -p peng-runtime --bench resume [-- FILTER]` prints a line a case. Two trainings
//! of one job take turns, one of them stopped after its first epoch; the difference of the time to the end of the second
//! is the cost, medians of several pairs. Both clocks are printed: on a loaded machine the one of the wall counts the others
//! too. That the curves are equal is asserted. The start of a process and the reading of the data are not in it.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::time::Instant;

use peng_estimator::Progress;
use peng_runtime::train::Trainer;
use peng_spec::plan::Device;

use cases::{Case, chosen, median, seconds_used};

mod cases;

fn main() {
    for case in chosen() {
        measure(case);
    }
}

fn measure(case: &Case) {
    const ROUNDS: usize = 9;
    let [mut used, mut passed, mut saving, mut starting] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let factory = peng_runtime::trainer(Device::Cpu);
        let first_epoch = || {
            let mut trainer = factory.start(case.job(2, 64), None).expect("the network can be built");
            trainer.advance(Progress::whole(1), &mut |_, _| {}).expect("it trains");
            trainer
        };
        let second = |trainer: &mut dyn Trainer| {
            trainer.advance(Progress::whole(2), &mut |_, _| {}).expect("it trains")
        };
        let mut undisturbed = first_epoch();
        let (expected, alone) = timed(|| second(&mut *undisturbed));

        let dir = tempfile::tempdir().expect("there is a place for temporary files");
        let mut stopped = first_epoch();
        // The data are in the job of the new training already.
        let job = case.job(2, 64);
        let (measured, resumed) = timed(|| {
            let ((), save) = timed(|| stopped.save(dir.path()).expect("it can be saved"));
            drop(stopped);
            let (mut trainer, start) =
                timed(|| factory.start(job, Some(dir.path())).expect("the checkpoint can be read"));
            saving.push(save[1]);
            starting.push(start[1]);
            second(&mut *trainer)
        });
        assert_eq!(measured, expected, "a training goes on as if it had not been stopped");
        used.push(resumed[0] - alone[0]);
        passed.push(resumed[1] - alone[1]);
    }
    let [used, passed, saving, starting] =
        [used, passed, saving, starting].map(|mut seconds| 1e3 * median(&mut seconds));
    println!(
        "{:<15} more for having been stopped: {used:>6.1} ms of the processor, {passed:>6.1} ms passed (saving {saving:>5.1}, going on {starting:>5.1})",
        case.name
    );
}

/// What `run` makes, and its seconds of the processor and of the wall.
fn timed<T>(run: impl FnOnce() -> T) -> (T, [f64; 2]) {
    let (used, began) = (seconds_used(), Instant::now());
    let made = run();
    (made, [seconds_used() - used, began.elapsed().as_secs_f64()])
}
