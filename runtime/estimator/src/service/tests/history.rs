//! What of other runs an answer depends on.

use serde_json::json;

use super::follower::{FollowerKind, LEARNED};
use super::{ask, following, observation, service, setup, train};
use crate::conformance::half_epochs;
use crate::policy::{POLICIES, PolicyKind};
use crate::replay::{HistoryRule, RecordedRun, Setting, replay};
use crate::service::{Service, Setup};
use crate::trial::{CostObjective, Outcome};

#[test]
fn a_history_is_what_had_ended_when_the_run_began() {
    let mut service = following();
    ask(&mut service, &observation("early", 1.0, 1.0));
    train(&mut service, "first", &[60.0; 10]);
    // The early run began before the first had ended, so nobody tells it that it is bad.
    for epoch in 2..=9 {
        let reply = ask(&mut service, &observation("early", f64::from(epoch), 1.0));
        assert_eq!(reply["reason"], "nobody to follow");
    }
    let late = ask(&mut service, &observation("late", 1.0, 1.0));
    assert_eq!((&late["outcome"], &late["reason"]), (&json!("pruned"), &json!("the mean is 60")));
    // A pruned run is in later histories with its last value.
    let later = ask(&mut service, &observation("later", 1.0, 40.0));
    assert_eq!(later["reason"], "the mean is 30.5");
}

#[test]
fn a_run_that_is_finished_after_its_stop_counts_with_its_true_value_from_then_on() {
    let mut service = following();
    train(&mut service, "first", &[60.0; 10]);
    assert_eq!(train(&mut service, "second", &[70.0; 10])["outcome"], "converged");
    ask(&mut service, &observation("before", 1.0, 50.0));
    ask(&mut service, &json!({"op": "finish", "run": "second", "value": 80.0}));
    assert_eq!(ask(&mut service, &observation("after", 1.0, 50.0))["reason"], "the mean is 70");
    let before = ask(&mut service, &observation("before", 2.0, 50.0));
    assert_ne!(before["reason"], "the mean is 70");
}

#[test]
fn a_true_value_that_was_not_measured_teaches_nothing_of_how_curves_go() {
    let mut service = service("population");
    for run in 0..12 {
        let top = 60.0 + f64::from(run * 7 % 23);
        let values: Vec<f64> = (1..=10).map(|x| top - top * 1.5_f64.powi(-x)).collect();
        train(&mut service, &format!("net-{run}"), &values);
    }
    let values: Vec<f64> = (1..=10).map(|x| 75.0 - 75.0 * 1.5_f64.powi(-x)).collect();
    let stop = train(&mut service, "stopped", &values);
    assert_eq!(stop["outcome"], "converged", "{stop}");
    let predicted = |service: &mut Service, run: &str| {
        let reply = train(service, run, &values[..3]);
        ask(service, &json!({"op": "forget", "run": run}));
        reply["predicted"].as_f64().unwrap()
    };
    let before = predicted(&mut service, "before");
    ask(&mut service, &json!({"op": "finish", "run": "stopped", "value": 73.5}));
    let after = predicted(&mut service, "after");
    assert!((after - before).abs() < 3.0, "{before} {after}");
}

#[test]
fn what_is_forgotten_is_in_no_history_and_its_name_is_free() {
    let mut service = following();
    train(&mut service, "good", &[60.0; 10]);
    ask(&mut service, &observation("under-way", 1.0, 40.0));
    assert_eq!(ask(&mut service, &json!({"op": "forget", "run": "good"})), json!({"forgotten": "good"}));
    assert_eq!(ask(&mut service, &observation("under-way", 2.0, 1.0))["reason"], "nobody to follow");
    assert_eq!(ask(&mut service, &observation("good", 1.0, 1.0))["reason"], "nobody to follow");
    // Numbers go on: the forgotten run was a trial of the search.
    let state = ask(&mut service, &json!({"op": "snapshot"}));
    assert_eq!(state["state"]["content"]["runs"][1]["number"], 2);
}

#[test]
fn where_no_history_counts_a_forgotten_run_is_no_reason_to_judge_anew() {
    for (kind, judged) in [("penguin", 4), ("population", 0)] {
        let mut service = service(kind);
        let wavy = [30.0, 60.0, 35.0, 65.0];
        assert_eq!(train(&mut service, "goes-on", &wavy)["verdict"], "continue");
        train(&mut service, "ended", &[50.0]);
        ask(&mut service, &json!({"op": "finish", "run": "ended"}));
        assert_eq!(service.runs.get("goes-on").unwrap().judged, 4);
        ask(&mut service, &json!({"op": "forget", "run": "ended"}));
        assert_eq!(service.runs.get("goes-on").unwrap().judged, judged, "{kind}");
    }
}

#[test]
fn costs_change_answers_where_they_are_weighed_and_nowhere_else() {
    let answers = |kind: &'static dyn PolicyKind, costs: &[&str]| {
        let costs = costs.iter().map(|&cost| CostObjective::minimize(cost.to_owned())).collect();
        let params = if kind.name() == "patience" { json!({"patience": 1}) } else { json!({}) };
        let mut service = Service::new(Setup { params, costs, ..setup(kind) }).unwrap();
        let mut replies = Vec::new();
        for run in 0..40_u32 {
            let top = 40.0 + f64::from(run * 7 % 50);
            for epoch in 1..=10 {
                let value = top - top * 1.5_f64.powi(-epoch);
                let mut request = observation(&format!("net-{run}"), f64::from(epoch), value);
                request["covariates"] = json!({"flops": f64::from(run * 11 % 40) + 1.0});
                let reply = ask(&mut service, &request);
                let is_stop = reply["verdict"] == "stop";
                replies.push(reply);
                if is_stop {
                    break;
                }
            }
        }
        replies
    };
    for &kind in POLICIES {
        assert_eq!(answers(kind, &["flops"]) != answers(kind, &[]), kind.weighs_costs(), "{}", kind.name());
    }
}

#[test]
fn each_history_is_learned_once() {
    let mut service = following();
    train(&mut service, "first", &[60.0; 10]);
    LEARNED.set(0);
    for epoch in 1..=9 {
        for run in 0..50 {
            ask(&mut service, &observation(&format!("net-{run}"), f64::from(epoch), 50.0));
        }
    }
    assert_eq!(LEARNED.get(), 1);
}

#[test]
fn one_run_after_the_other_is_a_replay() {
    let curves: Vec<RecordedRun> = (0..40)
        .map(|index: u32| {
            let top = 40.0 + f64::from(index * 7 % 50);
            let noise = |x: i32| f64::from((x * 31 + index as i32 * 17) % 13) / 40.0;
            let values: Vec<f64> = (1..=20).map(|x| top - top * 1.5_f64.powi(-x) + noise(x)).collect();
            RecordedRun {
                run_id: format!("net-{index}"),
                curve: half_epochs(&values),
                ..RecordedRun::default()
            }
        })
        .collect();
    let mut kinds = POLICIES.to_vec();
    kinds.push(&FollowerKind);
    for kind in kinds {
        let mut own = setup(kind);
        let params = match kind.name() {
            // Unless told otherwise, a replay takes paused runs up again, and a service never.
            "population" => json!({"confirm": "none"}),
            "patience" => json!({"patience": 1}),
            _ => json!({}),
        };
        own.params = if kind.name() == "population" { json!({}) } else { params.clone() };
        let Setup { direction, scale, confidence, .. } = own;
        let setting =
            Setting { direction, scale, confidence, history: HistoryRule::Sequential, costs: Vec::new() };
        let decisions = replay(own.kind, &params, &setting, &curves).unwrap();
        let stopped = decisions.iter().filter(|decision| decision.outcome != Outcome::Completed).count();
        assert!(stopped > 5 || kind.name() == "never", "{}: {stopped} runs are stopped", kind.name());
        let mut service = Service::new(own).unwrap();
        for (run, decision) in curves.iter().zip(&decisions) {
            let mut points = run.curve.points().iter();
            let (seen, reply) = loop {
                let point = points.next().unwrap();
                let reply = ask(&mut service, &observation(&run.run_id, point.at.to_f64(), point.value));
                if reply["verdict"] == "stop" {
                    break (point.at, reply);
                }
            };
            assert_eq!(seen, decision.stop_epoch, "{}: {reply}", kind.name());
            match decision.outcome {
                Outcome::Converged => assert_eq!(reply["predicted"], decision.predicted_final),
                Outcome::Pruned => assert_eq!(reply["outcome"], "pruned"),
                Outcome::Completed | Outcome::Failed => assert!(reply["outcome"].is_null(), "{reply}"),
            }
            assert_eq!(reply["interval"], json!(decision.interval));
        }
    }
}
