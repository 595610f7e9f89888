//! The same operations in `PyTorch`: `pytorch.py` beside this file, asked for one after another, so that both are measured
//! in the same minutes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process that answers.
pub(crate) struct PyTorch {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl PyTorch {
    /// Starts it with an interpreter that has `PyTorch`.
    pub(crate) fn start(python: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/operations/pytorch.py");
        let mut child = Command::new(python)
            .arg(script)
            .env("CUDA_VISIBLE_DEVICES", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter can be started");
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are pipes")
        };
        Self { child, to, from: BufReader::new(from) }
    }

    /// Seconds of two runs of what is asked for, each as NCHW and `channels_last`.
    pub(crate) fn seconds(&mut self, asked: &str) -> [[f64; 2]; 2] {
        writeln!(self.to, "{asked}").expect("the script listens");
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the script answers");
        let found: Vec<f64> = line.split_whitespace().map(|word| word.parse().expect("seconds")).collect();
        let [a, b, c, d] = found[..] else { panic!("found {line:?}, expected four numbers of seconds") };
        [[a, b], [c, d]]
    }
}

impl Drop for PyTorch {
    fn drop(&mut self) {
        // It ends with its input; whether it does so well is not what is measured.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
