//! Arrays of NumPy: the header of a `.npy` file and its numbers.
//!
//! Format: NumPy Enhancement Proposal 1, *A Simple File Format for NumPy Arrays*, versions 1.0 to 3.0. Numbers with the low
//! byte first, in C order; no objects, texts or records.

use std::fmt;

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array in memory.
#[derive(Debug)]
pub(super) struct Array {
    /// The dimensions, slowest first.
    pub(super) dims: Vec<usize>,
    pub(super) kind: Number,
    content: Vec<u8>,
    start: usize,
}

/// The numbers that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "|b1" => Self::Bool,
            "|u1" => Self::U8,
            "|i1" => Self::I8,
            "<u2" => Self::U16,
            "<i2" => Self::I16,
            "<u4" => Self::U32,
            "<i4" => Self::I32,
            "<u8" => Self::U64,
            "<i8" => Self::I64,
            "<f4" => Self::F32,
            "<f8" => Self::F64,
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    pub(super) fn is_whole(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_whole() { "whole numbers" } else { "floats" };
        write!(f, "{what} of {} bytes", self.bytes())
    }
}

impl Array {
    /// Reads a whole file; an error says what was found.
    pub(super) fn parse(content: Vec<u8>) -> Result<Self, String> {
        let short = || format!("found {} bytes, expected a .npy file", content.len());
        let (magic, rest) = content.split_at_checked(8).ok_or_else(short)?;
        if !magic.starts_with(MAGIC) {
            return Err("found no .npy file, which begins with `NUMPY`".to_owned());
        }
        let (length, before) = match (magic[6], rest) {
            (1, [a, b, ..]) => (usize::from(u16::from_le_bytes([*a, *b])), 10),
            (2 | 3, [a, b, c, d, ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12),
            (1..=3, _) => return Err(short()),
            (version, _) => return Err(format!("found version {version} of .npy, expected 1 to 3")),
        };
        let start = before + length;
        let header = content.get(before..start).ok_or_else(short)?;
        let header = String::from_utf8_lossy(header).into_owned();
        let told = |what: &str| format!("found no `{what}` in the header {}", header.trim_end());
        let descr = value(&header, "descr").ok_or_else(|| told("descr"))?;
        let descr = descr.split('\'').nth(1).unwrap_or(descr);
        let kind = Number::parse(descr)
            .ok_or_else(|| format!("found values of type `{descr}`, expected numbers, low byte first"))?;
        let dims = value(&header, "shape").and_then(|text| text.split_once('(')?.1.split_once(')')).and_then(
            |(dims, _)| {
                dims.split(',')
                    .map(str::trim)
                    .filter(|dim| !dim.is_empty())
                    .map(|dim| dim.parse().ok())
                    .collect()
            },
        );
        let dims: Vec<usize> = dims.ok_or_else(|| told("shape"))?;
        if value(&header, "fortran_order").is_none_or(|order| !order.starts_with("False")) {
            return Err(
                "found Fortran order, expected C order, which `numpy.ascontiguousarray` makes".to_owned()
            );
        }
        let expected = dims.iter().try_fold(kind.bytes(), |product, &dim| product.checked_mul(dim));
        let found = content.len() - start;
        if expected != Some(found) {
            let expected = expected.map_or_else(|| "fewer dimensions".to_owned(), |n| n.to_string());
            return Err(format!("found {found} bytes of values, expected {expected}"));
        }
        Ok(Self { dims, kind, content, start })
    }

    /// The values as 32-bit floats.
    pub(super) fn values(&self) -> impl Iterator<Item = f32> {
        self.exact().map(|value| value as f32)
    }

    /// The values as 64-bit floats.
    pub(super) fn exact(&self) -> impl Iterator<Item = f64> {
        let kind = self.kind;
        self.raw().map(move |bytes| match kind {
            Number::F32 => f64::from(f32::from_bits(little(bytes) as u32)),
            Number::F64 => f64::from_bits(little(bytes)),
            Number::U64 => little(bytes) as f64,
            _ => signed(kind, bytes) as f64,
        })
    }

    /// The values as whole numbers; what does not fit is the largest, floats are 0.
    pub(super) fn whole(&self) -> impl Iterator<Item = i64> {
        let kind = self.kind;
        self.raw().map(move |bytes| signed(kind, bytes))
    }

    fn raw(&self) -> impl Iterator<Item = &[u8]> {
        self.content[self.start..].chunks_exact(self.kind.bytes())
    }
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn signed(kind: Number, bytes: &[u8]) -> i64 {
    let number = little(bytes);
    match kind {
        Number::Bool | Number::U8 | Number::U16 | Number::U32 | Number::I64 => number as i64,
        Number::U64 => i64::try_from(number).unwrap_or(i64::MAX),
        Number::I8 => i64::from(number as i8),
        Number::I16 => i64::from(number as i16),
        Number::I32 => i64::from(number as i32),
        Number::F32 | Number::F64 => 0,
    }
}

/// What stands behind a key of the header, a literal of Python.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    Some(rest.trim_start())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as NumPy writes it.
    pub(crate) fn npy(descr: &str, dims: &[usize], values: &[u8]) -> Vec<u8> {
        let dims = dims.iter().map(|dim| format!("{dim},")).collect::<Vec<_>>().join(" ");
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut file = MAGIC.to_vec();
        file.extend([1, 0]);
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(values);
        file
    }

    #[test]
    fn each_kind_of_number_is_read() {
        for (descr, bytes, expected) in [
            ("|b1", &[1][..], 1.0),
            ("|u1", &[255], 255.0),
            ("|i1", &[255], -1.0),
            ("<u2", &[1, 2], 513.0),
            ("<i2", &[0, 128], -32768.0),
            ("<u4", &[0, 0, 0, 1], 16_777_216.0),
            ("<i4", &[254, 255, 255, 255], -2.0),
            ("<u8", &[1, 0, 0, 0, 0, 0, 0, 128], 9.223_372e18),
            ("<i8", &[255; 8], -1.0),
            ("<f4", &1.5_f32.to_le_bytes(), 1.5),
            ("<f8", &(-0.25_f64).to_le_bytes(), -0.25),
        ] {
            let array = Array::parse(npy(descr, &[1, 1], bytes)).unwrap();
            assert_eq!(array.dims, [1, 1]);
            assert_eq!(array.values().collect::<Vec<f32>>(), [expected], "{descr}");
            if array.kind.is_whole() && descr != "<u8" {
                assert_eq!(array.whole().collect::<Vec<i64>>(), [expected as i64], "{descr}");
            }
        }
    }

    #[test]
    fn other_files_are_told() {
        let whole = npy("<f4", &[2], &[0; 8]);
        let replaced = |from: &str, to: &str| {
            let at = whole.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let mut file = whole.clone();
            file[at..at + from.len()].copy_from_slice(to.as_bytes());
            file
        };
        for (content, expected) in [
            (Vec::new(), "found 0 bytes, expected a .npy file"),
            (whole[..50].to_vec(), "found 50 bytes, expected a .npy file"),
            (b"<!DOCTYPE html>".to_vec(), "found no .npy file, which begins with `NUMPY`"),
            (replaced("<f4", ">f4"), "found values of type `>f4`, expected numbers, low byte first"),
            (replaced("<f4", "|O8"), "found values of type `|O8`, expected numbers, low byte first"),
            (
                replaced("False", "True "),
                "found Fortran order, expected C order, which `numpy.ascontiguousarray` makes",
            ),
            (replaced("(2,)", "(3,)"), "found 8 bytes of values, expected 12"),
            (replaced("'shape'", "'shade'"), "found no `shape` in the header"),
        ] {
            let error = Array::parse(content).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        for length in 0..whole.len() {
            assert!(Array::parse(whole[..length].to_vec()).is_err());
        }
    }
}
