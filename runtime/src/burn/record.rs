//! Checkpoints: what a training needs to go on bit for bit, in a directory.
//!
//! `state.json` says how far the training is and names the two files, in burn's own format, that belong to it. It is
//! replaced last and in one step, so an interrupted save leaves the checkpoint before it intact.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use peng_spec::arch::ArchGraph;
use peng_spec::plan::sha256_hex;
use serde::{Deserialize, Serialize};

use super::network::Network;
use crate::train::TrainError;

const FORMAT: &str = "peng.checkpoint/1";
const STATE: &str = "state.json";

/// What a checkpoint holds; a checkpoint is taken right after a measurement, so no sums are pending.
pub(super) struct Saved {
    /// Batches trained since the beginning.
    pub(super) batches: u64,
    /// The network with its running statistics.
    pub(super) network: Network,
    /// The optimizer with its momentum.
    pub(super) optimizer: ModuleOptimizer,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: String,
    /// SHA-256 of the architecture.
    arch: String,
    batches: u64,
    network: Content,
    optimizer: Content,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    file: String,
    sha256: String,
}

/// Writes a checkpoint over the one that may be there.
pub(super) fn save(
    dir: &Path,
    arch: &ArchGraph,
    batches: u64,
    network: &Network,
    optimizer: &ModuleOptimizer,
) -> Result<(), TrainError> {
    // burn 0.22.1 leaves the last update of batch norm's running statistics out of a record, unless they are asked for.
    let _ = network.valid();
    let record = network.clone().into_record().into_bytes().map_err(|e| failure(dir, "written", &e))?;
    let network = write_content(dir, &format!("network-{batches}.bpk"), &record)?;
    let record = optimizer.into_bytes().map_err(|e| failure(dir, "written", &e))?;
    let optimizer = write_content(dir, &format!("optimizer-{batches}.bpk"), &record)?;

    let state = State { format: FORMAT.to_owned(), arch: digest(arch), batches, network, optimizer };
    let text = serde_json::to_string_pretty(&state).expect("a state has string keys and whole numbers");
    replace(&dir.join(STATE), text.as_bytes())?;
    remove_older(dir, &state).map_err(|e| failure(dir, "written", &e))
}

/// Reads the checkpoint of a training of `arch` into the network of its beginning and the optimizer that is made for it.
pub(super) fn load(
    dir: &Path,
    arch: &ArchGraph,
    start: Network,
    optimizer: &dyn Fn(&Network) -> ModuleOptimizer,
) -> Result<Saved, TrainError> {
    let path = dir.join(STATE);
    let text = fs::read_to_string(&path).map_err(|e| failure(&path, "read", &e))?;
    let state: State = serde_json::from_str(&text).map_err(|e| failure(&path, "read", &e))?;
    for (what, found, expected) in
        [("format", &state.format, FORMAT), ("architecture", &state.arch, digest(arch).as_str())]
    {
        if found != expected {
            return Err(failure(
                &path,
                "read",
                &format!("found the {what} `{found}`, expected `{expected}`"),
            ));
        }
    }
    let record = ModuleRecord::from_bytes(read_content(dir, &state.network)?)
        .map_err(|e| failure(&dir.join(&state.network.file), "read", &e))?;
    let network =
        start.try_load_record(record).map_err(|e| failure(&dir.join(&state.network.file), "read", &e))?;
    let optimizer = optimizer(&network)
        .from_bytes(read_content(dir, &state.optimizer)?)
        .map_err(|e| failure(&dir.join(&state.optimizer.file), "read", &e))?;
    Ok(Saved { batches: state.batches, network, optimizer })
}

fn digest(arch: &ArchGraph) -> String {
    sha256_hex(&serde_json::to_vec(arch).expect("an architecture has string keys and whole numbers"))
}

fn write_content(dir: &Path, file: &str, content: &[u8]) -> Result<Content, TrainError> {
    replace(&dir.join(file), content)?;
    Ok(Content { file: file.to_owned(), sha256: sha256_hex(content) })
}

fn read_content(dir: &Path, content: &Content) -> Result<Bytes, TrainError> {
    let path = dir.join(&content.file);
    let bytes = fs::read(&path).map_err(|e| failure(&path, "read", &e))?;
    let found = sha256_hex(&bytes);
    if found == content.sha256 {
        Ok(Bytes::from_bytes_vec(bytes))
    } else {
        Err(failure(&path, "read", &format!("found content of SHA-256 {found}, expected {}", content.sha256)))
    }
}

/// Writes a file so that a reader sees the old content or the new, and nothing between.
fn replace(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    let write = || -> io::Result<()> {
        let temporary = path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(temporary, path)
    };
    write().map_err(|e| failure(path, "written", &e))
}

fn remove_older(dir: &Path, state: &State) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let is_ours = name.starts_with("network-") || name.starts_with("optimizer-");
        if is_ours && name != state.network.file && name != state.optimizer.file {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn failure(path: &Path, action: &'static str, reason: &dyn std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { path: path.display().to_string(), action, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use peng_spec::plan::{AdamPlan, Augmentation, Decayed, OptimizerPlan, SchedulePlan, TrainingPlan};

    use super::*;
    use crate::burn::fixtures::{Job, every_op, small_net};

    #[test]
    fn a_training_goes_on_bit_for_bit_after_any_measurement() {
        for momentum in [0.9, 0.0] {
            let job = Job { epochs: 3, limit: Some(100), halves: true, momentum, ..Job::digits(every_op()) };
            let whole = job.curve();
            for stop in 1..whole.len() {
                let dir = tempfile::tempdir().unwrap();
                let mut trainer = job.start(None);
                for point in &job.points()[..stop] {
                    trainer.advance(*point, &mut |_, _| {}).unwrap();
                    trainer.save(dir.path()).unwrap();
                }
                drop(trainer);
                let mut trainer = job.start(Some(dir.path()));
                for (point, expected) in job.points()[stop..].iter().zip(&whole[stop..]) {
                    assert_eq!(&trainer.advance(*point, &mut |_, _| {}).unwrap(), expected, "after {stop}");
                }
            }
        }
    }

    #[test]
    fn every_optimizer_and_schedule_goes_on_in_the_middle_of_an_epoch() {
        fn adam(decayed: Decayed) -> AdamPlan {
            AdamPlan { lr: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.01, decayed }
        }
        let changes: [fn(&mut TrainingPlan); 5] = [
            |plan| plan.optimizer = OptimizerPlan::Adam(adam(Decayed::All)),
            |plan| plan.optimizer = OptimizerPlan::AdamW(adam(Decayed::Weights)),
            |plan| {
                plan.optimizer = OptimizerPlan::Sgd {
                    lr: 0.05,
                    momentum: 0.9,
                    nesterov: true,
                    weight_decay: 0.01,
                    decayed: Decayed::Weights,
                };
                plan.schedule = SchedulePlan::Step { every: 1, factor: 0.5 };
            },
            |plan| {
                plan.warm_up = 1;
                plan.label_smoothing = 0.1;
            },
            |plan| {
                plan.schedule = SchedulePlan::Constant;
                plan.clip_gradients = Some(0.5);
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let job = Job { epochs: 2, limit: Some(100), halves: true, change, ..Job::digits(every_op()) };
            let whole = job.curve();
            assert_ne!(whole, Job { change: |_| (), ..job.clone() }.curve(), "change {number} matters");
            for stop in [1, 3] {
                let dir = tempfile::tempdir().unwrap();
                let mut trainer = job.start(None);
                for point in &job.points()[..stop] {
                    trainer.advance(*point, &mut |_, _| {}).unwrap();
                }
                trainer.save(dir.path()).unwrap();
                let mut trainer = job.start(Some(dir.path()));
                for (point, expected) in job.points()[stop..].iter().zip(&whole[stop..]) {
                    let measured = trainer.advance(*point, &mut |_, _| {}).unwrap();
                    assert_eq!(&measured, expected, "change {number} after {stop}");
                }
            }
        }
    }

    #[test]
    fn an_augmented_training_goes_on_in_the_middle_of_an_epoch() {
        let augment = vec![
            Augmentation::RandomCrop { pixels: 1 },
            Augmentation::HorizontalFlip,
            Augmentation::Cutout { pixels: 2 },
            Augmentation::Mixup { alpha: 0.4 },
        ];
        let job = Job { epochs: 2, limit: Some(100), halves: true, augment, ..Job::digits(small_net()) };
        let whole = job.curve();
        assert_ne!(whole, Job { augment: Vec::new(), ..job.clone() }.curve());
        let dir = tempfile::tempdir().unwrap();
        let mut trainer = job.start(None);
        trainer.advance(job.points()[0], &mut |_, _| {}).unwrap();
        trainer.save(dir.path()).unwrap();
        let mut trainer = job.start(Some(dir.path()));
        for (point, expected) in job.points()[1..].iter().zip(&whole[1..]) {
            assert_eq!(&trainer.advance(*point, &mut |_, _| {}).unwrap(), expected);
        }
    }

    #[test]
    fn saving_changes_nothing_and_leaves_one_checkpoint() {
        let job = Job { epochs: 2, limit: Some(100), ..Job::digits(every_op()) };
        let dir = tempfile::tempdir().unwrap();
        let mut trainer = job.start(None);
        let mut curve = Vec::new();
        for point in job.points() {
            curve.push(trainer.advance(point, &mut |_, _| {}).unwrap());
            trainer.save(dir.path()).unwrap();
        }
        assert_eq!(curve, job.curve());
        let mut files: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, ["network-8.bpk", "optimizer-8.bpk", "state.json"]);
    }

    #[test]
    fn what_is_no_checkpoint_of_this_network_is_refused() {
        let job = Job { limit: Some(64), ..Job::digits(small_net()) };
        let dir = tempfile::tempdir().unwrap();
        let refused = |job: &Job| job.try_start(Some(dir.path())).err().unwrap().to_string();
        assert!(refused(&job).contains("state.json` cannot be read"));

        let mut trainer = job.start(None);
        trainer.advance(job.points()[0], &mut |_, _| {}).unwrap();
        trainer.save(dir.path()).unwrap();
        assert!(refused(&Job { arch: every_op(), ..job.clone() }).contains("found the architecture"));

        fs::write(dir.path().join("network-2.bpk"), "cut").unwrap();
        let error = refused(&job);
        assert!(error.contains("network-2.bpk` cannot be read: found content of SHA-256"), "{error}");
    }
}
