//! Numbers of as many bytes as they need, seven bits in each.

/// How many bytes a number has at most.
const MAX_BYTES: usize = 10;

/// Appends a number.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(low_bits(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low_bits(number));
}

fn low_bits(number: u64) -> u8 {
    (number & 0x7f).to_le_bytes()[0]
}

/// Reads the number that bytes begin with, and says how long it is. Returns `None` if there is none of 64 bits.
pub(super) fn read(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    let mut number = u64::from(first & 0x7f);
    for (at, byte) in bytes.iter().enumerate().take(MAX_BYTES).skip(1) {
        // The tenth byte has room for the last of 64 bits.
        if at == MAX_BYTES - 1 && *byte > 1 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return Some((number, at + 1));
        }
    }
    None
}

/// Returns the difference from one number to another so that small ones are small, whatever their sign.
pub(super) fn difference(from: u64, to: u64) -> u64 {
    zigzag(to.wrapping_sub(from).cast_signed())
}

/// Undoes [`difference`].
pub(super) fn add_difference(from: u64, difference: u64) -> u64 {
    from.wrapping_add(unzigzag(difference).cast_unsigned())
}

/// Puts the sign into the lowest bit.
pub(super) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Undoes [`zigzag`].
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_put() {
        for shift in 0..64 {
            for number in [1u64 << shift, (1 << shift) - 1, u64::MAX >> shift, u64::MAX << shift] {
                let mut bytes = Vec::new();
                put(&mut bytes, number);
                assert_eq!(read(&bytes), Some((number, bytes.len())));
                assert_eq!(read(&bytes[..bytes.len() - 1]), None);
                assert_eq!(zigzag(unzigzag(number)), number);
                assert_eq!(add_difference(77, difference(77, number)), number);
            }
        }
    }

    #[test]
    fn small_differences_are_small() {
        for (number, expected) in
            [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MAX, u64::MAX - 1), (i64::MIN, u64::MAX)]
        {
            assert_eq!((zigzag(number), unzigzag(expected)), (expected, number));
        }
    }

    #[test]
    fn refuses_more_than_64_bits() {
        assert_eq!(read(&[0xff; 20]), None);
        let longest = [&[0xff; 9][..], &[1]].concat();
        assert_eq!(read(&longest), Some((u64::MAX, 10)));
        assert_eq!(read(&[&[0xff; 9][..], &[2]].concat()), None);
    }
}
