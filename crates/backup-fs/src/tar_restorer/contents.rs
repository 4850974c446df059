//! The contents of a file, to be written or compared.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use rustix::fs::{FileType, Mode, OFlags, fstat};

use crate::posix::holes::{Stretch, look_for_zeros};
use crate::posix::open_beneath::Beneath;
use crate::tar_reader::{Contents, TarReader};

/// The contents of a file.
pub(super) trait Body {
    /// Returns whether an existing file of the same size holds exactly these contents. Returns `None` if it was
    /// cancelled.
    ///
    /// The contents can be written to another file afterwards.
    fn equals(&mut self, existing: &File) -> io::Result<Option<bool>>;

    /// Writes the contents into a new file of that size, with their holes. Returns false if the file must not be
    /// kept.
    fn fill(&mut self, file: &File, size_bytes: u64) -> io::Result<bool>;
}

/// The number of bytes that are read and written at once.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// Opens an existing file to compare it. Returns `None` if it can't be read or isn't a file any more.
pub(super) fn open_existing(beneath: Beneath, folder: BorrowedFd<'_>, name: &CStr) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file: OwnedFd = beneath.open(folder, name, flags, Mode::empty()).ok()?;
    let is_file = FileType::from_raw_mode(fstat(&file).ok()?.st_mode) == FileType::RegularFile;
    is_file.then(|| file.into())
}

/// The contents of a small file, which are in memory as a whole.
impl Body for &[u8] {
    fn equals(&mut self, existing: &File) -> io::Result<Option<bool>> {
        Ok(Some(FileComparer::new(existing).matches_at(0, self)))
    }

    fn fill(&mut self, file: &File, _size_bytes: u64) -> io::Result<bool> {
        let mut writer = file;
        writer.write_all(self).map(|()| true)
    }
}

/// Contents that are used while they are read from the archive.
pub(super) struct Stream<'s, R> {
    reader: &'s mut TarReader<R>,
    /// Gets the number of bytes that were read, and returns whether to continue.
    keep_going: &'s mut dyn FnMut(u64) -> bool,
    is_started: bool,
    /// The bytes that were reported already. They aren't reported again on a second read.
    reported_bytes: u64,
}

/// Contents that are read a part at a time.
pub(super) trait Parts {
    /// Returns whether they can be read more than once.
    fn is_repeatable(&self) -> bool;

    /// Reports that number of bytes as read, and returns whether to continue.
    fn keep_going(&mut self, bytes: u64) -> bool;

    /// Passes each piece of data and each hole with its position to `act`, which returns whether to continue.
    ///
    /// Returns the end of the data, or `None` if it was cancelled.
    fn for_each_part(&mut self, act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>)
    -> io::Result<Option<u64>>;
}

impl<'s, R: Read> Stream<'s, R> {
    pub(super) fn new(reader: &'s mut TarReader<R>, keep_going: &'s mut dyn FnMut(u64) -> bool) -> Self {
        Self { reader, keep_going, is_started: false, reported_bytes: 0 }
    }
}

impl<R: Read> Parts for Stream<'_, R> {
    fn is_repeatable(&self) -> bool {
        self.reader.goes_back()
    }

    fn keep_going(&mut self, bytes: u64) -> bool {
        (self.keep_going)(bytes)
    }

    fn for_each_part(
        &mut self,
        act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>,
    ) -> io::Result<Option<u64>> {
        let (mut position, mut end, mut read_bytes) = (0, 0, 0);
        let mut contents: Contents<'_, R> = self.reader.contents();
        if std::mem::replace(&mut self.is_started, true) {
            contents.start_over()?;
        }
        loop {
            let hole = contents.pass_hole();
            if hole > 0 && !act(Part::Hole((position, position + hole), &mut *self.keep_going))? {
                break;
            }
            position += hole;
            let piece = contents.piece()?;
            if piece.is_empty() || !act(Part::Data(position, &piece))? {
                break;
            }
            position += piece.len() as u64;
            end = position;
            read_bytes += piece.len() as u64;
            let new_bytes = read_bytes.saturating_sub(self.reported_bytes);
            self.reported_bytes += new_bytes;
            if !(self.keep_going)(new_bytes) {
                return Ok(None);
            }
        }
        Ok(Some(end))
    }
}

/// A part of a file.
pub(super) enum Part<'p> {
    /// A range, and the function that returns whether to continue.
    Hole((u64, u64), &'p mut dyn FnMut(u64) -> bool),
    /// Data from this position on.
    Data(u64, &'p [u8]),
}

impl<P: Parts> Body for P {
    fn equals(&mut self, existing: &File) -> io::Result<Option<bool>> {
        if !self.is_repeatable() {
            // After a comparison, they couldn't be written any more.
            return Ok(Some(false));
        }
        let (mut comparer, mut is_same, mut is_cancelled) = (FileComparer::new(existing), true, false);
        let completed = self.for_each_part(&mut |part| {
            is_same = match part {
                Part::Hole(range, keep_going) => {
                    let found = look_for_zeros(existing, range, &mut || keep_going(0));
                    is_cancelled = matches!(found, Ok(Stretch::Ended));
                    // A file whose holes the disk doesn't report counts as different. Otherwise it could take hours
                    // to read.
                    matches!(found, Ok(Stretch::Zeros))
                }
                Part::Data(start, bytes) => comparer.matches_at(start, bytes),
            };
            Ok(is_same)
        })?;
        Ok(completed.filter(|_| !is_cancelled).map(|_| is_same))
    }

    /// It doesn't allocate the size that an archive claims.
    fn fill(&mut self, file: &File, size_bytes: u64) -> io::Result<bool> {
        let written = self.for_each_part(&mut |part| {
            if let Part::Data(start, bytes) = part {
                file.write_all_at(bytes, start)?;
            }
            Ok(true)
        })?;
        let Some(end) = written else { return Ok(false) };
        if end < size_bytes {
            file.set_len(size_bytes)?;
        }
        Ok(true)
    }
}

/// Returns whether two files of the same size have the same contents.
pub(super) fn has_contents_of(file: &File, other: &File) -> io::Result<bool> {
    let (mut piece, mut position, mut comparer) = (vec![0; PIECE_BYTES], 0, FileComparer::new(other));
    loop {
        match file.read_at(&mut piece, position)? {
            0 => return Ok(true),
            read if !comparer.matches_at(position, &piece[..read]) => return Ok(false),
            read => position += read as u64,
        }
    }
}

/// An existing file that is compared piece by piece. A part that can't be read counts as different.
struct FileComparer<'f> {
    existing: &'f File,
    piece: Vec<u8>,
}

impl<'f> FileComparer<'f> {
    fn new(existing: &'f File) -> Self {
        Self { existing, piece: Vec::new() }
    }

    fn matches_at(&mut self, start: u64, bytes: &[u8]) -> bool {
        self.piece.resize(bytes.len(), 0);
        self.existing.read_exact_at(&mut self.piece, start).is_ok() && self.piece == bytes
    }
}
