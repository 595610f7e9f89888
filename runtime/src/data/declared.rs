//! Data of the user: what a spec says of them, so that it is checked without them, and how files are compared with that.

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, Issue, Target, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DataError, Part};

/// Labels are 16 bits wide.
const MOST_OUTPUTS: usize = 65_536;

/// Values of a training part, 4 TiB of them.
const MOST_VALUES: u128 = 1 << 40;

/// Parameters of kinds that hold data of the user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredParams {
    /// File or directory of the data.
    pub path: String,
    /// Shape of an image, channels by height by width, such as `1x28x28`; or the number of features.
    #[schemars(schema_with = "input")]
    pub input: Input,
    /// Number of classes; labels count from 0.
    #[schemars(range(min = 2, max = 65536))]
    pub classes: usize,
    /// Examples of the training part, which the validation split is taken from.
    #[schemars(range(min = 2))]
    pub train: usize,
    /// Examples of the test part; default 0, there is none.
    #[serde(default)]
    pub test: usize,
}

/// What one example is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Input {
    Features(usize),
    Image(String),
}

pub(super) fn input(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "anyOf": [
            { "type": "string", "pattern": "^[1-9][0-9]*x[1-9][0-9]*x[1-9][0-9]*$" },
            { "type": "integer", "minimum": 1 },
        ],
        "x-expected": "CxHxW, such as `1x28x28`, or the number of features",
        "examples": json!(["1x28x28", "3x32x32", 30]),
    })
}

impl Input {
    pub(super) fn shape(&self) -> Result<Shape, Vec<Issue>> {
        match self {
            Self::Features(0) => Err(vec![Issue::new("/input", "found 0 features, expected at least 1")]),
            Self::Features(features) => Ok(Shape::Vector { features: *features }),
            Self::Image(text) => {
                text.parse().map_err(|e: peng_spec::arch::ShapeError| vec![Issue::new("/input", e.0)])
            }
        }
    }
}

impl DeclaredParams {
    /// What the schema cannot say; `fits` says which shapes the kind has, or what it expected.
    pub(super) fn check(&self, fits: impl Fn(Shape) -> Option<&'static str>) -> Vec<Issue> {
        check(&self.input, target(Some(self.classes), None), self.train, fits)
    }
}

/// What the schema cannot say of these; `fits` says which shapes the kind has, or what it expected.
pub(super) fn check(
    input: &Input,
    target: Result<Target, Issue>,
    train: usize,
    fits: impl Fn(Shape) -> Option<&'static str>,
) -> Vec<Issue> {
    let mut issues = Vec::new();
    match input.shape() {
        Ok(shape) => issues.extend(
            fits(shape).map(|expected| Issue::new("/input", format!("found `{shape}`, expected {expected}"))),
        ),
        Err(found) => issues.extend(found),
    }
    issues.extend(target.err());
    issues.extend(enough(train));
    if issues.is_empty() && input.shape().is_ok_and(|shape| values(shape, train) > MOST_VALUES) {
        issues.push(Issue::new("/train", format!("found {train} examples, which no memory holds")));
    }
    issues
}

fn values(shape: Shape, examples: usize) -> u128 {
    let dims = match shape {
        Shape::Image { channels, height, width } => [channels, height, width],
        Shape::Vector { features } => [1, 1, features],
    };
    dims.into_iter().fold(examples as u128, |product, dim| product.saturating_mul(dim as u128))
}

/// What is told of an example, where either `classes` or `targets` says it.
pub(super) fn target(classes: Option<usize>, targets: Option<usize>) -> Result<Target, Issue> {
    let range = |key: &str, found: usize, least: usize| {
        let message = format!("found {found} {key}, expected {least} to {MOST_OUTPUTS}");
        Issue::new(format!("/{key}"), message)
    };
    match (classes, targets) {
        (Some(classes), None) if (2..=MOST_OUTPUTS).contains(&classes) => Ok(Target::Classes(classes)),
        (Some(classes), None) => Err(range("classes", classes, 2)),
        (None, Some(targets)) if (1..=MOST_OUTPUTS).contains(&targets) => Ok(Target::Values(targets)),
        (None, Some(targets)) => Err(range("targets", targets, 1)),
        (Some(_), Some(_)) => {
            Err(Issue::new("/targets", "found `classes` and `targets`, expected one of them")
                .help("write `classes` for classification, or `targets` for a regression"))
        }
        (None, None) => Err(Issue::new("", "found neither `classes` nor `targets`")
            .help("add `classes`, the number of classes, or `targets`, how many numbers a regression tells")),
    }
}

/// What is wrong with so few examples.
pub(super) fn enough(train: usize) -> Option<Issue> {
    (train < 2).then(|| Issue::new("/train", format!("found {train} examples, expected at least 2")))
}

/// The declared facts.
pub(super) fn facts(params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
    let params: DeclaredParams = read_params(params)?;
    let input = params.input.shape()?;
    Ok(DatasetFacts {
        input,
        target: Target::Classes(params.classes),
        train: params.train,
        test: params.test,
    })
}

/// The path and what is declared of it, for reading.
pub(super) fn declared(params: &Value) -> Result<(PathBuf, DatasetFacts), DataError> {
    let path = read_params::<DeclaredParams>(params).map_err(wrong)?.path;
    Ok((path.into(), facts(params).map_err(wrong)?))
}

/// Parameters that a plan should not have.
pub(super) fn wrong(issues: Vec<Issue>) -> DataError {
    DataError::Facts { reason: issues.into_iter().map(|issue| issue.message).collect::<Vec<_>>().join("; ") }
}

/// The declared examples of a part. A part without any is not read.
pub(super) fn expected(facts: &DatasetFacts, part: Part) -> usize {
    match part {
        Part::Train => facts.train,
        Part::Test => facts.test,
    }
}

/// Labels of a file, each below the number of classes.
pub(super) fn checked_labels(
    path: &Path,
    labels: impl Iterator<Item = i64>,
    classes: usize,
) -> Result<Vec<u16>, DataError> {
    labels
        .enumerate()
        .map(|(index, label)| {
            let fits = usize::try_from(label).is_ok_and(|label| label < classes);
            u16::try_from(label).ok().filter(|_| fits).ok_or_else(|| DataError::Malformed {
                path: path.to_owned(),
                reason: format!(
                    "found the label {label} of example {index}, expected one from 0 to {}",
                    classes.saturating_sub(1)
                ),
            })
        })
        .collect()
}
