//! Where decisions are written: a file that appears whole or not at all, or a stream such as `/dev/stdout`. Never what is
//! read.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Exit, Failure};
use crate::output::Output;

/// Where the streams of a process have names, which may lead to plain files.
const STREAMS: [&str; 2] = ["/dev", "/proc"];

/// Where decisions are written.
#[derive(Debug)]
pub(super) struct Destination {
    path: PathBuf,
    /// The plain file that is replaced once all is written; `None` for a stream.
    replaced: Option<PathBuf>,
}

impl Destination {
    /// Sees that a path can be written to, and is none of those that are read.
    pub(super) fn new(path: &Path, read: &[PathBuf]) -> Result<Self, Failure> {
        let shown = path.display();
        let misused = |what: String| Failure::new(Exit::Usage, format!("`--decisions` is {what}"));
        if path == Path::new("-") {
            return Err(misused("`-`, expected a file".to_owned())
                .help("name a file: the output stream has the scores"));
        }
        if path.is_dir() {
            return Err(misused(format!("the folder `{shown}`, expected a file")).help("name a file in it"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let message = format!("cannot write `{shown}`: there is no folder `{}`", folder.display());
            return Err(Failure::new(Exit::Environment, message));
        }
        let whole = path.canonicalize().ok().filter(|whole| whole.is_file());
        if let Some(whole) = &whole
            && read.iter().any(|read| read.canonicalize().is_ok_and(|read| read == *whole))
        {
            return Err(misused(format!("`{shown}`, which is read")).help("name another file"));
        }
        let is_stream = STREAMS.iter().any(|folder| path.starts_with(folder));
        // A link to nothing is written through.
        let new = || path.symlink_metadata().is_err().then(|| path.to_owned());
        let replaced = if is_stream { None } else { whole.or_else(new) };
        Ok(Self { path: path.to_owned(), replaced })
    }

    /// Writes all, or leaves what was there.
    pub(super) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let done = match &self.replaced {
            Some(replaced) => replace(replaced, write),
            None => File::create(&self.path).and_then(|file| all(file, write)),
        };
        done.map_err(|e| {
            Failure::new(Exit::Environment, format!("cannot write `{}`: {e}", self.path.display()))
        })
    }
}

/// Writes a file beside another one, which it replaces at the end.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let file = File::create(&part)?;
    let done = all(file, write).and_then(|()| {
        if let Ok(before) = fs::metadata(path) {
            fs::set_permissions(&part, before.permissions())?;
        }
        fs::rename(&part, path)
    });
    if done.is_err() {
        // Why it failed says more than that it cannot be removed.
        fs::remove_file(&part).ok();
    }
    done
}

fn all(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufWriter::new(Output::new(file));
    write(&mut file)?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.csv");
        let fails = |out: &mut dyn Write| out.write_all(b"half").and(Err(io::ErrorKind::StorageFull.into()));
        let destination = Destination::new(&path, &[]).unwrap();
        assert_eq!(destination.write(fails).unwrap_err().exit, Exit::Environment);
        assert_eq!(names(dir.path()), Vec::<String>::new());
        destination.write(|out| out.write_all(b"old")).unwrap();
        destination.write(fails).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        Destination::new(&path, &[]).unwrap().write(|out| out.write_all(b"new")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(dir.path()).len()), ("new", 1));
    }

    #[test]
    fn what_is_read_is_never_written() {
        let dir = tempfile::tempdir().unwrap();
        let [read, folder] = ["read.csv", "folder"].map(|name| dir.path().join(name));
        fs::create_dir(&folder).unwrap();
        fs::write(&read, "curves").unwrap();
        let inputs = [dir.path().join("absent.csv"), read.clone()];
        let told = |path: &Path| Destination::new(path, &inputs).unwrap_err();
        for path in [read, folder.join("../read.csv")] {
            let failure = told(&path);
            assert!(failure.message.ends_with("read.csv`, which is read"), "{failure}");
            assert_eq!(failure.exit, Exit::Usage);
        }
        assert!(told(&folder).message.contains("expected a file"));
        assert!(told(Path::new("-")).message.contains("expected a file"));
        assert_eq!(told(&folder.join("absent/d.csv")).exit, Exit::Environment);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_streams_stay_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let [file, link, loose] = ["file", "link", "loose"].map(|name| dir.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::os::unix::fs::symlink(dir.path().join("later"), &loose).unwrap();
        for path in [&link, &loose] {
            Destination::new(path, &[]).unwrap().write(|out| out.write_all(b"new")).unwrap();
            assert!(path.symlink_metadata().unwrap().is_symlink());
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(names(dir.path()), ["file", "later", "link", "loose"]);
        Destination::new(Path::new("/dev/null"), &[]).unwrap().write(|out| out.write_all(b"new")).unwrap();
    }
}
