//! Which specs the arguments of a command mean: files, folders, globs, the standard input.
//!
//! A folder means the `*.peng.yaml` below it. A glob is expanded here as well, so that it may be quoted; it means what a
//! shell would have made of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::wildcard::{Unreadable, Wildcard, is_wild};
use crate::failure::{Exit, Failure};

/// What files of a folder are called.
const ENDING: &str = ".peng.yaml";

/// Folders of other tools, where copies of specs may lie.
const SKIPPED: &[&str] = &["target", "node_modules", "__pycache__"];

/// Files that mark a folder as skipped: a cache (<https://bford.info/cachedir/>), a run or a study with a copy of its spec.
const MARKS: &[&str] = &["CACHEDIR.TAG", "run.json", "study.json"];

/// A spec to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The standard input.
    Stdin,
    /// A file, which may not exist.
    File(PathBuf),
}

/// The specs that arguments mean, each once, in the order of the arguments, those of a folder sorted.
pub(crate) fn expand(arguments: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            inputs.push(Input::Stdin);
        } else if argument.is_dir() {
            inputs.extend(folder(argument)?);
        } else if let Some(pattern) = pattern(argument) {
            inputs.extend(matches(pattern)?);
        } else {
            inputs.push(Input::File(argument.clone()));
        }
    }
    let mut seen = HashSet::new();
    inputs.retain(|input| {
        seen.insert(match input {
            Input::Stdin => None,
            Input::File(path) => Some(path.canonicalize().unwrap_or_else(|_| path.clone())),
        })
    });
    Ok(inputs)
}

/// The text of a glob; a file whose name looks like one is a file.
fn pattern(argument: &Path) -> Option<&str> {
    argument.to_str().filter(|text| is_wild(text) && !argument.exists())
}

fn matches(pattern: &str) -> Result<Vec<Input>, Failure> {
    let wildcard = Wildcard::new(pattern).map_err(|error| {
        Failure::new(Exit::Usage, format!("`{pattern}` is no glob: {}", error.msg))
            .help("a glob has `*`, `?`, `[abc]`, and `**` for folders at any depth")
    })?;
    let mut inputs = Vec::new();
    let paths = wildcard.expand().map_err(|Unreadable { folder, error }| unreadable(&folder, &error))?;
    for path in paths {
        if path.is_dir() {
            walk(&path, &mut inputs)?;
        } else {
            inputs.push(Input::File(path));
        }
    }
    if inputs.is_empty() {
        let help = format!("name specs, or folders with files that are called `NAME{ENDING}`");
        return Err(Failure::new(Exit::Usage, format!("nothing matches `{pattern}`")).help(help));
    }
    Ok(inputs)
}

fn folder(path: &Path) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    walk(path, &mut inputs)?;
    if inputs.is_empty() {
        let message = format!("no spec in the folder `{}`", path.display());
        let help = format!("call specs `NAME{ENDING}`, or name files of another name one by one");
        return Err(Failure::new(Exit::Usage, message).help(help));
    }
    Ok(inputs)
}

/// Collects the specs below a folder. Links to folders are not followed, since they may lead back.
fn walk(folder: &Path, inputs: &mut Vec<Input>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(folder, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        // `.` is how people name the folder they are in, and no part of a file's name.
        let path = if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_str()) && !MARKS.iter().any(|mark| path.join(mark).exists()) {
                walk(&path, inputs)?;
            }
        } else if name.ends_with(ENDING) && !path.is_dir() {
            inputs.push(Input::File(path));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Environment, format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with empty files.
    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn found(dir: &tempfile::TempDir, arguments: &[&str]) -> Result<Vec<String>, Failure> {
        let arguments: Vec<PathBuf> = arguments.iter().map(|argument| dir.path().join(argument)).collect();
        let name = |input: Input| match input {
            Input::Stdin => "-".to_owned(),
            Input::File(path) => path.strip_prefix(dir.path()).unwrap().to_string_lossy().replace('\\', "/"),
        };
        Ok(expand(&arguments)?.into_iter().map(name).collect())
    }

    #[test]
    fn a_folder_means_the_specs_below_it_in_order() {
        let dir = folder_with(&[
            "b.peng.yaml",
            "a/z.peng.yaml",
            "a/other.yaml",
            ".hidden/x.peng.yaml",
            ".#b.peng.yaml",
            "target/x.peng.yaml",
            "cache/CACHEDIR.TAG",
            "cache/x.peng.yaml",
            "runs/one/run.json",
            "runs/one/spec/b.peng.yaml",
            "a.peng.yaml",
        ]);
        assert_eq!(found(&dir, &[""]).unwrap(), ["a/z.peng.yaml", "a.peng.yaml", "b.peng.yaml"]);
        assert_eq!(found(&dir, &["target"]).unwrap(), ["target/x.peng.yaml"], "what is named is not skipped");
    }

    #[test]
    fn a_spec_that_is_named_twice_is_read_once() {
        let dir = folder_with(&["a.peng.yaml", "b.peng.yaml"]);
        let files = found(&dir, &["b.peng.yaml", "", "./a.peng.yaml", "*.yaml"]).unwrap();
        assert_eq!(files, ["b.peng.yaml", "a.peng.yaml"]);
        let twice = expand(&[PathBuf::from("-"), PathBuf::from("-")]).unwrap();
        assert_eq!(twice, [Input::Stdin]);
    }

    #[test]
    fn globs_mean_what_a_shell_makes_of_them() {
        let dir = folder_with(&["a/one.yaml", "a/two.yml", "a/.three.yaml", "b/c/four.yaml", "[x].yaml"]);
        assert_eq!(found(&dir, &["a/*.yaml"]).unwrap(), ["a/one.yaml"]);
        assert_eq!(found(&dir, &["a/t?o.y*"]).unwrap(), ["a/two.yml"]);
        let deep = found(&dir, &["**/*.yaml"]).unwrap();
        assert_eq!(deep, ["[x].yaml", "a/one.yaml", "b/c/four.yaml"]);
        assert_eq!(found(&dir, &["b/**/c/f*.yaml"]).unwrap(), ["b/c/four.yaml"]);
        assert_eq!(found(&dir, &["*/./o*"]).unwrap(), ["a/one.yaml"]);
        assert_eq!(found(&dir, &["a/.t*"]).unwrap(), ["a/.three.yaml"], "a dot that is written matches");
        assert_eq!(found(&dir, &["[x].yaml"]).unwrap(), ["[x].yaml"]);
    }

    #[test]
    fn nothing_found_is_wrong_usage() {
        let dir = folder_with(&["a/other.yaml"]);
        for argument in ["a", "a/*.json", "a/[x"] {
            let failure = found(&dir, &[argument]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{argument}");
            assert!(failure.help.is_some(), "{argument}");
        }
        assert_eq!(found(&dir, &["a/absent.yaml"]).unwrap(), ["a/absent.yaml"], "reading it will tell");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_match_as_well() {
        use std::os::unix::ffi::OsStrExt;
        let dir = folder_with(&["a.peng.yaml"]);
        let odd = dir.path().join(std::ffi::OsStr::from_bytes(b"b\xff.peng.yaml"));
        // Not every file system takes such a name.
        if std::fs::write(odd, "").is_ok() {
            assert_eq!(found(&dir, &["*"]).unwrap(), ["a.peng.yaml", "b\u{fffd}.peng.yaml"]);
            assert_eq!(found(&dir, &["**/b?.peng.yaml"]).unwrap(), ["b\u{fffd}.peng.yaml"]);
            assert_eq!(found(&dir, &["**/*c*"]).unwrap_err().exit, Exit::Usage);
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_back_are_not_followed() {
        let dir = folder_with(&["a/one.peng.yaml"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("a/one.peng.yaml"), dir.path().join("two.peng.yaml"))
            .unwrap();
        assert_eq!(found(&dir, &[""]).unwrap(), ["a/one.peng.yaml"], "one file, by its first name");
    }
}
