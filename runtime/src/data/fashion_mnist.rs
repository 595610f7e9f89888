//! `fashion-mnist`: photographs of clothes, 28x28 pixels, from the four IDX files as they are published.
//!
//! Source: Xiao, Rasul and Vollgraf, *Fashion-MNIST* (2017, MIT licence). What the files hold is
//! checked by SHA-256 of the unpacked bytes, since packers differ.

use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed, read_params};
use peng_spec::plan::sha256_hex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::idx::Idx;
use super::places::usual;
use super::{Choose, DataError, DatasetEntry, Examples, Labels, Part, Published, choose_all};

const SIDE: usize = 28;
const INPUT: Shape = Shape::Image { channels: 1, height: SIDE, width: SIDE };
const CLASSES: usize = 10;
const TRAIN: usize = 60_000;
const TEST: usize = 10_000;

/// The data set.
#[derive(Debug)]
pub(super) struct FashionMnist;

/// Parameters of `fashion-mnist`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Directory of the four IDX files, plain or with the ending `.gz`; default: the usual places,
    /// `/usr/share/datasets/fashion-mnist` and `data/fashion-mnist`, else a download that is kept in the cache directory.
    #[serde(default)]
    pub path: Option<String>,
}

impl Typed for FashionMnist {
    type Params = Params;
    const NAME: &'static str = "fashion-mnist";
    const SUMMARY: &'static str =
        "Fashion-MNIST: 60,000 and 10,000 grey images of clothes, 28x28 pixels, 10 classes";
}

impl DatasetKind for FashionMnist {
    fn facts(&self, _params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        Ok(DatasetFacts { input: INPUT, target: Target::Classes(CLASSES), train: TRAIN, test: TEST })
    }
}

impl DatasetEntry for FashionMnist {
    fn published(&self) -> &'static [Published] {
        &PUBLISHED
    }

    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        self.open_some(params, part, &mut choose_all)
    }

    fn open_some(&self, params: &Value, part: Part, choose: Choose<'_>) -> Result<Examples, DataError> {
        let dir = find_dir(params)?;
        match part {
            Part::Train => read(&dir, [&FILES[0], &FILES[1]], TRAIN, choose),
            Part::Test => read(&dir, [&FILES[2], &FILES[3]], TEST, choose),
        }
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        find_dir(params).map(Some)
    }
}

/// The files as they are packed at their address.
const PUBLISHED: [Published; 4] = [
    Published {
        name: "train-images-idx3-ubyte.gz",
        address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
        bytes: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    },
    Published {
        name: "train-labels-idx1-ubyte.gz",
        address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
        bytes: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    },
    Published {
        name: "t10k-images-idx3-ubyte.gz",
        address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
        bytes: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    },
    Published {
        name: "t10k-labels-idx1-ubyte.gz",
        address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
        bytes: 5_148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
];

/// One of the files, and what it must hold.
struct Source {
    name: &'static str,
    sha256: &'static str,
}

const FILES: [Source; 4] = [
    Source {
        name: "train-images-idx3-ubyte",
        sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    },
    Source {
        name: "train-labels-idx1-ubyte",
        sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
    Source {
        name: "t10k-images-idx3-ubyte",
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    Source {
        name: "t10k-labels-idx1-ubyte",
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
];

impl Source {
    /// Its path in a directory, if it is there.
    fn find(&self, dir: &Path) -> Option<PathBuf> {
        [self.name.to_owned(), format!("{}.gz", self.name)]
            .into_iter()
            .map(|name| dir.join(name))
            .find(|path| path.is_file())
    }

    fn read(&self, dir: &Path, dims: &[usize]) -> Result<Idx, DataError> {
        let path = self.find(dir).unwrap_or_else(|| dir.join(self.name));
        let idx = Idx::read(&path, dims)?;
        let found = sha256_hex(idx.content());
        if found == self.sha256 {
            Ok(idx)
        } else {
            let reason = format!("found content of SHA-256 {found}, expected {}", self.sha256);
            Err(DataError::Malformed { path, reason })
        }
    }
}

/// Reads labels, and the images that are chosen by them.
fn read(
    dir: &Path,
    [images, labels]: [&Source; 2],
    count: usize,
    choose: Choose<'_>,
) -> Result<Examples, DataError> {
    let labels = labels.read(dir, &[count])?;
    let of = labels.values().iter().map(|&label| u16::from(label)).collect();
    let labels = Labels::Classes { classes: CLASSES, of };
    let chosen = choose(INPUT, &labels)?;
    let images = images.read(dir, &[count, SIDE, SIDE])?;
    Ok(images.examples(INPUT, &labels, &chosen))
}

/// The first place that has all files; else the error names the first file that is missing where most of them are.
fn find_dir(params: &Value) -> Result<PathBuf, DataError> {
    let path = read_params::<Params>(params).ok().and_then(|params| params.path);
    let looked: Vec<PathBuf> = match &path {
        Some(path) => vec![path.into()],
        None => usual(FashionMnist::NAME),
    };
    let mut fewest: Option<Vec<&Source>> = None;
    for dir in &looked {
        let missing: Vec<&Source> = FILES.iter().filter(|file| file.find(dir).is_none()).collect();
        if missing.is_empty() {
            return Ok(dir.clone());
        }
        if fewest.as_ref().is_none_or(|fewest| missing.len() < fewest.len()) {
            fewest = Some(missing);
        }
    }
    let file = fewest.and_then(|missing| missing.first().map(|file| file.name)).unwrap_or(FILES[0].name);
    let help = match path {
        Some(_) => "put the four IDX files of Fashion-MNIST there, plain or with the ending `.gz`",
        None => {
            "run `apt-get install dataset-fashion-mnist`, or name the directory of the four IDX files in `path`"
        }
    };
    Err(DataError::Missing {
        dataset: "fashion-mnist",
        file: format!("{file}` or `{file}.gz"),
        looked,
        help: help.to_owned(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    #[cfg(feature = "train")]
    use std::io::Write as _;

    use serde_json::json;

    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::*;

    /// Files of the same form with other images, gzip, and read by their own digests.
    #[cfg(feature = "train")]
    pub(crate) fn small(pictures: &Pictures) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &'static str, dims: &[usize], content: &[u8]| {
            let mut file = vec![0, 0, 8, dims.len() as u8];
            file.extend(dims.iter().flat_map(|&dim| (dim as u32).to_be_bytes()));
            file.extend(content);
            let sha256 = Box::leak(sha256_hex(&file).into_boxed_str());
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(&file).unwrap();
            std::fs::write(dir.path().join(format!("{name}.gz")), packer.finish().unwrap()).unwrap();
            Source { name, sha256 }
        };
        let Pictures { labels, .. } = pictures;
        let images = write(FILES[0].name, &[labels.len(), SIDE, SIDE], &pictures.bytes(SIDE * SIDE));
        let numbers = write(FILES[1].name, &[labels.len()], labels);
        read(dir.path(), [&images, &numbers], labels.len(), &mut choose_all).unwrap()
    }

    #[test]
    fn missing_files_are_named_with_the_place() {
        let dir = tempfile::tempdir().unwrap();
        for file in &FILES[..2] {
            std::fs::write(dir.path().join(format!("{}.gz", file.name)), "").unwrap();
        }
        let params = json!({"path": dir.path()});
        let error = FashionMnist.open(&params, Part::Train).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no fashion-mnist files found; looked for `t10k-images-idx3-ubyte` or `t10k-images-idx3-ubyte.gz` in `{}`",
                dir.path().display()
            )
        );
    }

    #[test]
    fn a_file_of_the_right_form_with_other_content_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (file, dims) in
            FILES.iter().zip([vec![TRAIN, SIDE, SIDE], vec![TRAIN], vec![TEST, SIDE, SIDE], vec![TEST]])
        {
            let mut content = vec![0, 0, 8, dims.len() as u8];
            content.extend(dims.iter().flat_map(|&d| (d as u32).to_be_bytes()));
            content.resize(content.len() + dims.iter().product::<usize>(), 0);
            std::fs::write(dir.path().join(file.name), content).unwrap();
        }
        let error = FashionMnist.open(&json!({"path": dir.path()}), Part::Test).unwrap_err();
        let DataError::Malformed { reason, .. } = error else { panic!("{error}") };
        assert!(
            reason.ends_with("expected 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
            "{reason}"
        );
    }

    #[test]
    fn the_published_files_open() {
        let params = json!({"path": null});
        let Ok(Some(_)) = FashionMnist.locate(&params) else {
            // The package is not everywhere; the two tests above hold without it.
            return;
        };
        let test = FashionMnist.open(&params, Part::Test).unwrap();
        assert_eq!(test.count(), TEST);
        assert_eq!(test.pixels.len(), TEST * SIDE * SIDE);
        assert_eq!(test.classes()[..5], [9, 2, 1, 1, 6]);
        let mean = test.pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / test.pixels.len() as f64;
        assert!((mean - 0.2868).abs() < 1e-3, "{mean}");
    }
}
