//! `image-folder`: PNG and JPEG files, a directory a class, stretched to the stated height and width.
//!
//! Classes are the directories' names in the order of their bytes, images those of the files. Colours become grey where one
//! channel is stated, and grey becomes three equal channels where three are.

use std::fs;
use std::path::{Path, PathBuf};

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Typed};
use serde_json::Value;

use super::declared::{DeclaredParams, declared, expected, facts};
use super::{DataError, DatasetEntry, Examples, Part, broken};

const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The data set.
#[derive(Debug)]
pub(super) struct ImageFolder;

impl Typed for ImageFolder {
    type Params = DeclaredParams;
    const NAME: &'static str = "image-folder";
    const SUMMARY: &'static str = "PNG and JPEG files, a directory a class, stretched to `input`, grey or in colour: `path` is the directory of the classes, or of `train` and `test`, which have them";

    fn check(params: &DeclaredParams) -> Vec<Issue> {
        params.check(|shape| match shape {
            Shape::Image { channels: 1 | 3, .. } => None,
            Shape::Image { .. } | Shape::Vector { .. } => Some("an image of 1 or 3 channels"),
        })
    }
}

impl DatasetKind for ImageFolder {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        facts(params)
    }
}

impl DatasetEntry for ImageFolder {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let (path, facts) = declared(params)?;
        let classes = classes(&path, &facts, Part::Train)?;
        let dirs = match part {
            Part::Train => classes,
            Part::Test => {
                let dirs = self::classes(&path, &facts, part)?;
                same_names(&path, &classes, &dirs)?;
                dirs
            }
        };
        let mut files = Vec::new();
        for (class, dir) in dirs.iter().enumerate() {
            files.extend(images(dir)?.into_iter().map(|file| (class as u16, file)));
        }
        let count = expected(&facts, part);
        if files.len() != count {
            let reason = format!("found {} PNG and JPEG files in it, expected {count}", files.len());
            return Err(DataError::Malformed { path: root(&path, &facts, part), reason });
        }
        let mut pixels = Vec::with_capacity(count * facts.input.numel() as usize);
        let mut labels = Vec::with_capacity(count);
        for (class, file) in files {
            let content = fs::read(&file).map_err(|e| broken(&file, e))?;
            let image = picture(&content, facts.input)
                .map_err(|reason| DataError::Malformed { path: file, reason })?;
            pixels.extend(image);
            labels.push(class);
        }
        Ok(Examples::classified(facts.input, facts.target.outputs(), pixels, labels))
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        let (path, facts) = declared(params)?;
        let train = classes(&path, &facts, Part::Train)?;
        if facts.test > 0 {
            same_names(&path, &train, &classes(&path, &facts, Part::Test)?)?;
        }
        Ok(Some(path))
    }
}

#[cfg(feature = "data")]
fn picture(content: &[u8], shape: Shape) -> Result<Vec<f32>, String> {
    super::picture::read(content, shape)
}

#[cfg(not(feature = "data"))]
fn picture(_: &[u8], _: Shape) -> Result<Vec<f32>, String> {
    Err("this build of peng reads no images: it was built without the feature `train`".to_owned())
}

/// The directory of a part's classes.
fn root(path: &Path, facts: &DatasetFacts, part: Part) -> PathBuf {
    match part {
        Part::Train if facts.test == 0 && !path.join("train").is_dir() => path.to_owned(),
        Part::Train => path.join("train"),
        Part::Test => path.join("test"),
    }
}

/// The directories of a part's classes, by name.
fn classes(path: &Path, facts: &DatasetFacts, part: Part) -> Result<Vec<PathBuf>, DataError> {
    let root = root(path, facts, part);
    if !root.is_dir() {
        return Err(DataError::Missing {
            dataset: "image-folder",
            file: root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            looked: vec![root.parent().map_or_else(PathBuf::new, Path::to_owned)],
            help:
                "name the directory of the classes in `path`, or with a test part that of `train` and `test`"
                    .to_owned(),
        });
    }
    let dirs: Vec<PathBuf> = sorted(&root)?.into_iter().filter(|path| path.is_dir()).collect();
    if dirs.len() == facts.target.outputs() {
        return Ok(dirs);
    }
    let reason =
        format!("found {} directories of classes in it, expected {}", dirs.len(), facts.target.outputs());
    Err(DataError::Malformed { path: root, reason })
}

fn same_names(path: &Path, train: &[PathBuf], test: &[PathBuf]) -> Result<(), DataError> {
    match train.iter().zip(test).find(|(train, test)| train.file_name() != test.file_name()) {
        None => Ok(()),
        Some((train, test)) => {
            let [train, test] =
                [train, test].map(|dir| dir.file_name().unwrap_or_default().to_string_lossy());
            let reason = format!("found the class `{test}` in `test`, expected `{train}` as in `train`");
            Err(DataError::Malformed { path: path.to_owned(), reason })
        }
    }
}

/// The images of a class, by name.
fn images(dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let is_image = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
    };
    Ok(sorted(dir)?.into_iter().filter(is_image).collect())
}

/// What is in a directory, by name, hidden files aside.
fn sorted(dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| broken(dir, e))? {
        let entry = entry.map_err(|e| broken(dir, e))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(all(test, feature = "data"))]
pub(super) mod tests {
    use std::io::Write as _;

    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::*;

    /// A JPEG file of 16x16 pixels, the upper half (200, 40, 90), the lower (20, 160, 230), as Pillow writes it.
    const COLOUR: &str = "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffdb00430103040405040509050509140d0b0d1414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414ffc00011080010001003012200021101031101ffc4001500010100000000000000000000000000000007ffc40014100100000000000000000000000000000000ffc4001501010100000000000000000000000000000007ffc4001c11000103050000000000000000000000000016186465a2a3e2e3ffda000c03010002110311003f00920ab0a62224d9b07154acdc8fffd9";
    /// The red of it, as a grey JPEG file.
    const GREY: &str = "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a070706080c0a0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffc0000b080010001001011100ffc400160001010100000000000000000000000000000809ffc40014100100000000000000000000000000000000ffda0008010100003f00b0060f8fffd9";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// A PNG file of 8 bits a sample, of colour type 0 (grey), 2 (colours) or 6 (colours and alpha).
    fn png(kind: u8, [width, height]: [usize; 2], pixels: &[u8]) -> Vec<u8> {
        let mut header = [width, height].map(|side| (side as u32).to_be_bytes()).concat();
        header.extend([8, kind, 0, 0, 0]);
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        for row in pixels.chunks(pixels.len() / height) {
            packer.write_all(&[0]).unwrap();
            packer.write_all(row).unwrap();
        }
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let data = packer.finish().unwrap();
        for (name, content) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
            file.extend((content.len() as u32).to_be_bytes());
            let mut crc = flate2::Crc::new();
            for part in [name.as_slice(), &content] {
                crc.update(part);
                file.extend(part);
            }
            file.extend(crc.sum().to_be_bytes());
        }
        file
    }

    fn write(dir: &Path, name: &str, content: &[u8]) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn open(dir: &Path, input: &str, [train, test]: [usize; 2], part: Part) -> Result<Examples, String> {
        let params = json!({"path": dir, "input": input, "classes": 2, "train": train, "test": test});
        let params = ImageFolder.normalise(&params).unwrap();
        ImageFolder.locate(&params).map_err(|error| error.to_string())?;
        ImageFolder.open(&params, part).map_err(|error| error.to_string())
    }

    /// Grey PNG files of 6x6 pixels.
    #[cfg(feature = "train")]
    pub(crate) fn small(pictures: &Pictures) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let bytes = pictures.bytes(36);
        for (number, (image, label)) in bytes.chunks(36).zip(&pictures.labels).enumerate() {
            write(dir.path(), &format!("class_{label}/{number:03}.png"), &png(0, [6, 6], image));
        }
        open(dir.path(), "1x6x6", [pictures.labels.len(), 0], Part::Train).unwrap()
    }

    #[test]
    fn directories_are_classes_and_files_are_in_order() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "cat/b.PNG", &png(0, [2, 1], &[0, 255]));
        write(dir.path(), "cat/a.png", &png(0, [2, 1], &[51, 102]));
        write(dir.path(), "cat/notes.txt", b"no image");
        write(dir.path(), ".hidden/a.png", b"");
        write(dir.path(), "dog/c.png", &png(6, [2, 1], &[255, 0, 0, 7, 0, 0, 255, 7]));
        let grey = open(dir.path(), "1x1x2", [3, 0], Part::Train).unwrap();
        assert_eq!(grey.classes(), [0, 0, 1]);
        assert_eq!(grey.pixels, [0.2, 0.4, 0.0, 1.0, 76.0 / 255.0, 29.0 / 255.0]);
        let colour = open(dir.path(), "3x1x2", [3, 0], Part::Train).unwrap();
        assert_eq!(colour.pixels[..6], [0.2, 0.4, 0.2, 0.4, 0.2, 0.4]);
        assert_eq!(colour.pixels[12..], [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn jpeg_files_are_decoded_and_stretched() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "train/a/1.jpg", &bytes(COLOUR));
        write(dir.path(), "train/b/1.jpeg", &bytes(GREY));
        write(dir.path(), "test/a/1.jpg", &bytes(GREY));
        write(dir.path(), "test/b/1.jpg", &bytes(COLOUR));
        let train = open(dir.path(), "3x16x8", [2, 2], Part::Train).unwrap();
        let test = open(dir.path(), "1x16x8", [2, 2], Part::Test).unwrap();
        let near = |value: f32, expected: f32| (value * 255.0 - expected).abs() < 6.0;
        for (channel, upper, lower) in [(0, 200.0, 20.0), (1, 40.0, 160.0), (2, 90.0, 230.0)] {
            let plane = &train.pixels[channel * 128..(channel + 1) * 128];
            // Colours have half the resolution, so the rows in the middle are mixed.
            assert!(plane[..48].iter().all(|&value| near(value, upper)), "{plane:?}");
            assert!(plane[80..].iter().all(|&value| near(value, lower)), "{plane:?}");
        }
        assert!(train.pixels[384..448].iter().all(|&value| near(value, 200.0)));
        assert!(test.pixels[..64].iter().all(|&value| near(value, 200.0)));
        assert!(test.pixels[128..176].iter().all(|&value| near(value, 93.5)), "{:?}", &test.pixels[128..]);
    }

    #[test]
    fn damaged_files_are_told_by_name() {
        let whole = png(2, [9, 9], &[77; 243]);
        let colour = bytes(COLOUR);
        let mut sum = whole.clone();
        sum[60] ^= 1;
        for (content, expected) in [
            (whole[..whole.len() / 2].to_vec(), "found a damaged PNG file: "),
            (whole[..20].to_vec(), "found a damaged PNG file: "),
            (whole[..whole.len() - 8].to_vec(), "found a damaged PNG file: "),
            (sum, "found a damaged PNG file: "),
            (colour[..colour.len() / 2].to_vec(), "found a damaged JPEG file: "),
            (colour[..colour.len() - 12].to_vec(), "found a damaged JPEG file: "),
            (b"GIF89a".to_vec(), "found no PNG or JPEG file"),
            (Vec::new(), "found an empty file, expected a PNG or JPEG file"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), "a/x.png", &content);
            write(dir.path(), "b/x.png", &whole);
            let error = open(dir.path(), "3x4x4", [2, 0], Part::Train).unwrap_err();
            assert!(error.contains("a/x.png` is not the expected file: "), "{error}");
            assert!(error.contains(expected) && error.trim_end() == error, "{error}");
        }
    }

    #[test]
    fn no_broken_byte_panics() {
        let shape = Shape::Image { channels: 3, height: 4, width: 4 };
        for whole in [png(2, [9, 9], &[77; 243]), bytes(COLOUR), bytes(GREY)] {
            for at in 0..whole.len() {
                for flip in [1, 0xff] {
                    let mut broken = whole.clone();
                    broken[at] ^= flip;
                    let _ = picture(&broken, shape);
                }
            }
        }
    }

    #[test]
    fn other_numbers_and_names_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let image = png(0, [1, 1], &[5]);
        write(dir.path(), "train/a/1.png", &image);
        write(dir.path(), "train/b/1.png", &image);
        let error = open(dir.path(), "1x1x1", [3, 0], Part::Train).unwrap_err();
        assert!(error.ends_with("found 2 PNG and JPEG files in it, expected 3"), "{error}");
        let error = open(dir.path(), "1x1x1", [2, 1], Part::Train).unwrap_err();
        assert!(error.contains("looked for `test` in"), "{error}");
        write(dir.path(), "test/a/1.png", &image);
        let error = open(dir.path(), "1x1x1", [2, 1], Part::Train).unwrap_err();
        assert!(error.ends_with("found 1 directories of classes in it, expected 2"), "{error}");
        write(dir.path(), "test/c/1.png", &image);
        let error = open(dir.path(), "1x1x1", [2, 1], Part::Train).unwrap_err();
        assert!(error.ends_with("found the class `c` in `test`, expected `b` as in `train`"), "{error}");
    }
}
