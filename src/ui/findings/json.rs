//! Findings as a JSON array, a line of the interface (`peng.diagnostic/1`).

use std::io::{self, Write};

use super::Findings;

/// Prints the array.
pub(crate) fn write(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let told = findings.files.iter().flat_map(|file| &file.told);
    let list: Vec<_> = told.map(|diagnostic| diagnostic.to_json(&findings.sources)).collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}
