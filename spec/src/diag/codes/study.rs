//! E09: studies. Their examples need a second file, so there are none here.

use super::Example::Absent;
use super::{Code, CodeInfo};

/// A study without an experiment that can be read.
pub const E0901: Code = Code("E0901");
/// An arm or a seed that occurs twice.
pub const E0902: Code = Code("E0902");
/// Arms that cannot be compared.
pub const E0903: Code = Code("E0903");
/// A study where an experiment is expected, or the other way round.
pub const E0904: Code = Code("E0904");
/// Two arms with the same estimator.
pub const W0901: Code = Code("W0901");

const fn info(code: Code, title: &'static str, explanation: &'static str) -> CodeInfo {
    CodeInfo { code, title, explanation, bad: Absent, good: Absent }
}

/// E09.
pub(super) static STUDY: &[CodeInfo] = &[
    info(
        E0901,
        "a study without an experiment that can be read",
        "`experiment` names the spec of the search that all arms run, relative to the study. It must be a file that can \
         be read, and no study itself.",
    ),
    info(
        E0902,
        "an arm or a seed that occurs twice",
        "The name of an arm stands for it in tables and names its folder, and equal seeds give equal runs, so each \
         occurs once.",
    ),
    info(
        E0903,
        "arms that cannot be compared",
        "All estimators of a study are about the same metric, of which one truth is measured. A training that several \
         arms share is trained once, so the time on the wall says nothing about an arm: `wall_time` cannot limit it, \
         `gpu_hours` can.",
    ),
    info(
        E0904,
        "a study in place of an experiment, or an experiment in place of a study",
        "An experiment is one search, which `peng run` runs. A study names an experiment, and the estimators and seeds \
         that `peng study` runs it under. What a file is, its keys say: a study has `arms` and `experiment`.",
    ),
    info(
        W0901,
        "two arms with the same estimator",
        "They decide alike on every training, so their rows will be equal.",
    ),
];
