//! `cifar-10` and `cifar-100`: photographs of 32x32 pixels, from the binary files as they are distributed.
//!
//! Source: Krizhevsky, *Learning Multiple Layers of Features from Tiny Images* (2009), and its page
//! <https://www.cs.toronto.edu/~kriz/cifar.html>, "Binary version": records of one label (CIFAR-100: the coarse and the
//! fine one) and 3,072 bytes, channel by channel. The archive is read as it is; unpacked files do as well.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed};
use serde_json::Value;

use super::places::{Place, PlaceParams};
use super::tar::Archive;
use super::{DataError, DatasetEntry, Examples, Part, Published, broken};

const SIDE: usize = 32;
const INPUT: Shape = Shape::Image { channels: 3, height: SIDE, width: SIDE };
const PIXELS: usize = 3 * SIDE * SIDE;

/// CIFAR-10.
#[derive(Debug)]
pub(super) struct Cifar10;

/// CIFAR-100, with its fine labels.
#[derive(Debug)]
pub(super) struct Cifar100;

impl Typed for Cifar10 {
    type Params = PlaceParams;
    const NAME: &'static str = "cifar-10";
    const SUMMARY: &'static str =
        "CIFAR-10: 50,000 and 10,000 colour photographs, 32x32 pixels, 10 classes; the binary version";
}

impl Typed for Cifar100 {
    type Params = PlaceParams;
    const NAME: &'static str = "cifar-100";
    const SUMMARY: &'static str =
        "CIFAR-100: 50,000 and 10,000 colour photographs, 32x32 pixels, 100 classes; the binary version";
}

impl DatasetKind for Cifar10 {
    fn facts(&self, _params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        Ok(TEN.facts())
    }
}

impl DatasetKind for Cifar100 {
    fn facts(&self, _params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        Ok(HUNDRED.facts())
    }
}

impl DatasetEntry for Cifar10 {
    fn published(&self) -> &'static [Published] {
        &[Published {
            name: "cifar-10-binary.tar.gz",
            address: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            bytes: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        }]
    }

    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        TEN.open(params, part)
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        TEN.find(params).map(Some)
    }
}

impl DatasetEntry for Cifar100 {
    fn published(&self) -> &'static [Published] {
        &[Published {
            name: "cifar-100-binary.tar.gz",
            address: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            bytes: 168_513_733,
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        }]
    }

    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        HUNDRED.open(params, part)
    }

    fn locate(&self, params: &Value) -> Result<Option<PathBuf>, DataError> {
        HUNDRED.find(params).map(Some)
    }
}

/// How one of them is laid out.
struct Layout {
    place: Place,
    /// The directory in the archive.
    folder: &'static str,
    train: &'static [&'static str],
    test: &'static [&'static str],
    /// Images a file: training, test.
    images: [usize; 2],
    classes: usize,
    /// Bytes before the pixels, the last of which is the label.
    labels: usize,
}

const TEN: Layout = Layout {
    place: Place {
        dataset: "cifar-10",
        file: "cifar-10-binary.tar.gz",
        help: "download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, and name it or its directory in `path`",
    },
    folder: "cifar-10-batches-bin",
    train: &[
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
    ],
    test: &["test_batch.bin"],
    images: [10_000, 10_000],
    classes: 10,
    labels: 1,
};

const HUNDRED: Layout = Layout {
    place: Place {
        dataset: "cifar-100",
        file: "cifar-100-binary.tar.gz",
        help: "download https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, and name it or its directory in `path`",
    },
    folder: "cifar-100-binary",
    train: &["train.bin"],
    test: &["test.bin"],
    images: [50_000, 10_000],
    classes: 100,
    labels: 2,
};

/// What is read of a part.
struct Images {
    pixels: Vec<f32>,
    labels: Vec<u16>,
}

impl Layout {
    fn facts(&self) -> DatasetFacts {
        let [train, test] = self.images;
        DatasetFacts {
            input: INPUT,
            target: Target::Classes(self.classes),
            train: train * self.train.len(),
            test: test * self.test.len(),
        }
    }

    /// The archive, or the directory of the unpacked files.
    fn find(&self, params: &Value) -> Result<PathBuf, DataError> {
        let unpacked = |dir: &Path| self.train.iter().chain(self.test).all(|name| dir.join(name).is_file());
        self.place.find(params, |place| {
            if place.is_file() {
                return Some(place.to_owned());
            }
            let archive = place.join(self.place.file);
            [place.to_owned(), place.join(self.folder)]
                .into_iter()
                .find(|dir| unpacked(dir))
                .or_else(|| archive.is_file().then_some(archive))
        })
    }

    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let path = self.find(params)?;
        let (names, count) = match part {
            Part::Train => (self.train, self.images[0]),
            Part::Test => (self.test, self.images[1]),
        };
        let images = names.len() * count;
        let mut read = Images { pixels: vec![0.0; images * PIXELS], labels: vec![0; images] };
        let slot = |file: usize| file * count..(file + 1) * count;
        if path.is_dir() {
            for (file, name) in names.iter().enumerate() {
                let path = path.join(name);
                let opened = File::open(&path).map_err(|e| broken(&path, e))?;
                let size = opened.metadata().map_err(|e| broken(&path, e))?.len();
                self.check_size(&path, name, size, count)?;
                self.read(&path, BufReader::new(opened), &mut read, slot(file))?;
            }
        } else {
            let opened = File::open(&path).map_err(|e| broken(&path, e))?;
            let mut archive = Archive::new(GzDecoder::new(BufReader::new(opened)));
            let mut missing: Vec<&str> = names.to_vec();
            // The files are in no order.
            while !missing.is_empty() {
                let Some((name, size)) = archive.next().map_err(|e| broken(&path, e))? else {
                    let reason = format!("found no `{}` in it", missing[0]);
                    return Err(DataError::Malformed { path, reason });
                };
                let name = name.rsplit('/').next().unwrap_or_default();
                let Some(file) = names.iter().position(|&wanted| wanted == name) else { continue };
                missing.retain(|&wanted| wanted != name);
                self.check_size(&path, name, size, count)?;
                self.read(&path, BufReader::new(&mut archive), &mut read, slot(file))?;
            }
        }
        Ok(Examples::classified(INPUT, self.classes, read.pixels, read.labels))
    }

    fn check_size(&self, path: &Path, name: &str, found: u64, count: usize) -> Result<(), DataError> {
        let expected = (count * (self.labels + PIXELS)) as u64;
        if found == expected {
            return Ok(());
        }
        let reason = format!("found {found} bytes in `{name}`, expected {expected}");
        Err(DataError::Malformed { path: path.to_owned(), reason })
    }

    /// Reads the images of one file to their places.
    fn read(
        &self,
        path: &Path,
        mut source: impl Read,
        images: &mut Images,
        places: std::ops::Range<usize>,
    ) -> Result<(), DataError> {
        let mut record = vec![0; self.labels + PIXELS];
        for place in places {
            source.read_exact(&mut record).map_err(|e| broken(path, e))?;
            let (labels, bytes) = record.split_at(self.labels);
            let label = labels[self.labels - 1];
            if usize::from(label) >= self.classes {
                let reason = format!("found the label {label}, expected one below {}", self.classes);
                return Err(DataError::Malformed { path: path.to_owned(), reason });
            }
            images.labels[place] = u16::from(label);
            let pixels = &mut images.pixels[place * PIXELS..(place + 1) * PIXELS];
            for (pixel, &byte) in pixels.iter_mut().zip(bytes) {
                *pixel = f32::from(byte) / 255.0;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use serde_json::json;

    #[cfg(feature = "train")]
    use super::super::small::Pictures;
    use super::super::tar::tests::pack;
    use super::*;

    /// The same form with two images a file.
    fn small(layout: &Layout) -> Layout {
        Layout { place: Place { ..layout.place }, images: [2, 2], ..*layout }
    }

    fn record(labels: &[u8], pixel: u8) -> Vec<u8> {
        let mut record = labels.to_vec();
        record.extend((0..PIXELS).map(|at| pixel.wrapping_add((at / (SIDE * SIDE)) as u8)));
        record
    }

    fn file(labels: usize, number: u8) -> Vec<u8> {
        let before = vec![9; labels - 1];
        [[before.as_slice(), &[number]].concat(), [before.as_slice(), &[number + 1]].concat()]
            .iter()
            .flat_map(|labels| record(labels, 10 * number))
            .collect()
    }

    /// All files, the later ones first, as in the published archive some are.
    fn files(layout: &Layout) -> Vec<(String, Vec<u8>)> {
        let names = layout.train.iter().chain(layout.test).enumerate();
        let mut files: Vec<_> = names
            .map(|(number, name)| (format!("{}/{name}", layout.folder), file(layout.labels, number as u8)))
            .collect();
        files.push((format!("{}/readme.html", layout.folder), b"<html>".to_vec()));
        files.reverse();
        files
    }

    fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(n, c)| (n.as_str(), c.as_slice())).collect();
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&pack(&files)).unwrap();
        packer.finish().unwrap()
    }

    /// An archive of the same form with other images.
    #[cfg(feature = "train")]
    fn of(layout: &Layout, pictures: &Pictures) -> Examples {
        let dir = tempfile::tempdir().unwrap();
        let count = pictures.labels.len() / layout.train.len();
        let layout = Layout { place: Place { ..layout.place }, images: [count, count], ..*layout };
        let bytes = pictures.bytes(PIXELS);
        let record = |(image, &label): (&[u8], &u8)| {
            let mut record = vec![0; layout.labels - 1];
            record.push(label);
            record.extend(image);
            record
        };
        let records: Vec<Vec<u8>> = bytes.chunks(PIXELS).zip(&pictures.labels).map(record).collect();
        let files: Vec<(String, Vec<u8>)> = records
            .chunks(count)
            .zip(layout.train)
            .map(|(records, name)| (format!("{}/{name}", layout.folder), records.concat()))
            .collect();
        let path = dir.path().join(layout.place.file);
        std::fs::write(&path, archive(&files)).unwrap();
        layout.open(&json!({"path": path}), Part::Train).unwrap()
    }

    #[cfg(feature = "train")]
    pub(crate) fn small_ten(pictures: &Pictures) -> Examples {
        of(&TEN, pictures)
    }

    #[cfg(feature = "train")]
    pub(crate) fn small_hundred(pictures: &Pictures) -> Examples {
        of(&HUNDRED, pictures)
    }

    fn check(layout: &Layout, place: &Path) {
        let params = json!({"path": place});
        let train = layout.open(&params, Part::Train).unwrap();
        let labels: Vec<u16> = (0..layout.train.len() as u16).flat_map(|file| [file, file + 1]).collect();
        assert_eq!(train.classes(), labels);
        assert_eq!(train.pixels.len(), labels.len() * PIXELS);
        // Channel by channel: the next one is brighter by one.
        let last = &train.pixels[train.pixels.len() - PIXELS..];
        let base = 10.0 * (layout.train.len() - 1) as f32;
        assert_eq!([0, 1023, 1024, 3071].map(|at| last[at] * 255.0), [base, base, base + 1.0, base + 2.0]);
        let test = layout.open(&params, Part::Test).unwrap();
        assert_eq!(test.classes(), [layout.train.len() as u16, layout.train.len() as u16 + 1]);
    }

    #[test]
    fn archives_and_unpacked_files_read_alike() {
        for layout in [small(&TEN), small(&HUNDRED)] {
            let dir = tempfile::tempdir().unwrap();
            let packed = dir.path().join(layout.place.file);
            std::fs::write(&packed, archive(&files(&layout))).unwrap();
            check(&layout, &packed);
            check(&layout, dir.path());
            std::fs::remove_file(packed).unwrap();
            std::fs::create_dir(dir.path().join(layout.folder)).unwrap();
            for (name, content) in files(&layout) {
                std::fs::write(dir.path().join(name), content).unwrap();
            }
            check(&layout, dir.path());
            check(&layout, &dir.path().join(layout.folder));
        }
    }

    #[test]
    fn the_facts_are_those_of_the_page() {
        for (facts, classes) in [(TEN.facts(), 10), (HUNDRED.facts(), 100)] {
            let target = Target::Classes(classes);
            assert_eq!(facts, DatasetFacts { input: INPUT, target, train: 50_000, test: 10_000 });
        }
    }

    #[test]
    fn damaged_archives_are_told_with_what_was_expected() {
        let layout = small(&TEN);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cifar.tar.gz");
        let whole = files(&layout);
        let mut short = whole.clone();
        short[3].1.pop();
        let mut label = whole.clone();
        label[3].1[0] = 10;
        let without: Vec<_> = whole.iter().filter(|(name, _)| !name.ends_with("_4.bin")).cloned().collect();
        let packed = archive(&whole);
        let mut bits = packed.clone();
        let middle = bits.len() / 2;
        bits[middle..].iter_mut().for_each(|byte| *byte ^= 0x5a);
        for (content, expected) in [
            (archive(&short), "found 6145 bytes in `data_batch_4.bin`, expected 6146"),
            (archive(&label), "found the label 10, expected one below 10"),
            (archive(&without), "found no `data_batch_4.bin` in it"),
            (packed[..packed.len() / 2].to_vec(), "the file ends too early"),
            (b"<html>not found</html>".to_vec(), "found damaged data: invalid gzip header"),
            (Vec::new(), "the file ends too early"),
            (bits, "found damaged data: "),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = layout.open(&json!({"path": path}), Part::Train).unwrap_err();
            let DataError::Malformed { path: told, reason } = error else { panic!("{error}") };
            assert_eq!(told, path);
            assert!(reason.starts_with(expected), "{reason}");
        }
    }

    #[test]
    fn a_missing_archive_is_told_with_its_address() {
        let dir = tempfile::tempdir().unwrap();
        let error = Cifar100.locate(&json!({"path": dir.path()})).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no cifar-100 files found; looked for `cifar-100-binary.tar.gz` in `{}`",
                dir.path().display()
            )
        );
        let DataError::Missing { help, .. } = error else { panic!() };
        assert!(help.contains("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"), "{help}");
    }
}
