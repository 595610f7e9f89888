//! Ten thousand runs at once, and what is shared between them.

use std::fmt::Write;

use serde_json::json;

use super::follower::LEARNED;
use super::{following, setup};
use crate::policy::find;
use crate::service::{Service, Setup};

const RUNS: u32 = 10_000;
const PLANNED: u32 = 10;
/// How many of the planned epochs are observed.
const EPOCHS: u32 = 4;

fn value(run: u32, epoch: u32) -> f64 {
    let top = 40.0 + f64::from(run * 7 % 50);
    top - top * 3.0_f64.powi(-(epoch as i32)) + f64::from((run * 17 + epoch * 31) % 13) / 400.0
}

fn observe(line: &mut String, run: u32, epoch: u32) {
    line.clear();
    let value = value(run, epoch);
    write!(
        line,
        r#"{{"op":"observe","run":"net-{run}","epoch":{epoch},"planned":{PLANNED},"metrics":{{"val_accuracy":{value}}}}}"#
    )
    .unwrap();
}

/// All replies to the run, when all runs are trained side by side.
fn side_by_side(service: &mut Service) -> Vec<Vec<String>> {
    let mut replies = vec![Vec::new(); RUNS as usize];
    let mut line = String::new();
    for epoch in 1..=EPOCHS {
        for run in 0..RUNS {
            observe(&mut line, run, epoch);
            replies[run as usize].push(service.answer(line.as_bytes()));
        }
    }
    replies
}

/// Two predictions are enough, since fits take time.
fn penguin() -> Service {
    Service::new(Setup { params: json!({"window": 2}), ..setup(find("penguin").unwrap()) }).unwrap()
}

#[test]
fn runs_side_by_side_are_answered_as_if_each_were_alone() {
    let replies = side_by_side(&mut penguin());
    let mut line = String::new();
    for run in (0..RUNS).step_by(97) {
        let mut alone = penguin();
        for epoch in 1..=EPOCHS {
            observe(&mut line, run, epoch);
            assert_eq!(alone.answer(line.as_bytes()), replies[run as usize][epoch as usize - 1]);
        }
    }
    let converged = replies.iter().filter(|run| run.iter().any(|reply| reply.contains("converged"))).count();
    assert!((1000..RUNS as usize).contains(&converged), "{converged} runs converged");
}

#[test]
fn runs_that_begin_together_share_what_is_learned() {
    let mut service = following();
    let mut line = String::new();
    for epoch in 1..=PLANNED {
        observe(&mut line, RUNS, epoch);
        service.answer(line.as_bytes());
    }
    LEARNED.set(0);
    let replies = side_by_side(&mut service);
    // Pruned at once: each makes a history of its own for those that begin after it.
    let pruned = replies.iter().filter(|run| run[0].contains("pruned")).count();
    let stopped = replies.iter().filter(|run| run.iter().any(|reply| reply.contains("\"stop\""))).count();
    assert!(pruned < stopped && stopped < RUNS as usize, "{pruned} of {stopped} stops are pruned at once");
    assert!(LEARNED.get() <= 1 + pruned, "{} histories are learned", LEARNED.get());
}
