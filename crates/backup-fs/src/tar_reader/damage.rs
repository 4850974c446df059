//! Where an archive breaks, and how.

use std::error::Error;
use std::sync::Arc;
use std::{fmt, io};

use backup_core::model::error::Failure;
use backup_core::text::printable;

use crate::error::failure_of;

/// What is wrong with an archive, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveDamage {
    /// The byte at which it breaks, counted from the archive's start.
    pub offset: u64,
    /// Which member that concerns.
    pub member: Place,
    /// What is wrong there.
    pub what: Fault,
}

/// A place in an archive, by its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Before the first member.
    Start,
    /// In this member.
    In(Vec<u8>),
    /// Behind this member, in the headers of the next one or in the archive's end.
    After(Vec<u8>),
    /// Behind the block of zeros that ends the archive.
    End,
}

impl fmt::Display for Place {
    /// Says it in a few words, safe to print; nothing at the start.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => Ok(()),
            Self::In(path) => write!(f, "in {}", printable(path)),
            Self::After(path) => write!(f, "after {}", printable(path)),
            Self::End => f.write_str("behind the trailer"),
        }
    }
}

/// What holds an archive fails, and where.
#[derive(Debug, Clone)]
pub struct ReadFailure {
    /// Which member that concerns.
    pub member: Place,
    /// How it fails. Clones share it.
    pub error: Arc<io::Error>,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, error } = self;
        if *member == Place::Start { error.fmt(f) } else { write!(f, "{error}, {member}") }
    }
}

/// What can be wrong with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It ends where a header or the trailer should be.
    NoTrailer,
    /// The second zero block of the trailer isn't there.
    HalfTrailer,
    /// Something other than zeros follows the trailer.
    AfterTrailer,
    /// The zeros behind the trailer don't fill the last block or record.
    ShortPadding,
    /// It ends within a header.
    CutHeader,
    /// It ends within the contents of a member.
    CutContents,
    /// A header's checksum is wrong.
    Checksum,
    /// This field of a header holds no number, or one out of bounds.
    Number(&'static str),
    /// This field of an extended header holds no number, or one out of bounds.
    Value(&'static str),
    /// An extended header isn't made of whole records.
    Record,
    /// An extended header is larger than [`MAX_EXTENSION_BYTES`](super::MAX_EXTENSION_BYTES).
    LargeExtension,
    /// An extended header that belongs to no member.
    LostExtension,
    /// Two extended headers of one kind for one member.
    DoubleExtension,
    /// A header for all members names one of them, or its size.
    Global,
    /// A member has no name, or a link no target.
    NoName,
    /// A NUL within a name, where programs would disagree on how it goes on.
    NulInName,
    /// A name is longer than [`MAX_NAME_BYTES`](super::MAX_NAME_BYTES).
    LongName,
    /// The header of a link, folder, FIFO or device says that contents follow. Programs disagree on whether they do.
    NoContents,
    /// The map of a sparse file doesn't fit its size or its data.
    SparseMap,
    /// A member has more extended attributes than Linux can list.
    ManyAttributes,
    /// A sparse file has more segments than [`MAX_SEGMENTS`](super::MAX_SEGMENTS).
    ManySegments,
}

impl Fault {
    /// Returns the error that this fault is at this byte, before it is known in which member.
    pub(super) fn at(self, offset: u64) -> ReadError {
        ReadError::Damaged(ArchiveDamage { offset, member: Place::Start, what: self })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTrailer => "the archive ends without its trailer",
            Self::HalfTrailer => "the second half of the trailer is missing",
            Self::AfterTrailer => "something follows the trailer",
            Self::ShortPadding => "the zeros behind the trailer are cut off",
            Self::CutHeader => "the archive ends within a header",
            Self::CutContents => "the archive ends within a member's contents",
            Self::Checksum => "the checksum of the header is wrong",
            Self::Number(field) => return write!(f, "the header has no valid {field}"),
            Self::Value(field) => return write!(f, "the extended header has no valid {field}"),
            Self::Record => "the extended header is broken",
            Self::LargeExtension => "the extended header is too large",
            Self::LostExtension => "an extended header belongs to no member",
            Self::DoubleExtension => "two extended headers of one kind stand before one member",
            Self::Global => "a header for all members speaks of a single one",
            Self::NoName => "a name is missing",
            Self::NulInName => "a name has a NUL in it",
            Self::LongName => "a name is too long",
            Self::NoContents => "a member that can't have contents is said to have some",
            Self::SparseMap => "the map of a sparse file is wrong",
            Self::ManyAttributes => "a member has too many extended attributes",
            Self::ManySegments => "a sparse file has too many segments",
        })
    }
}

impl fmt::Display for ArchiveDamage {
    /// One line, safe to print: "at byte 1536, after docs/a: the checksum of the header is wrong".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}", self.offset)?;
        if self.member != Place::Start {
            write!(f, ", {}", self.member)?;
        }
        write!(f, ": {}", self.what)
    }
}

impl Error for ArchiveDamage {}

/// Why an archive can't be read on.
#[derive(Debug, Clone)]
pub enum ReadError {
    /// What holds the archive fails.
    Io(ReadFailure),
    /// The archive itself is wrong.
    Damaged(ArchiveDamage),
}

impl ReadError {
    /// Says in which member the archive breaks, unless that is known more exactly.
    pub(super) fn locate(self, place: impl FnOnce() -> Place) -> Self {
        match self {
            Self::Damaged(damage) if damage.member == Place::Start => {
                Self::Damaged(ArchiveDamage { member: place(), ..damage })
            }
            Self::Io(failure) if failure.member == Place::Start => {
                Self::Io(ReadFailure { member: place(), ..failure })
            }
            _ => self,
        }
    }

    /// Returns the kind of failure that it is. Bytes that can't be unpacked are damage too.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Damaged(_) => Failure::Damaged,
            Self::Io(failure) => match failure.error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Failure::Damaged,
                _ => failure_of(&failure.error),
            },
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(failure) => failure.fmt(f),
            Self::Damaged(damage) => damage.fmt(f),
        }
    }
}

impl Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(ReadFailure { member: Place::Start, error: Arc::new(error) })
    }
}

impl From<ReadError> for io::Error {
    /// Keeps the kind; damage is `InvalidData`. The error within is the [`ReadError`].
    fn from(error: ReadError) -> Self {
        let kind = match &error {
            ReadError::Io(failure) => failure.error.kind(),
            ReadError::Damaged(_) => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_place_on_one_line() {
        let check = |member, expected| {
            let damage = ArchiveDamage { offset: 1536, member, what: Fault::Checksum };
            assert_eq!(
                damage.to_string(),
                format!("at byte 1536{expected}: the checksum of the header is wrong")
            );
        };
        check(Place::Start, "");
        check(Place::In(b"a\nb".to_vec()), ", in a\\nb");
        check(Place::After(b"\xff".to_vec()), ", after \\xff");
    }

    #[test]
    fn keeps_the_kind_of_an_io_error() {
        let error = ReadError::from(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(io::Error::from(error.clone()).kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(io::Error::from(Fault::Record.at(7)).kind(), io::ErrorKind::InvalidData);
        let located = error.locate(|| Place::In(b"a".to_vec()));
        assert_eq!(located.to_string(), "permission denied, in a");
        assert_eq!(
            located.locate(|| Place::End).to_string(),
            "permission denied, in a",
            "it is known more exactly"
        );
    }
}
