//! What `penguin` says to its parameters, alone and together with a training.
#![allow(clippy::unwrap_used)]

use peng_estimator::{Direction, PolicyKind, Progress, TrainingFacts, policy};
use serde_json::{Value, json};

/// A training of that many epochs, measured after each.
fn facts(epochs: u32) -> TrainingFacts {
    TrainingFacts::percent(Progress::whole(epochs), Progress::whole(1))
}

fn penguin() -> &'static dyn PolicyKind {
    policy::find("penguin").unwrap()
}

#[test]
fn defaults_are_the_papers() {
    let filled = penguin().normalise(Value::Null, Some(&facts(20))).unwrap();
    let expected = json!({
        "window": 3, "tolerance": 0.5, "predict_at": 20.0, "family": "exp3", "variant": "main", "corrected": false,
        "min_points": 2
    });
    assert_eq!(filled, expected);
    assert_eq!(penguin().normalise(json!({}), None).unwrap()["predict_at"], Value::Null);
    assert_eq!(penguin().normalise(json!({"corrected": true}), None).unwrap()["min_points"], 4);
}

#[test]
fn the_schema_tells_units_and_bounds() {
    let schema = penguin().params_schema().to_value();
    assert_eq!(schema["properties"]["tolerance"]["x-unit"], "pp");
    assert_eq!(schema["properties"]["predict_at"]["x-unit"], "epochs");
    assert_eq!(schema["properties"]["window"]["minimum"], 2);
    assert_eq!(schema["properties"]["tolerance"]["exclusiveMinimum"], 0);
    assert_eq!(schema["properties"]["variant"]["enum"], json!(["main", "modular", "asymptote"]));
}

#[test]
fn each_wrong_parameter_is_an_issue() {
    let wrong = json!({"window": 1, "tolerance": 0, "predict_at": -1, "min_points": 1});
    let issues = penguin().normalise(wrong, None).unwrap_err();
    let shown: Vec<String> = issues.iter().map(|issue| format!("{}: {issue}", issue.pointer)).collect();
    let expected = [
        "/window: `window` is 1; expected at least 2",
        "/tolerance: `tolerance` is 0 pp; expected more than 0 pp",
        "/predict_at: `predict_at` is -1 epochs; expected more than 0 epochs",
        "/min_points: `min_points` is 1; expected at least 2",
    ];
    assert_eq!(shown, expected);
    let issues =
        penguin().normalise(json!({"curve": "exp3", "family": "exp2", "window": "x"}), None).unwrap_err();
    assert_eq!(issues.len(), 3, "{issues:?}");
}

#[test]
fn a_training_too_short_to_converge_is_an_issue() {
    let short = facts(4);
    let message = |params: Value| penguin().build(params, &short).err().unwrap()[0].message.clone();
    assert_eq!(
        message(json!({})),
        "`window` 3 needs 4 points before a training can converge, but at most 3 count: 4 are planned, and none \
         converges with all 4 up to epoch 4"
    );
    assert!(penguin().build(json!({"predict_at": 20}), &short).is_ok());
    let early = penguin().build(json!({"predict_at": 4}), &facts(20)).err().unwrap();
    assert_eq!(early[0].pointer, "/predict_at");
    assert!(penguin().build(json!({}), &facts(5)).is_ok());
    // PEng4NN looks at the fit of all points, too.
    assert!(penguin().build(json!({"variant": "asymptote"}), &short).is_ok());
    let early = json!({"variant": "asymptote", "predict_at": 3});
    assert_eq!(
        message(early),
        "`window` 3 needs 4 points before a training can converge, but at most 3 count: 4 are planned, and those after \
         epoch 3 are ignored"
    );
}

#[test]
fn a_falling_metric_is_an_issue() {
    let loss = TrainingFacts { direction: Direction::Minimize, ..facts(20) };
    let issues = penguin().build(json!({}), &loss).err().unwrap();
    assert_eq!((issues.len(), issues[0].pointer.as_str()), (1, ""));
}
