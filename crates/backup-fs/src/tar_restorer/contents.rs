//! The contents of a file: on their way into a new one, or beside those of one that stands.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate};
use rustix::io::{pwrite, retry_on_intr, write};

use crate::posix::holes::{Stretch, look_for_zeros};
use crate::posix::open_beneath::Beneath;
use crate::tar_reader::{Contents, TarReader};

/// The contents of a file.
pub(super) trait Body {
    /// Returns whether a file that stands holds exactly this, as far as its size says; `None` when it is to end. It can be
    /// filled into another one afterwards.
    fn is_in(&mut self, standing: &File) -> io::Result<Option<bool>>;

    /// Writes it into a new file that is to have that size, its holes as holes. Returns false when that is not to be kept.
    fn fill(&mut self, file: BorrowedFd<'_>, size_bytes: u64) -> io::Result<bool>;
}

/// How much is read and written at once.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// Opens a file that stands, to compare it; `None` for what can't be read, or isn't a file any more.
pub(super) fn open_standing(beneath: Beneath, folder: BorrowedFd<'_>, name: &CStr) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file: OwnedFd = beneath.open(folder, name, flags, Mode::empty()).ok()?;
    let is_file = FileType::from_raw_mode(fstat(&file).ok()?.st_mode) == FileType::RegularFile;
    is_file.then(|| file.into())
}

impl Body for &[u8] {
    fn is_in(&mut self, standing: &File) -> io::Result<Option<bool>> {
        let mut comparing = Comparing::new(standing);
        Ok(Some(self.chunks(PIECE_BYTES).all(|piece| comparing.goes_on_with(piece))))
    }

    fn fill(&mut self, file: BorrowedFd<'_>, _size_bytes: u64) -> io::Result<bool> {
        let mut bytes = *self;
        while !bytes.is_empty() {
            match retry_on_intr(|| write(file, bytes))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => bytes = &bytes[written..],
            }
        }
        Ok(true)
    }
}

/// Contents that are used while they are read.
pub(super) struct Stream<'s, R> {
    reader: &'s mut TarReader<R>,
    /// Hears of the bytes that went by, and tells whether to go on.
    goes_on: &'s mut dyn FnMut(u64) -> bool,
    is_begun: bool,
    /// What was told by now of what is read once more.
    told_bytes: u64,
}

/// Contents that are read a part at a time.
pub(super) trait Parts {
    /// Returns whether they can be read more than once.
    fn is_repeatable(&self) -> bool;

    /// Tells whoever watches of so many bytes, and returns whether to go on.
    fn goes_on(&mut self, bytes: u64) -> bool;

    /// Gives each piece of data with its place, and the holes with theirs, to `act`, which says whether to go on.
    ///
    /// Returns how far data goes; `None` when it was ended by whoever hears of the bytes.
    fn each(&mut self, act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>) -> io::Result<Option<u64>>;
}

impl<'s, R: Read> Stream<'s, R> {
    pub(super) fn new(reader: &'s mut TarReader<R>, goes_on: &'s mut dyn FnMut(u64) -> bool) -> Self {
        Self { reader, goes_on, is_begun: false, told_bytes: 0 }
    }
}

impl<R: Read> Parts for Stream<'_, R> {
    fn is_repeatable(&self) -> bool {
        self.reader.goes_back()
    }

    fn goes_on(&mut self, bytes: u64) -> bool {
        (self.goes_on)(bytes)
    }

    fn each(&mut self, act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>) -> io::Result<Option<u64>> {
        let mut piece = vec![0; PIECE_BYTES];
        let (mut position, mut end, mut read_bytes) = (0, 0, 0);
        let mut contents: Contents<'_, R> = self.reader.contents();
        if std::mem::replace(&mut self.is_begun, true) {
            contents.start_over()?;
        }
        loop {
            let hole = contents.pass_hole();
            if hole > 0 && !act(Part::Hole((position, position + hole), &mut *self.goes_on))? {
                break;
            }
            position += hole;
            let read = contents.read(&mut piece)?;
            if read == 0 || !act(Part::Data(position, &piece[..read]))? {
                break;
            }
            position += read as u64;
            end = position;
            read_bytes += read as u64;
            let new_bytes = read_bytes.saturating_sub(self.told_bytes);
            self.told_bytes += new_bytes;
            if !(self.goes_on)(new_bytes) {
                return Ok(None);
            }
        }
        Ok(Some(end))
    }
}

/// A part of a file.
pub(super) enum Part<'p> {
    /// From there to there, with whoever tells whether to go on.
    Hole((u64, u64), &'p mut dyn FnMut(u64) -> bool),
    /// From there on.
    Data(u64, &'p [u8]),
}

impl<P: Parts> Body for P {
    fn is_in(&mut self, standing: &File) -> io::Result<Option<bool>> {
        if !self.is_repeatable() {
            // Read now, they couldn't be written any more.
            return Ok(Some(false));
        }
        let (mut comparing, mut is_same, mut is_ended) = (Comparing::new(standing), true, false);
        let went = self.each(&mut |part| {
            is_same = match part {
                Part::Hole(range, goes_on) => {
                    let found = look_for_zeros(standing, range, &mut || goes_on(0));
                    is_ended = matches!(found, Ok(Stretch::Ended));
                    // What has holes that the disk doesn't tell is taken for different, rather than read for hours.
                    matches!(found, Ok(Stretch::Zeros))
                }
                Part::Data(start, bytes) => comparing.goes_on_at(start, bytes),
            };
            Ok(is_same)
        })?;
        Ok(went.filter(|_| !is_ended).map(|_| is_same))
    }

    /// No size that an archive claims is asked for beforehand.
    fn fill(&mut self, file: BorrowedFd<'_>, size_bytes: u64) -> io::Result<bool> {
        let written = self.each(&mut |part| {
            if let Part::Data(start, bytes) = part {
                write_all_at(file, bytes, start)?;
            }
            Ok(true)
        })?;
        let Some(end) = written else { return Ok(false) };
        if end < size_bytes {
            ftruncate(file, size_bytes)?;
        }
        Ok(true)
    }
}

/// Returns whether two files of the same size have the same contents.
pub(super) fn has_contents_of(file: &File, other: &File) -> io::Result<bool> {
    let (mut piece, mut position, mut comparing) = (vec![0; PIECE_BYTES], 0, Comparing::new(other));
    loop {
        match file.read_at(&mut piece, position)? {
            0 => return Ok(true),
            read if !comparing.goes_on_at(position, &piece[..read]) => return Ok(false),
            read => position += read as u64,
        }
    }
}

pub(super) fn write_all_at(file: BorrowedFd<'_>, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match retry_on_intr(|| pwrite(file, bytes, offset))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
        }
    }
    Ok(())
}

/// A file that stands, and is read beside what it should hold. What of it can't be read is not the same.
struct Comparing<'f> {
    standing: &'f File,
    position: u64,
    piece: Vec<u8>,
}

impl<'f> Comparing<'f> {
    fn new(standing: &'f File) -> Self {
        Self { standing, position: 0, piece: Vec::new() }
    }

    fn goes_on_with(&mut self, bytes: &[u8]) -> bool {
        self.goes_on_at(self.position, bytes)
    }

    fn goes_on_at(&mut self, start: u64, bytes: &[u8]) -> bool {
        self.piece.resize(bytes.len(), 0);
        self.position = start + bytes.len() as u64;
        self.standing.read_exact_at(&mut self.piece, start).is_ok() && self.piece == bytes
    }
}
