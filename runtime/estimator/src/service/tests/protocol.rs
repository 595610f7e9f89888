//! Requests and what they are answered: verdicts, repetitions, refusals.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ask, code, following, observation, service, setup, train};
use crate::curve::Direction;
use crate::policy::{POLICIES, PolicyKind, find};
use crate::scale::Scale;
use crate::service::{ScaleOrigin, Service, Setup};

fn saturating() -> Vec<f64> {
    (1..=10).map(|x| 80.0 - 60.0 * 2.0_f64.powi(1 - x)).collect()
}

#[test]
fn a_converged_run_has_a_prediction_and_keeps_its_verdict() {
    let mut service = service("penguin");
    let reply = train(&mut service, "net-7", &saturating());
    let (epoch, predicted) = (reply["epoch"].as_f64().unwrap(), reply["predicted"].as_f64().unwrap());
    assert!(epoch < 10.0 && (predicted - 80.0).abs() < 0.5, "{reply}");
    assert_eq!((&reply["verdict"], &reply["outcome"]), (&json!("stop"), &json!("converged")));
    assert_eq!((&reply["rule"], &reply["confidence"]), (&json!("penguin"), &json!(0.9)));
    assert_eq!(reply["interval"], Value::Null);
    let mut later = ask(&mut service, &observation("net-7", epoch + 1.0, 3.0));
    later["epoch"] = json!(epoch);
    assert_eq!(later, reply);
    let foreign = json!({"op": "observe", "run": "net-7", "epoch": 0, "planned": 99, "metrics": {}});
    assert_eq!(ask(&mut service, &foreign)["predicted"], reply["predicted"]);
    let finished = ask(&mut service, &json!({"op": "finish", "run": "net-7", "value": 79.5}));
    assert_eq!(finished, json!({"run": "net-7", "outcome": "completed", "value": 79.5}));
}

#[test]
fn the_planned_end_is_a_stop_without_a_prediction() {
    let mut service = service("never");
    for epoch in 1..=9 {
        let reply = ask(&mut service, &observation("a", f64::from(epoch), 1.0));
        assert_eq!(reply["verdict"], "continue");
    }
    let reply = ask(&mut service, &observation("a", 10.0, 1.0));
    assert_eq!(
        reply,
        json!({"run": "a", "epoch": 10.0, "verdict": "stop", "outcome": null, "predicted": null, "interval": null,
               "confidence": 0.9, "reason": "all planned epochs are trained", "rule": "never"})
    );
}

#[test]
fn sending_again_changes_nothing() {
    let mut service = service("penguin");
    let requests: Vec<Value> =
        (1..=3).zip(saturating()).map(|(epoch, value)| observation("a", f64::from(epoch), value)).collect();
    let replies: Vec<Value> = requests.iter().map(|request| ask(&mut service, request)).collect();
    assert_eq!(ask(&mut service, &requests[2]), replies[2]);
    assert_eq!(ask(&mut service, &requests[0])["reason"], replies[2]["reason"]);
    let state = ask(&mut service, &json!({"op": "snapshot"}));
    assert_eq!(state["state"]["content"]["runs"][0]["epochs"], json!([1.0, 2.0, 3.0]));
    for finish in [json!({"op": "finish", "run": "a"}), json!({"op": "finish", "run": "a", "value": 65.0})] {
        assert_eq!(ask(&mut service, &finish)["value"], 65.0);
    }
    assert_eq!(code(&ask(&mut service, &json!({"op": "finish", "run": "a", "value": 1}))), "run_finished");
}

#[test]
fn the_reply_has_the_epoch_that_counts() {
    let mut service = service("never");
    for (epoch, counts) in
        [(0.0004, 0.0), (0.333, 1.0 / 3.0), (0.666_666_7, 2.0 / 3.0), (1.0009, 1.0), (1.0, 1.0), (4.5, 4.5)]
    {
        let reply = ask(&mut service, &observation("a", epoch, 40.0));
        assert_eq!(reply["epoch"], json!(counts), "{reply}");
    }
    let state = ask(&mut service, &json!({"op": "snapshot"}));
    let stored = json!([0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 4.5]);
    assert_eq!(state["state"]["content"]["runs"][0]["epochs"], stored);
}

#[test]
fn after_a_stop_the_verdict_is_repeated_and_after_a_finish_nothing_is() {
    let mut service = service("never");
    let stop = ask(&mut service, &observation("a", 10.0, 50.0));
    let nonsense = json!({"op": "observe", "run": "a", "epoch": 10, "planned": 99, "metrics": {"typo": 1}});
    for request in [observation("a", 10.0, 50.0), observation("a", 10.0, 77.0), nonsense] {
        assert_eq!(ask(&mut service, &request), stop);
    }
    ask(&mut service, &observation("a", 11.0, 51.0));
    let finished = ask(&mut service, &json!({"op": "finish", "run": "a"}));
    assert_eq!(finished["value"], 51.0, "what was measured after the stop counts, and nonsense does not");
    assert_eq!(code(&ask(&mut service, &observation("a", 10.0, 50.0))), "run_finished");
}

#[test]
fn a_nan_is_a_value_and_a_nan_at_the_end_a_failure() {
    let mut service = service("penguin");
    for _ in 0..2 {
        let reply = ask(&mut service, &observation("a", 1.0, f64::NAN));
        assert_eq!(reply["verdict"], "continue", "{reply}");
    }
    assert_eq!(
        ask(&mut service, &json!({"op": "finish", "run": "a"})),
        json!({"run": "a", "outcome": "failed", "value": "nan"})
    );
}

#[test]
fn where_a_rule_is_not_defined_the_training_goes_on() {
    let mut service = service("penguin");
    let reply = train(&mut service, "from-zero", &[]);
    assert_eq!(reply, Value::Null);
    let reply = ask(&mut service, &observation("from-zero", 0.0, 10.0));
    assert_eq!(reply["reason"], "how far apart measurements are is not known before the second");
    assert_eq!((&reply["verdict"], &reply["rule"]), (&json!("continue"), &json!("penguin")));
    for (epoch, value) in [(1.0, 60.0), (2.0, 61.0), (2.5, 61.0)] {
        ask(&mut service, &observation("uneven", epoch, value));
    }
    let reply = ask(&mut service, &observation("uneven", 3.0, 61.0));
    assert!(reply["reason"].as_str().unwrap().contains("not as far apart as the first two"), "{reply}");
    let short =
        json!({"op": "observe", "run": "short", "epoch": 1, "planned": 2, "metrics": {"val_accuracy": 5}});
    let reply = ask(&mut service, &short);
    assert_eq!(reply["verdict"], "continue");
    assert!(reply["reason"].as_str().unwrap().contains("needs 4 points"), "{reply}");
}

#[test]
fn parameters_that_fit_no_training_are_issues_from_the_start() {
    let losses = Setup { direction: Direction::Minimize, scale: None, ..setup(find("penguin").unwrap()) };
    assert!(Service::new(losses).err().unwrap()[0].message.contains("minimized"));
    let unknown = Setup { params: json!({"windows": 3}), ..setup(find("penguin").unwrap()) };
    assert_eq!(Service::new(unknown).err().unwrap()[0].pointer, "/windows");
    for confirm in ["generation", "end"] {
        let pauses = Setup { params: json!({"confirm": confirm}), ..setup(find("population").unwrap()) };
        let issue = Service::new(pauses).err().unwrap().remove(0);
        assert!(issue.pointer == "/confirm" && issue.message.contains("a stop is final"), "{issue:?}");
    }
    let watch = json!({"watch": "val_accuracy"});
    let itself = Setup { params: watch, ..setup(find("patience").unwrap()) };
    assert!(Service::new(itself).err().unwrap()[0].message.contains("observes anyway"));
}

#[test]
fn a_refused_request_has_a_code_and_changes_nothing() {
    let mut service = following();
    let first = json!({"op": "observe", "run": "a", "epoch": 2, "planned": 10, "metrics": {"val_accuracy": 50, "loss": 1},
                       "covariates": {"flops": 1e6}});
    assert_eq!(code(&ask(&mut service, &first)), "none");
    let before = ask(&mut service, &json!({"op": "snapshot"}));
    let with = |key: &str, value: Value| {
        let mut request = first.clone();
        request["epoch"] = json!(4);
        request[key] = value;
        request
    };
    for (request, expected, said) in [
        (with("metrics", json!({"loss": 1, "x": 2})), "metric_missing", "found `loss`, `x`"),
        (with("metrics", json!({})), "metric_missing", "found none"),
        (with("planned", json!(20)), "planned_changed", "plans 10 epochs since"),
        (with("covariates", json!({"flops": 2e6})), "covariates_changed", "run `a`"),
        (with("covariates", json!({})), "covariates_changed", "run `a`"),
        (with("epoch", json!(1)), "epoch_order", "epoch 1 follows one at epoch 2"),
        (with("epoch", json!(-1)), "bad_epoch", "`epoch`: -1 epochs is no fraction"),
        (with("planned", json!(1e12)), "bad_epoch", "`planned`: 1000000000000 epochs"),
        (
            with("run", json!("b"))
                .as_object()
                .map(|o| {
                    let mut o = o.clone();
                    o.remove("planned");
                    Value::Object(o)
                })
                .unwrap(),
            "planned_missing",
            "plans nothing",
        ),
        (
            json!({"op": "observe", "run": "b", "epoch": 1, "planned": 0, "metrics": {"val_accuracy": 1}}),
            "planned_missing",
            "plans 0 epochs",
        ),
        (
            json!({"op": "observe", "run": "a", "epoch": 2, "metrics": {"val_accuracy": 51}}),
            "epoch_changed",
            "`val_accuracy` of run `a` was 50 at epoch 2; found 51",
        ),
        (
            json!({"op": "observe", "run": "a", "epoch": 2, "metrics": {"val_accuracy": 50, "x": 3}}),
            "epoch_changed",
            "`x` of run `a` was not given at epoch 2; found 3",
        ),
        (
            json!({"op": "observe", "run": "a", "epoch": 2, "metrics": {"val_accuracy": "nan"}}),
            "epoch_changed",
            "was 50 at epoch 2; found nan",
        ),
        (with("epoch", json!(1e308)), "bad_epoch", "`epoch`: 1e308 epochs is no fraction"),
        (json!({"op": "forget", "run": "x".repeat(10_000)}), "unknown_run", "xxx...`"),
        (with("metrics", json!({"x".repeat(10_000): 1})), "metric_missing", "xxx..."),
        (json!({"op": "finish", "run": "b"}), "unknown_run", "`b`"),
        (json!({"op": "forget", "run": "b"}), "unknown_run", "`b`"),
        (json!({"op": "rewind"}), "unknown_op", "`rewind`"),
    ] {
        let reply = ask(&mut service, &request);
        assert_eq!(code(&reply), expected, "{reply}");
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(message.contains(said) && message.len() < 1000, "{reply}");
    }
    assert_eq!(ask(&mut service, &json!({"op": "snapshot"})), before);
    ask(&mut service, &json!({"op": "finish", "run": "a"}));
    assert_eq!(code(&ask(&mut service, &with("epoch", json!(4)))), "run_finished");
}

#[test]
fn where_percentages_are_only_assumed_other_values_are_refused() {
    let assumed = |kind| {
        Service::new(Setup { scale_origin: ScaleOrigin::Assumed, ..setup(find(kind).unwrap()) }).unwrap()
    };
    for kind in ["population", "penguin", "truncate"] {
        let mut service = assumed(kind);
        assert_eq!(code(&ask(&mut service, &observation("a", 1.0, 100.0))), "none");
        assert_eq!(code(&ask(&mut service, &observation("a", 2.0, f64::NAN))), "none");
        for request in [
            observation("a", 3.0, 300.0),
            observation("b", 1.0, -0.5),
            json!({"op": "finish", "run": "a", "value": 300}),
        ] {
            let reply = ask(&mut service, &request);
            assert_eq!(code(&reply), "off_scale", "{kind}: {reply}");
            assert!(reply["error"]["message"].as_str().unwrap().contains("`--scale none`"), "{reply}");
        }
        assert_eq!(service.doubt(), None);
    }
    for kind in ["never", "median"] {
        assert_eq!(code(&ask(&mut assumed(kind), &observation("a", 1.0, 300.0))), "none");
    }
}

#[test]
fn what_is_hardly_meant_is_doubted_once() {
    let mut service = service("population");
    for run in ["a", "b"] {
        train(&mut service, run, &[0.5, 0.7]);
        assert_eq!(service.doubt(), None);
    }
    train(&mut service, "c", &[0.5, f64::NAN, 1.0]);
    assert!(service.doubt().unwrap().contains("write shares as 0 to 100"));
    ask(&mut service, &observation("d", 1.0, 100.5));
    assert!(service.doubt().unwrap().contains("below 0 and above 100"));
    train(&mut service, "e", &[0.5, 0.6, 0.7, 101.0]);
    assert_eq!(service.doubt(), None);
}

#[test]
fn what_takes_any_value_answers_alike_on_every_scale() {
    let verdicts = |kind: &'static dyn PolicyKind, scale, factor: f64| {
        let mut service = Service::new(Setup { scale, ..setup(kind) }).unwrap();
        let run =
            |run: i32| (1..=10).map(move |x| factor * f64::from(run * 7 % 23) * (1.0 - 1.5_f64.powi(-x)));
        let stops = (0..30).map(|number| {
            let reply = train(&mut service, &number.to_string(), &run(number).collect::<Vec<_>>());
            (reply["epoch"].clone(), reply["outcome"].clone())
        });
        stops.collect::<Vec<_>>()
    };
    for &kind in POLICIES.iter().filter(|kind| !kind.needs_scores()) {
        let percent = verdicts(kind, Some(Scale::Percent), 1.0);
        assert_eq!(percent, verdicts(kind, None, 64.0), "{}", kind.name());
    }
}

/// Lines that are nearly requests.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![
        Just(observation("a", 3.0, 1.0)),
        Just(json!({"op": "finish", "run": "a", "value": null})),
        Just(json!({"op": "forget", "run": "a"})),
        Just(json!({"op": "snapshot"})),
    ];
    (whole, any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(
        |(whole, at, bytes)| {
            let mut line = whole.to_string().into_bytes();
            let at = at.index(line.len());
            line.splice(at..(at + bytes.len()).min(line.len()), bytes);
            line
        },
    )
}

proptest! {
    #[test]
    fn every_line_has_a_reply(lines in prop::collection::vec(line(), 0..20)) {
        let mut service = service("penguin");
        for line in lines {
            let reply: Value = serde_json::from_str(&service.answer(&line)).unwrap();
            prop_assert!(reply.is_object());
        }
        let snapshot = ask(&mut service, &json!({"op": "snapshot"}));
        prop_assert_eq!(code(&snapshot), "none");
    }
}
