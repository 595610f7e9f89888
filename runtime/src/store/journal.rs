//! The journal: a line of JSON for each durable event, appended and never changed.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StoreError;
use crate::event::{Durability, EVENT_FORMAT, Event, EventKind};

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens a journal to append to it, and gives the events that it holds. A last line without its end is torn, and cut off.
    pub fn open(path: &Path) -> Result<(Self, Vec<Event>), StoreError> {
        let io = |action| move |source| StoreError::Io { action, path: path.to_owned(), source };
        let (events, good) = match std::fs::read(path) {
            Ok(bytes) => parse(path, &bytes)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => (Vec::new(), 0),
            Err(e) => return Err(io("read")(e)),
        };
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(io("open"))?;
        file.set_len(good as u64).map_err(io("truncate"))?;
        Ok((Self { path: path.to_owned(), file }, events))
    }

    /// The events of a journal that another process may be writing. A last line without its end is left out.
    pub fn read(path: &Path) -> Result<Vec<Event>, StoreError> {
        let bytes = std::fs::read(path).map_err(|source| StoreError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        parse(path, &bytes).map(|(events, _)| events)
    }

    /// Appends an event, and returns after it is on the disk if it must be.
    pub fn append(&mut self, event: &Event) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(event).expect("an event has string keys and finite numbers");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| match event.kind.durability() {
            Durability::Synced => self.file.sync_data(),
            Durability::Journal | Durability::Ephemeral => Ok(()),
        });
        written.map_err(|source| StoreError::Io { action: "write", path: self.path.clone(), source })
    }
}

/// The events, and the length of the text that holds them.
fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Event>, usize), StoreError> {
    let mut events: Vec<Event> = Vec::new();
    let mut good = 0;
    for (index, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let last = good + line.len() == bytes.len();
        let broken = |reason| StoreError::Journal { path: path.to_owned(), line: index + 1, reason };
        let event: Event = match serde_json::from_slice(line) {
            Ok(event) if line.ends_with(b"\n") => event,
            Ok(_) => break,
            Err(_) if last && !line.ends_with(b"\n") => break,
            Err(e) => return Err(broken(e.to_string())),
        };
        if event.seq != events.len() as u64 {
            return Err(broken(format!("found event {}, expected event {}", event.seq, events.len())));
        }
        match (&event.kind, index) {
            (EventKind::RunStarted { format, .. }, 0) if format != EVENT_FORMAT => {
                return Err(StoreError::Format {
                    path: path.to_owned(),
                    found: format.clone(),
                    expected: EVENT_FORMAT,
                });
            }
            (EventKind::RunStarted { .. }, 0) => {}
            (EventKind::RunStarted { .. }, _) => return Err(broken("a run starts only once".to_owned())),
            (_, 0) => return Err(broken("the first event is not `run_started`".to_owned())),
            _ => {}
        }
        good += line.len();
        events.push(event);
    }
    Ok((events, good))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Bound;

    fn event(seq: u64, kind: EventKind) -> Event {
        Event { seq, at: jiff::Timestamp::from_second(1_000 + seq.cast_signed()).unwrap(), kind }
    }

    fn start() -> Event {
        let bound = Bound { peng: "0".into(), device: "cpu".into(), workers: 1, ..Bound::default() };
        event(0, EventKind::RunStarted { format: EVENT_FORMAT.into(), digest: "d".into(), bound })
    }

    fn warned(seq: u64) -> Event {
        event(seq, EventKind::Warned { message: format!("warning {seq}") })
    }

    #[test]
    fn what_is_appended_is_read_and_a_torn_line_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let (mut journal, events) = Journal::open(&path).unwrap();
        assert!(events.is_empty());
        let written = [start(), warned(1), warned(2)];
        for event in &written {
            journal.append(event).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let lines = whole[..cut].split(|&b| b == b'\n').count() - 1;
            assert_eq!(Journal::read(&path).unwrap(), written[..lines], "cut at {cut}");
            let (mut journal, events) = Journal::open(&path).unwrap();
            assert_eq!(events, written[..lines]);
            for event in &written[lines..] {
                journal.append(event).unwrap();
            }
            assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_broken_line_before_the_last_is_an_error_with_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let line = |e: &Event| serde_json::to_string(e).unwrap();
        let check = |text: String, expected: &str| {
            std::fs::write(&path, text).unwrap();
            let error = Journal::read(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(format!("{}\n{{\n{}\n", line(&start()), line(&warned(1))), "line 2 of");
        check(format!("{}\n{}\n", line(&start()), line(&warned(2))), "found event 2, expected event 1");
        // A line that has its end was written whole: it may be of a newer version, and none is cut off.
        let newer = line(&warned(1)).replace("warned", "wondered");
        check(format!("{}\n{newer}\n", line(&start())), "line 2 of");
        check(format!("{}\n", line(&warned(0))), "the first event is not `run_started`");
        check(format!("{}\n", line(&start()).replace("peng.event/2", "peng.event/9")), "peng.event/9");
    }
}
