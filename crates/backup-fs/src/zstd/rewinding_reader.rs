//! The plain tar in a compressed archive that doesn't list its frames: read from its start to its end.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use super::zstd_reader::ZstdReader;
use crate::buffer::stored_bytes::StoredReader;

/// A compressed archive, read frame by frame, and again from its start for what lies before.
pub(crate) struct RewindingReader {
    file: StoredReader,
    reader: ZstdReader<StoredReader>,
}

impl RewindingReader {
    pub(crate) fn open(file: StoredReader) -> io::Result<Self> {
        let reader = ZstdReader::new(file.again()?)?;
        Ok(Self { file, reader })
    }
}

impl Read for RewindingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl Seek for RewindingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.reader.position().checked_add_signed(by),
            SeekFrom::End(_) => return Err(ErrorKind::Unsupported.into()),
        };
        let target = target.ok_or_else(before_the_start)?;
        if target < self.reader.position() {
            *self = Self::open(self.file.again()?)?;
        }
        let ahead = target - self.reader.position();
        // Where it ends before that, it has ended: reading there gives nothing, as behind the end of any file.
        io::copy(&mut self.by_ref().take(ahead), &mut io::sink())?;
        Ok(target)
    }
}

pub(crate) fn before_the_start() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "a place before the start of the archive")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use tempfile::tempfile;

    use super::*;
    use crate::buffer::stored_bytes::StoredBytes;
    use crate::zstd::zstd_reader::doubtful_from;

    fn stream(bytes: &[u8]) -> RewindingReader {
        let file = tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        RewindingReader::open(StoredBytes::from(file).into_reader()).unwrap()
    }

    /// Returns what can be read, and the error that ends it.
    fn read(bytes: &[u8]) -> (Vec<u8>, Option<io::Error>) {
        let mut all = Vec::new();
        let error = stream(bytes).read_to_end(&mut all).err();
        (all, error)
    }

    fn contents() -> Vec<u8> {
        let words = (0..700_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
        words.collect::<Vec<_>>().into_flattened()
    }

    /// A frame with a checksum that doesn't say how much it holds, as a tool writes it that reads from a pipe.
    fn frame(contents: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.include_checksum(true).unwrap();
        io::copy(&mut &contents[..], &mut encoder).unwrap();
        encoder.finish().unwrap()
    }

    fn skippable(bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        [&0x184D_2A50_u32.to_le_bytes()[..], &length, bytes].concat()
    }

    #[test]
    fn frames_of_any_kind_are_read_in_order() {
        let contents = contents();
        let (one, other) = contents.split_at(1_000_000);
        let parts =
            [skippable(b"first"), frame(one), frame(b""), skippable(b""), frame(other), skippable(b"last")];
        let (all, error) = read(&parts.concat());
        assert!(all == contents && error.is_none(), "{error:?}");
        assert!(read(b"").0.is_empty());
    }

    #[test]
    fn what_comes_before_a_cut_is_given() {
        let contents = contents();
        let stored = frame(&contents);
        let (all, error) = read(&stored[..stored.len() / 2]);
        assert!(all.len() > contents.len() / 3 && contents.starts_with(&all), "{} bytes", all.len());
        let error = error.unwrap();
        assert_eq!((error.kind(), doubtful_from(&error)), (ErrorKind::UnexpectedEof, None));
    }

    #[test]
    fn what_follows_the_frames_is_an_error_behind_all_of_them() {
        let contents = contents();
        let stored = frame(&contents);
        let (all, error) = read(&[&stored[..], b"garbage"].concat());
        let (error, length) = (error.unwrap(), stored.len());
        assert!(all == contents);
        assert_eq!((error.kind(), doubtful_from(&error)), (ErrorKind::InvalidData, None));
        let said = error.to_string();
        assert!(said.starts_with("after byte 2800000 of the tar: "), "{said}");
        assert!(
            said.ends_with(&format!(", in the frame that begins at byte {length} of the file")),
            "{said}"
        );
    }

    #[test]
    fn what_comes_out_of_a_wrong_frame_is_doubtful_from_its_start_on() {
        let contents = contents();
        let (one, other) = contents.split_at(1_000_000);
        let mut stored = [frame(one), frame(other)].concat();
        let at = stored.len() - 100_000;
        stored[at] ^= 1;
        let (all, error) = read(&stored);
        assert!(all.len() > 1_500_000 && all[..1_000_000] == *one);
        let error = error.unwrap();
        assert_eq!((error.kind(), doubtful_from(&error)), (ErrorKind::InvalidData, Some(1_000_000)));
    }
}
