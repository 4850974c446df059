//! The plain tar in a compressed archive: read from any place on, a frame at a time.

use crate::buffer::seek::target_of;
use crate::buffer::stored_bytes::StoredBytes;
use std::io::{Read, Seek, SeekFrom};
use std::{fmt, io};

use backup_core::ports::SeekableBytes;
use zstd::bulk::Decompressor;

use super::rewinding_reader::{RewindingReader, before_the_start};
use super::seek_table;
use super::seek_table::Frame;

/// Returns the plain tar in a compressed archive. Without a list of frames that belongs to this archive, it is read from
/// its start on.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a file that isn't compressed, and any failure to read.
pub(crate) fn unpacking(archive: impl Into<StoredBytes>) -> io::Result<Box<dyn SeekableBytes>> {
    let archive = archive.into();
    match ZstdArchive::open(&archive)? {
        // A damaged frame gives all or nothing. Where it is the only one, a stream gives what comes before the damage.
        Some(seekable) if seekable.frames.len() > 1 => Ok(Box::new(seekable)),
        _ => Ok(Box::new(RewindingReader::open(archive.into_reader())?)),
    }
}

/// A compressed archive that lists its frames, as those do that are made here. Holds one frame at a time, and takes no
/// more memory than the largest; [`LARGEST_FRAME_BYTES`](super::seek_table::LARGEST_FRAME_BYTES) at most.
pub(crate) struct ZstdArchive {
    file: StoredBytes,
    frames: Vec<Frame>,
    decompressor: Decompressor<'static>,
    /// How many frames at the front hide nothing: what holds nothing by the list holds nothing.
    looked_into: usize,
    /// The frame that is unpacked, and what was in it.
    current: Option<usize>,
    plain: Vec<u8>,
    stored: Vec<u8>,
    position: u64,
}

impl fmt::Debug for ZstdArchive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZstdArchive").field("file", &self.file).field("position", &self.position).finish()
    }
}

impl ZstdArchive {
    /// Returns the archive in that file, or `None` when it doesn't list its frames, as one that another tool has made, or
    /// when the list can't be read or used.
    pub(crate) fn open(file: &StoredBytes) -> io::Result<Option<Self>> {
        let Some(frames) = seek_table::read(file).ok().flatten() else { return Ok(None) };
        let (file, decompressor) = (file.try_clone()?, Decompressor::new()?);
        let (plain, stored) = (Vec::new(), Vec::new());
        let looked_into = 0;
        Ok(Some(Self { file, frames, decompressor, looked_into, current: None, plain, stored, position: 0 }))
    }

    /// Returns where its frames are.
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    fn end(&self) -> u64 {
        self.frames.last().map_or(0, Frame::plain_end)
    }

    /// Unpacks the frame that holds the position, unless it is the one that is unpacked. Returns where it begins; `None`
    /// at the end.
    fn unpack(&mut self) -> io::Result<Option<u64>> {
        let index = self.frames.partition_point(|frame| frame.plain_end() <= self.position);
        self.look_into_empty_ones(index)?;
        if self.current != Some(index) && index < self.frames.len() {
            self.unpack_frame(index)?;
        }
        Ok(self.frames.get(index).map(|frame| frame.plain_at))
    }

    /// Unpacks the frames before that one which hold nothing by the list, each once. Nobody would ask for them, but any
    /// other Zstandard reader unpacks them.
    fn look_into_empty_ones(&mut self, end: usize) -> io::Result<()> {
        for index in self.looked_into..end {
            if self.frames.get(index).is_some_and(|frame| frame.plain_bytes == 0) {
                self.unpack_frame(index)?;
            }
            self.looked_into = index + 1;
        }
        Ok(())
    }

    fn unpack_frame(&mut self, index: usize) -> io::Result<()> {
        self.current = None;
        let Some(frame) = self.frames.get(index).copied() else { return Ok(()) };
        let frames = self.frames.len();
        self.unpack_whole(&frame).map_err(|error| placed(&error, &in_frame(index, frames, &frame)))?;
        self.current = Some(index);
        Ok(())
    }

    fn unpack_whole(&mut self, frame: &Frame) -> io::Result<()> {
        self.stored.resize(frame.stored_bytes, 0);
        self.file.read_exact_at(&mut self.stored, frame.stored_at)?;
        self.plain.clear();
        self.plain.reserve_exact(frame.plain_bytes);
        let unpacked = self.decompressor.decompress_to_buffer(&self.stored, &mut self.plain);
        let unpacked = unpacked.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        if unpacked == frame.plain_bytes {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is not as long as the list of frames says"))
    }
}

impl Read for ZstdArchive {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(start) = self.unpack()? else { return Ok(0) };
        let offset = usize::try_from(self.position - start).unwrap_or(usize::MAX);
        let mut left = self.plain.get(offset..).unwrap_or_default();
        let read = left.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for ZstdArchive {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = target_of(to, self.position, Some(self.end()));
        self.position = target.ok_or_else(before_the_start)?;
        Ok(self.position)
    }
}

/// Names a frame by its number, counted from 1, and by the bytes where it begins, stored and unpacked.
fn in_frame(index: usize, frames: usize, frame: &Frame) -> String {
    let Frame { stored_at, plain_at, .. } = frame;
    let number = index + 1;
    format!("in frame {number} of {frames}, at byte {stored_at} of the file (byte {plain_at} of the tar)")
}

/// Returns the same failure with the place where it happened.
fn placed(error: &io::Error, place: &str) -> io::Error {
    io::Error::new(error.kind(), format!("{place}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::os::unix::fs::FileExt;

    use tempfile::tempfile;

    use super::*;
    use crate::zstd::seek_table::SeekTable;

    const PIECES: [usize; 4] = [70_000, 1, 4096, 33_333];

    fn contents() -> Vec<u8> {
        (0..PIECES.iter().sum::<usize>()).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
    }

    fn file(with_table: bool) -> File {
        file_of(&PIECES, with_table)
    }

    fn file_of(pieces: &[usize], with_table: bool) -> File {
        let (mut file, mut table, contents) = (tempfile().unwrap(), SeekTable::default(), contents());
        let mut rest = &contents[..];
        for piece in pieces.iter().copied() {
            let frame = zstd::bulk::compress(&rest[..piece], 3).unwrap();
            file.write_all(&frame).unwrap();
            table.add(frame.len(), piece).unwrap();
            rest = &rest[piece..];
        }
        if with_table {
            file.write_all(&table.into_bytes().unwrap()).unwrap();
        }
        file
    }

    fn check(archive: &mut (impl Read + Seek)) {
        let contents = contents();
        let mut all = Vec::new();
        archive.read_to_end(&mut all).unwrap();
        assert!(all == contents);
        for start in [69_999, 5, 74_096, 74_097, 0, 107_429, 107_430, 200_000] {
            archive.seek(SeekFrom::Start(start)).unwrap();
            let mut rest = Vec::new();
            archive.read_to_end(&mut rest).unwrap();
            let expected = contents.get(usize::try_from(start).unwrap()..).unwrap_or_default();
            assert!(rest == expected, "from {start}");
        }
        archive.seek(SeekFrom::Start(10)).unwrap();
        archive.seek(SeekFrom::Current(70_000)).unwrap();
        let mut byte = [0];
        archive.read_exact(&mut byte).unwrap();
        assert_eq!(byte[0], contents[70_010]);
        assert!(archive.seek(SeekFrom::Current(-80_000)).is_err());
    }

    #[test]
    fn is_read_from_any_place_on() {
        let mut archive = ZstdArchive::open(&file(true).into()).unwrap().unwrap();
        check(&mut archive);
        assert_eq!(archive.seek(SeekFrom::End(-1)).unwrap(), 107_429);
    }

    #[test]
    fn is_read_without_a_table_too() {
        assert!(ZstdArchive::open(&file(false).into()).unwrap().is_none());
        check(&mut RewindingReader::open(StoredBytes::from(file(false)).into_reader()).unwrap());
        check(&mut RewindingReader::open(StoredBytes::from(file(true)).into_reader()).unwrap());
    }

    #[test]
    fn a_wrong_byte_in_the_table_changes_nothing() {
        // As we make them, as others may, and a single one.
        for pieces in [&[21_000, 21_000, 21_000, 21_000, 21_000, 2430][..], &PIECES, &[107_430]] {
            let whole = file_of(pieces, true);
            let mut bytes = vec![0; usize::try_from(whole.metadata().unwrap().len()).unwrap()];
            whole.read_exact_at(&mut bytes, 0).unwrap();
            check_flips_in_the_table(&bytes);
        }
    }

    fn check_flips_in_the_table(bytes: &[u8]) {
        let table_at = bytes.windows(4).position(|four| four == 0x184D_2A5E_u32.to_le_bytes()).unwrap();
        // In the first eight bytes, no other Zstandard reader knows any more that it is a frame to be skipped.
        for (at, flip) in (table_at + 8..bytes.len()).flat_map(|at| [(at, 0x01), (at, 0x80), (at, 0xFF)]) {
            let file = tempfile().unwrap();
            let mut bytes = bytes.to_vec();
            bytes[at] ^= flip;
            file.write_all_at(&bytes, 0).unwrap();
            let mut archive = unpacking(file).unwrap();
            archive.seek(SeekFrom::Start(74_096)).unwrap();
            let mut rest = Vec::new();
            archive.read_to_end(&mut rest).unwrap_or_else(|error| panic!("byte {at}, {flip}: {error}"));
            assert!(rest == contents()[74_096..], "byte {at}, {flip}");
        }
    }

    #[test]
    fn a_damaged_frame_is_an_error() {
        let file = file(true);
        file.write_all_at(b"damage", 0).unwrap();
        let mut archive = ZstdArchive::open(&file.try_clone().unwrap().into()).unwrap().unwrap();
        let place = "in frame 1 of 4, at byte 0 of the file (byte 0 of the tar): ";
        assert!(archive.read(&mut [0; 10]).unwrap_err().to_string().starts_with(place));
        archive.seek(SeekFrom::Start(80_000)).unwrap();
        archive.read_exact(&mut [0; 10]).unwrap();
    }

    /// Returns an archive whose list says that the pieces with these numbers hold nothing.
    fn hiding(pieces: &[&[u8]], hidden: &[usize]) -> File {
        let (mut file, mut table) = (tempfile().unwrap(), SeekTable::default());
        for (index, piece) in pieces.iter().enumerate() {
            // What doesn't say how long it is can't speak against the list.
            let frame = zstd::encode_all(*piece, 3).unwrap();
            file.write_all(&frame).unwrap();
            table.add(frame.len(), if hidden.contains(&index) { 0 } else { piece.len() }).unwrap();
        }
        file.write_all(&table.into_bytes().unwrap()).unwrap();
        file
    }

    #[test]
    fn a_frame_that_the_list_hides_is_an_error() {
        let read = |file: &File, from: u64| {
            let mut archive = ZstdArchive::open(&file.try_clone().unwrap().into()).unwrap().unwrap();
            archive.seek(SeekFrom::Start(from)).unwrap();
            let mut all = Vec::new();
            let end = archive.read_to_end(&mut all);
            end.map(|_| all.clone()).map_err(|error| (all, error.to_string()))
        };
        let pieces: [&[u8]; 4] = [b"", b"one", b"two", b""];
        assert_eq!(read(&hiding(&pieces, &[]), 0).unwrap(), b"onetwo", "what holds nothing may stand there");
        for (hidden, before) in [(1, ""), (2, "one")] {
            let (read, error) = read(&hiding(&pieces, &[hidden]), 0).unwrap_err();
            assert_eq!(read, before.as_bytes());
            assert!(error.starts_with(&format!("in frame {} of 4, at byte ", hidden + 1)), "{error}");
        }
        let pieces: [&[u8]; 3] = [b"one", b"hidden", b"two"];
        assert!(read(&hiding(&pieces, &[1]), 4).is_err(), "nor is it passed over");
        assert!(read(&hiding(&pieces, &[1]), 100).is_err());
        let large = vec![7; 300_000];
        let pieces: [&[u8]; 3] = [b"one", &large, b"two"];
        assert!(read(&hiding(&pieces, &[1]), 0).is_err());
    }

    #[test]
    fn the_place_of_a_break_is_reported() {
        let broken = |archive: &mut dyn Read| io::copy(archive, &mut io::sink()).unwrap_err().to_string();
        let (file, list) = (file(true), seek_table::read(&file(true).into()).unwrap().unwrap());
        let Frame { stored_at, stored_bytes, .. } = list[2];
        let last_byte = stored_at + stored_bytes as u64 - 1;
        // A frame ends with its checksum.
        let mut byte = [0];
        file.read_exact_at(&mut byte, last_byte).unwrap();
        file.write_all_at(&[!byte[0]], last_byte).unwrap();
        let said = broken(&mut ZstdArchive::open(&file.try_clone().unwrap().into()).unwrap().unwrap());
        let place = format!("in frame 3 of 4, at byte {stored_at} of the file (byte 70001 of the tar): ");
        assert!(said.starts_with(&place), "{said}");
    }
}
