//! E00 text and YAML, E01 shape.

use super::Example::{Absent, Part, Whole};
use super::{Code, CodeInfo};

/// The file is no text.
pub const E0001: Code = Code("E0001");
/// The text is no YAML.
pub const E0002: Code = Code("E0002");
/// The file is no spec.
pub const E0003: Code = Code("E0003");
/// A key occurs twice.
pub const E0004: Code = Code("E0004");
/// YAML that a spec does not have.
pub const E0005: Code = Code("E0005");
/// A base that cannot be read.
pub const E0011: Code = Code("E0011");
/// Bases without an end.
pub const E0012: Code = Code("E0012");
/// A value that cannot be set.
pub const E0013: Code = Code("E0013");
/// A number with leading zeros.
pub const W0001: Code = Code("W0001");
/// A key is missing.
pub const E0101: Code = Code("E0101");
/// An unknown key.
pub const E0102: Code = Code("E0102");
/// A value of another type.
pub const E0103: Code = Code("E0103");
/// A value out of its range.
pub const E0104: Code = Code("E0104");
/// A quantity with a wrong unit, or without one.
pub const E0105: Code = Code("E0105");
/// Something that this version cannot do yet.
pub const E0106: Code = Code("E0106");

/// E00 and E01.
pub(super) static TEXT: &[CodeInfo] = &[
    CodeInfo {
        code: E0001,
        title: "the file is no text",
        explanation: "A spec is text in UTF-8, at most 1 MiB long and without control characters. A byte order mark \
            at the start and line breaks of Windows are accepted.",
        bad: Whole("version: 1\nname: \"a\u{1}b\"\n"),
        good: Part("name: ab\n"),
    },
    CodeInfo {
        code: E0002,
        title: "the text is no YAML",
        explanation: "The parser of YAML 1.2 stopped here; what comes after was not looked at. The usual causes are \
            keys of one mapping that are not aligned, a tab in the indentation, a quote or bracket that is not \
            closed, and a value that contains `: ` without quotes.",
        bad: Part("training:\n  epochs: 2\n   batch_size: 64\n"),
        good: Part("training:\n  epochs: 2\n  batch_size: 64\n"),
    },
    CodeInfo {
        code: E0003,
        title: "the file is no spec",
        explanation: "A spec is a mapping with keys such as `version` and `name`. An empty file, a list or a single \
            value is none.",
        bad: Whole("- version: 1\n- name: demo\n"),
        good: Part("version: 1\nname: demo\n"),
    },
    CodeInfo {
        code: E0004,
        title: "a key occurs twice",
        explanation: "Most readers of YAML silently take the last of two equal keys. Here that is an error, since one \
            of the two values was written in vain.",
        bad: Part("training:\n  epochs: 2\n  epochs: 4\n"),
        good: Part("training:\n  epochs: 4\n"),
    },
    CodeInfo {
        code: E0005,
        title: "YAML that a spec does not have",
        explanation: "A spec is one document of plain data: mappings with texts as keys, lists, texts, finite \
            numbers, `true`, `false` and `null`. Anchors and aliases may name a value that occurs often. Merge keys \
            (`<<`), application tags (`!name`), collections as keys, further documents, infinite numbers and \
            nesting beyond 100 levels are refused.",
        bad: Part("output:\n  <<: {dir: runs}\n"),
        good: Part("output:\n  dir: runs\n"),
    },
    CodeInfo {
        code: E0011,
        title: "a base that cannot be read",
        explanation: "`extends` names the file of another spec, relative to the file that extends it. The values of \
            this file go over those of the base: mappings merge key by key, everything else replaces, and a section \
            of another `kind` replaces the whole section. A base need not be complete; it is checked with the specs \
            that extend it.",
        bad: Part("extends: absent.peng.yaml\n"),
        good: Whole("extends: base.peng.yaml\nname: longer\ntraining: {epochs: 12}\n"),
    },
    CodeInfo {
        code: E0012,
        title: "bases without an end",
        explanation: "A spec may extend a base that extends another, up to ten files; none of them may extend itself, \
            also not by way of others.",
        bad: Part("extends: example.yaml\n"),
        good: Whole("extends: base.peng.yaml\nname: longer\n"),
    },
    CodeInfo {
        code: E0013,
        title: "a value that cannot be set",
        explanation: "`--set training.epochs=10` sets a value of the spec: keys joined by dots, `[0]` for the first \
            element of a list, after `=` a value in YAML. The keys must lead through mappings and lists that are \
            there or can be made: a text has no keys. `extends` belongs into a file.",
        bad: Absent,
        good: Absent,
    },
    CodeInfo {
        code: W0001,
        title: "a number with leading zeros",
        explanation: "YAML 1.2, which peng reads, takes `010` as ten; YAML 1.1, which many tools read, takes it as \
            eight.",
        bad: Part("seed: 010\n"),
        good: Part("seed: 10\n"),
    },
    CodeInfo {
        code: E0101,
        title: "a key is missing",
        explanation: "`version`, `name`, `dataset`, `search_space`, `search`, `objectives` and `training.epochs` must \
            be written, and each kind may have parameters without a default. For everything else `peng config` \
            prints the default.",
        bad: Part("training: {batch_size: 64}\n"),
        good: Part("training: {epochs: 2, batch_size: 64}\n"),
    },
    CodeInfo {
        code: E0102,
        title: "an unknown key",
        explanation: "The mapping has no such key. Which keys the section of a kind has depends on its `kind`; `peng \
            kinds` lists them.",
        bad: Part("training: {epochs: 2, batchsize: 64}\n"),
        good: Part("training: {epochs: 2, batch_size: 64}\n"),
    },
    CodeInfo {
        code: E0103,
        title: "a value of another type",
        explanation: "For instance a text where a number is expected. YAML 1.2 reads `no`, `off` and `y` as texts; \
            quoted numbers are texts too.",
        bad: Part("training: {epochs: \"2\"}\n"),
        good: Part("training: {epochs: 2}\n"),
    },
    CodeInfo {
        code: E0104,
        title: "a value out of its range",
        explanation: "The type is right, but the value is too small, too large, too short, or not of the required \
            form. The message names the bound.",
        bad: Part("training: {epochs: 0}\n"),
        good: Part("training: {epochs: 2}\n"),
    },
    CodeInfo {
        code: E0105,
        title: "a quantity with a wrong unit, or without one",
        explanation: "Shares are written as `25%`, differences of accuracies as `0.5pp` (points of percent), times as \
            `2h`, `90min` or `30s`, steps of a training as `1/2 epoch` or `2 epochs`. Without its unit nobody can \
            tell whether `0.1` is a tenth or a tenth of a percent.",
        bad: Part("dataset: {kind: digits, validation: 0.1}\n"),
        good: Part("dataset: {kind: digits, validation: 10%}\n"),
    },
    CodeInfo {
        code: E0106,
        title: "something that this version cannot do yet",
        explanation: "The key, kind or value belongs to the language of peng's specs, but this version does not \
            implement it. It is refused rather than ignored, so that no run silently does less than its spec says.",
        bad: Part("output: {tensorboard: true}\n"),
        good: Part("output: {dir: runs}\n"),
    },
];
