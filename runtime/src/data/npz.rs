//! `npz`: arrays of NumPy, examples `x` and labels `y`, as `numpy.savez` and `numpy.savez_compressed` write them.
//!
//! With a test part the file also has `x_test` and `y_test`; `x_train` and `y_train`, as Keras names them, do for the first
//! two. Bytes of images become values from 0 to 1; all else is taken as it is.

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Typed};
use serde_json::Value;

use super::declared::{DeclaredParams, checked_labels, declared, expected, facts};
use super::npy::{Array, Number};
use super::zip::Zip;
use super::{DataError, DatasetEntry, Examples, Part, broken};

/// The data set.
#[derive(Debug)]
pub(super) struct Npz;

impl Typed for Npz {
    type Params = DeclaredParams;
    const NAME: &'static str = "npz";
    const SUMMARY: &'static str = "Arrays of NumPy: `path` is a file of savez with `x` (examples by features, or by channels, height and width; channels may be last) and `y` (labels), and with a test part `x_test` and `y_test`";

    fn check(params: &DeclaredParams) -> Vec<Issue> {
        params.check(|_| None)
    }
}

impl DatasetKind for Npz {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        facts(params)
    }
}

impl DatasetEntry for Npz {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let (path, facts) = declared(params)?;
        let count = expected(&facts, part);
        let mut zip = Zip::open(&path).map_err(|e| broken(&path, e))?;
        let [x, y] = match part {
            Part::Train => [["x", "x_train"], ["y", "y_train"]],
            Part::Test => [["x_test"; 2], ["y_test"; 2]],
        };
        let labels = array(&path, &mut zip, y)?;
        if labels.dims != [count] && labels.dims != [count, 1] {
            return Err(dims(&path, y[0], &labels.dims, &format!("[{count}]")));
        }
        if !labels.kind.is_whole() {
            let reason = format!("found {} in `{}`, expected whole numbers", labels.kind, y[0]);
            return Err(DataError::Malformed { path, reason });
        }
        let labels = checked_labels(&path, labels.whole(), facts.classes)?;
        let values = array(&path, &mut zip, x)?;
        let pixels = examples(&path, x[0], &values, facts.input, count)?;
        Ok(Examples { input: facts.input, classes: facts.classes, pixels, labels })
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let (path, _) = declared(params)?;
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
mod tests {
    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    use super::super::npy::tests::npy;
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

    #[test]
    fn tables_and_images_of_both_orders_are_read() {
        let x = npy("<f4", &[2, 2], &floats(&[0.5, -7.0, 1e6, 3.0]));
        let table = open(&[("x.npy", x), ("y.npy", y(&[2, 0]))], &json!(2), Part::Train).unwrap();
        assert_eq!((table.pixels, table.labels), (vec![0.5, -7.0, 1e6, 3.0], vec![2, 0]));

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
        assert_eq!((grey.pixels, grey.labels), (vec![1.0, 0.0], vec![1]));
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
