//! The part of MATLAB's level 5 files that data sets are distributed in: arrays of unsigned bytes, packed with zlib or not.
//!
//! Layout: *MAT-File Format* (The `MathWorks`), chapter 1: a header of 128 bytes, then elements with a tag of type and size.
//! An array is refused unless it has exactly the dimensions that are expected, before its values are read.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;

use super::{DataError, broken};

const BYTES: u32 = 2;
const SIGNED_32: u32 = 5;
const MATRIX: u32 = 14;
const PACKED: u32 = 15;
/// Longer names and more dimensions than this are not looked at.
const LONGEST: u32 = 64;

/// The values of the named arrays, first dimension fastest.
pub(super) fn arrays<const N: usize>(
    path: &Path,
    wanted: [(&str, &[usize]); N],
) -> Result<[Vec<u8>; N], DataError> {
    let malformed = |reason: String| DataError::Malformed { path: path.to_owned(), reason };
    let told = |fault: Fault| match fault {
        Fault::Io(error) => broken(path, error),
        Fault::Form(reason) => malformed(reason),
    };
    let mut file = BufReader::new(File::open(path).map_err(|e| broken(path, e))?);
    let mut header = [0; 128];
    file.read_exact(&mut header).map_err(|e| broken(path, e))?;
    // Version 1.0, written on a machine that puts the low byte first.
    if header[124..] != [0, 1, b'I', b'M'] {
        return Err(malformed(format!(
            "found the header {:02x?}, expected that of a MATLAB 5 file of low byte first, [00, 01, 49, 4d]",
            &header[124..]
        )));
    }

    let mut found: [Option<Vec<u8>>; N] = std::array::from_fn(|_| None);
    while let Some((kind, size)) = first_tag(&mut file).map_err(|e| broken(path, e))? {
        let mut element = (&mut file).take(u64::from(size));
        match kind {
            PACKED => {
                let mut unpacked = ZlibDecoder::new(&mut element);
                let (kind, _) = tag(&mut unpacked).map_err(|e| broken(path, e))?;
                if kind == MATRIX {
                    matrix(&mut unpacked, &wanted, &mut found).map_err(told)?;
                }
            }
            MATRIX => matrix(&mut element, &wanted, &mut found).map_err(told)?,
            _ => {}
        }
        let left = element.limit();
        let skipped = io::copy(&mut element, &mut io::sink()).map_err(|e| broken(path, e))?;
        if skipped < left {
            return Err(broken(path, ErrorKind::UnexpectedEof.into()));
        }
    }
    for ((name, _), values) in wanted.iter().zip(&found) {
        if values.is_none() {
            return Err(malformed(format!("found no array `{name}` in it")));
        }
    }
    Ok(found.map(Option::unwrap_or_default))
}

enum Fault {
    Io(io::Error),
    Form(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads an array, if it is wanted.
fn matrix<const N: usize>(
    source: &mut impl Read,
    wanted: &[(&str, &[usize]); N],
    found: &mut [Option<Vec<u8>>; N],
) -> Result<(), Fault> {
    // Flags and class; the type of the values says all that is needed.
    short(source)?;
    let (kind, dims) = short(source)?;
    let (_, name) = short(source)?;
    let Some(index) = wanted.iter().position(|(wanted, _)| wanted.as_bytes() == name) else { return Ok(()) };
    let dims: Vec<usize> = match kind {
        SIGNED_32 => dims
            .chunks_exact(4)
            .map(|dim| dim.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte)))
            .collect(),
        _ => Vec::new(),
    };
    let (name, expected) = wanted[index];
    if dims != expected {
        return Err(Fault::Form(format!("found `{name}` of {dims:?}, expected {expected:?}")));
    }
    let length: usize = expected.iter().product();
    let first = number(source)?;
    // Up to four bytes stand in the tag.
    let (kind, size) = match first >> 16 {
        0 => (first, number(source)?),
        size => (first & 0xffff, size),
    };
    if kind != BYTES || size as usize != length {
        return Err(Fault::Form(format!(
            "found {size} bytes of type {kind} in `{name}`, expected {length} of type {BYTES}, which are unsigned bytes"
        )));
    }
    let mut values = vec![0; length];
    source.read_exact(&mut values)?;
    // The check sum comes after the padding.
    io::copy(&mut source.take(64), &mut io::sink())?;
    found[index] = Some(values);
    Ok(())
}

/// Type and size of the next element; `None`: the file ends here.
fn first_tag(source: &mut impl Read) -> io::Result<Option<(u32, u32)>> {
    let mut start = [0; 1];
    match source.read(&mut start)? {
        0 => Ok(None),
        _ => tag(&mut start.as_slice().chain(source)).map(Some),
    }
}

fn tag(source: &mut impl Read) -> io::Result<(u32, u32)> {
    Ok((number(source)?, number(source)?))
}

/// Type and content of a short element. Up to four bytes may stand in the tag, whose first half then has the size.
fn short(source: &mut impl Read) -> Result<(u32, Vec<u8>), Fault> {
    let kind = number(source)?;
    if kind >> 16 != 0 {
        let mut content = [0; 4];
        source.read_exact(&mut content)?;
        let size = (kind >> 16).min(4) as usize;
        return Ok((kind & 0xffff, content[..size].to_vec()));
    }
    let size = number(source)?;
    if size > LONGEST {
        return Err(Fault::Form(format!(
            "found a name or dimensions of {size} bytes, expected at most {LONGEST}"
        )));
    }
    let mut content = vec![0; size.next_multiple_of(8) as usize];
    source.read_exact(&mut content)?;
    content.truncate(size as usize);
    Ok((kind, content))
}

fn number(source: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    fn element(kind: u32, content: &[u8]) -> Vec<u8> {
        let mut element = kind.to_le_bytes().to_vec();
        element.extend((content.len() as u32).to_le_bytes());
        element.extend(content);
        element.resize(element.len().next_multiple_of(8), 0);
        element
    }

    /// An array of unsigned bytes, as MATLAB and SciPy write it: what is short stands in its tag.
    pub(crate) fn array(name: &str, dims: &[usize], values: &[u8]) -> Vec<u8> {
        let mut content = element(6, &[9, 0, 0, 0, 0, 0, 0, 0]);
        let dims: Vec<u8> = dims.iter().flat_map(|&dim| (dim as u32).to_le_bytes()).collect();
        content.extend(element(SIGNED_32, &dims));
        if name.len() <= 4 {
            content.extend((1 | (name.len() as u32) << 16).to_le_bytes());
            let mut short = name.as_bytes().to_vec();
            short.resize(4, 0);
            content.extend(short);
        } else {
            content.extend(element(1, name.as_bytes()));
        }
        if values.len() <= 4 {
            content.extend((BYTES | (values.len() as u32) << 16).to_le_bytes());
            content.extend(values);
            content.resize(content.len().next_multiple_of(8), 0);
        } else {
            content.extend(element(BYTES, values));
        }
        element(MATRIX, &content)
    }

    /// The same, packed.
    pub(crate) fn packed(array: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(array).unwrap();
        let content = packer.finish().unwrap();
        let mut element = PACKED.to_le_bytes().to_vec();
        element.extend((content.len() as u32).to_le_bytes());
        element.extend(content);
        element
    }

    pub(crate) fn file(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut file = b"MATLAB 5.0 MAT-file".to_vec();
        file.resize(124, b' ');
        file.extend([0, 1, b'I', b'M']);
        file.extend(elements.concat());
        file
    }

    fn read(content: &[u8]) -> Result<[Vec<u8>; 2], DataError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mat");
        std::fs::write(&path, content).unwrap();
        arrays(&path, [("X", &[2, 3]), ("y", &[2, 1])])
    }

    #[test]
    fn packed_and_plain_arrays_read_alike_in_any_order() {
        let x = array("X", &[2, 3], &[1, 2, 3, 4, 5, 6]);
        let y = array("y", &[2, 1], &[10, 1]);
        let other = array("something_else", &[1, 1], &[7]);
        for elements in [
            [packed(&x), packed(&y), packed(&other)],
            [other.clone(), y.clone(), x.clone()],
            [packed(&other), packed(&y), x],
        ] {
            assert_eq!(read(&file(&elements)).unwrap(), [vec![1, 2, 3, 4, 5, 6], vec![10, 1]]);
        }
    }

    #[test]
    fn damaged_files_are_told_with_what_was_expected() {
        let x = packed(&array("X", &[2, 3], &[1, 2, 3, 4, 5, 6]));
        let y = packed(&array("y", &[2, 1], &[10, 1]));
        let whole = file(&[x.clone(), y.clone()]);
        let mut sum = whole.clone();
        *sum.last_mut().unwrap() ^= 1;
        let mut high = whole.clone();
        high[126..128].copy_from_slice(b"MI");
        for (content, expected) in [
            (file(std::slice::from_ref(&x)), "found no array `y` in it"),
            (file(&[packed(&array("X", &[3, 2], &[0; 6]))]), "found `X` of [3, 2], expected [2, 3]"),
            (
                file(&[packed(&array("X", &[2, 3], &[0; 5]))]),
                "found 5 bytes of type 2 in `X`, expected 6 of type 2, which are unsigned bytes",
            ),
            (whole[..whole.len() - 3].to_vec(), "the file ends too early"),
            (whole[..100].to_vec(), "the file ends too early"),
            (Vec::new(), "the file ends too early"),
            (high, "found the header [00, 01, 4d, 49], expected that of a MATLAB 5 file"),
            (sum, "found damaged data: corrupt deflate stream"),
        ] {
            let error = read(&content).unwrap_err();
            let DataError::Malformed { reason, .. } = error else { panic!("{error}") };
            assert!(reason.starts_with(expected), "{reason}");
        }
        // Whatever else is broken: an error or the values, never a panic.
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0xff;
            let _ = read(&broken);
        }
    }
}
