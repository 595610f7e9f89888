//! `npz`: arrays of NumPy, examples `x` and labels `y`, as `numpy.savez` and `numpy.savez_compressed` write them.
//!
//! With a test part the file also has `x_test` and `y_test`; `x_train` and `y_train`, as Keras names them, do for the first
//! two. Bytes of images become values from 0 to 1; all else is taken as it is.

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed, read_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::declared::{Input, check, checked_labels, expected, input, target, wrong};
use super::npy::{Array, Number};
use super::zip::Zip;
use super::{DataError, DatasetEntry, Examples, Labels, Part, broken};

/// The data set.
#[derive(Debug)]
pub(super) struct Npz;

/// Parameters of `npz`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// File of the arrays.
    pub path: String,
    /// Shape of an image, channels by height by width, such as `1x28x28`; or the number of features.
    #[schemars(schema_with = "input")]
    pub input: Input,
    /// Number of classes; `y` holds whole numbers that count from 0.
    #[schemars(range(min = 2, max = 65536))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Instead of `classes` for a regression: how many numbers of an example `y` holds.
    #[schemars(range(min = 1, max = 65536))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    /// Examples of the training part, which the validation split is taken from.
    #[schemars(range(min = 2))]
    pub train: usize,
    /// Examples of the test part; default 0, there is none.
    #[serde(default)]
    pub test: usize,
}

impl Typed for Npz {
    type Params = Params;
    const NAME: &'static str = "npz";
    const SUMMARY: &'static str = "Arrays of NumPy: `path` is a file of savez with `x` (examples by features, or by channels, height and width; channels may be last) and `y` (labels, or the `targets` of a regression), and with a test part `x_test` and `y_test`";

    fn check(params: &Params) -> Vec<Issue> {
        check(&params.input, target(params.classes, params.targets), params.train, |_| None)
    }
}

impl DatasetKind for Npz {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let target = target(params.classes, params.targets).map_err(|issue| vec![issue])?;
        Ok(DatasetFacts { input: params.input.shape()?, target, train: params.train, test: params.test })
    }
}

impl DatasetEntry for Npz {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let (path, facts) = (file(params)?, self.facts(params).map_err(wrong)?);
        let count = expected(&facts, part);
        let mut zip = Zip::open(&path).map_err(|e| broken(&path, e))?;
        let [x, y] = match part {
            Part::Train => [["x", "x_train"], ["y", "y_train"]],
            Part::Test => [["x_test"; 2], ["y_test"; 2]],
        };
        let known = array(&path, &mut zip, y)?;
        let labels = labels(&path, y[0], &known, facts.target, count)?;
        let values = array(&path, &mut zip, x)?;
        let pixels = examples(&path, x[0], &values, facts.input, count)?;
        Ok(Examples { input: facts.input, pixels, labels })
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let path = file(params)?;
        if path.is_file() {
            return Ok(Some(path));
        }
        Err(DataError::Missing {
            dataset: "npz",
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            looked: vec![path.parent().map_or_else(PathBuf::new, Path::to_owned)],
            help: "name the file that `numpy.savez` has written in `path`".to_owned(),
        })
    }
}

fn file(params: &Value) -> Result<PathBuf, DataError> {
    Ok(read_params::<Params>(params).map_err(wrong)?.path.into())
}

/// What is known of the examples: `y`.
fn labels(path: &Path, name: &str, known: &Array, target: Target, count: usize) -> Result<Labels, DataError> {
    let width = match target {
        Target::Classes(_) => 1,
        Target::Values(targets) => targets,
    };
    if known.dims != [count, width] && !(width == 1 && known.dims == [count]) {
        let expected = if width == 1 { format!("[{count}]") } else { format!("[{count}, {width}]") };
        return Err(dims(path, name, &known.dims, &expected));
    }
    let malformed = |reason: String| DataError::Malformed { path: path.to_owned(), reason };
    match target {
        Target::Classes(_) if !known.kind.is_whole() => {
            Err(malformed(format!("found {} in `{name}`, expected whole numbers", known.kind)))
        }
        Target::Classes(classes) => {
            Ok(Labels::Classes { classes, of: checked_labels(path, known.whole(), classes)? })
        }
        Target::Values(targets) => {
            let of: Vec<f64> = known.exact().collect();
            match of.iter().find(|value| !value.is_finite()) {
                None => Ok(Labels::Values { targets, of }),
                Some(value) => Err(malformed(format!("found {value} in `{name}`, expected finite numbers"))),
            }
        }
    }
}

/// The array of the first of the names that the file has.
fn array(path: &Path, zip: &mut Zip, names: [&str; 2]) -> Result<Array, DataError> {
    for name in names {
        if let Some(content) = zip.read(&format!("{name}.npy")).map_err(|e| broken(path, e))? {
            return Array::parse(content).map_err(|reason| DataError::Malformed {
                path: path.to_owned(),
                reason: format!("`{name}`: {reason}"),
            });
        }
    }
    let mut found: Vec<&str> = zip.names().filter_map(|name| name.strip_suffix(".npy")).collect();
    found.sort_unstable();
    let reason = format!("found no array `{}` among [{}]", names[0], found.join(", "));
    Err(DataError::Malformed { path: path.to_owned(), reason })
}

/// The values, example after example in the order channels, height, width.
fn examples(
    path: &Path,
    name: &str,
    array: &Array,
    input: Shape,
    count: usize,
) -> Result<Vec<f32>, DataError> {
    let (expected, last) = match input {
        Shape::Vector { features } => (vec![vec![count, features]], None),
        Shape::Image { channels, height, width } => {
            let mut forms = vec![vec![count, channels, height, width]];
            if channels == 1 {
                forms.push(vec![count, height, width]);
            }
            (forms, Some([height * width, channels]))
        }
    };
    // Bytes are pixels in images only; half of their range means nothing in a table.
    let scale = match (input, array.kind) {
        (Shape::Image { .. }, Number::U8) => 255.0,
        (Shape::Image { .. } | Shape::Vector { .. }, _) => 1.0,
    };
    let mut values: Vec<f32> = array.values().map(|value| value / scale).collect();
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let reason = format!("found {} in `{name}`, expected finite numbers", values[at]);
        return Err(DataError::Malformed { path: path.to_owned(), reason });
    }
    if expected.contains(&array.dims) {
        return Ok(values);
    }
    if let (Some([plane, channels]), Shape::Image { height, width, .. }) = (last, input)
        && array.dims == [count, height, width, channels]
    {
        let mut image = vec![0.0; plane * channels];
        for values in values.chunks_exact_mut(plane * channels) {
            for (at, &value) in values.iter().enumerate() {
                image[at % channels * plane + at / channels] = value;
            }
            values.copy_from_slice(&image);
        }
        return Ok(values);
    }
    Err(dims(path, name, &array.dims, &format!("{:?}", expected[0])))
}

fn dims(path: &Path, name: &str, found: &[usize], expected: &str) -> DataError {
    let reason = format!("found `{name}` of {found:?}, expected {expected}");
    DataError::Malformed { path: path.to_owned(), reason }
}

#[cfg(test)]
pub(super) mod tests {
    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    use super::super::npy::tests::npy;
    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::super::zip::tests::zip;
    use super::*;

    fn open(files: &[(&str, Vec<u8>)], input: &Value, part: Part) -> Result<Examples, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npz");
        std::fs::write(&path, zip(files)).unwrap();
        let params = json!({"path": path, "input": input, "classes": 3, "train": 2, "test": 1});
        Npz.open(&Npz.normalise(&params).unwrap(), part).map_err(|error| error.to_string())
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn y(labels: &[i64]) -> Vec<u8> {
        let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        npy("<i8", &[labels.len()], &bytes)
    }

    fn opened(files: &[(&str, Vec<u8>)], params: Value) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let mut params = params;
        params["path"] = json!(dir.path().join("a.npz"));
        std::fs::write(dir.path().join("a.npz"), zip(files)).unwrap();
        Npz.open(&Npz.normalise(&params).unwrap(), Part::Train).unwrap()
    }

    /// Images as bytes.
    #[cfg(feature = "train")]
    pub(crate) fn small(pictures: &Pictures) -> Examples {
        let (count, labels) = (pictures.labels.len(), &pictures.labels);
        let x = npy("|u1", &[count, 1, 6, 6], &pictures.bytes(36));
        let files = [("x.npy", x), ("y.npy", npy("|u1", &[count], labels))];
        opened(&files, json!({"input": "1x6x6", "classes": 3, "train": count}))
    }

    /// The same with two targets, 100 and -0.5 times the label.
    #[cfg(feature = "train")]
    pub(crate) fn small_regression(pictures: &Pictures) -> Examples {
        let count = pictures.labels.len();
        let x = npy("|u1", &[count, 1, 6, 6], &pictures.bytes(36));
        let y: Vec<f32> = pictures
            .labels
            .iter()
            .map(|&label| f32::from(label))
            .flat_map(|y| [100.0 * y, -0.5 * y])
            .collect();
        let files = [("x.npy", x), ("y.npy", npy("<f4", &[count, 2], &floats(&y)))];
        opened(&files, json!({"input": "1x6x6", "targets": 2, "train": count}))
    }

    #[test]
    fn targets_are_numbers_of_any_kind() {
        let x = npy("<f4", &[2, 1], &floats(&[0.5, 1.0]));
        let params = json!({"input": 1, "targets": 1, "train": 2});
        for y in [
            npy("<i8", &[2], &[7_i64, -9].map(i64::to_le_bytes).concat()),
            npy("<f4", &[2, 1], &floats(&[7.0, -9.0])),
        ] {
            let read = opened(&[("x.npy", x.clone()), ("y.npy", y)], params.clone());
            assert_eq!(read.labels, Labels::Values { targets: 1, of: vec![7.0, -9.0] });
        }
        let of = |y: &[u8], dims: &[usize]| {
            let array = Array::parse(npy("<f4", dims, y)).unwrap();
            labels(Path::new("a"), "y", &array, Target::Values(2), 2).map_err(|error| error.to_string())
        };
        assert!(of(&floats(&[1.0; 4]), &[2, 2]).is_ok());
        let error = of(&floats(&[1.0; 2]), &[2]).unwrap_err();
        assert!(error.ends_with("found `y` of [2], expected [2, 2]"), "{error}");
        let error = of(&floats(&[1.0, 2.0, f32::INFINITY, 0.0]), &[2, 2]).unwrap_err();
        assert!(error.ends_with("found inf in `y`, expected finite numbers"), "{error}");
    }

    #[test]
    fn tables_and_images_of_both_orders_are_read() {
        let x = npy("<f4", &[2, 2], &floats(&[0.5, -7.0, 1e6, 3.0]));
        let table = open(&[("x.npy", x), ("y.npy", y(&[2, 0]))], &json!(2), Part::Train).unwrap();
        assert_eq!((&table.pixels[..], table.classes()), (&[0.5, -7.0, 1e6, 3.0][..], &[2, 0][..]));

        let first = npy("|u1", &[2, 2, 1, 2], &[0, 51, 102, 153, 204, 255, 0, 255]);
        let last = npy("|u1", &[2, 1, 2, 2], &[0, 102, 51, 153, 204, 0, 255, 255]);
        for x in [first, last] {
            let files = [("x_train.npy", x), ("y_train.npy", y(&[1, 1]))];
            let images = open(&files, &json!("2x1x2"), Part::Train).unwrap();
            assert_eq!(images.pixels, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 0.0, 1.0]);
        }
        let grey =
            [("x_test.npy", npy("|u1", &[1, 1, 2], &[255, 0])), ("y_test.npy", npy("|u1", &[1, 1], &[1]))];
        let grey = open(&grey, &json!("1x1x2"), Part::Test).unwrap();
        assert_eq!((&grey.pixels[..], grey.classes()), (&[1.0, 0.0][..], &[1][..]));
    }

    #[test]
    fn other_arrays_are_told() {
        let x = npy("<f4", &[2, 1], &floats(&[0.5, 1.0]));
        for (files, expected) in [
            (vec![("x.npy", x.clone())], "found no array `y` among [x]"),
            (vec![("x.npy", x.clone()), ("y.npy", y(&[1]))], "found `y` of [1], expected [2]"),
            (
                vec![("x.npy", x.clone()), ("y.npy", y(&[1, -1]))],
                "found the label -1 of example 1, expected one from 0 to 2",
            ),
            (
                vec![("x.npy", x.clone()), ("y.npy", npy("<f4", &[2], &floats(&[0.0, 1.0])))],
                "found floats of 4 bytes in `y`, expected whole numbers",
            ),
            (
                vec![("x.npy", npy("<f4", &[2, 2], &floats(&[0.0; 4]))), ("y.npy", y(&[1, 1]))],
                "found `x` of [2, 2], expected [2, 1]",
            ),
            (
                vec![("x.npy", npy("<f4", &[2, 1], &floats(&[0.0, f32::NAN]))), ("y.npy", y(&[1, 1]))],
                "found NaN in `x`, expected finite numbers",
            ),
            (
                vec![("x.npy", x[..x.len() - 1].to_vec()), ("y.npy", y(&[1, 1]))],
                "`x`: found 7 bytes of values, expected 8",
            ),
        ] {
            let error = open(&files, &json!(1), Part::Train).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
        }
    }
}
