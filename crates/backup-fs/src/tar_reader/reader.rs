//! Reads an archive member by member, from its beginning to its end.

use std::io::{self, Read, Seek};

use backup_core::ports::EndCheck;

use super::body::Body;
use super::damage::{Fault, Place, ReadError};
use super::extensions::Extensions;
use super::header::Header;
use super::input::{BLOCK_BYTES, Block, Input};
use super::member::Member;
use super::records::GlobalRecords;

/// Reads an archive member by member, from its beginning to its end.
///
/// It understands v7, ustar, GNU and PAX archives as GNU tar, bsdtar and Python write them.
///
/// Promises, whatever the input: no panic, no endless loop, and no more memory than the limits below allow, of which
/// nothing is asked for before as many bytes have come in. Every member that it yields had a sound header checksum.
/// `Ok(None)` only when a block of zeros was there and nothing but zeros followed to the end of the input, which is what
/// GNU tar and bsdtar take for an end: so an archive that was cut anywhere before its end is found. One that
/// [demands](Self::with_end_check) the exact end of our own finds a cut into that, too. After an error it yields nothing more but
/// that error. Only where the contents of one member can't be read, and the reader seeks, it goes on behind them.
///
/// Limits: [`MAX_EXTENSION_BYTES`](super::MAX_EXTENSION_BYTES), [`MAX_NAME_BYTES`](super::MAX_NAME_BYTES),
/// [`MAX_SEGMENTS`](super::MAX_SEGMENTS). What is over them is refused like damage.
///
/// Not promised: that contents, and what stands in extended headers, are what was once written. No tar format has a
/// checksum over those; see [`check_archive_against`](super::check_archive_against). Names are the bytes of the archive and may be hostile.
#[derive(Debug)]
pub struct TarReader<R> {
    pub(super) input: Input<R>,
    end_check: EndCheck,
    globals: GlobalRecords,
    pub(super) body: Body,
    pub(super) last_path: Option<Vec<u8>>,
    state: State,
}

/// Where reading was left to go back.
#[derive(Debug)]
pub struct Bookmark {
    offset: u64,
    body: Body,
    globals: GlobalRecords,
    last_path: Option<Vec<u8>>,
}

#[derive(Debug)]
enum State {
    Reading,
    Ended,
    Broken(ReadError),
}

impl<R: Read> TarReader<R> {
    /// Returns a reader at the beginning of an archive. It reads ahead; `source` needs no buffer of its own.
    pub fn new(source: R) -> Self {
        Self::over(Input::new(source))
    }

    fn over(input: Input<R>) -> Self {
        Self {
            input,
            end_check: EndCheck::Tolerant,
            globals: GlobalRecords::default(),
            body: Body::default(),
            last_path: None,
            state: State::Reading,
        }
    }

    /// Returns the same reader, which checks the end that strictly: `TarArchiver` and, by default, GNU tar write two blocks of zeros
    /// and fill a record of 20 blocks, counted from the archive's start.
    #[must_use]
    pub fn with_end_check(mut self, end_check: EndCheck) -> Self {
        self.end_check = end_check;
        self
    }

    /// Goes to the next member, past what is unread of the one before; `None` after the archive's end.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] where the archive breaks, and [`ReadError::Io`] when it can't be read.
    pub fn next_member(&mut self) -> Result<Option<Member>, ReadError> {
        self.sound()?;
        if matches!(self.state, State::Ended) {
            return Ok(None);
        }
        let result = self.advance().map_err(|error| self.break_off(error));
        if let Ok(None) = result {
            self.state = State::Ended;
        }
        result
    }

    /// Goes back to an earlier member by its offset, and returns it with the place to [`go_on`](Self::go_on) from.
    ///
    /// # Errors
    /// As [`next_member`](Self::next_member). A reader that neither [seeks](Self::seeking) nor
    /// [returns](Self::returning) can't go back: that is a [`ReadError::Io`], and reading goes on where it was.
    pub fn go_back(&mut self, offset: u64) -> Result<(Member, Bookmark), ReadError> {
        self.sound()?;
        self.input.seeker()?;
        let globals = self.globals.clone();
        let (offset_now, last_path) = (self.input.offset(), self.last_path.clone());
        let body = std::mem::take(&mut self.body);
        let bookmark = Bookmark { offset: offset_now, body, globals, last_path };
        let member = self.input.go_to(offset).and_then(|()| self.header());
        let member = member.map_err(|error| self.break_off(error))?;
        // Where it came by, there is more than the archive's end, or the archive isn't what it was.
        let member = member.ok_or_else(|| self.break_off(Fault::NoTrailer.at(offset)))?;
        Ok((member, bookmark))
    }

    /// Goes on from where it was left for another member.
    ///
    /// # Errors
    /// As of [`next_member`](Self::next_member).
    pub fn go_on(&mut self, bookmark: Bookmark) -> Result<(), ReadError> {
        self.sound()?;
        let Bookmark { offset, body, globals, last_path } = bookmark;
        (self.body, self.globals, self.last_path) = (body, globals, last_path);
        self.input.go_to(offset).map_err(|error| self.break_off(error))
    }

    /// Returns whether it can go back.
    pub(crate) fn goes_back(&self) -> bool {
        self.input.seeker().is_ok()
    }

    /// Returns how many bytes of the archive were used so far.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// Returns the error after which nothing is read any more, if there was one.
    pub(super) fn sound(&self) -> Result<(), ReadError> {
        match &self.state {
            State::Broken(error) => Err(error.clone()),
            State::Reading | State::Ended => Ok(()),
        }
    }

    pub(super) fn break_off(&mut self, error: ReadError) -> ReadError {
        self.state = State::Broken(error.clone());
        error
    }

    fn advance(&mut self) -> Result<Option<Member>, ReadError> {
        self.skip_contents()?;
        self.header().map_err(|error| error.locate(|| self.place()))
    }

    fn header(&mut self) -> Result<Option<Member>, ReadError> {
        let start = self.input.offset();
        let mut extensions = Extensions::default();
        loop {
            let offset = self.input.offset();
            let block = self.input.block()?.ok_or_else(|| Fault::NoTrailer.at(self.input.offset()))?;
            if is_zero(&block) {
                extensions.end(offset)?;
                self.end()?;
                return Ok(None);
            }
            let header = Header::new(block, offset)?;
            if !extensions.take(&header, &mut self.input, &mut self.globals)? {
                return self.member(&header, extensions, start).map(Some);
            }
        }
    }

    fn member(&mut self, header: &Header, extensions: Extensions, start: u64) -> Result<Member, ReadError> {
        let (member, body) = extensions.member(header, &mut self.input, &self.globals, start)?;
        self.body = body;
        self.last_path = Some(member.path.clone());
        Ok(member)
    }

    /// Reads the second block of the trailer, and the zeros that may follow.
    fn end(&mut self) -> Result<(), ReadError> {
        let second_offset = self.input.offset();
        let whole_offset = second_offset + BLOCK_BYTES as u64;
        self.input.zeros_to_the_end().map_err(|error| match error {
            ReadError::Damaged(damage) if damage.offset < whole_offset => {
                Fault::HalfTrailer.at(second_offset)
            }
            error @ ReadError::Damaged(_) => error,
            error @ ReadError::Io(_) => error.locate(|| Place::End),
        })?;
        let end = self.input.offset();
        match self.end_check {
            EndCheck::Exact if end < whole_offset => Err(Fault::HalfTrailer.at(end)),
            EndCheck::Exact if !end.is_multiple_of(RECORD_BYTES) => Err(Fault::ShortPadding.at(end)),
            EndCheck::Exact | EndCheck::Tolerant => Ok(()),
        }
    }

    /// Where the archive breaks when the next header does.
    fn place(&self) -> Place {
        self.last_path.clone().map_or(Place::Start, Place::After)
    }
}

impl<R: Read + Seek> TarReader<R> {
    /// Returns a reader at the beginning of an archive that seeks over contents nobody reads. `source` must stand
    /// where the archive begins. A cut is found as by [`new`](Self::new).
    ///
    /// # Errors
    /// When `source` can't seek.
    pub fn seeking(source: R) -> io::Result<Self> {
        Input::seeking(source).map(Self::over)
    }

    /// Returns a reader as [`new`](Self::new) does, which can go back to where the contents at hand begin. So does one that
    /// seeks.
    ///
    /// # Errors
    /// When `source` can't seek.
    pub fn returning(source: R) -> io::Result<Self> {
        Input::returning(source).map(Self::over)
    }
}

/// GNU tar's record.
pub(crate) const RECORD_BYTES: u64 = 20 * BLOCK_BYTES as u64;

pub(crate) fn is_zero(block: &Block) -> bool {
    *block == [0; BLOCK_BYTES]
}
