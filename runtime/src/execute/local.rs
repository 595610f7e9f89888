//! Workers as processes on this machine, spoken to over pipes.
//!
//! A worker has a process group of its own, so that Ctrl-C reaches the coordinator alone, and ends when its input does,
//! so that a killed coordinator leaves none behind.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Executor, ExecutorError, ExecutorMsg};
use peng_estimator::History;
use peng_spec::plan::Device;

use crate::event::Slot;
use crate::store::RunDir;
use crate::trial::protocol::{FromWorker, Lease, PROTOCOL, ToWorker};
use crate::trial::tells_out_of_memory;

/// How much of what a worker wrote is told when it dies early.
const LAST_WORDS: usize = 10;

/// How often a worker is started in the place of a lost one before the run ends.
const STARTS: u32 = 3;

/// Tensors come and go by the megabyte: glibc shall keep their pages instead of asking the system for each. Measured with
/// `cargo bench -p peng -p peng-runtime --bench training`: 1.1 to 1.4 times the training images a second on networks
/// of many nodes. Other C libraries ignore it.
const KEEP_MEMORY: &str = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864";

/// Workers on this machine.
pub struct Local {
    program: PathBuf,
    args: Vec<OsString>,
    devices: Vec<Device>,
    dir: RunDir,
    digest: String,
    /// Digest of the data, as the first worker has read them.
    data: Option<String>,
    /// What decisions rest on, and the number of that lesson.
    lesson: (u64, Option<ToWorker>),
    slots: Vec<Option<Worker>>,
    to: Sender<(Slot, u64, Said)>,
    from: Receiver<(Slot, u64, Said)>,
    /// What others said while one was awaited.
    put_by: VecDeque<(Slot, u64, Said)>,
    started: u64,
}

struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    /// Tells its messages from those of a worker that had the slot before.
    number: u64,
    log: Arc<Mutex<Log>>,
    busy: bool,
    /// The lesson that it has.
    learned: u64,
}

/// Where the stderr of a worker goes.
#[derive(Default)]
struct Log {
    file: Option<File>,
    last: VecDeque<String>,
}

enum Said {
    Message(FromWorker),
    Garbage(String),
    End,
}

impl Local {
    /// Workers that are started with `program args... --device DEVICE DIR`, the devices counted round.
    pub fn new(
        (program, args): (PathBuf, Vec<OsString>),
        devices: Vec<Device>,
        dir: RunDir,
        digest: String,
        slots: usize,
    ) -> Self {
        let (to, from) = mpsc::channel();
        let slots = (0..slots).map(|_| None).collect();
        let (lesson, put_by) = ((0, None), VecDeque::new());
        Self { program, args, devices, dir, digest, data: None, lesson, slots, to, from, put_by, started: 0 }
    }

    fn start(&mut self, slot: Slot) -> Result<(), ExecutorError> {
        let start = |source| ExecutorError::Start { program: self.program.clone(), source };
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .args(["--device".to_owned(), self.devices[slot.0 % self.devices.len()].to_string()])
            .arg(self.dir.path())
            // A worker is one thread on one core: networks this small gain nothing from more.
            .env("RAYON_NUM_THREADS", "1")
            .env("GLIBC_TUNABLES", KEEP_MEMORY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(start)?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three streams are pipes")
        };
        self.started += 1;
        let number = self.started;
        let to = self.to.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                let said = serde_json::from_str(&line).map_or(Said::Garbage(line), Said::Message);
                if to.send((slot, number, said)).is_err() {
                    return;
                }
            }
            // The coordinator may be gone, which is fine.
            let _ = to.send((slot, number, Said::End));
        });
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines() {
                let Ok(line) = line else { break };
                shared.lock().unwrap_or_else(PoisonError::into_inner).write(line);
            }
        });
        self.slots[slot.0] = Some(Worker { child, input: Some(input), number, log, busy: false, learned: 0 });
        Ok(())
    }

    fn worker(&mut self, slot: Slot) -> &mut Worker {
        self.slots[slot.0].as_mut().expect("a slot that is spoken to has a worker")
    }

    /// Takes a dead worker out of its slot, and tells how it ended.
    fn bury(&mut self, slot: Slot) -> (String, String) {
        let Some(mut worker) = self.slots[slot.0].take() else { return Default::default() };
        let _ = worker.child.kill();
        let cause = match worker.child.wait() {
            Ok(status) => status.to_string(),
            Err(e) => e.to_string(),
        };
        let log = worker.log.lock().unwrap_or_else(PoisonError::into_inner);
        (cause, log.last.iter().map(String::as_str).collect::<Vec<_>>().join(" | "))
    }

    fn await_hello(&mut self, slot: Slot) -> Result<(), ExecutorError> {
        let number = self.worker(slot).number;
        let awaited = self.put_by.iter().position(|(from, n, _)| (*from, *n) == (slot, number));
        let said = match awaited.and_then(|index| self.put_by.remove(index)) {
            Some((_, _, said)) => said,
            None => loop {
                match self.from.recv() {
                    Ok((from, n, said)) if (from, n) == (slot, number) => break said,
                    Ok(other) => self.put_by.push_back(other),
                    Err(_) => unreachable!("this struct holds a sender"),
                }
            },
        };
        let stranger = |found: String, expected: &str| {
            Err(ExecutorError::Stranger { slot, found, expected: expected.to_owned() })
        };
        match said {
            Said::Message(FromWorker::Hello { protocol, .. }) if protocol != PROTOCOL => {
                stranger(protocol, PROTOCOL)
            }
            Said::Message(FromWorker::Hello { digest, .. }) if digest != self.digest => {
                stranger(digest, &self.digest)
            }
            Said::Message(FromWorker::Hello { data, .. }) => match &self.data {
                Some(known) if *known != data => Err(ExecutorError::OtherData { slot }),
                _ => {
                    self.data = Some(data);
                    Ok(())
                }
            },
            Said::Message(FromWorker::Unusable { reason, help }) => {
                Err(ExecutorError::Unusable { reason, help })
            }
            Said::Message(other) => stranger(format!("{other:?}"), PROTOCOL),
            Said::Garbage(line) => stranger(line, PROTOCOL),
            Said::End => {
                let (cause, words) = self.bury(slot);
                Err(ExecutorError::Died { cause, words })
            }
        }
    }

    /// Starts a worker in the place of one that was lost. What took that one may take this one too, before it is ready.
    fn replace(&mut self, slot: Slot) -> Result<(), ExecutorError> {
        let mut starts = 0;
        loop {
            self.start(slot)?;
            starts += 1;
            match self.await_hello(slot) {
                Err(ExecutorError::Died { .. }) if starts < STARTS => {}
                ready_or_not => return ready_or_not,
            }
        }
    }

    fn send(&mut self, slot: Slot, message: &ToWorker) {
        let mut line = serde_json::to_vec(message).expect("a message has string keys and finite numbers");
        line.push(b'\n');
        if let Some(input) = &mut self.worker(slot).input {
            // A worker that does not read has died; its output says so.
            let _ = input.write_all(&line).and_then(|()| input.flush());
        }
    }
}

impl Executor for Local {
    fn slots(&self) -> usize {
        self.slots.len()
    }

    fn prepare(&mut self) -> Result<Option<String>, ExecutorError> {
        for slot in 0..self.slots.len() {
            self.start(Slot(slot))?;
        }
        (0..self.slots.len()).try_for_each(|slot| self.await_hello(Slot(slot)))?;
        Ok(self.data.clone())
    }

    fn teach(&mut self, history: History) {
        self.lesson = (self.lesson.0 + 1, Some(ToWorker::Learn { history }));
    }

    fn submit(&mut self, slot: Slot, lease: Lease) -> Result<(), ExecutorError> {
        if self.slots[slot.0].is_none() {
            self.replace(slot)?;
        }
        let log = open_log(&self.dir.trial_path(lease.trial));
        let lesson = self.lesson.0;
        let worker = self.worker(slot);
        worker.busy = true;
        let has_learned = std::mem::replace(&mut worker.learned, lesson) == lesson;
        worker.log.lock().unwrap_or_else(PoisonError::into_inner).file = log;
        // It is kept, since a worker that takes the place of a lost one has to learn it too.
        if !has_learned && let Some(history) = self.lesson.1.take() {
            self.send(slot, &history);
            self.lesson.1 = Some(history);
        }
        self.send(slot, &ToWorker::Lease(Box::new(lease)));
        Ok(())
    }

    fn stop(&mut self) -> Result<(), ExecutorError> {
        for slot in 0..self.slots.len() {
            if self.slots[slot].as_ref().is_some_and(|w| w.busy) {
                self.send(Slot(slot), &ToWorker::Stop);
            }
        }
        Ok(())
    }

    fn poll(&mut self, timeout: Duration) -> Result<Option<(Slot, ExecutorMsg)>, ExecutorError> {
        let (slot, number, said) =
            match self.put_by.pop_front().map_or_else(|| self.from.recv_timeout(timeout), Ok) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => unreachable!("this struct holds a sender"),
            };
        if self.slots[slot.0].as_ref().is_none_or(|w| w.number != number) {
            return Ok(None);
        }
        Ok(Some((
            slot,
            match said {
                Said::Message(message) => {
                    if matches!(
                        message,
                        FromWorker::Ended { .. }
                            | FromWorker::Paused { .. }
                            | FromWorker::Stopped { .. }
                            | FromWorker::NoCheckpoint { .. }
                            | FromWorker::NotSaved { .. }
                    ) {
                        self.worker(slot).busy = false;
                    }
                    if matches!(message, FromWorker::OutOfMemory { .. }) {
                        // What is left of a failed allocation, in a driver above all, is not for the next training.
                        self.bury(slot);
                    }
                    ExecutorMsg::Worker(message)
                }
                Said::Garbage(line) => {
                    self.bury(slot);
                    let cause = format!("its output is not of the protocol: {line}");
                    ExecutorMsg::Lost { cause, out_of_memory: false }
                }
                Said::End => {
                    let (cause, words) = self.bury(slot);
                    ExecutorMsg::Lost { cause, out_of_memory: tells_out_of_memory(&words) }
                }
            },
        )))
    }
}

impl Drop for Local {
    /// Closes the workers' inputs, upon which they end, and waits for them.
    fn drop(&mut self) {
        for worker in self.slots.iter_mut().flatten() {
            worker.input = None;
        }
        for worker in self.slots.iter_mut().flatten() {
            let _ = worker.child.wait();
        }
    }
}

impl Log {
    fn write(&mut self, line: String) {
        if let Some(file) = &mut self.file {
            // A log that cannot be written must not end the run.
            let _ = writeln!(file, "{line}");
        }
        if self.last.len() == LAST_WORDS {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

fn open_log(trial_dir: &Path) -> Option<File> {
    std::fs::create_dir_all(trial_dir).ok()?;
    File::options().create(true).append(true).open(trial_dir.join("log.txt")).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use peng_spec::arch::{ArchGraph, Cost};

    use super::*;
    use crate::event::TrialId;
    use crate::report::samples;
    use crate::trial::protocol::Verdicts;

    /// A worker that writes down what it hears. Its last argument is the run directory.
    const SCRIPT: &str = r#"
        for dir; do :; done
        echo started >> "$dir/starts"
        number=$(($(wc -l < "$dir/starts")))
        [ "$number" = "$DIES_AT" ] && exit 9
        echo '{"msg":"hello","protocol":"PROTOCOL","digest":"digest","data":"'$(cat "$dir/data")'"}'
        while read -r line; do echo "$line" >> "$dir/heard-$number"; done
    "#;

    fn workers(dir: &Path, dies_at: &str) -> Local {
        let plan = samples::plan();
        let (dir, _) = RunDir::create(dir, &plan, &[]).unwrap();
        std::fs::write(dir.path().join("data"), "as they were").unwrap();
        let script = SCRIPT.replace("PROTOCOL", PROTOCOL).replace("$DIES_AT", dies_at);
        let args = ["-c", &script, "worker"].map(OsString::from).to_vec();
        let device = "cpu".parse().unwrap();
        Local::new(("/bin/sh".into(), args), vec![device], dir, "digest".into(), 1)
    }

    fn lease() -> Lease {
        Lease {
            trial: TrialId(0),
            token: 1,
            arch: ArchGraph { input: "1x8x8".parse().unwrap(), nodes: Vec::new(), auxiliary: None },
            network: String::new(),
            training: samples::plan().training,
            cost: Cost { params: 1, flops: 1, activation_bytes: 1 },
            verdicts: Verdicts::Obeyed,
            from: peng_estimator::Progress::ZERO,
            curve: Vec::new(),
            until: peng_estimator::Progress::whole(1),
            memory: None,
        }
    }

    /// Whether each message that the worker heard is a lesson.
    fn lessons(dir: &Path, worker: usize) -> Vec<bool> {
        let heard = std::fs::read_to_string(dir.join(format!("heard-{worker}"))).unwrap();
        heard.lines().map(|line| line.contains(r#""msg":"learn""#)).collect()
    }

    #[test]
    fn a_worker_in_the_place_of_a_lost_one_learns_what_that_one_knew() {
        let temp = tempfile::tempdir().unwrap();
        let mut local = workers(temp.path(), "none");
        local.prepare().unwrap();
        local.teach(History::default());
        for _ in 0..3 {
            local.submit(Slot(0), lease()).unwrap();
        }
        local.bury(Slot(0));
        for _ in 0..2 {
            local.submit(Slot(0), lease()).unwrap();
        }
        drop(local);
        // The first one may have been killed before it had read all.
        assert_eq!(lessons(temp.path(), 2), [true, false, false]);
    }

    #[test]
    fn a_worker_that_is_lost_while_it_starts_is_started_again() {
        let temp = tempfile::tempdir().unwrap();
        let mut local = workers(temp.path(), "2");
        local.prepare().unwrap();
        local.bury(Slot(0));
        local.submit(Slot(0), lease()).unwrap();
        drop(local);
        assert_eq!(lessons(temp.path(), 3), [false]);

        let temp = tempfile::tempdir().unwrap();
        let error = workers(temp.path(), "1").prepare().unwrap_err();
        assert!(matches!(error, ExecutorError::Died { .. }), "{error}");
    }

    #[test]
    fn a_worker_that_reads_other_data_than_those_before_it_ends_the_run() {
        let temp = tempfile::tempdir().unwrap();
        let mut local = workers(temp.path(), "none");
        assert_eq!(local.prepare().unwrap().as_deref(), Some("as they were"));
        local.bury(Slot(0));
        std::fs::write(temp.path().join("data"), "changed").unwrap();
        let error = local.submit(Slot(0), lease()).unwrap_err();
        assert!(matches!(error, ExecutorError::OtherData { slot: Slot(0) }), "{error}");
    }
}
