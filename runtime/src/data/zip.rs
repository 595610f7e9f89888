//! The part of the zip format that NumPy writes: files that are stored or deflated, found by the central directory.
//!
//! Layout: PKWARE, *APPNOTE.TXT*, 4.3. Each file is checked by its CRC-32. Archives beyond 4 GiB (zip64) are refused.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::read::DeflateDecoder;

const END: u32 = 0x0605_4b50;
const ENTRY: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// The record at the end, and the longest comment behind it.
const END_BYTES: u64 = 22;
const LONGEST_COMMENT: u64 = 65_535;

/// An archive and what is in it.
#[derive(Debug)]
pub(super) struct Zip {
    file: BufReader<File>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    at: u32,
}

impl Zip {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES + LONGEST_COMMENT)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        let end = tail
            .windows(END_BYTES as usize)
            .rev()
            .find(|window| u32_at(window, 0) == END)
            .ok_or_else(|| damaged("no directory at the end of a zip archive"))?;
        let (count, size, at) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
        if at == u32::MAX || count == u16::MAX {
            return Err(damaged("a zip archive beyond 4 GiB"));
        }
        if u64::from(at) + u64::from(size) > length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        file.seek(SeekFrom::Start(u64::from(at)))?;
        let mut directory = vec![0; size as usize];
        file.read_exact(&mut directory)?;
        let entries = entries(&directory, count)?;
        Ok(Self { file, entries })
    }

    /// The names of the files, in the order of the directory.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The content of a file; `None`: there is none of that name.
    pub(super) fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else { return Ok(None) };
        if entry.size == u32::MAX || entry.packed == u32::MAX || entry.at == u32::MAX {
            return Err(damaged("a file beyond 4 GiB in a zip archive"));
        }
        self.file.seek(SeekFrom::Start(u64::from(entry.at)))?;
        let mut local = [0; 30];
        self.file.read_exact(&mut local)?;
        if u32_at(&local, 0) != LOCAL {
            return Err(damaged("no file where the directory of a zip archive says"));
        }
        self.file.seek_relative(i64::from(u16_at(&local, 26)) + i64::from(u16_at(&local, 28)))?;
        let packed = (&mut self.file).take(u64::from(entry.packed));
        // One byte more than stated tells a file that is too long.
        let limit = u64::from(entry.size) + 1;
        let mut content = Vec::new();
        match entry.method {
            STORED => packed.take(limit).read_to_end(&mut content)?,
            DEFLATED => DeflateDecoder::new(packed).take(limit).read_to_end(&mut content)?,
            other => return Err(damaged(&format!("packing method {other} in a zip archive"))),
        };
        if content.len() < entry.size as usize {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() > entry.size as usize || crc.sum() != entry.crc {
            return Err(damaged(&format!("another check sum of `{name}` than the archive says")));
        }
        Ok(Some(content))
    }
}

fn entries(mut directory: &[u8], count: u16) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for _ in 0..count {
        let Some((head, rest)) = directory.split_at_checked(46).filter(|(head, _)| u32_at(head, 0) == ENTRY)
        else {
            return Err(damaged("a broken directory of a zip archive"));
        };
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(u16_at(head, at)));
        let (Some(text), Some(next)) = (rest.get(..name), rest.get(name + extra + comment..)) else {
            return Err(damaged("a broken directory of a zip archive"));
        };
        entries.push(Entry {
            name: String::from_utf8_lossy(text).into_owned(),
            method: u16_at(head, 10),
            crc: u32_at(head, 16),
            packed: u32_at(head, 20),
            size: u32_at(head, 24),
            at: u32_at(head, 42),
        });
        directory = next;
    }
    Ok(entries)
}

fn damaged(found: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, found)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    /// An archive; every other file is deflated, as `savez_compressed` does.
    pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let (mut archive, mut directory) = (Vec::new(), Vec::new());
        for (index, (name, content)) in files.iter().enumerate() {
            let mut crc = Crc::new();
            crc.update(content);
            let (method, packed) = if index % 2 == 0 {
                (STORED, content.clone())
            } else {
                let mut packer =
                    flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                packer.write_all(content).unwrap();
                (DEFLATED, packer.finish().unwrap())
            };
            let at = archive.len() as u32;
            let mut fields = vec![20, 0, 0, 0];
            fields.extend(method.to_le_bytes());
            fields.extend([0; 4]);
            for number in [crc.sum(), packed.len() as u32, content.len() as u32] {
                fields.extend(number.to_le_bytes());
            }
            fields.extend((name.len() as u16).to_le_bytes());
            archive.extend(LOCAL.to_le_bytes());
            archive.extend(&fields);
            // An extra field, which NumPy writes for zip64.
            archive.extend([4, 0]);
            archive.extend(name.as_bytes());
            archive.extend([0; 4]);
            archive.extend(packed);
            directory.extend(ENTRY.to_le_bytes());
            directory.extend([20, 0]);
            directory.extend(&fields);
            directory.extend([0; 12]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (at, size) = (archive.len() as u32, directory.len() as u32);
        archive.extend(directory);
        archive.extend(END.to_le_bytes());
        archive.extend([0; 4]);
        archive.extend((files.len() as u16).to_le_bytes());
        archive.extend((files.len() as u16).to_le_bytes());
        archive.extend(size.to_le_bytes());
        archive.extend(at.to_le_bytes());
        archive.extend([0, 0]);
        archive
    }

    fn read(archive: &[u8]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        std::fs::write(&path, archive).unwrap();
        let mut zip = Zip::open(&path)?;
        ["a", "b", "c"].into_iter().map(|name| zip.read(name)).collect()
    }

    #[test]
    fn stored_and_deflated_files_are_read() {
        let archive = zip(&[("a", b"stored".to_vec()), ("b", vec![7; 1000])]);
        assert_eq!(read(&archive).unwrap(), [Some(b"stored".to_vec()), Some(vec![7; 1000]), None]);
    }

    #[test]
    fn damage_is_an_error_wherever_it_is() {
        let archive = zip(&[("a", b"stored".to_vec()), ("b", vec![7; 1000])]);
        for length in 0..archive.len() {
            assert!(read(&archive[..length]).is_err(), "{length}");
        }
        let content = archive.windows(6).position(|window| window == b"stored").unwrap();
        let mut broken = archive.clone();
        broken[content] = b'S';
        let error = read(&broken).unwrap_err().to_string();
        assert_eq!(error, "another check sum of `a` than the archive says");
        for at in 0..archive.len() {
            let mut broken = archive.clone();
            broken[at] ^= 0xff;
            let _ = read(&broken);
        }
    }
}
