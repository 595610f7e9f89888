//! `table`: CSV tables of numbers with a column of classes, for networks without convolutions.
//!
//! Values are taken as they are; `dataset.normalize: channels` gives each feature mean 0 and deviation 1 by what the training
//! split alone is like. Classes are the values of the target column in the training part, in order: whole numbers by size,
//! then texts.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::declared::sizes;
use super::{DataError, DatasetEntry, Examples, Part, broken};

/// The data set.
#[derive(Debug)]
pub(super) struct Table;

/// Parameters of `table`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// CSV file of the training part, with names of columns in its first line; with a test part the directory of `train.csv` and
    /// `test.csv`.
    pub path: String,
    /// Name of the column that holds the class.
    pub target: String,
    /// Names of columns that are left out.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Number of features: the columns that are left, which hold numbers.
    #[schemars(range(min = 1))]
    pub input: usize,
    /// Number of classes.
    #[schemars(range(min = 2, max = 65536))]
    pub classes: usize,
    /// Lines of the training part, which the validation split is taken from.
    #[schemars(range(min = 2))]
    pub train: usize,
    /// Lines of the test part; default 0, there is none.
    #[serde(default)]
    pub test: usize,
}

impl Typed for Table {
    type Params = Params;
    const NAME: &'static str = "table";
    const SUMMARY: &'static str = "A CSV table of numbers with a column of classes; use it with `normalize: channels`, which scales each column by the training split alone";

    fn check(params: &Params) -> Vec<Issue> {
        let mut issues = sizes(params.classes, params.train);
        if params.input == 0 {
            issues.push(Issue::new("/input", "found 0 features, expected at least 1"));
        }
        if let Some(index) = params.ignore.iter().position(|name| *name == params.target) {
            let message = format!("found the target `{}` among what is left out", params.target);
            issues.push(Issue::new(format!("/ignore/{index}"), message));
        }
        issues
    }
}

impl DatasetKind for Table {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let input = Shape::Vector { features: params.input };
        Ok(DatasetFacts { input, classes: params.classes, train: params.train, test: params.test })
    }
}

impl DatasetEntry for Table {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let params = typed(params)?;
        let (train, test) = files(&params)?;
        let lines = read(&train, &params)?;
        let classes = classes(&train, &lines, &params)?;
        let (path, lines) = match (part, test) {
            (Part::Train, _) => (train, lines),
            (Part::Test, Some(test)) => {
                let lines = read(&test, &params)?;
                (test, lines)
            }
            (Part::Test, None) => (train, Lines::default()),
        };
        let (found, count) = (
            lines.classes.len(),
            match part {
                Part::Train => params.train,
                Part::Test => params.test,
            },
        );
        if found != count {
            let reason = format!("found {found} lines below the names, expected {count}");
            return Err(DataError::Malformed { path, reason });
        }
        let mut labels = Vec::with_capacity(count);
        for (line, class) in &lines.classes {
            let Ok(label) = classes.binary_search_by(|known| order(known, class)) else {
                let reason =
                    format!("found the class `{class}` in line {line}, which the training part has not");
                return Err(DataError::Malformed { path, reason });
            };
            labels.push(label as u16);
        }
        let input = Shape::Vector { features: params.input };
        Ok(Examples { input, classes: params.classes, pixels: lines.values, labels })
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let params = typed(params)?;
        files(&params)?;
        Ok(Some(params.path.into()))
    }
}

fn typed(params: &Value) -> Result<Params, DataError> {
    read_params(params).map_err(|issues| DataError::Facts {
        reason: issues.into_iter().map(|issue| issue.message).collect::<Vec<_>>().join("; "),
    })
}

/// The files of both parts, all of which are there.
fn files(params: &Params) -> Result<(PathBuf, Option<PathBuf>), DataError> {
    let path = PathBuf::from(&params.path);
    let missing = |file: &str, looked: &Path| DataError::Missing {
        dataset: "table",
        file: file.to_owned(),
        looked: vec![looked.to_owned()],
        help: "name the CSV file in `path`, or the directory of `train.csv` and `test.csv`".to_owned(),
    };
    if params.test == 0 && path.is_file() {
        return Ok((path, None));
    }
    if path.is_file() {
        // One file is one part.
        return Err(DataError::Facts {
            reason: format!(
                "found the file `{}`, expected the directory of `train.csv` and `test.csv`, since `test` is {}",
                path.display(),
                params.test
            ),
        });
    }
    let [train, test] = ["train.csv", "test.csv"].map(|name| path.join(name));
    if !train.is_file() {
        return Err(missing("train.csv", &path));
    }
    if params.test > 0 && !test.is_file() {
        return Err(missing("test.csv", &path));
    }
    Ok((train, (params.test > 0).then_some(test)))
}

/// What a file says, line after line.
#[derive(Debug, Default)]
struct Lines {
    values: Vec<f32>,
    /// Where it stands, and the class.
    classes: Vec<(u64, String)>,
}

fn read(path: &Path, params: &Params) -> Result<Lines, DataError> {
    let malformed = |reason: String| DataError::Malformed { path: path.to_owned(), reason };
    let told = |error: csv::Error| {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(source) => broken(path, source),
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let line = pos.map_or(0, |pos| pos.line());
                malformed(format!("found {len} columns in line {line}, expected {expected_len}"))
            }
            _ => malformed(format!("found damaged data: {text}")),
        }
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(told)?;
    let names = reader.headers().map_err(told)?.clone();
    for name in params.ignore.iter().chain([&params.target]) {
        match names.iter().filter(|column| column == name).count() {
            0 => {
                let names: Vec<&str> = names.iter().take(20).collect();
                return Err(malformed(format!("found no column `{name}` among [{}]", names.join(", "))));
            }
            1 => {}
            many => return Err(malformed(format!("found {many} columns `{name}`, expected one"))),
        }
    }
    let mut lines = Lines::default();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(told)? {
        let line = record.position().map_or(0, csv::Position::line);
        let before = lines.values.len();
        for (name, text) in names.iter().zip(&record) {
            if name == params.target {
                if text.is_empty() {
                    return Err(malformed(format!(
                        "found nothing in column `{name}` of line {line}, expected a class"
                    )));
                }
                lines.classes.push((line, text.to_owned()));
            } else if !params.ignore.iter().any(|ignored| ignored == name) {
                let value = text.parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| {
                    let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
                    malformed(format!("found {found} in column `{name}` of line {line}, expected a number"))
                })?;
                lines.values.push(value);
            }
        }
        let found = lines.values.len() - before;
        if found != params.input {
            return Err(malformed(format!("found {found} features, expected {}", params.input)));
        }
    }
    Ok(lines)
}

/// The classes, sorted.
fn classes(path: &Path, lines: &Lines, params: &Params) -> Result<Vec<String>, DataError> {
    let distinct: BTreeSet<&String> = lines.classes.iter().map(|(_, class)| class).collect();
    let mut classes: Vec<String> = distinct.into_iter().cloned().collect();
    classes.sort_by(|a, b| order(a, b));
    if classes.len() == params.classes {
        return Ok(classes);
    }
    let some: Vec<&str> = classes.iter().take(20).map(String::as_str).collect();
    let reason = format!(
        "found {} classes in column `{}`, expected {}: [{}]",
        classes.len(),
        params.target,
        params.classes,
        some.join(", ")
    );
    Err(DataError::Malformed { path: path.to_owned(), reason })
}

/// Whole numbers by size, then texts.
fn order(a: &str, b: &str) -> Ordering {
    let key = |text: &str| text.parse::<i64>().map_or((1, 0), |number| (0, number));
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    use super::*;

    const TRAIN: &str = "id,width,class,height\n1,0.5,b,10\n2,-1,a, 20\n3,1e3,b,0\n";

    fn open(train: &str, test: Option<&str>, part: Part) -> Result<Examples, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("train.csv"), train).unwrap();
        if let Some(test) = test {
            std::fs::write(dir.path().join("test.csv"), test).unwrap();
        }
        let params = json!({
            "path": dir.path(), "target": "class", "ignore": ["id"], "input": 2, "classes": 2, "train": 3,
            "test": test.map_or(0, |_| 1),
        });
        let params = Table.normalise(&params).unwrap();
        Table.locate(&params).map_err(|error| error.to_string())?;
        Table.open(&params, part).map_err(|error| error.to_string())
    }

    #[test]
    fn features_and_classes_are_read() {
        let train = open(TRAIN, None, Part::Train).unwrap();
        assert_eq!(train.input, Shape::Vector { features: 2 });
        assert_eq!(train.pixels, [0.5, 10.0, -1.0, 20.0, 1000.0, 0.0]);
        assert_eq!(train.labels, [1, 0, 1]);
        let test = open(TRAIN, Some("id,width,class,height\n9,7,b,8\n"), Part::Test).unwrap();
        assert_eq!((test.pixels, test.labels), (vec![7.0, 8.0], vec![1]));
    }

    #[test]
    fn whole_numbers_are_ordered_by_size_and_before_texts() {
        let mut classes = ["b", "10", "-1", "9", "a"];
        classes.sort_by(|a, b| order(a, b));
        assert_eq!(classes, ["-1", "9", "10", "a", "b"]);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_line() {
        for (train, expected) in [
            (TRAIN.replace("1e3", "x"), "found `x` in column `width` of line 4, expected a number"),
            (TRAIN.replace("1e3", ""), "found nothing in column `width` of line 4, expected a number"),
            (TRAIN.replace("1e3", "inf"), "found `inf` in column `width` of line 4, expected a number"),
            (TRAIN.replace("2,-1,a", "2,-1,"), "found nothing in column `class` of line 3, expected a class"),
            (TRAIN.replace("1e3,b,0", "1e3,b"), "found 3 columns in line 4, expected 4"),
            (TRAIN.replace("1e3,b", "1e3,c"), "found 3 classes in column `class`, expected 2: [a, b, c]"),
            (TRAIN.replace("class", "kind"), "found no column `class` among [id, width, kind, height]"),
            (TRAIN.replace("width", "class"), "found 2 columns `class`, expected one"),
            (TRAIN.replace("id,", "no,"), "found no column `id` among [no, width, class, height]"),
            (format!("{TRAIN}4,1,a,2\n"), "found 4 lines below the names, expected 3"),
            (TRAIN[..TRAIN.len() / 2].to_owned(), "found 2 columns in line 2, expected 4"),
            (String::new(), "found no column `id` among []"),
        ] {
            let error = open(&train, None, Part::Train).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
        }
        let error = open(TRAIN, Some("id,width,class,height\n9,7,z,8\n"), Part::Test).unwrap_err();
        assert!(error.ends_with("found the class `z` in line 2, which the training part has not"), "{error}");
    }

    #[test]
    fn files_that_are_missing_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let locate = |path: &Path, test: usize| {
            let params =
                json!({"path": path, "target": "y", "input": 2, "classes": 2, "train": 3, "test": test});
            Table.locate(&Table.normalise(&params).unwrap()).map_err(|error| error.to_string())
        };
        let missing = locate(dir.path(), 0).unwrap_err();
        assert!(missing.contains("looked for `train.csv` in"), "{missing}");
        let file = dir.path().join("train.csv");
        std::fs::write(&file, TRAIN).unwrap();
        assert!(locate(dir.path(), 1).unwrap_err().contains("looked for `test.csv` in"));
        assert!(locate(&file, 1).unwrap_err().ends_with("since `test` is 1"));
        assert_eq!(locate(&file, 0).unwrap(), Some(file));
    }
}
