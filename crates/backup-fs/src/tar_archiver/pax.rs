//! The PAX records of an extended header.

/// PAX records: `LENGTH KEY=VALUE\n`.
///
/// The length counts the whole record, including its own digits, so a value may contain any bytes.
#[derive(Debug, Default)]
pub(super) struct Records {
    bytes: Vec<u8>,
    /// Where the first record begins.
    start: usize,
}

impl Records {
    /// Returns records that were made before.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), start: 0 }
    }

    /// Begins records behind what there is already.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self { start: bytes.len(), bytes }
    }

    /// Returns everything, with what was there before.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds a record. The key must contain neither `=` nor NUL.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.add_parts(&[key], &[value]);
    }

    /// Adds a record whose key and value have several parts.
    pub(super) fn add_parts(&mut self, key: &[&[u8]], value: &[&[u8]]) {
        let part_bytes = key.iter().chain(value).map(|part| part.len()).sum::<usize>();
        let length = record_length(part_bytes + " =\n".len());
        self.put(Digits::of(length as u64).as_bytes());
        self.put(b" ");
        key.iter().for_each(|part| self.put(part));
        self.put(b"=");
        value.iter().for_each(|part| self.put(part));
        self.put(b"\n");
    }

    /// Adds a record whose value is a number.
    pub(super) fn add_number(&mut self, key: &[u8], value: u64) {
        self.add(key, Digits::of(value).as_bytes());
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes the extended header longer by so many bytes, a multiple of 512, with a comment that tools pass over. If there is
    /// no extended header yet, there is one afterwards, with a header block of its own. That takes at least two blocks: so
    /// `phase` bytes more are added instead of a single block.
    pub(super) fn lengthen(&mut self, more: usize, phase: usize) {
        let now = self.as_bytes().len();
        let new_blocks = match now {
            0 if more < 2 * BLOCK_BYTES => more + phase - BLOCK_BYTES,
            0 => more - BLOCK_BYTES,
            _ => more,
        };
        self.add_comment(now.next_multiple_of(BLOCK_BYTES) + new_blocks - now);
    }

    /// Adds a comment that is a record of exactly so many bytes, at least 13.
    ///
    /// Any length is possible, because the digits are those of the length itself. Of a given value it isn't so: there is none
    /// that makes a record of 100 bytes if the shortest right length is taken.
    fn add_comment(&mut self, length: usize) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(format!("{length} comment=").as_bytes());
        self.bytes.resize(start + length - "\n".len(), b' ');
        self.bytes.push(b'\n');
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// The decimal digits of a number.
pub(super) struct Digits {
    bytes: [u8; MAX_DIGITS],
    start: usize,
}

const MAX_DIGITS: usize = 20;

impl Digits {
    pub(super) fn of(number: u64) -> Self {
        Self::padded(number, 1)
    }

    /// Returns at least so many digits, at most 20. The first ones may be zeros.
    pub(super) fn padded(mut number: u64, least: usize) -> Self {
        let mut digits = Self { bytes: [b'0'; MAX_DIGITS], start: MAX_DIGITS };
        while number > 0 {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' | (number % 10).to_le_bytes()[0];
            number /= 10;
        }
        digits.start = digits.start.min(MAX_DIGITS - least);
        digits
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// The block size of tar.
pub(super) const BLOCK_BYTES: usize = 512;

/// Returns the length of a record whose other parts have `rest` bytes.
fn record_length(rest: usize) -> usize {
    let length = rest + digits(rest);
    // The digits may make it a digit longer.
    rest + digits(length)
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &[u8], value: &[u8], expected: &[u8]) {
        let mut records = Records::default();
        records.add(key, value);
        assert_eq!(records.as_bytes(), expected);
    }

    #[test]
    fn counts_its_own_digits() {
        check(b"a", b"", b"5 a=\n");
        check(b"a", b"1234", b"9 a=1234\n");
        check(b"a", b"12345", b"11 a=12345\n");
        check(b"uid", b"2097152", b"15 uid=2097152\n");
    }

    #[test]
    fn counts_right_when_the_length_gets_another_digit() {
        for value_bytes in 0..20_000 {
            let mut records = Records::default();
            records.add(b"k", &vec![b'v'; value_bytes]);
            let text = records.as_bytes();
            let space = text.iter().position(|byte| *byte == b' ').unwrap();
            let length: usize = std::str::from_utf8(&text[..space]).unwrap().parse().unwrap();
            assert_eq!(length, text.len());
        }
    }

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 9, 10, 123_456_789, 1_000_000_000, u64::MAX] {
            assert_eq!(Digits::of(number).as_bytes(), number.to_string().as_bytes());
            assert_eq!(Digits::padded(number, 9).as_bytes(), format!("{number:09}").as_bytes());
        }
    }

    #[test]
    fn comments_have_any_length() {
        for length in 13..12_000 {
            let mut records = Records::default();
            records.add_comment(length);
            let text = String::from_utf8(records.as_bytes().to_vec()).unwrap();
            assert_eq!(text.len(), length);
            let value = text.strip_prefix(&format!("{length} comment=")).unwrap();
            assert_eq!(value.trim_start_matches(' '), "\n");
        }
    }

    #[test]
    fn keeps_any_bytes() {
        check(b"SCHILY.xattr.user.x", b"\n9 path=\0\xff", b"34 SCHILY.xattr.user.x=\n9 path=\0\xff\n");
    }
}
