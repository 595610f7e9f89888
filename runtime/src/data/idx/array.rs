//! The IDX files of the MNIST family: one array of bytes with its dimensions in front, plain or packed with gzip.
//!
//! The reader is strict and bounded: a file is refused unless it has exactly the dimensions that are expected, and never
//! more of it is unpacked than those need.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use peng_spec::arch::Shape;

use crate::data::{DataError, Examples, Labels};

/// Two zeros, then the code of unsigned bytes; the fourth byte is the number of dimensions.
const MAGIC: [u8; 3] = [0, 0, 8];
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are set aside before it is known that a file has as many.
const LARGEST_AHEAD: usize = 64 << 20;

/// An IDX file in memory.
#[derive(Debug)]
pub(in crate::data) struct Idx {
    content: Vec<u8>,
    header: usize,
}

impl Idx {
    /// Reads a file that must have these dimensions.
    pub(in crate::data) fn read(path: &Path, dims: &[usize]) -> Result<Self, DataError> {
        let unreadable = |source| DataError::Unreadable { path: path.to_owned(), source };
        let header = 4 + 4 * dims.len();
        let values = dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim));
        let length = header.saturating_add(values.unwrap_or(usize::MAX / 2));

        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start).map_err(unreadable)?;
        let packed = start == GZIP;
        let whole = start.as_slice().chain(file);
        let source: Box<dyn Read> =
            if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        // One byte more than wanted tells a file that is too long from one that fits.
        let mut content = Vec::with_capacity(length.min(LARGEST_AHEAD) + 1);
        source.take(length as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;

        match mismatch(&content, dims, length) {
            None => Ok(Self { content, header }),
            Some(reason) => Err(DataError::Malformed { path: path.to_owned(), reason }),
        }
    }

    /// The whole file, unpacked.
    pub(in crate::data) fn content(&self) -> &[u8] {
        &self.content
    }

    /// Some of the images in the file, with their labels.
    pub(in crate::data) fn examples(&self, input: Shape, labels: &Labels, chosen: &[usize]) -> Examples {
        let width = input.numel() as usize;
        let mut pixels = Vec::with_capacity(chosen.len() * width);
        for &index in chosen {
            let image = &self.values()[index * width..][..width];
            pixels.extend(image.iter().map(|&pixel| f32::from(pixel) / 255.0));
        }
        Examples { input, pixels, labels: labels.pick(chosen) }
    }

    /// The values, in the order of the file.
    pub(in crate::data) fn values(&self) -> &[u8] {
        &self.content[self.header..]
    }
}

/// What is wrong with a file that should have these dimensions.
fn mismatch(content: &[u8], dims: &[usize], length: usize) -> Option<String> {
    let expected = dims.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    match content {
        [0, 0, 8, rank, sizes @ ..] if usize::from(*rank) == dims.len() && sizes.len() >= 4 * dims.len() => {
            let found: Vec<String> =
                sizes.chunks_exact(4).take(dims.len()).map(|d| be_number(d).to_string()).collect();
            let found = found.join("x");
            if found != expected {
                Some(format!("found {found} bytes, expected {expected}"))
            } else if content.len() < length {
                Some(format!("found {} bytes, expected {length}", content.len()))
            } else if content.len() > length {
                Some(format!("found more than {length} bytes, expected {length}"))
            } else {
                None
            }
        }
        [a, b, c, d, ..] => {
            let [e, f, g] = MAGIC;
            Some(format!(
                "found the start {a:02x}{b:02x}{c:02x}{d:02x}, expected {e:02x}{f:02x}{g:02x}{:02x} of an IDX file of {expected} bytes",
                dims.len()
            ))
        }
        short => Some(format!("found {} bytes, expected {length}", short.len())),
    }
}

fn be_number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    fn read(content: &[u8], dims: &[usize]) -> Result<Idx, DataError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images-idx3-ubyte");
        std::fs::write(&path, content).unwrap();
        Idx::read(&path, dims)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(content).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn plain_and_packed_files_read_alike() {
        for content in [IMAGES.to_vec(), gzip(IMAGES)] {
            let idx = read(&content, &[2, 1, 3]).unwrap();
            assert_eq!(idx.values(), [1, 2, 3, 4, 5, 6]);
            assert_eq!(idx.content(), IMAGES);
        }
    }

    #[test]
    fn other_files_are_refused_with_what_was_found() {
        let mut longer = IMAGES.to_vec();
        longer.push(7);
        let mut rank = IMAGES.to_vec();
        rank[3] = 1;
        for (content, dims, reason) in [
            (IMAGES, [2, 3, 1], "found 2x1x3 bytes, expected 2x3x1"),
            (&IMAGES[..21], [2, 1, 3], "found 21 bytes, expected 22"),
            (&longer, [2, 1, 3], "found more than 22 bytes, expected 22"),
            (&rank, [2, 1, 3], "found the start 00000801, expected 00000803 of an IDX file of 2x1x3 bytes"),
            (&[], [2, 1, 3], "found 0 bytes, expected 22"),
            (
                &IMAGES[..7],
                [2, 1, 3],
                "found the start 00000803, expected 00000803 of an IDX file of 2x1x3 bytes",
            ),
        ] {
            for content in [content.to_vec(), gzip(content)] {
                let found = match read(&content, &dims).unwrap_err() {
                    DataError::Malformed { reason, .. } => reason,
                    other => panic!("{other}"),
                };
                assert_eq!(found, reason);
            }
        }
    }

    #[test]
    fn a_cut_packed_file_is_unreadable() {
        let packed = gzip(IMAGES);
        let error = read(&packed[..packed.len() - 9], &[2, 1, 3]).unwrap_err();
        assert!(matches!(error, DataError::Unreadable { .. }), "{error}");
    }
}
