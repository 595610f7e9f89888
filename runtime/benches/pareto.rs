//! How long fronts and crowding of 100,000 random points take, by the number of objectives.
//!
//! `cargo bench --no-default-features -p peng -p peng-runtime --bench pareto [-- PYTHON]` prints medians in
//! seconds; with a Python that has pymoo, also pymoo's on the same points, in turns.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use peng_runtime::search::pareto::{crowding, fronts};
use peng_runtime::seed::SeedTree;
use rand::RngExt;

const POINTS: usize = 100_000;
const ROUNDS: usize = 7;

fn main() {
    let python = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    for objectives in [2, 3, 5] {
        let mut rng = SeedTree::new(objectives as u64).rng();
        let mut row = || (0..objectives).map(|_| rng.random::<f64>()).collect::<Vec<_>>();
        let costs: Vec<Vec<f64>> = (0..POINTS).map(|_| row()).collect();
        let mut peer = python.as_deref().map(|python| Peer::new(python, &costs));
        let (mut ours, mut theirs, mut found) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let sorted = fronts(&costs);
            let sorting = start.elapsed().as_secs_f64();
            for front in &sorted {
                let costs: Vec<Vec<f64>> = front.iter().map(|&point| costs[point].clone()).collect();
                std::hint::black_box(crowding(&costs));
            }
            ours.push([sorting, start.elapsed().as_secs_f64() - sorting]);
            found = sorted.len();
            if let Some(peer) = &mut peer {
                let (fronts, seconds) = peer.time();
                assert_eq!(fronts, found, "pymoo finds other fronts");
                theirs.push(seconds);
            }
        }
        let [sorting, crowding] = medians(&ours);
        println!("{objectives} objectives, {found} fronts: sorting {sorting:.3} s, crowding {crowding:.3} s");
        if !theirs.is_empty() {
            let [their_sorting, their_crowding] = medians(&theirs);
            println!(
                "    pymoo: sorting {their_sorting:.3} s ({:.2} of it), crowding {their_crowding:.3} s ({:.2} of it)",
                sorting / their_sorting,
                crowding / their_crowding
            );
        }
    }
}

fn medians(times: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|part| {
        let mut times: Vec<f64> = times.iter().map(|times| times[part]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// A Python that sorts the same points.
struct Peer {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Peer {
    fn new(python: &str, costs: &[Vec<f64>]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pymoo_pareto.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python starts");
        let stdin = child.stdin.as_mut().expect("it is piped");
        let line = |row: &Vec<f64>| row.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(" ");
        let text = costs.iter().map(line).collect::<Vec<_>>().join("\n");
        writeln!(stdin, "{}\n{text}", costs.len()).expect("Python reads");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Peer { child, lines }
    }

    /// The number of fronts, and the seconds of sorting and crowding.
    fn time(&mut self) -> (usize, [f64; 2]) {
        writeln!(self.child.stdin.as_mut().expect("it is piped"), "go").expect("Python reads");
        let line = self.lines.next().expect("Python answers").expect("Python answers");
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().expect("a number")).collect();
        (numbers[0] as usize, [numbers[1], numbers[2]])
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
