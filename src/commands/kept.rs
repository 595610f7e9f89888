//! What a run keeps of its spec: the files as they were read, bases too, and what the command line set.

use std::path::Path;

use peng_runtime::store::SourceFile;
use peng_spec::overlay;
use peng_spec::source::SourceMap;

use crate::commands::load::Settings;

/// What a run keeps of the spec: its files, placed to each other as they were, and the settings.
pub(crate) fn kept(sources: &SourceMap, settings: &Settings) -> Vec<SourceFile> {
    let absolute = |name: &str| std::path::absolute(name).unwrap_or_else(|_| name.into());
    let files: Vec<_> = sources
        .files()
        .filter(|&file| sources.name(file) != overlay::COMMAND_LINE)
        .map(|file| (absolute(sources.name(file)), sources.text(file).to_string()))
        .collect();
    let mut folder = files.first().and_then(|(path, _)| path.parent()).unwrap_or(Path::new("")).to_owned();
    while !files.iter().all(|(path, _)| path.starts_with(&folder)) && folder.pop() {}
    let mut kept: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: path.strip_prefix(&folder).unwrap_or(path).to_owned(),
            text: text.clone(),
        })
        .collect();
    if !settings.list.is_empty() {
        let text = settings.list.iter().flat_map(|setting| ["--set ", setting.as_str(), "\n"]).collect();
        kept.push(SourceFile { path: "command-line.txt".into(), text });
    }
    kept
}
