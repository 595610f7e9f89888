//! CSV files with named columns, plain or gzip, of which each row knows its line, and what is said of those that cannot be
//! read. What the columns mean, others know.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

use crate::failure::{Exit, Failure};
use crate::ui::findings::plural;

/// How gzip data begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How UTF-16 text begins, in either byte order.
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// A CSV file with named columns. Spaces around a value don't count.
pub(crate) struct Rows<const N: usize> {
    pub(crate) file: PathBuf,
    pub(crate) header: StringRecord,
    reader: csv::Reader<Box<dyn Read>>,
    columns: [usize; N],
    row: StringRecord,
}

impl<const N: usize> Rows<N> {
    /// Opens a file that has these columns and maybe others.
    pub(crate) fn open(file: &Path, columns: [&str; N]) -> Result<Self, Failure> {
        let fail = |what: String| Failure::new(Exit::Environment, format!("`{}`: {what}", file.display()));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text(file)?);
        let header = reader.headers().map_err(|e| unreadable(file, &e))?.clone();
        if header.is_empty() {
            return Err(fail(format!("the file is empty, expected the columns `{}`", columns.join(","))));
        }
        let place = |name: &str| header.iter().position(|known| known == name);
        let missing: Vec<&str> = columns.into_iter().filter(|name| place(name).is_none()).collect();
        if !missing.is_empty() {
            let found = header.iter().collect::<Vec<_>>().join(",");
            let message = format!("line 1: found the columns `{found}`, expected `{}`", columns.join(","));
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            return Err(fail(message).help(format!("add {}", names.join(", "))));
        }
        let rows = Rows {
            file: file.to_owned(),
            columns: columns.map(|name| place(name).unwrap_or_default()),
            header,
            reader,
            row: StringRecord::new(),
        };
        for name in columns {
            rows.column(name)?;
        }
        Ok(rows)
    }

    /// The place of a column; `None` if there is none. One that occurs twice is an error.
    pub(crate) fn column(&self, name: &str) -> Result<Option<usize>, Failure> {
        let mut places = self.header.iter().enumerate().filter(|(_, known)| *known == name);
        match (places.next(), places.next()) {
            (_, Some(_)) => {
                let message = format!("`{}`: line 1: the column `{name}` occurs twice", self.file.display());
                Err(Failure::new(Exit::Environment, message).help("rename one of them"))
            }
            (first, None) => Ok(first.map(|(place, _)| place)),
        }
    }

    /// Steps to the next row; false at the end.
    pub(crate) fn step(&mut self) -> Result<bool, Failure> {
        self.reader.read_record(&mut self.row).map_err(|e| unreadable(&self.file, &e))
    }

    /// The present row's values of the columns that were asked for.
    pub(crate) fn values(&self) -> [&str; N] {
        self.columns.map(|column| &self.row[column])
    }

    /// The present row's value of any column.
    pub(crate) fn at(&self, column: usize) -> &str {
        &self.row[column]
    }

    /// An error in the present row.
    pub(crate) fn fail(&self, what: impl Display) -> Failure {
        let line = self.row.position().map_or(0, csv::Position::line);
        Failure::new(Exit::Environment, format!("`{}` line {line}: {what}", self.file.display()))
    }
}

/// The text of a file. Whether that is compressed is told by how it begins, not by its name.
fn text(file: &Path) -> Result<Box<dyn Read>, Failure> {
    let fail = |what: &str| Failure::new(Exit::Environment, format!("`{}`: {what}", file.display()));
    let open = || {
        let mut raw = BufReader::new(File::open(file)?);
        let mut head = Vec::new();
        raw.by_ref().take(2).read_to_end(&mut head)?;
        Ok((head, raw))
    };
    let (head, raw) = open().map_err(|e: io::Error| fail(&e.to_string()))?;
    if UTF_16.iter().any(|mark| head == mark) {
        return Err(fail("found UTF-16, expected UTF-8").help("save it as UTF-8"));
    }
    let is_gzip = head == GZIP;
    let whole = Cursor::new(head).chain(raw);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

/// Why a file cannot be read.
fn unreadable(file: &Path, error: &csv::Error) -> Failure {
    let line = error.position().map(|at| format!(" line {}", at.line())).unwrap_or_default();
    let at = |line: &str, what: &str| {
        Failure::new(Exit::Environment, format!("`{}`{line}: {what}", file.display()))
    };
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => at(&line, "found bytes that are no UTF-8").help("save it as UTF-8"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => at(
            &line,
            &format!("found {}, expected {expected_len}, as in line 1", plural(*len as usize, "value")),
        ),
        csv::ErrorKind::Io(error) if is_of_gzip(error) => {
            at("", "the gzip data are cut off or damaged").help("copy or compress the file again")
        }
        _ => at("", &error.to_string()),
    }
}

/// Whether the decoder found its input wrong.
fn is_of_gzip(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const TEXT: &[u8] = b"a,b\n1,2\n 3 ,4\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// The values of `b,a`, or the message and the help without the file.
    fn read(name: &str, bytes: &[u8]) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let read = || {
            let mut rows = Rows::open(&file, ["b", "a"])?;
            let mut found = Vec::new();
            while rows.step()? {
                found.push(rows.values().join(","));
            }
            Ok(found.join(" "))
        };
        read().map_err(|failure: Failure| {
            let message = failure.message.replace(&file.display().to_string(), "f");
            [message, failure.help.unwrap_or_default()].join("; ")
        })
    }

    #[test]
    fn how_a_file_begins_tells_whether_it_is_compressed() {
        let two = [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat();
        for (name, bytes) in
            [("f", TEXT), ("f.gz", TEXT), ("f", &gzip(TEXT)), ("f.gz", &gzip(TEXT)), ("f", &two)]
        {
            assert_eq!(read(name, bytes).unwrap(), "2,1 4,3", "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_in_our_words() {
        let whole = gzip(TEXT);
        let trailing = [&whole[..], b"more"].concat();
        let damaged = "`f`: the gzip data are cut off or damaged; copy or compress the file again";
        for (bytes, expected) in [
            (&b""[..], "`f`: the file is empty, expected the columns `b,a`; "),
            (b"a,c\n1,2\n", "`f`: line 1: found the columns `a,c`, expected `b,a`; add `b`"),
            (b"a,b,a\n1,2,3\n", "`f`: line 1: the column `a` occurs twice; rename one of them"),
            (b"a,b\n1,2\n1,2,3\n", "`f` line 3: found 3 values, expected 2, as in line 1; "),
            (b"a,b\n1\n", "`f` line 2: found 1 value, expected 2, as in line 1; "),
            (b"a,b\n1,2\n\xe9,2\n", "`f` line 3: found bytes that are no UTF-8; save it as UTF-8"),
            (b"a,b\xe9\n", "`f` line 1: found bytes that are no UTF-8; save it as UTF-8"),
            (b"\xff\xfea\0,\0b\0", "`f`: found UTF-16, expected UTF-8; save it as UTF-8"),
            (&whole[..whole.len() / 2], damaged),
            (&whole[..3], damaged),
            (&trailing, damaged),
        ] {
            assert_eq!(read("f.gz", bytes).unwrap_err(), expected);
        }
    }
}
