//! Downloads: a published file comes into its directory whole and checked, or not at all.
//!
//! Bytes go to `NAME.part`; a later try asks for the rest of it, if the server can do that. What has the right size and
//! SHA-256 is renamed. One process at a time downloads into a directory; another one waits and finds the files there.

mod http;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use peng_spec::plan::hex;
use sha2::{Digest, Sha256};

use super::{DataError, Published};
use http::{Failure, Reply};

/// How often is looked whether a user has asked to stop.
const TICK: Duration = Duration::from_millis(100);

/// Where downloads come from, and how long they are tried.
#[derive(Debug, Clone)]
pub struct Source {
    /// Address under which a mirror has the files, as `KIND/NAME`; `None`: where they are published.
    pub mirror: Option<String>,
    /// Pauses before further tries; tries that bring nothing new are as many as these and one.
    pub pauses: Vec<Duration>,
    /// How long a server may be silent.
    pub patience: Duration,
}

impl Source {
    /// Six tries, and a minute of patience.
    pub fn new(mirror: Option<String>) -> Self {
        let pauses = [1, 2, 4, 8, 16].map(Duration::from_secs).to_vec();
        Self { mirror, pauses, patience: Duration::from_mins(1) }
    }

    /// Where it has a file.
    pub fn address(&self, dataset: &str, file: &Published) -> String {
        match &self.mirror {
            Some(mirror) => format!("{}/{dataset}/{}", mirror.trim_end_matches('/'), file.name),
            None => file.address.to_owned(),
        }
    }
}

/// What is told of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<'a> {
    /// Another process downloads into the directory.
    Waiting,
    /// A file is begun, or gone on with.
    Begun {
        /// Its name.
        name: &'a str,
        /// Where it comes from.
        address: &'a str,
        /// Its size.
        bytes: u64,
        /// What is there of it.
        have: u64,
    },
    /// So much of it is there now.
    Came {
        /// Bytes from its beginning.
        have: u64,
    },
    /// A try failed, and another one follows.
    Again {
        /// Why it failed.
        reason: &'a str,
        /// After this.
        pause: Duration,
    },
    /// It is there and right.
    Finished {
        /// Its name.
        name: &'a str,
    },
}

/// Who is told of a download, and may stop it.
pub trait Watcher {
    /// Something happened.
    fn told(&mut self, what: Told<'_>);
    /// Whether a user has asked to stop.
    fn is_cancelled(&self) -> bool;
}

/// Brings the files of a data set into `dir`, which is made.
pub fn fetch(
    dataset: &'static str,
    files: &[Published],
    dir: &Path,
    source: &Source,
    watcher: &mut dyn Watcher,
) -> Result<(), DataError> {
    let unwritable = |path: &Path, source| DataError::Unwritable { path: path.to_owned(), source };
    fs::create_dir_all(dir).map_err(|e| unwritable(dir, e))?;
    let _lock = lock(dir, watcher)?;
    for file in files {
        let mut one =
            One { file, address: source.address(dataset, file), dir, source, watcher: &mut *watcher };
        one.fetch().map_err(|trouble| match trouble {
            Trouble::Cancelled => DataError::Interrupted,
            Trouble::Disk(path, error) => unwritable(&path, error),
            Trouble::Passing(reason) | Trouble::Final(reason) => DataError::NotFetched {
                dataset,
                address: one.address.clone(),
                reason,
                help: help(files, dir),
            },
        })?;
    }
    Ok(())
}

/// What a user can do without a download.
pub fn help(files: &[Published], dir: &Path) -> String {
    let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.name)).collect();
    format!(
        "put {} into `{}`, or name their directory in `path`; with a mirror of your own set `PENG_DATASETS_URL`",
        names.join(", "),
        dir.display()
    )
}

/// The lock of a directory, which ends with the process that holds it.
fn lock(dir: &Path, watcher: &mut dyn Watcher) -> Result<File, DataError> {
    let path = dir.join(".lock");
    let failed = |source| DataError::Unwritable { path: path.clone(), source };
    let file = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    let mut is_first = true;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if watcher.is_cancelled() => return Err(DataError::Interrupted),
            Err(TryLockError::WouldBlock) => {
                if std::mem::take(&mut is_first) {
                    watcher.told(Told::Waiting);
                }
                std::thread::sleep(TICK);
            }
        }
    }
}

/// Why a try did not bring a file.
#[derive(Debug)]
enum Trouble {
    /// Another try may.
    Passing(String),
    /// No other try will.
    Final(String),
    /// This machine cannot keep it.
    Disk(PathBuf, io::Error),
    /// A user asked to stop.
    Cancelled,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cancelled => Self::Cancelled,
            Failure::Silent => Self::Passing("the server does not answer any more".to_owned()),
            Failure::Passing(reason) => Self::Passing(reason),
            Failure::Final(reason) => Self::Final(reason),
        }
    }
}

/// One file on its way.
struct One<'a> {
    file: &'a Published,
    address: String,
    dir: &'a Path,
    source: &'a Source,
    watcher: &'a mut dyn Watcher,
}

impl One<'_> {
    fn path(&self) -> PathBuf {
        self.dir.join(self.file.name)
    }

    fn part(&self) -> PathBuf {
        self.dir.join(format!("{}.part", self.file.name))
    }

    fn fetch(&mut self) -> Result<(), Trouble> {
        if self.is_right(&self.path()) == Some(true) {
            return Ok(());
        }
        let mut pauses = self.source.pauses.clone().into_iter();
        let mut furthest = self.have();
        loop {
            let reason = match self.attempt() {
                Ok(()) => return Ok(()),
                Err(Trouble::Passing(reason)) => reason,
                Err(trouble) => return Err(trouble),
            };
            // What has brought something new does not count as a try.
            if self.have() > furthest {
                furthest = self.have();
                pauses = self.source.pauses.clone().into_iter();
            }
            let Some(pause) = pauses.next() else { return Err(Trouble::Final(reason)) };
            self.watcher.told(Told::Again { reason: &reason, pause });
            self.rest(pause)?;
        }
    }

    /// Sleeps, unless a user asks to stop.
    fn rest(&self, pause: Duration) -> Result<(), Trouble> {
        let mut left = pause;
        while !left.is_zero() {
            if self.watcher.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
            let now = left.min(TICK);
            std::thread::sleep(now);
            left -= now;
        }
        Ok(())
    }

    /// Bytes that are there.
    fn have(&self) -> u64 {
        fs::metadata(self.part()).map_or(0, |part| part.len())
    }

    fn attempt(&mut self) -> Result<(), Trouble> {
        let path = self.part();
        let disk = |error| Trouble::Disk(path.clone(), error);
        let mut part = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(disk)?;
        let mut have = part.metadata().map_err(disk)?.len();
        if have > self.file.bytes {
            part.set_len(0).map_err(disk)?;
            have = 0;
        }
        let kept = have;
        if have < self.file.bytes {
            have = self.download(&mut part, have)?;
        }
        if have < self.file.bytes {
            let reason = format!("the connection ended after {have} of {} bytes", self.file.bytes);
            return Err(Trouble::Passing(reason));
        }
        part.sync_all().map_err(disk)?;
        drop(part);
        let found = digest(&path).map_err(disk)?;
        if found == self.file.sha256 {
            fs::rename(&path, self.path()).map_err(disk)?;
            self.watcher.told(Told::Finished { name: self.file.name });
            return Ok(());
        }
        fs::remove_file(&path).map_err(disk)?;
        let reason = format!("found content of SHA-256 {found}, expected {}", self.file.sha256);
        // What an earlier try has left may be what is wrong.
        Err(if kept > 0 { Trouble::Passing(reason) } else { Trouble::Final(reason) })
    }

    /// Asks for what lies behind the first `have` bytes and writes what comes; how much is there then.
    fn download(&mut self, part: &mut File, have: u64) -> Result<u64, Trouble> {
        let (name, bytes) = (self.file.name, self.file.bytes);
        self.watcher.told(Told::Begun { name, address: &self.address, bytes, have });
        let (source, address) = (self.source, &self.address);
        let mut reply = Reply::to(address, have, source.patience, &*self.watcher)?;
        let path = self.part();
        let disk = |error| Trouble::Disk(path.clone(), error);
        let mut have = match reply.status() {
            206 if reply.range() == Some((have, bytes)) => have,
            200 => 0,
            // The server has another file than the one that was begun.
            206 | 416 => {
                part.set_len(0).map_err(disk)?;
                return Err(Trouble::Passing(format!("the server cannot go on after {have} bytes")));
            }
            status @ (408 | 429 | 500..=599) => {
                return Err(Trouble::Passing(format!("the server answered {status}")));
            }
            status => return Err(Trouble::Final(format!("the server answered {status}"))),
        };
        if let Some(found) = reply.length().filter(|&length| length != bytes - have) {
            let found = found + have;
            return Err(Trouble::Final(format!("found {found} bytes, expected {bytes}")));
        }
        part.set_len(have).map_err(disk)?;
        part.seek(SeekFrom::Start(have)).map_err(disk)?;
        while let Some(chunk) = reply.next(source.patience, &*self.watcher)? {
            have += chunk.len() as u64;
            if have > bytes {
                part.set_len(0).map_err(disk)?;
                return Err(Trouble::Final(format!("found more than {bytes} bytes, expected {bytes}")));
            }
            part.write_all(&chunk).map_err(disk)?;
            self.watcher.told(Told::Came { have });
        }
        Ok(have)
    }

    /// Whether a file is there and right; `None`: it cannot be read.
    fn is_right(&self, path: &Path) -> Option<bool> {
        let size = fs::metadata(path).ok()?.len();
        Some(size == self.file.bytes && digest(path).ok()? == self.file.sha256)
    }
}

/// SHA-256 of a file, in hexadecimal digits.
fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hex(&hash.finalize()))
}
