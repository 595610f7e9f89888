//! E0701 and E08: plan files and runs. No spec can show these.

use super::Example::Absent;
use super::{Code, CodeInfo};

/// A plan file that is not accepted.
pub const E0701: Code = Code("E0701");
/// A run directory that cannot be used.
pub const E0801: Code = Code("E0801");
/// A broken journal.
pub const E0802: Code = Code("E0802");
/// A run of another version or plan.
pub const E0803: Code = Code("E0803");
/// A file that cannot be read or written.
pub const E0804: Code = Code("E0804");
/// Workers that cannot be started.
pub const E0805: Code = Code("E0805");
/// A plan that this build cannot run.
pub const E0806: Code = Code("E0806");
/// A run that cannot be continued as it began.
pub const E0807: Code = Code("E0807");
/// A decision that cannot be recomputed.
pub const E0808: Code = Code("E0808");
/// Conditions that too few networks satisfy.
pub const E0810: Code = Code("E0810");

const fn info(code: Code, title: &'static str, explanation: &'static str) -> CodeInfo {
    CodeInfo { code, title, explanation, bad: Absent, good: Absent }
}

/// E0701 and E08.
pub(super) static RUN: &[CodeInfo] = &[
    info(
        E0701,
        "a plan file that is not accepted",
        "A plan (`plan.json`) is what `peng plan SPEC -o plan.json` writes. It carries the version of its format and a \
         digest of its content; a file of another version, or one that was edited, is refused. Compile the spec anew \
         instead of editing its plan.",
    ),
    info(
        E0801,
        "a run directory that cannot be used",
        "A new run needs a directory without a run in it; to go on with a run, to look at it or to report it, the \
         directory must hold one. Only one process at a time may write to it.",
    ),
    info(
        E0802,
        "a broken journal",
        "A line of `journal.jsonl` cannot be read. The last line may lack its end, since a process can be killed while it \
         writes; any other means that the file was changed or damaged, or that a newer version of peng wrote it. Restore \
         it from a copy, or use that version.",
    ),
    info(
        E0803,
        "a run of another version or plan",
        "The run directory was written by a version of peng with another format, or its `plan.json` is not the plan \
         that the journal belongs to.",
    ),
    info(
        E0804,
        "a file that cannot be read or written",
        "The operating system refused it; the message says why. If the journal cannot be written, the run stops, since \
         nothing may happen that is not in the journal; nor does it go on if a checkpoint cannot be written: a full disk \
         makes no network a failed one. What is in the journal is kept, and the run can be resumed.",
    ),
    info(
        E0805,
        "workers that cannot be started",
        "Trainings run in processes of their own, which could not be started or do not answer. The message says why.",
    ),
    info(
        E0806,
        "a plan that this build cannot run",
        "The plan names a kind that this version does not have, parameters that the kind does not accept, or a network \
         that the space cannot read. Compile the spec anew with the peng that is to run it.",
    ),
    info(
        E0807,
        "a run that cannot be continued as it began",
        "Resuming asks the search again what it had asked for, and the answer differs from the journal. The run was \
         made by another version of peng, or the journal was changed. Or the data that its workers read are not those that \
         it began with, so that trainings would go on with something else than they have learned. Put the data back, or \
         start the run anew.",
    ),
    info(
        E0808,
        "a decision that cannot be recomputed",
        "`peng verify` computes every decision of a run again from what is in its journal before it: answers of the \
         estimator, ends of trainings, looks at paused trials, audits, and the networks that the search asked for. One \
         that does not agree to the last bit means that the journal was changed after the run, or that the run was made \
         by a peng that decides otherwise. The first difference is the cause of most later ones. What was measured cannot be \
         computed again; each end of a training holds the digest of its measurements, which must be that of those before it. \
         `trials.csv`, once it is written, must say what the journal says. `peng resume` looks only whether answers and ends \
         rest on the measurements before them, and does not go on where they do not.",
    ),
    info(
        E0810,
        "conditions that too few networks satisfy",
        "Networks are drawn at random until one satisfies `where`. After very many draws in vain the run ends, since it would \
         take for ever. `peng plan` tells which share of the networks satisfies the conditions; loosen them, or make the \
         space itself smaller, so that more of it does.",
    ),
];
