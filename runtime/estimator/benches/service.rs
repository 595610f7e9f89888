//! Requests a second that a service answers, and its memory, with ten thousand runs at once.
//!
//! `cargo bench -p peng-estimator --bench service -- KIND` prints a line (without KIND a line a kind, of which only the
//! first tells the memory: later ones use it again): all runs are observed at epoch 1, then
//! all at epoch 2, to epoch 20; those that have stopped are observed too. Then a snapshot is taken and restored. A second
//! line is of a pool of workers, each of which begins another run when its own has ended, so that every run has a history of
//! its own: the worst case for what is learned from histories.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark reads the clock and prints")]

use std::time::Instant;

use peng_estimator::service::{ScaleOrigin, Service, Setup};
use peng_estimator::{Direction, POLICIES, Scale};
use serde_json::json;

const RUNS: u32 = 10_000;
const EPOCHS: u32 = 20;
const WORKERS: u32 = 500;
const POOL_REQUESTS: u32 = 20_000;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for &kind in
        POLICIES.iter().filter(|kind| asked.is_empty() || asked.iter().any(|name| name == kind.name()))
    {
        let setup = Setup {
            kind,
            params: json!({}),
            metric: "val_accuracy".to_owned(),
            direction: Direction::Maximize,
            scale: Some(Scale::Percent),
            scale_origin: ScaleOrigin::Given,
            confidence: 0.9,
            costs: Vec::new(),
        };
        let name = kind.name();
        let Ok(mut service) = Service::new(setup.clone()) else {
            println!("{name}: no defaults");
            continue;
        };
        let before = resident_mib();
        let begun = Instant::now();
        let mut stopped = 0;
        for epoch in 1..=EPOCHS {
            for run in 0..RUNS {
                let reply = service.answer(request(run, epoch).as_bytes());
                stopped += u32::from(epoch < EPOCHS && reply.contains("\"stop\""));
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        let held = resident_mib() - before;
        let begun = Instant::now();
        let snapshot = service.answer(br#"{"op":"snapshot"}"#);
        let state = snapshot.strip_prefix(r#"{"state":"#).unwrap_or_default();
        let restored = service.answer(format!(r#"{{"op":"restore","state":{state}"#).as_bytes());
        assert_eq!(restored, format!(r#"{{"restored":{RUNS}}}"#));
        println!(
            "{name}: {:.0} requests/s, {held:.0} MiB for {RUNS} runs of {EPOCHS} points, {stopped} answers were to stop, snapshot \
             of {:.1} MiB taken and restored in {:.2} s",
            f64::from(RUNS * EPOCHS) / seconds,
            snapshot.len() as f64 / f64::from(1 << 20),
            begun.elapsed().as_secs_f64(),
        );
        let Ok(service) = Service::new(setup) else { continue };
        pool(name, service);
    }
}

fn pool(name: &str, mut service: Service) {
    let before = resident_mib();
    let begun = Instant::now();
    let mut workers: Vec<(u32, u32)> = (0..WORKERS).map(|worker| (worker, 0)).collect();
    let mut runs = WORKERS;
    for turn in 0..POOL_REQUESTS {
        let (run, epoch) = &mut workers[(turn % WORKERS) as usize];
        *epoch += 1;
        // The first runs have fewer epochs left, as if they had begun at different times.
        let at = if *run < WORKERS { *epoch + *run % EPOCHS } else { *epoch };
        if service.answer(request(*run, at).as_bytes()).contains("\"stop\"") {
            (*run, *epoch) = (runs, 0);
            runs += 1;
        }
    }
    println!(
        "{name}: {:.0} requests/s of {WORKERS} workers that began {runs} runs, {:.0} MiB",
        f64::from(POOL_REQUESTS) / begun.elapsed().as_secs_f64(),
        resident_mib() - before,
    );
}

fn request(run: u32, epoch: u32) -> String {
    let top = 40.0 + f64::from(run * 7 % 50);
    let rate = 1.2 + f64::from(run % 13) / 20.0;
    let noise = f64::from((run * 17 + epoch * 31) % 13) / 10.0;
    let value = top - top * rate.powi(-(epoch as i32)) + noise;
    format!(
        r#"{{"op":"observe","run":"net-{run}","epoch":{epoch},"planned":{EPOCHS},"metrics":{{"val_accuracy":{value}}}}}"#
    )
}

/// What of this process is in memory; 0 where `/proc` is not.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
