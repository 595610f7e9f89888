//! The table of codes: what each means, with a bad and a good example. A code is never reused.
//!
//! Families: E00 text and YAML, E01 shape, E02 names and kinds, E03 data and space, E04 search and objectives, E05
//! estimators, E06 execution, E07 the plan, E08 runs, E09 studies. `W` are warnings of the same families.

mod meaning;
mod page;
mod run;
mod study;
mod text;

use std::fmt;

pub use meaning::*;
pub use page::{address, page};
pub use run::*;
pub use study::*;
pub use text::*;

/// A code, such as `E0203`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An example of `peng explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// Some sections; the rest of the spec does not matter.
    Part(&'static str),
    /// A whole file.
    Whole(&'static str),
    /// A study, whose experiment `base.peng.yaml` is a spec without findings.
    Study(&'static str),
    /// No file can show it, or none of this version.
    Absent,
}

impl Example {
    /// The text.
    pub fn text(self) -> Option<&'static str> {
        match self {
            Self::Part(text) | Self::Whole(text) | Self::Study(text) => Some(text),
            Self::Absent => None,
        }
    }

    /// The example as a whole spec: what it leaves out is filled in.
    pub fn spec(self) -> Option<String> {
        match self {
            Self::Part(part) => {
                let replaced = |key: &str| part.lines().any(|line| line.split(':').next() == Some(key));
                let rest = REST.iter().filter(|(key, _)| !replaced(key));
                Some(rest.map(|(key, value)| format!("{key}: {value}\n")).chain([part.to_owned()]).collect())
            }
            Self::Whole(text) => Some(text.to_owned()),
            Self::Study(_) | Self::Absent => None,
        }
    }
}

/// A spec without findings.
const REST: &[(&str, &str)] = &[
    ("version", "1"),
    ("name", "demo"),
    ("dataset", "{kind: digits}"),
    ("search_space", "{kind: nsga-macro, phases: 2, nodes: 3, channels: 8}"),
    ("search", "{kind: nsga-net, population: 4, offspring: 4, generations: 2}"),
    ("objectives", "[{maximize: val_accuracy}, {minimize: flops}]"),
    ("training", "{epochs: 8}"),
];

/// What a code means.
#[derive(Debug, Clone, Copy)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What is wrong, in a line.
    pub title: &'static str,
    /// The cause and what to do, a paragraph or two.
    pub explanation: &'static str,
    /// An example that has it.
    pub bad: Example,
    /// The same, corrected.
    pub good: Example,
}

/// All codes, family by family.
pub static CODES: &[&[CodeInfo]] = &[TEXT, MEANING, RUN, STUDY];

/// What a code means; the case does not matter.
pub fn explain(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().copied().flatten().find(|info| info.code.0.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut codes: Vec<&str> = CODES.iter().copied().flatten().map(|info| info.code.as_str()).collect();
        let well_formed =
            |code: &&str| code.len() == 5 && code.starts_with(['E', 'W']) && code[1..].parse::<u16>().is_ok();
        assert!(codes.iter().all(well_formed));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert_eq!(explain("e0203").unwrap().code, E0203);
    }
}
