//! The 512 bytes before each member. Nothing in them is used before their checksum was found right.

use super::damage::{Fault, ReadError};
use super::input::Block;
use super::number::number;

/// A header whose checksum is right.
#[derive(Debug)]
pub(super) struct Header {
    block: Block,
    /// Where it stands.
    pub(super) offset: u64,
}

/// What the magic number says of the fields behind the old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// They aren't there.
    V7,
    /// Owners, devices, and a prefix of the name.
    Ustar,
    /// Owners, devices, and GNU's own, where others have the prefix.
    Gnu,
}

impl Header {
    pub(super) fn new(block: Block, offset: u64) -> Result<Self, ReadError> {
        let header = Self { block, offset };
        if header.is_sound() { Ok(header) } else { Err(Fault::Checksum.at(offset)) }
    }

    /// The byte that says what kind of member follows.
    pub(super) fn type_flag(&self) -> u8 {
        self.block[156]
    }

    pub(super) fn is_gnu(&self) -> bool {
        self.format() == Format::Gnu
    }

    /// The name, put together of its two parts where it has them.
    pub(super) fn path(&self) -> Vec<u8> {
        let (name, prefix) = (text(&self.block[..100]), text(&self.block[345..500]));
        match self.format() {
            Format::Ustar if !prefix.is_empty() => [prefix, b"/", name].concat(),
            _ => name.to_vec(),
        }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        text(&self.block[157..257]).to_vec()
    }

    /// The permissions; some tools put the kind of file above them.
    pub(super) fn mode(&self) -> Result<u32, ReadError> {
        let mode: u32 = self.number(100..108, "mode")?;
        Ok(mode & 0o7777)
    }

    pub(super) fn uid(&self) -> Result<u64, ReadError> {
        self.number(108..116, "user id")
    }

    pub(super) fn gid(&self) -> Result<u64, ReadError> {
        self.number(116..124, "group id")
    }

    pub(super) fn size(&self) -> Result<u64, ReadError> {
        self.number(124..136, "size")
    }

    pub(super) fn mtime(&self) -> Result<i64, ReadError> {
        self.number(136..148, "modification time")
    }

    pub(super) fn user(&self) -> Vec<u8> {
        self.owner(265..297)
    }

    pub(super) fn group(&self) -> Vec<u8> {
        self.owner(297..329)
    }

    /// The major and minor number of a device.
    pub(super) fn device(&self) -> Result<(u32, u32), ReadError> {
        match self.format() {
            Format::V7 => Ok((0, 0)),
            _ => Ok((self.number(329..337, "device number")?, self.number(337..345, "device number")?)),
        }
    }

    /// The part that an old GNU header of a sparse file has in place of the prefix: four segments, whether more follow,
    /// and the file's size.
    pub(super) fn old_sparse(&self) -> (&[u8], bool, &[u8]) {
        (&self.block[386..482], self.block[482] != 0, &self.block[483..495])
    }

    fn owner(&self, field: std::ops::Range<usize>) -> Vec<u8> {
        match self.format() {
            Format::V7 => Vec::new(),
            _ => text(&self.block[field]).to_vec(),
        }
    }

    fn number<T: TryFrom<i128>>(
        &self,
        field: std::ops::Range<usize>,
        name: &'static str,
    ) -> Result<T, ReadError> {
        let number = number(&self.block[field]).and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| Fault::Number(name).at(self.offset))
    }

    fn format(&self) -> Format {
        match &self.block[257..265] {
            b"ustar  \0" => Format::Gnu,
            magic if magic.starts_with(b"ustar\0") => Format::Ustar,
            _ => Format::V7,
        }
    }

    /// The sum of all bytes, with its own field taken for blanks. Some old tools summed up signed bytes. To accept that
    /// too lets no wrong byte through: it moves both sums by less than 256, and they differ by a multiple of 256.
    fn is_sound(&self) -> bool {
        let expected = number(&self.block[148..156]);
        let mut block = self.block;
        block[148..156].fill(b' ');
        let (mut unsigned, mut signed) = (0i32, 0i32);
        for byte in block {
            unsigned += i32::from(byte);
            signed += i32::from(byte.cast_signed());
        }
        expected == Some(unsigned.into()) || expected == Some(signed.into())
    }
}

/// What stands before the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::input::BLOCK_BYTES;
    use super::*;

    fn block() -> Block {
        *tar::Header::new_ustar().as_bytes()
    }

    fn with_checksum(mut block: Block, is_signed: bool) -> Block {
        block[148..156].fill(b' ');
        let sum: i32 = block
            .iter()
            .map(|byte| if is_signed { i32::from(byte.cast_signed()) } else { i32::from(*byte) })
            .sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    }

    fn header(block: Block) -> Header {
        Header::new(with_checksum(block, false), 0).unwrap()
    }

    #[test]
    fn finds_every_byte_that_was_changed() {
        let mut block = block();
        block[..3].copy_from_slice(b"\xff\xfea");
        for is_signed in [false, true] {
            let block = with_checksum(block, is_signed);
            Header::new(block, 0).unwrap();
            for at in (0..148).chain(156..BLOCK_BYTES) {
                for change in [1, 2, 4, 8, 16, 32, 64, 128, 255, 127] {
                    let mut changed = block;
                    changed[at] ^= change;
                    assert!(Header::new(changed, 0).is_err(), "byte {at} ^ {change:x}");
                }
            }
        }
    }

    #[test]
    fn joins_the_prefix_only_where_there_is_one() {
        let mut block = block();
        block[..4].copy_from_slice(b"name");
        block[345..348].copy_from_slice(b"a/b");
        assert_eq!(header(block).path(), b"a/b/name");
        block[257..265].copy_from_slice(b"ustar  \0");
        assert_eq!(header(block).path(), b"name");
        block[257..265].fill(0);
        assert_eq!(header(block).path(), b"name");
    }

    #[test]
    fn fills_fields_to_their_last_byte() {
        let mut block = block();
        block[..100].fill(b'n');
        block[345..500].fill(b'p');
        block[265..297].fill(b'u');
        let header = header(block);
        assert_eq!(header.path().len(), 100 + 1 + 155);
        assert_eq!(header.user(), [b'u'; 32]);
    }

    #[test]
    fn names_the_field_that_is_no_number() {
        let mut block = block();
        block[124..136].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
        block[136..148].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
        let header = header(block);
        assert_eq!(header.mtime().unwrap(), -1);
        let error = header.size().unwrap_err();
        assert_eq!(error.to_string(), "at byte 0: the header has no valid size");
    }
}
