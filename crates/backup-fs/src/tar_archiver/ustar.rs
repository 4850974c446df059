//! A header block of the ustar format, filled in place.

use tar::EntryType;

use super::pax::BLOCK_BYTES;

/// A header block. A field that isn't set is empty.
pub(super) struct UstarBlock([u8; BLOCK_BYTES]);

/// Where a field is: its offset and its length.
#[derive(Clone, Copy)]
pub(super) struct Field(usize, usize);

pub(super) const NAME: Field = Field(0, 100);
pub(super) const MODE: Field = Field(100, 8);
pub(super) const UID: Field = Field(108, 8);
pub(super) const GID: Field = Field(116, 8);
pub(super) const SIZE: Field = Field(124, 12);
pub(super) const MTIME: Field = Field(136, 12);
const CHECKSUM: Field = Field(148, 8);
const TYPE: Field = Field(156, 1);
pub(super) const LINK: Field = Field(157, 100);
const MAGIC: Field = Field(257, 8);
/// The field has one byte more, which is always NUL.
pub(super) const USER: Field = Field(265, 31);
pub(super) const GROUP: Field = Field(297, 31);
pub(super) const DEVICE_MAJOR: Field = Field(329, 8);
pub(super) const DEVICE_MINOR: Field = Field(337, 8);

impl Field {
    /// Returns the length.
    pub(super) const fn bytes(self) -> usize {
        self.1
    }

    /// Returns the largest number that it holds in octal, before its final NUL.
    pub(super) const fn max_octal(self) -> u64 {
        (1 << (3 * (self.1 - 1))) - 1
    }
}

impl UstarBlock {
    pub(super) fn new(entry_type: EntryType) -> Self {
        let mut block = Self([0; BLOCK_BYTES]);
        block.put(MAGIC, b"ustar\x0000");
        block.put(TYPE, &[entry_type.as_byte()]);
        block
    }

    /// Sets a field to as many of the bytes as fit.
    pub(super) fn put(&mut self, field: Field, bytes: &[u8]) {
        let fitting = bytes.len().min(field.bytes());
        self.field(field)[..fitting].copy_from_slice(&bytes[..fitting]);
    }

    /// Sets a field to a number: in octal, or in base 256 if that is too long.
    pub(super) fn put_number(&mut self, field: Field, number: u64) {
        if number <= field.max_octal() {
            return self.put_octal(field, number);
        }
        let field = self.field(field);
        let (_, low) = field.split_at_mut(field.len() - size_of::<u64>());
        low.copy_from_slice(&number.to_be_bytes());
        field[0] |= 0x80;
    }

    /// Sets a field to a number in octal. Digits that don't fit are left out.
    pub(super) fn put_octal(&mut self, field: Field, mut number: u64) {
        let (_, digits) = self.field(field).split_last_mut().expect("no number is in an empty field");
        for digit in digits.iter_mut().rev() {
            *digit = b'0' | number.to_le_bytes()[0] & 7;
            number >>= 3;
        }
    }

    /// Appends the block with its checksum, for which the field itself counts as blanks.
    pub(super) fn append_to(mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.sealed());
    }

    /// Returns the block with its checksum.
    pub(super) fn sealed(&mut self) -> &[u8; BLOCK_BYTES] {
        self.put(CHECKSUM, b"        ");
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.field(CHECKSUM).fill(0);
        self.put_octal(CHECKSUM, sum.into());
        &self.0
    }

    fn field(&mut self, Field(offset, length): Field) -> &mut [u8] {
        &mut self.0[offset..offset + length]
    }
}

#[cfg(test)]
mod tests {
    use tar::Header;

    use super::*;

    /// Compares with what the crate `tar` makes of the same.
    #[test]
    fn numbers_are_written_as_others_write_them() {
        let limits = [UID.max_octal(), SIZE.max_octal()];
        assert_eq!(limits, [0o7_777_777, 0o77_777_777_777]);
        let near = limits.into_iter().flat_map(|limit| [limit - 1, limit, limit + 1]);
        for number in near.chain([0, 1, 7, 8, 0o644, 1_700_000_000, u64::from(u32::MAX), u64::MAX]) {
            let mut expected = Header::new_ustar();
            expected.set_entry_type(EntryType::Regular);
            let mut block = UstarBlock::new(EntryType::Regular);
            let short = u32::try_from(number).unwrap_or(u32::MAX);
            expected.set_mode(short);
            expected.set_uid(number);
            expected.set_gid(number / 3);
            expected.set_size(number);
            expected.set_mtime(number / 5);
            expected.as_ustar_mut().unwrap().set_device_major(short);
            expected.as_ustar_mut().unwrap().set_device_minor(short / 3);
            expected.set_cksum();
            block.put_octal(MODE, short.into());
            block.put_number(UID, number);
            block.put_number(GID, number / 3);
            block.put_number(SIZE, number);
            block.put_number(MTIME, number / 5);
            block.put_octal(DEVICE_MAJOR, short.into());
            block.put_octal(DEVICE_MINOR, (short / 3).into());
            assert_eq!(block.sealed(), expected.as_bytes(), "{number}");
        }
    }

    #[test]
    fn texts_are_cut_to_their_fields() {
        for length in [0, 1, 30, 31, 32, 99, 100, 101, 200] {
            let text = vec![b'x'; length];
            let mut expected = Header::new_ustar();
            expected.set_entry_type(EntryType::Symlink);
            expected.set_mtime(0);
            let mut block = UstarBlock::new(EntryType::Symlink);
            for (field, start) in [(NAME, 0), (LINK, 157), (USER, 265), (GROUP, 297)] {
                let fitting = length.min(field.bytes());
                expected.as_mut_bytes()[start..start + fitting].copy_from_slice(&text[..fitting]);
                block.put(field, &text);
            }
            block.put_number(MTIME, 0);
            expected.set_cksum();
            assert_eq!(block.sealed(), expected.as_bytes(), "{length}");
        }
    }
}
