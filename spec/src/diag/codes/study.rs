//! E09: studies.

use super::Example::{Absent, Study};
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

/// E09.
pub(super) static STUDY: &[CodeInfo] = &[
    CodeInfo {
        code: E0901,
        title: "a study without an experiment that can be read",
        explanation: "`experiment` names the spec of the search that all arms run, relative to the study. It must be a file that can \
         be read, and no study itself.",
        bad: Study(
            "version: 1\nname: demo\nexperiment: bsae.peng.yaml\narms: [{name: a, estimator: {kind: penguin}}]\n",
        ),
        good: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms: [{name: a, estimator: {kind: penguin}}]\n",
        ),
    },
    CodeInfo {
        code: E0902,
        title: "an arm or a seed that occurs twice",
        explanation: "The name of an arm stands for it in tables and names its folder, and equal seeds give equal runs, so each \
         occurs once.",
        bad: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: a, estimator: {kind: never}}\n",
        ),
        good: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: b, estimator: {kind: never}}\n",
        ),
    },
    CodeInfo {
        code: E0903,
        title: "arms that cannot be compared",
        explanation: "All estimators of a study are about the same metric, of which one truth is measured. A training that several \
         arms share is trained once, so the time on the wall says nothing about an arm: `wall_time` cannot limit it, \
         `gpu_hours` can.",
        bad: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: b, estimator: {kind: truncate, metric: train_accuracy}}\n",
        ),
        good: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: b, estimator: {kind: truncate}}\n",
        ),
    },
    CodeInfo {
        code: E0904,
        title: "a study in place of an experiment, or an experiment in place of a study",
        explanation: "An experiment is one search, which `peng run` runs. A study names an experiment, and the estimators and seeds \
         that `peng study` runs it under. What a file is, its keys say: a study has `arms` and `experiment`.",
        bad: Absent,
        good: Absent,
    },
    CodeInfo {
        code: W0901,
        title: "two arms with the same estimator",
        explanation: "They decide alike on every training, so their rows will be equal.",
        bad: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: b, estimator: {kind: penguin, window: 3}}\n",
        ),
        good: Study(
            "version: 1\nname: demo\nexperiment: base.peng.yaml\narms:\n  - {name: a, estimator: {kind: penguin}}\n  - {name: b, estimator: {kind: penguin, window: 2}}\n",
        ),
    },
];
