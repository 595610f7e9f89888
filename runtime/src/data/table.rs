//! `table`: CSV tables of numbers with a column of classes, or with the targets of a regression, for networks without
//! convolutions.
//!
//! Values are taken as they are; `dataset.normalize: channels` gives each feature mean 0 and deviation 1 by what the training
//! split alone is like. Classes are the values of the target column in the training part, in order: whole numbers by size,
//! then texts.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::declared::{enough, expected, target, wrong};
use super::{DataError, DatasetEntry, Examples, Labels, Part, broken};

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
    /// Name of the column that holds the class, or the target of a regression; a list of names where there are several
    /// targets.
    #[schemars(schema_with = "columns")]
    pub target: Columns,
    /// Names of columns that are left out.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Number of features: the columns that are left, which hold numbers.
    #[schemars(range(min = 1))]
    pub input: usize,
    /// Number of classes.
    #[schemars(range(min = 2, max = 65536))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Instead of `classes` for a regression: how many targets there are, each a column of numbers.
    #[schemars(range(min = 1, max = 65536))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    /// Lines of the training part, which the validation split is taken from.
    #[schemars(range(min = 2))]
    pub train: usize,
    /// Lines of the test part; default 0, there is none.
    #[serde(default)]
    pub test: usize,
}

/// One column, or several.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Columns {
    One(String),
    Several(Vec<String>),
}

impl Columns {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

fn columns(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" }, "minItems": 1 },
        ],
        "x-expected": "the name of a column, or a list of names",
        "examples": json!(["species", ["width", "height"]]),
    })
}

impl Typed for Table {
    type Params = Params;
    const NAME: &'static str = "table";
    const SUMMARY: &'static str = "A CSV table of numbers with a column of classes, or with the targets of a regression; use it with `normalize: channels`, which scales each column by the training split alone";

    fn check(params: &Params) -> Vec<Issue> {
        let mut issues: Vec<Issue> = enough(params.train).into_iter().collect();
        let names = params.target.names();
        match target(params.classes, params.targets) {
            Err(issue) => issues.push(issue),
            Ok(Target::Classes(_)) if names.len() != 1 => {
                let message = format!("found {} columns of classes, expected one", names.len());
                issues.push(Issue::new("/target", message));
            }
            Ok(Target::Values(targets)) if names.len() != targets => {
                let message =
                    format!("found {} columns, expected {targets}, since `targets` says so", names.len());
                issues.push(Issue::new("/target", message).also("/targets", "the number of targets"));
            }
            Ok(Target::Classes(_) | Target::Values(_)) => {}
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                let message = format!("found the target `{name}` twice");
                issues.push(Issue::new(format!("/target/{index}"), message));
            }
        }
        if params.input == 0 {
            issues.push(Issue::new("/input", "found 0 features, expected at least 1"));
        }
        if let Some(index) = params.ignore.iter().position(|name| names.contains(name)) {
            let message = format!("found the target `{}` among what is left out", params.ignore[index]);
            issues.push(Issue::new(format!("/ignore/{index}"), message));
        }
        issues
    }
}

impl DatasetKind for Table {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let input = Shape::Vector { features: params.input };
        let target = target(params.classes, params.targets).map_err(|issue| vec![issue])?;
        Ok(DatasetFacts { input, target, train: params.train, test: params.test })
    }
}

impl DatasetEntry for Table {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let facts = self.facts(params).map_err(wrong)?;
        let params = typed(params)?;
        let (train, test) = files(&params)?;
        let of = |path: &Path| read(path, &params, facts.target);
        let (path, lines) = match (part, &test) {
            (Part::Train, _) => (&train, of(&train)?),
            (Part::Test, Some(test)) => (test, of(test)?),
            (Part::Test, None) => (&train, Lines::default()),
        };
        let (found, count) = (lines.numbers.len(), expected(&facts, part));
        if found != count {
            let reason = format!("found {found} lines below the names, expected {count}");
            return Err(DataError::Malformed { path: path.clone(), reason });
        }
        let labels = match facts.target {
            Target::Values(targets) => Labels::Values { targets, of: lines.targets },
            Target::Classes(number) => {
                let known = match part {
                    Part::Train => classes(&train, &lines, &params, number)?,
                    Part::Test => classes(&train, &of(&train)?, &params, number)?,
                };
                Labels::Classes { classes: number, of: numbered(path, &lines, &known)? }
            }
        };
        Ok(Examples { input: facts.input, pixels: lines.values, labels })
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let params = typed(params)?;
        files(&params)?;
        Ok(Some(params.path.into()))
    }
}

fn typed(params: &Value) -> Result<Params, DataError> {
    read_params(params).map_err(wrong)
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
    /// The number of each line in its file.
    numbers: Vec<u64>,
    /// The class of each line.
    classes: Vec<String>,
    /// The targets of each line, in the order of the spec.
    targets: Vec<f64>,
}

fn read(path: &Path, params: &Params, target: Target) -> Result<Lines, DataError> {
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
    let sought = params.target.names();
    for name in params.ignore.iter().chain(sought) {
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
        let first = lines.targets.len();
        lines.numbers.push(line);
        if matches!(target, Target::Values(_)) {
            lines.targets.resize(first + sought.len(), 0.0);
        }
        for (name, text) in names.iter().zip(&record) {
            let no = |expected: &str| {
                let found = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
                malformed(format!("found {found} in column `{name}` of line {line}, expected {expected}"))
            };
            match (sought.iter().position(|sought| sought == name), target) {
                (Some(_), Target::Classes(_)) if text.is_empty() => return Err(no("a class")),
                (Some(_), Target::Classes(_)) => lines.classes.push(text.to_owned()),
                (Some(place), Target::Values(_)) => {
                    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
                    lines.targets[first + place] = value.ok_or_else(|| no("a number"))?;
                }
                (None, _) if params.ignore.iter().any(|ignored| ignored == name) => {}
                (None, _) => {
                    let value = text.parse().ok().filter(|value: &f32| value.is_finite());
                    lines.values.push(value.ok_or_else(|| no("a number"))?);
                }
            }
        }
        let found = lines.values.len() - before;
        if found != params.input {
            return Err(malformed(format!("found {found} features, expected {}", params.input)));
        }
    }
    Ok(lines)
}

/// The place of each line's class among the known ones.
fn numbered(path: &Path, lines: &Lines, known: &[String]) -> Result<Vec<u16>, DataError> {
    let of = |(class, line): (&String, &u64)| {
        let place = known.binary_search_by(|known| order(known, class));
        place.map(|place| place as u16).map_err(|_| DataError::Malformed {
            path: path.to_owned(),
            reason: format!("found the class `{class}` in line {line}, which the training part has not"),
        })
    };
    lines.classes.iter().zip(&lines.numbers).map(of).collect()
}

/// The classes, sorted.
fn classes(path: &Path, lines: &Lines, params: &Params, number: usize) -> Result<Vec<String>, DataError> {
    let distinct: BTreeSet<&String> = lines.classes.iter().collect();
    let mut classes: Vec<String> = distinct.into_iter().cloned().collect();
    classes.sort_by(|a, b| order(a, b));
    if classes.len() == number {
        return Ok(classes);
    }
    let some: Vec<&str> = classes.iter().take(20).map(String::as_str).collect();
    let reason = format!(
        "found {} classes in column `{}`, expected {number}: [{}]",
        classes.len(),
        params.target.names().join("`, `"),
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
pub(super) mod tests {
    use peng_spec::catalog::Kind as _;

    #[cfg(feature = "train")]
    use super::super::small::Pictures;
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

    /// The brightness of each picture's halves, and its label, as a class and as a target.
    #[cfg(feature = "train")]
    pub(crate) fn small(pictures: &Pictures) -> [Examples; 2] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let bytes = pictures.bytes(36);
        let lines = bytes.chunks(36).zip(&pictures.labels).map(|(image, label)| {
            let [left, right] =
                [&image[..18], &image[18..]].map(|half| half.iter().map(|&b| u32::from(b)).sum::<u32>());
            format!("{left},{label},{right},{}\n", 1000.0 + 0.25 * f64::from(*label))
        });
        std::fs::write(&path, lines.fold("left,class,right,value\n".to_owned(), |text, line| text + &line))
            .unwrap();
        let train = pictures.labels.len();
        [
            json!({"path": path, "target": "class", "ignore": ["value"], "input": 2, "classes": 3, "train": train}),
            json!({"path": path, "target": "value", "ignore": ["class"], "input": 2, "targets": 1, "train": train}),
        ]
        .map(|params| Table.open(&Table.normalise(&params).unwrap(), Part::Train).unwrap())
    }

    #[test]
    fn targets_are_read_in_the_order_of_the_spec() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, "a,x,b\n1,10,-0.5\n2,20,1e3\n").unwrap();
        let params = json!({"path": path, "target": ["b", "a"], "input": 1, "targets": 2, "train": 2});
        let params = Table.normalise(&params).unwrap();
        let read = Table.open(&params, Part::Train).unwrap();
        assert_eq!(read.pixels, [10.0, 20.0]);
        assert_eq!(read.labels, Labels::Values { targets: 2, of: vec![-0.5, 1.0, 1000.0, 2.0] });
        std::fs::write(&path, "a,x,b\n1,10,-0.5\n2,20,high\n").unwrap();
        let error = Table.open(&params, Part::Train).unwrap_err().to_string();
        assert!(error.ends_with("found `high` in column `b` of line 3, expected a number"), "{error}");
    }

    #[test]
    fn features_and_classes_are_read() {
        let train = open(TRAIN, None, Part::Train).unwrap();
        assert_eq!(train.input, Shape::Vector { features: 2 });
        assert_eq!(train.pixels, [0.5, 10.0, -1.0, 20.0, 1000.0, 0.0]);
        assert_eq!(train.classes(), [1, 0, 1]);
        let test = open(TRAIN, Some("id,width,class,height\n9,7,b,8\n"), Part::Test).unwrap();
        assert_eq!((&test.pixels[..], test.classes()), (&[7.0, 8.0][..], &[1][..]));
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
