//! How long fits take: the published default exactly and as published, and every form of the table, at 20 points.
//!
//! `cargo bench -p peng-estimator --bench fit [-- FILTER]` prints the median over real curves, one thread;
//! `-- --scipy PYTHON`, with an interpreter that has `SciPy`, also times `curve_fit` on the same curves, in turns with
//! the exact fit, and prints how many times longer it takes.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use peng_estimator::family::{FORMS, Scratch, exp3, published};
use peng_estimator::fit::exact::Steps;

const POINTS: usize = 20;
/// A block of fits is at least this long; the clock's steps don't show then.
const BLOCK_NANOS: f64 = 2e5;
const BLOCKS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let curves = curves();
    if let Some(at) = arguments.iter().position(|argument| argument == "--scipy") {
        let python = arguments.get(at + 1).expect("`--scipy` is followed by a Python interpreter");
        against_scipy(&curves, python);
        return;
    }
    println!("median of {} curves with {POINTS} points, one thread", curves.len());
    let report = |name: &str, fit: &mut dyn FnMut(&[f64])| {
        if arguments.is_empty() || arguments.iter().any(|filter| name.contains(filter.as_str())) {
            let nanos = median(curves.iter().map(|curve| time(&mut || fit(black_box(curve)))).collect());
            println!("{name:<24} {nanos:>12.0} ns");
        }
    };
    report("published, exact", &mut |curve| {
        let _ = black_box(published::fit(curve, Steps::FROM_ONE));
    });
    report("published, as published", &mut |curve| {
        let _ = black_box(exp3::fit(curve));
    });
    let mut scratch = Scratch::default();
    for form in &FORMS {
        report(&format!("form {}", form.name), &mut |curve| {
            let _ = black_box(form.fit(curve, Steps::FROM_ONE, &mut scratch));
        });
    }
}

/// The first points of the curves that the tests use, where there are enough.
fn curves() -> Vec<Vec<f64>> {
    let lines = include_str!("../tests/data/scipy_curves.csv").lines().filter(|line| !line.starts_with('#'));
    let values = lines.filter_map(|line| {
        let values: Option<Vec<f64>> =
            line.split_once(',')?.1.split(' ').map(|value| value.parse().ok()).collect();
        values.filter(|values| values.len() >= POINTS)
    });
    values.map(|values| values[..POINTS].to_vec()).collect()
}

/// The nanoseconds of a call: the median of blocks of as many calls as make a block long enough.
fn time(call: &mut dyn FnMut()) -> f64 {
    let mut block = |calls: usize| {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed().as_nanos() as f64 / calls as f64
    };
    let calls = (BLOCK_NANOS / block(1).max(1.0)).ceil() as usize;
    median((0..BLOCKS).map(|_| block(calls)).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Asks a `SciPy` process for the time of each curve, and times the exact fit before and after each answer.
fn against_scipy(curves: &[Vec<f64>], python: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/scipy_fit.py");
    let mut child = Command::new(python)
        .arg(script)
        .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"].map(|name| (name, "1")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python interpreter starts");
    let mut questions = child.stdin.take().expect("stdin is a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
    let (mut scipy, mut exact, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for curve in curves {
        let ours = || {
            time(&mut || {
                let _ = black_box(published::fit(black_box(curve), Steps::FROM_ONE));
            })
        };
        let before = ours();
        let line: Vec<String> = curve.iter().map(f64::to_string).collect();
        writeln!(questions, "{}", line.join(" ")).expect("the process reads");
        let answer = answers.next().expect("the process answers").expect("the answer is text");
        let theirs: f64 = answer.parse().expect("the answer is a number of nanoseconds");
        let ours = f64::midpoint(before, ours());
        scipy.push(theirs);
        exact.push(ours);
        ratios.push(theirs / ours);
    }
    drop(questions);
    child.wait().expect("the process ends");
    println!("medians of {} curves with {POINTS} points, measured in turns, one thread", curves.len());
    println!("exact fit          {:>12.0} ns", median(exact));
    println!("SciPy's curve_fit  {:>12.0} ns", median(scipy));
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    println!("ratio              {:>12.0}, at least {least:.0}", median(ratios));
}
