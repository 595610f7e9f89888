//! The part of the tar format that data sets are distributed in: regular files with short names, one after the other.
//!
//! Layout: POSIX.1-1988 (ustar), blocks of 512 bytes. Nothing is written to the disk; what is no regular file is passed over.

use std::io::{self, ErrorKind, Read};

const BLOCK: usize = 512;

/// An archive that is read from the front.
pub(super) struct Archive<R> {
    source: R,
    /// Bytes of the current file, and with its padding, that have not been read.
    content: u64,
    padded: u64,
}

impl<R: Read> Archive<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, content: 0, padded: 0 }
    }

    /// The name and the size of the next regular file, which is then read from this archive; `None`: there is no other.
    pub(super) fn next(&mut self) -> io::Result<Option<(String, u64)>> {
        loop {
            let skipped = io::copy(&mut (&mut self.source).take(self.padded), &mut io::sink())?;
            if skipped < self.padded {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let mut header = [0; BLOCK];
            self.source.read_exact(&mut header)?;
            // Two empty blocks are the end; the first is enough.
            if header.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            let stated = octal(&header[148..156]);
            header[148..156].fill(b' ');
            let found: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
            let (Some(size), true) = (octal(&header[124..136]), stated == Some(found)) else {
                return Err(io::Error::new(ErrorKind::InvalidData, "found a broken header of a tar archive"));
            };
            self.content = size;
            self.padded = size.next_multiple_of(BLOCK as u64);
            if matches!(header[156], 0 | b'0') {
                let name = header[..100].split(|&byte| byte == 0).next().unwrap_or_default();
                return Ok(Some((String::from_utf8_lossy(name).into_owned(), size)));
            }
        }
    }
}

impl<R: Read> Read for Archive<R> {
    /// Reads the current file.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.source).take(self.content).read(buffer)?;
        self.content -= read as u64;
        self.padded -= read as u64;
        Ok(read)
    }
}

/// An octal number of digits between blanks and zero bytes; sizes have 11 digits, so it always fits.
fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    u64::from_str_radix(text, 8).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An archive of regular files.
    pub(crate) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (name, content) in files {
            add(&mut archive, name, content, b'0');
        }
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive
    }

    fn add(archive: &mut Vec<u8>, name: &str, content: &[u8], kind: u8) {
        let mut header = [0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(header);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }

    #[test]
    fn files_are_read_or_passed_over() {
        let mut packed = Vec::new();
        add(&mut packed, "dir/", b"", b'5');
        add(&mut packed, "dir/a", &[7; 700], b'0');
        packed.extend(pack(&[("b", b"second"), ("c", b"")]));
        let mut archive = Archive::new(packed.as_slice());
        assert_eq!(archive.next().unwrap(), Some(("dir/a".to_owned(), 700)));
        assert_eq!(archive.next().unwrap(), Some(("b".to_owned(), 6)));
        let mut text = String::new();
        archive.read_to_string(&mut text).unwrap();
        assert_eq!(text, "second");
        assert_eq!(archive.next().unwrap(), Some(("c".to_owned(), 0)));
        assert_eq!(archive.next().unwrap(), None);
    }

    #[test]
    fn cut_and_broken_archives_are_errors() {
        let packed = pack(&[("a", &[1; 600])]);
        for length in [0, 100, 512, 700, 1536] {
            let mut archive = Archive::new(&packed[..length]);
            let end = loop {
                match archive.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{length} bytes are a whole archive"),
                    Err(error) => break error,
                }
            };
            assert_eq!(end.kind(), ErrorKind::UnexpectedEof, "{length}");
        }
        let mut broken = packed;
        broken[0] = b'b';
        assert_eq!(Archive::new(broken.as_slice()).next().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
