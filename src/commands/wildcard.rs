//! Globs: `*`, `?`, `[abc]`, and `**` for folders at any depth, as a shell expands them.
//!
//! The crate `glob` compares names here; its own walk panics at a name that is no UTF-8.

use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

/// `*` stands for no hidden name.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A glob.
pub(super) struct Wildcard {
    parts: Vec<Part>,
    /// It ends in a separator.
    means_folders: bool,
}

/// What stands between two separators.
enum Part {
    /// A name, or the root.
    Plain(PathBuf),
    /// Names that match.
    Names(Pattern),
    /// `**`
    AnyDepth,
}

/// A folder that cannot be read.
pub(super) struct Unreadable {
    pub(super) folder: PathBuf,
    pub(super) error: io::Error,
}

impl Wildcard {
    /// Reads a glob.
    pub(super) fn new(text: &str) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        for component in Path::new(text).components().filter(|part| *part != Component::CurDir) {
            match component.as_os_str().to_str() {
                // One after another says no more.
                Some("**") if matches!(parts.last(), Some(Part::AnyDepth)) => {}
                Some("**") => parts.push(Part::AnyDepth),
                Some(name) if is_wild(name) => parts.push(Part::Names(Pattern::new(name)?)),
                Some(_) | None => parts.push(Part::Plain(component.as_os_str().into())),
            }
        }
        Ok(Self { parts, means_folders: text.ends_with(std::path::is_separator) })
    }

    /// The paths that match, sorted within each folder.
    pub(super) fn expand(&self) -> Result<Vec<PathBuf>, Unreadable> {
        let mut found = Vec::new();
        below(Path::new(""), &self.parts, &mut found)?;
        found.retain(|path| !self.means_folders || path.is_dir());
        Ok(found)
    }
}

/// Whether a text has a sign of globs.
pub(super) fn is_wild(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Collects what matches below a folder; the empty path is the folder one is in.
fn below(folder: &Path, parts: &[Part], found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    let Some((first, rest)) = parts.split_first() else {
        found.push(folder.to_owned());
        return Ok(());
    };
    let mut further = |path: &Path| match rest {
        // A link that leads nowhere matches; reading it will tell.
        [] if path.symlink_metadata().is_ok() => below(path, rest, found),
        [_, ..] if path.is_dir() => below(path, rest, found),
        _ => Ok(()),
    };
    match first {
        Part::Plain(name) => further(&folder.join(name)),
        Part::Names(pattern) => {
            let names = names(folder)?.into_iter();
            let matching =
                names.filter(|path| pattern.matches_with(&name_of(path), AS_A_SHELL)).collect::<Vec<_>>();
            matching.iter().try_for_each(|path| further(path))
        }
        Part::AnyDepth => {
            if rest.is_empty() {
                // A folder means what is at any depth below it.
                found.push(opened(folder).to_owned());
                return Ok(());
            }
            below(folder, rest, found)?;
            let names = names(folder)?.into_iter();
            let folders = names.filter(|path| path.is_dir() && !path.is_symlink());
            let seen = folders.filter(|path| !name_of(path).starts_with('.')).collect::<Vec<_>>();
            seen.iter().try_for_each(|path| below(path, parts, found))
        }
    }
}

/// What lies in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let entries = std::fs::read_dir(opened(folder)).and_then(|entries| {
        entries.map(|entry| Ok(folder.join(entry?.file_name()))).collect::<io::Result<Vec<_>>>()
    });
    let mut entries = entries.map_err(|error| Unreadable { folder: opened(folder).to_owned(), error })?;
    entries.sort();
    Ok(entries)
}

/// The folder as the system knows it.
fn opened(folder: &Path) -> &Path {
    if folder == Path::new("") { Path::new(".") } else { folder }
}

/// A name for a comparison; what is no UTF-8 in it is like no character of a glob but a wild one.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
