//! The columns of a group: numbers and bytes of the same kind, one after the other.

use std::ops::Range;

use super::damage::Nonsense;
use super::varint;

/// Columns that are being filled.
#[derive(Debug)]
pub(super) struct Columns<const N: usize> {
    pub(super) columns: [Vec<u8>; N],
}

impl<const N: usize> Default for Columns<N> {
    fn default() -> Self {
        Self { columns: [const { Vec::new() }; N] }
    }
}

impl<const N: usize> Columns<N> {
    pub(super) fn put(&mut self, column: usize, number: u64) {
        varint::put(&mut self.columns[column], number);
    }

    pub(super) fn put_bytes(&mut self, column: usize, bytes: &[u8]) {
        self.columns[column].extend_from_slice(bytes);
    }

    /// Puts a number of 32 bits, cut up so that its higher bytes compress.
    pub(super) fn put_u32(&mut self, columns: [usize; 3], number: u32) {
        let [first, second, third, fourth] = number.to_le_bytes();
        self.columns[columns[0]].extend_from_slice(&[first, second]);
        self.columns[columns[1]].push(third);
        self.columns[columns[2]].push(fourth);
    }

    /// Returns what the columns begin with: their lengths.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(N * 3);
        self.columns.iter().for_each(|column| varint::put(&mut head, column.len() as u64));
        head
    }

    pub(super) fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
    }
}

/// Columns that are being read, and what is left of each.
#[derive(Debug)]
pub(super) struct ColumnReader<const N: usize> {
    /// The group as it was before it was compressed.
    pub(super) plain: Vec<u8>,
    left: [Range<usize>; N],
}

impl<const N: usize> Default for ColumnReader<N> {
    fn default() -> Self {
        Self { plain: Vec::new(), left: [const { 0..0 }; N] }
    }
}

impl<const N: usize> ColumnReader<N> {
    /// Takes in that `plain` is another group.
    pub(super) fn begin(&mut self) -> Result<(), Nonsense> {
        let mut lengths = [0; N];
        let mut at = 0;
        for length in &mut lengths {
            let (number, bytes) = varint::read(&self.plain[at..]).ok_or(Nonsense)?;
            *length = usize::try_from(number).map_err(|_| Nonsense)?;
            at += bytes;
        }
        for (left, length) in self.left.iter_mut().zip(lengths) {
            let end = at.checked_add(length).ok_or(Nonsense)?;
            *left = at..end;
            at = end;
        }
        // No column ends behind the last one.
        if at == self.plain.len() { Ok(()) } else { Err(Nonsense) }
    }

    /// Returns what is left of a column.
    pub(super) fn rest(&self, column: usize) -> &[u8] {
        &self.plain[self.left[column].clone()]
    }

    #[inline]
    pub(super) fn take(&mut self, column: usize) -> Result<u64, Nonsense> {
        let (number, bytes) = varint::read(self.rest(column)).ok_or(Nonsense)?;
        self.left[column].start += bytes;
        Ok(number)
    }

    pub(super) fn take_u8(&mut self, column: usize) -> Result<u8, Nonsense> {
        let byte = *self.rest(column).first().ok_or(Nonsense)?;
        self.left[column].start += 1;
        Ok(byte)
    }

    /// Takes a number of 32 bits that was written as a longer one.
    pub(super) fn take_short(&mut self, column: usize) -> Result<u32, Nonsense> {
        u32::try_from(self.take(column)?).map_err(|_| Nonsense)
    }

    /// Takes what [`Columns::put_u32`] has put.
    pub(super) fn take_u32(&mut self, columns: [usize; 3]) -> Result<u32, Nonsense> {
        let low = self.take_range(columns[0], 2)?;
        let (third, fourth) = (self.take_u8(columns[1])?, self.take_u8(columns[2])?);
        Ok(u32::from_le_bytes([self.plain[low.start], self.plain[low.start + 1], third, fourth]))
    }

    /// Takes so many bytes, and returns where in `plain` they are.
    pub(super) fn take_range(&mut self, column: usize, length: u64) -> Result<Range<usize>, Nonsense> {
        let left = &mut self.left[column];
        let length = usize::try_from(length).ok().filter(|length| *length <= left.len()).ok_or(Nonsense)?;
        let start = left.start;
        left.start += length;
        Ok(start..start + length)
    }

    /// Fails if a column isn't empty.
    pub(super) fn end(&self) -> Result<(), Nonsense> {
        if self.left.iter().all(Range::is_empty) { Ok(()) } else { Err(Nonsense) }
    }
}
