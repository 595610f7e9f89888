//! Journals made by hand for tests: one with every outcome, one of the size of a real search.

use std::collections::BTreeMap;

use jiff::Timestamp;
use peng_estimator::{Observation, Progress, Verdict};
use peng_spec::arch::{Cost, Genome, Shape};
use peng_spec::catalog::{DatasetFacts, Moves, SpaceFacts, Target};
use peng_spec::plan::{
    BudgetPlan, ConfirmWhat, Count, DatasetPlan, Decayed, Device, EpochFraction, EstimatorPlan,
    ExecutionPlan, ExecutorPlan, Goal, KindCall, Limit, Metric, Normalize, Objective, OptimizerPlan,
    OutputPlan, PLAN_FORMAT, Plan, PlannedCost, SchedulePlan, SearchPlan, SpacePlan, Step, StepKind,
    TrainingPlan,
};
use serde_json::{Value, json};

use crate::event::{Bound, Event, EventKind, Purpose, RunEnd, Slot, TrialId, TrialOutcome};
use crate::fitness;
use crate::state::RunState;

/// A journal under construction; each event comes a second after the one before.
#[derive(Debug, Default)]
pub(crate) struct Tape(pub(crate) Vec<Event>);

impl Tape {
    pub(crate) fn push(&mut self, kind: EventKind) {
        let seq = self.0.len() as u64;
        let at = Timestamp::from_second(1_785_000_000 + seq as i64).unwrap();
        self.0.push(Event { seq, at, kind });
    }

    pub(crate) fn start(&mut self, plan: &Plan) {
        self.push(EventKind::RunStarted {
            format: crate::event::EVENT_FORMAT.into(),
            digest: plan.digest.clone(),
            bound: Bound { peng: "0.1.0".into(), device: "cpu".into(), workers: 2, ..Bound::default() },
        });
        for step in ["prepare", "search"] {
            self.push(EventKind::StepStarted { step: step.into() });
            if step == "prepare" {
                self.push(EventKind::StepFinished { step: step.into() });
            }
        }
    }

    fn generation(&mut self, generation: u32, candidates: u32) {
        self.push(EventKind::GenerationStarted { generation, candidates });
    }

    fn create(&mut self, id: u32, generation: u32, genome: Value, params: u64, flops: u64) {
        let cost = Cost { params, flops, activation_bytes: 4096 };
        self.push(EventKind::TrialCreated {
            trial: TrialId(id),
            generation,
            genome: Genome::new(genome),
            cost,
            audit: false,
        });
    }

    fn train(&mut self, id: u32, purpose: Purpose, from: u32, accuracies: &[f64]) {
        let (trial, slot) = (TrialId(id), Slot(id as usize % 2));
        let from = Progress::whole(from);
        self.push(EventKind::TrialStarted { trial, attempt: 1, slot, purpose, from });
        for (i, accuracy) in accuracies.iter().enumerate() {
            let at = Progress::whole(from.numerator() + i as u32 + 1);
            let loss = if accuracy.is_nan() { f64::INFINITY } else { (100.0 - accuracy) / 25.0 };
            let metrics = BTreeMap::from([(Metric::ValAccuracy, *accuracy), (Metric::ValLoss, loss)]);
            let (images, secs) = (1000, 2.0);
            self.push(EventKind::Measured { trial, at, metrics, images, secs, memory: None, cached: false });
        }
    }

    fn estimate(&mut self, id: u32, at: u32, verdict: Verdict, predicted: Option<f64>, reason: &str) {
        let observation = Observation {
            verdict,
            predicted,
            interval: predicted.map(|p| [p - 1.5, p + 1.0]),
            reason: reason.into(),
            rule: "penguin".into(),
            points: at as usize,
            fit: BTreeMap::new(),
        };
        let (trial, at, inputs) = (TrialId(id), Progress::whole(at), "0".into());
        self.push(EventKind::Estimated { trial, at, observation, inputs });
    }

    fn end(&mut self, id: u32, purpose: Purpose, outcome: TrialOutcome) {
        self.push(EventKind::TrialFinished { trial: TrialId(id), purpose, outcome, curve: "0".into() });
    }

    fn stop(&mut self, id: u32, at: u32, predicted: f64) {
        let verdict = Verdict::Converged { predicted };
        self.estimate(id, at, verdict, Some(predicted), "3 predictions within 0.5 pp of their median");
        self.end(id, Purpose::Search, TrialOutcome::Converged { predicted });
    }
}

/// A plan of 8 epochs, 2 generations of 4 networks, accuracy against FLOPs.
pub(crate) fn plan() -> Plan {
    let call = |kind: &str, params: Value| KindCall { kind: kind.into(), params };
    let cost = |params, flops| Cost { params, flops, activation_bytes: 4096 };
    Plan {
        format: PLAN_FORMAT.into(),
        digest: String::new(),
        name: "digits-sample".into(),
        seed: 42,
        dataset: DatasetPlan {
            call: call("digits", json!({})),
            augment: Vec::new(),
            normalize: Normalize::None,
            validation_percent: 10.0,
            limit: Limit::default(),
            facts: DatasetFacts {
                input: Shape::Image { channels: 1, height: 8, width: 8 },
                target: Target::Classes(10),
                train: 1437,
                test: 360,
            },
            splits: [1293, 144, 360],
        },
        space: SpacePlan {
            call: call("nsga-macro", json!({"phases": 2, "nodes": 3, "channels": 8})),
            facts: SpaceFacts {
                genomes: 256.0,
                continuous: Vec::new(),
                settings: Vec::new(),
                moves: Moves { mutate: true, crossover: true, bits: false },
                least: cost(900, 1_000_000),
                most: cost(90_000, 60_000_000),
            },
        },
        objectives: vec![
            Objective { goal: Goal::Maximize, metric: Metric::ValAccuracy },
            Objective { goal: Goal::Minimize, metric: Metric::Flops },
        ],
        search: SearchPlan::new(call("nsga-net", json!({"population": 4, "offspring": 4, "generations": 2}))),
        training: TrainingPlan {
            epochs: 8,
            batch_size: 64,
            optimizer: OptimizerPlan::Sgd {
                lr: 0.025,
                momentum: 0.9,
                nesterov: false,
                weight_decay: 0.0003,
                decayed: Decayed::All,
            },
            schedule: SchedulePlan::Cosine,
            warm_up: 0,
            label_smoothing: 0.0,
            clip_gradients: None,
            measure_every: EpochFraction::ONE,
        },
        estimator: EstimatorPlan {
            call: call("penguin", json!({"window": 3, "tolerance": 0.5, "predict_at": 8.0})),
            metric: Metric::ValAccuracy,
            fewest_points: Some(4),
            audit_percent: 0.0,
            max_regret: None,
        },
        execution: ExecutionPlan {
            executor: ExecutorPlan::Local,
            device: Device::Auto,
            workers: Count::Exactly(2),
            max_failed_percent: 20.0,
            budget: BudgetPlan { slot_secs: Some(7200.0), wall_secs: None, memory: None },
        },
        output: OutputPlan { dir: "runs".into() },
        cost: PlannedCost {
            trials: 8,
            generations: 2,
            epochs_at_most: 64,
            epochs_at_least: 32.0,
            images_at_most: 82_752,
            forward_flops: [8e10, 5e12],
        },
        steps: vec![
            Step { id: "prepare".into(), needs: vec![], kind: StepKind::Prepare },
            Step { id: "search".into(), needs: vec!["prepare".into()], kind: StepKind::Search },
            Step {
                id: "confirm".into(),
                needs: vec!["search".into()],
                kind: StepKind::Confirm(ConfirmWhat::Front),
            },
        ],
    }
    .sealed()
}

/// A finished run of [`plan`] in which trials end in all ways, and one never began.
pub(crate) fn every_outcome() -> Vec<Event> {
    let mut tape = Tape::default();
    tape.start(&plan());
    tape.generation(0, 4);
    for (id, flops) in [(0, 5_000_000), (1, 4_000_000), (2, 3_000_000), (3, 2_000_000)] {
        tape.create(id, 0, json!([[id, 0, 0], [1]]), 1000 + 100 * u64::from(id), flops);
    }
    tape.train(0, Purpose::Search, 0, &[50.0, 60.0, 70.0, 80.0, 84.0, 86.0, 87.0, 88.0]);
    tape.estimate(0, 7, Verdict::Continue, Some(92.0), "3 predictions lie up to 1.21 pp from their median");
    tape.end(0, Purpose::Search, TrialOutcome::Completed);
    tape.train(1, Purpose::Search, 0, &[70.0, 80.0, 88.0, 91.0]);
    tape.stop(1, 4, 93.1);
    tape.push(EventKind::CheckpointSaved { trial: TrialId(1), at: Progress::whole(4) });
    tape.train(2, Purpose::Search, 0, &[50.0, 60.0, 70.0, 76.0, 80.0]);
    tape.stop(2, 5, 89.25);
    tape.train(3, Purpose::Search, 0, &[30.0, 40.0]);
    tape.estimate(3, 2, Verdict::Pruned, None, "below the median of 3 trainings");
    tape.end(3, Purpose::Search, TrialOutcome::Pruned);
    tape.push(EventKind::GenerationFinished { generation: 0 });
    tape.generation(1, 4);
    tape.create(4, 1, json!([[1, 0, 0], [1]]), 1100, 4_000_000);
    for (id, flops) in [(5, 7_000_000), (6, 6_000_000), (7, 6_500_000)] {
        tape.create(id, 1, json!([[id, 0, 0], [1]]), 1000 + 100 * u64::from(id), flops);
    }
    tape.push(EventKind::TrialSkipped { trial: TrialId(4), from: TrialId(1), distance: 0 });
    tape.train(5, Purpose::Search, 0, &[f64::NAN]);
    tape.end(5, Purpose::Search, TrialOutcome::Failed { cause: "out of memory".into() });
    tape.train(6, Purpose::Search, 0, &[50.0, 55.0]);
    tape.end(6, Purpose::Search, TrialOutcome::Cancelled);
    tape.push(EventKind::Warned { message: "the clock went back".into() });
    tape.train(1, Purpose::Confirm, 4, &[90.9, 90.8, 90.7, 90.5]);
    tape.end(1, Purpose::Confirm, TrialOutcome::Completed);
    tape.push(EventKind::RunFinished { end: RunEnd::BudgetSpent { budget: "wall_time".into() } });
    tape.0
}

/// A finished search of the size of the papers': 100 networks, 20 epochs, the predicted front confirmed.
pub(crate) fn search() -> (Plan, Vec<Event>) {
    let mut plan = plan();
    plan.name = "fashion-nsga".into();
    plan.training.epochs = 20;
    plan.cost = PlannedCost { trials: 100, generations: 10, epochs_at_most: 2000, ..plan.cost };
    let plan = plan.sealed();
    let mut tape = Tape::default();
    let mut noise = Noise(7);
    tape.start(&plan);
    for generation in 0..10 {
        tape.generation(generation, 10);
        for id in generation * 10..generation * 10 + 10 {
            let bits: Vec<Vec<u8>> =
                (0..3).map(|_| (0..7).map(|_| u8::from(noise.next() > 0.5)).collect()).collect();
            let size = 0.15 + 0.85 * noise.next();
            tape.create(id, generation, json!(bits), (size * 180_000.0) as u64, (size * 56e6) as u64);
            match id {
                34 | 71 => {
                    tape.push(EventKind::TrialSkipped {
                        trial: TrialId(id),
                        from: TrialId(id - 20),
                        distance: 0,
                    });
                }
                17 => {
                    tape.train(id, Purpose::Search, 0, &[12.0, f64::NAN]);
                    let cause = "the training diverged: `train_loss` is not a number".to_owned();
                    tape.end(id, Purpose::Search, TrialOutcome::Failed { cause });
                }
                _ => train_one(&mut tape, &mut noise, id, size, generation),
            }
        }
        tape.push(EventKind::GenerationFinished { generation });
    }
    tape.push(EventKind::StepFinished { step: "search".into() });
    tape.push(EventKind::StepStarted { step: "confirm".into() });
    while confirm_front(&plan, &mut tape, &mut noise) {}
    tape.push(EventKind::StepFinished { step: "confirm".into() });
    tape.push(EventKind::RunFinished { end: RunEnd::Finished });
    (plan, tape.0)
}

/// Trains the predicted members of the front to the end; whether there were any.
fn confirm_front(plan: &Plan, tape: &mut Tape, noise: &mut Noise) -> bool {
    let state = RunState::fold(&tape.0);
    let members = fitness::front(plan, &state, fitness::known);
    let mut any = false;
    for trial in members.iter().filter(|m| m.values[0].predicted).map(|m| &state.trials[m.trial.index()]) {
        let (last, at) = (trial.last(Metric::ValAccuracy).unwrap(), trial.trained().numerator());
        let target = trial.estimates.last().unwrap().observation.predicted.unwrap() - 2.4 * noise.next();
        let left = plan.training.epochs - at;
        let values: Vec<f64> = (1..=left)
            .map(|i| last + (target - last) * f64::from(i) / f64::from(left) + noise.next() - 0.5)
            .collect();
        tape.train(trial.id.0, Purpose::Confirm, at, &values);
        tape.end(trial.id.0, Purpose::Confirm, TrialOutcome::Completed);
        any = true;
    }
    any
}

fn train_one(tape: &mut Tape, noise: &mut Noise, id: u32, size: f64, generation: u32) {
    let top = 82.0 + 9.5 * size.powf(0.4) + 0.35 * f64::from(generation) + 4.0 * (noise.next() - 0.7);
    let speed = 0.25 + 0.4 * noise.next();
    let curve: Vec<f64> = (1..=20)
        .map(|epoch| top - 35.0 * (-speed * f64::from(epoch)).exp() + 1.6 * (noise.next() - 0.5))
        .collect();
    let stop = (speed > 0.35).then(|| 6 + (noise.next() * 8.0) as usize);
    tape.train(id, Purpose::Search, 0, &curve[..stop.unwrap_or(20)]);
    for epoch in 4..stop.unwrap_or(20) as u32 {
        let predicted = top + 6.0 * (noise.next() - 0.4) / f64::from(epoch - 2);
        let reason = format!("3 predictions lie up to {:.2} pp from their median", 0.5 + noise.next());
        tape.estimate(id, epoch, Verdict::Continue, Some(predicted), &reason);
    }
    match stop {
        Some(stop) => tape.stop(id, stop as u32, top + 1.5 * (noise.next() - 0.3)),
        None => tape.end(id, Purpose::Search, TrialOutcome::Completed),
    }
}

/// Numbers from 0 to 1 that look random (a linear congruential generator).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
