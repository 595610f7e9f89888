//! Snapshots: a service goes on from one as if nothing had happened, and takes no other state.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ask, code, following, observation, service, setup, train};
use crate::policy::{POLICIES, find};
use crate::service::{Service, Setup};
use crate::trial::CostObjective;

fn snapshot(service: &mut Service) -> Value {
    ask(service, &json!({"op": "snapshot"}))["state"].clone()
}

fn restore(state: &Value) -> Value {
    json!({"op": "restore", "state": state})
}

/// Requests about a few runs, some of which make no sense.
fn request() -> impl Strategy<Value = Value> {
    let run = (0..5_u32).prop_map(|run| format!("net-{run}"));
    prop_oneof![
        12 => (run.clone(), 0..12_u32, prop_oneof![Just(f64::NAN), 0.0..100.0_f64]).prop_map(|(run, half, value)| {
            let mut request = observation(&run, f64::from(half) / 2.0, value);
            request["planned"] = json!(5);
            // Metrics come and go.
            if half % 3 != 1 {
                request["metrics"]["train_accuracy"] = json!(value / 3.0);
            }
            request["covariates"] = json!({"lr": 0.125});
            request
        }),
        2 => (run.clone(), 0..100_u32).prop_map(|(run, value)| json!({"op": "finish", "run": run, "value": value})),
        1 => run.clone().prop_map(|run| json!({"op": "finish", "run": run})),
        1 => run.prop_map(|run| json!({"op": "forget", "run": run})),
        1 => Just(json!({"op": "snapshot"})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_restored_service_goes_on_bit_for_bit(
        requests in prop::collection::vec(request(), 1..120),
        cut in any::<prop::sample::Index>(),
        is_following in any::<bool>(),
    ) {
        let new = || if is_following { following() } else { service("penguin") };
        let (before, after) = requests.split_at(cut.index(requests.len()));
        let (mut whole, mut second) = (new(), new());
        for request in before {
            ask(&mut whole, request);
        }
        // A service of another life, whose runs are all replaced.
        ask(&mut second, &observation("net-0", 1.0, 99.0));
        let state = snapshot(&mut whole);
        let known = state["content"]["runs"].as_array().unwrap().len();
        prop_assert_eq!(ask(&mut second, &restore(&state)), json!({"restored": known}));
        for request in after {
            let line = request.to_string();
            prop_assert_eq!(whole.answer(line.as_bytes()), second.answer(line.as_bytes()));
        }
        prop_assert_eq!(snapshot(&mut whole), snapshot(&mut second));
    }
}

/// As a client may write a state: sorted keys, spaces, and numbers as JavaScript has them.
fn written_anew(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", json!(key), written_anew(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(written_anew).collect::<Vec<_>>().join(", ")),
        Value::Number(number) => match number.as_f64().unwrap() {
            whole if whole.fract() == 0.0 => format!("{}", whole as i64),
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

#[test]
fn a_state_may_be_written_anew_by_its_client() {
    for kind in POLICIES {
        let params = match kind.name() {
            "patience" => json!({"patience": 3, "min_delta": 1.0}),
            "penguin" => json!({"tolerance": 1.0}),
            _ => json!({}),
        };
        let own = || Service::new(Setup { params: params.clone(), ..setup(*kind) }).unwrap();
        let mut first = own();
        train(&mut first, "a", &[10.0, 0.1 + 0.2, f64::NAN, -0.0, 1e-7]);
        train(&mut first, "b", &[-0.0; 10]);
        ask(&mut first, &json!({"op": "finish", "run": "b", "value": -0.0}));
        let state = snapshot(&mut first);
        let text = written_anew(&json!({"op": "restore", "state": state}));
        assert!(text.contains("\"planned\": 10, ") && !text.contains("-0"), "{text}");
        let mut second = own();
        assert_eq!(second.answer(text.as_bytes()), r#"{"restored":2}"#, "{}: {text}", kind.name());
        assert_eq!(snapshot(&mut second).to_string(), state.to_string());
    }
}

#[test]
fn another_state_is_refused_and_nothing_changes() {
    let mut first = following();
    train(&mut first, "a", &[10.0; 10]);
    train(&mut first, "b", &[20.0; 10]);
    let state = snapshot(&mut first);
    let with = |pointer: &str, value: Value| {
        let mut other = state.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        other
    };
    let mut second = following();
    train(&mut second, "c", &[30.0; 3]);
    let before = snapshot(&mut second);
    for (state, expected, said) in [
        (json!(7), "foreign_state", "the state is no object"),
        (json!({"runs": []}), "foreign_state", "no format"),
        (with("/format", json!("peng-engine/1")), "foreign_state", "the format `peng-engine/1`; expected"),
        (with("/format", json!(1)), "foreign_state", "no format"),
        (with("/checksum", json!("0")), "altered_state", "its checksum is `0`"),
        (with("/content/begun", json!(3)), "altered_state", "its checksum"),
        (with("/content/runs/0/values/9", json!(11.0)), "altered_state", "its checksum"),
        (with("/content/runs/0/epochs/9", json!("ten")), "altered_state", "invalid type"),
        (with("/content/runs/0/stop", json!({"x": 1})), "altered_state", "unknown field `x`"),
        (with("/content", json!({})), "altered_state", "missing field"),
    ] {
        let reply = ask(&mut second, &restore(&state));
        assert_eq!(code(&reply), expected, "{reply}");
        assert!(reply["error"]["message"].as_str().unwrap().contains(said), "{reply}");
        assert_eq!(snapshot(&mut second), before);
    }
    assert_eq!(code(&ask(&mut service("penguin"), &restore(&state))), "other_setup");
}

#[test]
fn a_state_of_a_service_started_otherwise_is_refused_by_what_differs() {
    let state = snapshot(&mut service("penguin"));
    let own = || setup(find("penguin").unwrap());
    for (other, said) in [
        (setup(find("never").unwrap()), "with estimator `penguin`; this one has `never`"),
        (Setup { params: json!({"window": 4}), ..own() }, "\"window\":3}; this one has {"),
        (
            Setup { metric: "val_iou".to_owned(), ..own() },
            "with metric `val_accuracy`; this one has `val_iou`",
        ),
        (Setup { scale: None, ..own() }, "with scale `percent`; this one has none"),
        (Setup { confidence: 0.8, ..own() }, "with confidence 0.9; this one has 0.8"),
        (
            Setup { costs: vec![CostObjective::minimize("flops".to_owned())], ..own() },
            "with other objectives none; this one has minimize `flops`",
        ),
    ] {
        let reply = ask(&mut Service::new(other).unwrap(), &restore(&state));
        assert_eq!(code(&reply), "other_setup");
        assert!(reply["error"]["message"].as_str().unwrap().contains(said), "{reply}");
    }
}

#[test]
fn what_a_service_assumes_is_what_it_could_have_been_told() {
    let state = snapshot(&mut service("population"));
    assert_eq!(state["content"]["started_with"]["params"]["confirm"], "none");
    let told = Setup { params: json!({"confirm": "none"}), ..setup(find("population").unwrap()) };
    assert_eq!(ask(&mut Service::new(told).unwrap(), &restore(&state)), json!({"restored": 0}));
}

/// With a true checksum, which only a program can put there.
#[test]
fn a_state_that_is_not_whole_is_refused() {
    let mut first = following();
    train(&mut first, "a", &[10.0; 3]);
    train(&mut first, "b", &[20.0; 3]);
    let state = snapshot(&mut first);
    for (pointer, value, said) in [
        ("/content/runs/0/values", json!([1.0]), "a curve is not whole"),
        ("/content/runs/0/epochs", json!([3.0, 2.0, 1.0]), "a curve is not whole"),
        ("/content/runs/0/number", json!(1), "two runs have one name or one number"),
        ("/content/runs/0/number", json!(2), "two runs have one name or one number"),
        ("/content/runs/0/run", json!("b"), "two runs have one name or one number"),
    ] {
        let mut state = state.clone();
        *state.pointer_mut(pointer).unwrap() = value;
        let message = |reply: &Value| reply["error"]["message"].as_str().unwrap().to_owned();
        let found = message(&ask(&mut first, &restore(&state)));
        let (_, sum) = found.split_once("its content has `").unwrap();
        state["checksum"] = json!(sum.trim_end_matches('`'));
        let reply = ask(&mut first, &restore(&state));
        assert!(message(&reply).contains(said), "{reply}");
    }
}
