//! The group of columns that says where members are in the archive, and which digests they have.

use super::columns::{ColumnReader, Columns};
use super::damage::Nonsense;
use super::member::{CatalogMember, TAR_BLOCK_BITS, end_of};
use super::varint::{add_difference, difference};

/// How far a header is from the end of the member before: 0 but for the first.
const OFFSETS: usize = 0;
/// How long the headers are, in blocks of a tar if they are whole ones.
const HEADERS: usize = 1;
/// By how much what is stored differs from the size: 0 but for a sparse file.
const STORED: usize = 2;
/// Eight times the number of pieces, and what is known of the contents: 1 if there is a digest, 2 if they are large enough to look
/// like something, 4 if they look incompressible.
const DIGESTS: usize = 3;
const COLUMNS: usize = 4;

/// Where a member is, and how many digests it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) contents_offset: u64,
    pub(super) stored_bytes: u64,
    pub(super) has_digest: bool,
    pub(super) piece_count: u64,
    pub(super) looks_incompressible: Option<bool>,
}

impl Place {
    /// Returns where the next member should begin. Numbers that no archive has wrap around.
    pub(super) fn end(&self) -> u64 {
        end_of(self.contents_offset, self.stored_bytes)
    }
}

impl From<&CatalogMember> for Place {
    fn from(member: &CatalogMember) -> Self {
        Self {
            offset: member.offset,
            contents_offset: member.contents_offset,
            stored_bytes: member.stored_bytes,
            has_digest: member.digest.is_some(),
            piece_count: member.pieces.len() as u64,
            looks_incompressible: member.looks_incompressible,
        }
    }
}

/// Fills the columns.
#[derive(Debug, Default)]
pub(super) struct PlacesWriter {
    pub(super) columns: Columns<COLUMNS>,
    expected: u64,
}

impl PlacesWriter {
    pub(super) fn add(&mut self, member: &CatalogMember) {
        let place = Place::from(member);
        let header_bytes = place.contents_offset.wrapping_sub(place.offset);
        self.columns.put(OFFSETS, difference(self.expected, place.offset));
        self.columns.put(HEADERS, header_bytes.rotate_right(TAR_BLOCK_BITS));
        self.columns.put(STORED, difference(member.size_bytes, place.stored_bytes));
        let looks = match place.looks_incompressible {
            None => 0,
            Some(false) => 2,
            Some(true) => 6,
        };
        self.columns.put(DIGESTS, place.piece_count << 3 | looks | u64::from(place.has_digest));
        self.expected = place.end();
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
        self.expected = 0;
    }
}

/// Reads the columns.
#[derive(Debug, Default)]
pub(super) struct PlacesReader {
    pub(super) columns: ColumnReader<COLUMNS>,
    expected: u64,
}

impl PlacesReader {
    /// Takes in that the columns are those of another block.
    pub(super) fn begin(&mut self) {
        self.expected = 0;
    }

    /// Takes the place of the next member, which has that size.
    pub(super) fn take(&mut self, size_bytes: u64) -> Result<Place, Nonsense> {
        let columns = &mut self.columns;
        let offset = add_difference(self.expected, columns.take(OFFSETS)?);
        let header_bytes = columns.take(HEADERS)?.rotate_left(TAR_BLOCK_BITS);
        let stored_bytes = add_difference(size_bytes, columns.take(STORED)?);
        let digests = columns.take(DIGESTS)?;
        let place = Place {
            offset,
            contents_offset: offset.wrapping_add(header_bytes),
            stored_bytes,
            has_digest: digests & 1 != 0,
            piece_count: digests >> 3,
            looks_incompressible: (digests & 2 != 0).then_some(digests & 4 != 0),
        };
        self.expected = place.end();
        Ok(place)
    }
}
