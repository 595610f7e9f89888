//! A worker: reads the plan and the data, says hello, and takes one lease after another until its input ends.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use peng_estimator::History;
use peng_spec::plan::{Metric, Normalize, Plan};

use super::judge::Learned;
use super::protocol::{FromWorker, PROTOCOL, ToWorker};
use super::train::{StopFlag, TrialContext, run_trial};
use crate::clock::Clock;
use crate::data::{self, Choice, DataError, Part, Splits};
use crate::estimate;
use crate::seed::SeedTree;
use crate::store::{RunDir, StoreError};
use crate::study::cache::{Cached, DataKey};
use crate::train::TrainerFactory;

/// Why a worker ends early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The coordinator is gone.
    #[error("the coordinator does not listen any more")]
    Output(#[source] std::io::Error),
    /// A message is none of the protocol.
    #[error("the message `{line}` is not of protocol {PROTOCOL}: {reason}")]
    Message {
        /// The line.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a coordinator binds for its workers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bindings<'a> {
    /// Where the data are; `None`: where the plan says, or they need no place.
    pub data: Option<&'a str>,
    /// The cache of curves; `None`: every network is trained.
    pub cache: Option<&'a Path>,
}

/// Works in a run directory until `input` ends. Messages go to `output` alone.
///
/// `gone` is called from another thread as soon as the input has ended, also in the middle of a training: a worker must
/// not outlive its coordinator.
pub fn serve(
    dir: &Path,
    bindings: Bindings<'_>,
    factory: &dyn TrainerFactory,
    clock: &dyn Clock,
    input: impl BufRead + Send + 'static,
    output: &mut dyn Write,
    gone: impl FnOnce() + Send + 'static,
) -> Result<(), ServeError> {
    let (plan, splits) = match prepare(dir, bindings.data) {
        Ok(ready) => ready,
        Err((reason, help)) => return say(output, &FromWorker::Unusable { reason, help }),
    };
    if let Err(error) = factory.open() {
        return say(output, &FromWorker::Unusable { reason: error.to_string(), help: None });
    }
    let estimator = match estimate::build(&plan) {
        Ok(estimator) => estimator,
        Err(reason) => return say(output, &FromWorker::Unusable { reason, help: None }),
    };
    let (protocol, data_key) = (PROTOCOL.to_owned(), DataKey::new(&splits));
    say(output, &FromWorker::Hello { protocol, digest: plan.digest.clone(), data: data_key.digest.clone() })?;
    let mut learned = Learned::new(&plan, &*estimator, &History::default());
    let data = Arc::new(splits);
    let stop = Arc::new(StopFlag::new(false));
    let cached = bindings
        .cache
        .map(|cache| Cached::new(factory, cache, data_key, plan.seed, clock, Arc::clone(&stop)));
    let factory = cached.as_ref().map_or(factory, |cached| cached as &dyn TrainerFactory);
    let leases = listen(input, Arc::clone(&stop), gone);
    for message in leases {
        let lease = match message? {
            ToWorker::Lease(lease) => lease,
            ToWorker::Learn { history } => {
                learned = Learned::new(&plan, &*estimator, &history);
                continue;
            }
            ToWorker::Stop => continue,
        };
        let data = Arc::clone(&data);
        let context = TrialContext { plan: &plan, data, factory, learned: &learned, clock };
        let trial_dir = dir.join("trials").join(lease.trial.to_string());
        let mut lost = None;
        run_trial(&context, &lease, &trial_dir, &stop, &mut |message| {
            if let Err(error) = say(output, &message) {
                // The reader notices the end of the input and ends this process.
                lost.get_or_insert(error);
            }
        });
        if let Some(error) = lost {
            return Err(error);
        }
    }
    Ok(())
}

/// Reads messages on a thread of its own, so that a stop is seen in the middle of a training.
fn listen(
    input: impl BufRead + Send + 'static,
    stop: Arc<StopFlag>,
    gone: impl FnOnce() + Send + 'static,
) -> mpsc::Receiver<Result<ToWorker, ServeError>> {
    let (to, from) = mpsc::channel();
    std::thread::spawn(move || {
        for line in input.lines() {
            let Ok(line) = line else { break };
            let message: Result<ToWorker, _> = serde_json::from_str(&line);
            if matches!(message, Ok(ToWorker::Stop)) {
                stop.store(true, Ordering::Relaxed);
            }
            let message = message.map_err(|e| ServeError::Message { line, reason: e.to_string() });
            if to.send(message).is_err() {
                break;
            }
        }
        gone();
    });
    from
}

fn prepare(dir: &Path, data: Option<&str>) -> Result<(Plan, Splits), (String, Option<String>)> {
    let store = |e: StoreError| (e.to_string(), None);
    let plan = RunDir::open(dir).map_err(store)?.plan().map_err(store)?;
    let splits = load_splits(&plan, data).map_err(|e| (e.to_string(), e.help().map(str::to_owned)))?;
    Ok((plan, splits))
}

/// Reads the training part of the plan's data set, compares it with the plan, and splits it.
pub(crate) fn load_splits(plan: &Plan, data: Option<&str>) -> Result<Splits, DataError> {
    let mut call = plan.dataset.call.clone();
    if let (Some(bound), Some(path)) = (data, call.params.get_mut("path")) {
        *path = bound.into();
    }
    let facts = |reason: String| DataError::Facts { reason };
    let kind = data::find(&call.kind).ok_or_else(|| facts(format!("unknown data set `{}`", call.kind)))?;
    let planned = &plan.dataset.facts;
    let seed = SeedTree::new(plan.seed).child("validation split", 0);
    let mut choice = None;
    // Most of a large data set may be in neither split: its examples are chosen first, and then read.
    let examples = kind.open_some(&call.params, Part::Train, &mut |input, labels| {
        let found = (input, labels.target(), labels.examples());
        if found != (planned.input, planned.target, planned.train) {
            return Err(facts(format!(
                "found {} training examples of {} with {}, expected {} of {} with {}",
                found.2, found.0, found.1, planned.train, planned.input, planned.target
            )));
        }
        let choice =
            choice.insert(Choice::new(labels, plan.dataset.validation_percent, &plan.dataset.limit, seed)?);
        Ok(choice.all())
    })?;
    let choice = choice.expect("a data set asks what to read");
    let mut splits = choice.split(examples);
    let sizes = [splits.train.count(), splits.validation.count()];
    if sizes != plan.dataset.splits[..2] {
        return Err(facts(format!("found splits of {sizes:?}, expected {:?}", &plan.dataset.splits[..2])));
    }
    let ranks = |metric| metric == Metric::ValAuc;
    if (ranks(plan.estimator.metric) || plan.objectives.iter().any(|objective| ranks(objective.metric)))
        && splits.validation.classes().windows(2).all(|pair| pair[0] == pair[1])
    {
        let reason =
            "found one class among the validation examples, expected two, since `val_auc` ranks them";
        return Err(facts(reason.to_owned()));
    }
    match plan.dataset.normalize {
        Normalize::None => {}
        Normalize::Channels => data::normalize(&mut splits),
    }
    Ok(splits)
}

fn say(output: &mut dyn Write, message: &FromWorker) -> Result<(), ServeError> {
    let mut line = serde_json::to_vec(message).expect("a message has string keys and finite numbers");
    line.push(b'\n');
    output.write_all(&line).and_then(|()| output.flush()).map_err(ServeError::Output)
}
