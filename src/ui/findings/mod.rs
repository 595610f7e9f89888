//! What `peng check` found, in the forms that other programs read: a file each. The form for people is
//! `ui/diagnostics.rs`. None of them decides anything: which findings are told is settled in [`Findings`].

pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod json;
pub(crate) mod junit;
mod place;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod sarif;

use std::collections::BTreeMap;

use peng_spec::diag::{Diagnostic, Severity};
use peng_spec::plan::sha256_hex;
use peng_spec::source::SourceMap;

pub(crate) use place::Places;
#[cfg(feature = "lsp")]
pub(crate) use place::{percent_encoded, utf16_column};

/// More findings of one file than this are counted, not told; errors come first.
pub(crate) const MOST_OF_A_FILE: usize = 100;

/// What was found in all files.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The texts.
    pub(crate) sources: SourceMap,
    /// The files, in the order in which they were checked.
    pub(crate) files: Vec<FileFindings>,
}

/// What was found in a file.
#[derive(Debug)]
pub(crate) struct FileFindings {
    /// The file as it was named.
    pub(crate) name: String,
    /// Why it could not be read, if so.
    pub(crate) unreadable: Option<String>,
    /// The findings that are told, in the order of the text.
    pub(crate) told: Vec<Diagnostic>,
    /// Its errors, told or not.
    pub(crate) errors: usize,
    /// Its warnings, told or not.
    pub(crate) warnings: usize,
}

impl FileFindings {
    /// A file that was checked.
    pub(crate) fn checked(name: String, found: Vec<Diagnostic>) -> Self {
        let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
        let warnings = found.len() - errors;
        Self { name, unreadable: None, told: told(found, errors), errors, warnings }
    }

    /// A file that could not be read.
    pub(crate) fn unreadable(name: String, why: String) -> Self {
        Self { name, unreadable: Some(why), told: Vec::new(), errors: 0, warnings: 0 }
    }

    /// How many findings are not told.
    pub(crate) fn untold(&self) -> usize {
        self.errors + self.warnings - self.told.len()
    }
}

/// The first [`MOST_OF_A_FILE`] findings; warnings give way to errors.
fn told(found: Vec<Diagnostic>, errors: usize) -> Vec<Diagnostic> {
    let mut room_for_errors = errors.min(MOST_OF_A_FILE);
    let mut room_for_warnings = MOST_OF_A_FILE - room_for_errors;
    let is_told = |diagnostic: &Diagnostic| {
        let room = match diagnostic.severity {
            Severity::Error => &mut room_for_errors,
            Severity::Warning => &mut room_for_warnings,
        };
        let is_told = *room > 0;
        *room = room.saturating_sub(1);
        is_told
    };
    found.into_iter().filter(is_told).collect()
}

/// What stays the same of each finding of a file when lines around it move: a digest of its code, file, pointer and
/// message, and, of equal ones, of how many came before.
fn fingerprints(file: &FileFindings, path: &str) -> Vec<String> {
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    let fingerprint = |diagnostic: &Diagnostic| {
        let pointer = diagnostic.pointer.as_ref().map_or("", |pointer| pointer.as_str());
        let what = format!("{}\0{path}\0{pointer}\0{}", diagnostic.code, diagnostic.message);
        let count = before.entry(what.clone()).or_default();
        *count += 1;
        sha256_hex(format!("{what}\0{count}").as_bytes())
    };
    file.told.iter().map(fingerprint).collect()
}

/// "3 errors, 1 warning"; what there is none of is left out.
pub(crate) fn counted(errors: usize, warnings: usize) -> String {
    let parts = [(errors, "error"), (warnings, "warning")];
    let told: Vec<String> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, one)| plural(n, one)).collect();
    told.join(", ")
}

/// "1 file", "2 files".
pub(crate) fn plural(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peng_spec::diag::codes;
    use peng_spec::source::Span;

    #[test]
    fn warnings_give_way_to_errors() {
        let file = SourceMap::new().add("a", "x");
        let warning = Diagnostic::warning(codes::W0401, Span::start_of(file), "odd");
        let error = Diagnostic::error(codes::E0102, Span::start_of(file), "wrong");
        let found = [vec![warning; 150], vec![error.clone(); 90]].concat();
        let checked = FileFindings::checked("a".to_owned(), found);
        assert_eq!(
            (checked.errors, checked.warnings, checked.told.len(), checked.untold()),
            (90, 150, 100, 140)
        );
        assert_eq!(checked.told.iter().filter(|d| d.severity == Severity::Error).count(), 90);
        let flood = FileFindings::checked("a".to_owned(), vec![error; 101]);
        assert_eq!((flood.told.len(), flood.untold()), (MOST_OF_A_FILE, 1));
    }

    #[test]
    fn fingerprints_outlive_lines_that_move_and_are_unique() {
        let of = |text: &str, at: usize| {
            let mut sources = SourceMap::new();
            let file = sources.add("a", text);
            let one = |at| Diagnostic::error(codes::E0102, Span::new(file, at, at + 1), "wrong").at("/a");
            fingerprints(&FileFindings::checked("a".to_owned(), vec![one(at), one(at)]), "a")
        };
        let before = of("x", 0);
        assert_ne!(before[0], before[1]);
        assert_eq!(before, of("\n\nx", 2));
    }
}
