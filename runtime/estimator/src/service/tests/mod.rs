//! Tests of the service as its clients see it: lines in, lines out.

mod follower;
mod history;
mod load;
mod protocol;
mod state;

use serde_json::{Value, json};

use super::{ScaleOrigin, Service, Setup};
use crate::curve::Direction;
use crate::policy::{PolicyKind, find};
use crate::scale::Scale;

fn setup(kind: &'static dyn PolicyKind) -> Setup {
    Setup {
        kind,
        params: json!({}),
        metric: "val_accuracy".to_owned(),
        direction: Direction::Maximize,
        scale: Some(Scale::Percent),
        scale_origin: ScaleOrigin::Given,
        confidence: 0.9,
        costs: Vec::new(),
    }
}

fn service(kind: &str) -> Service {
    Service::new(setup(find(kind).unwrap())).unwrap()
}

fn following() -> Service {
    Service::new(setup(&follower::FollowerKind)).unwrap()
}

fn ask(service: &mut Service, request: &Value) -> Value {
    let reply = service.answer(request.to_string().as_bytes());
    assert!(!reply.contains('\n'));
    serde_json::from_str(&reply).unwrap()
}

/// An observation of a run of 10 epochs.
fn observation(run: &str, epoch: f64, value: f64) -> Value {
    let value = if value.is_finite() { json!(value) } else { json!("nan") };
    json!({"op": "observe", "run": run, "epoch": epoch, "planned": 10, "metrics": {"val_accuracy": value}})
}

/// Observes values at every epoch from 1 on until the verdict is to stop, and hands the last reply back.
fn train(service: &mut Service, run: &str, values: &[f64]) -> Value {
    let mut reply = Value::Null;
    for (epoch, &value) in (1..).zip(values) {
        reply = ask(service, &observation(run, f64::from(epoch), value));
        if reply["verdict"] == "stop" {
            break;
        }
    }
    reply
}

fn code(reply: &Value) -> &str {
    reply["error"]["code"].as_str().unwrap_or("none")
}
