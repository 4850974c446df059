//! Sample: whether the contents of a file look incompressible, told from a few bytes of its beginning.

use std::ops::RangeInclusive;

/// How much of a file's beginning counts.
const SAMPLE_BYTES: usize = 4096;

/// Of smaller files nothing is told.
const LEAST_BYTES: usize = 512;

/// How many bytes from the middle of the sample are counted. The beginning may be the header of whoever encrypted it.
const COUNTED_BYTES: usize = 128;

/// The sums of squares of how often each byte value occurs that chance explains.
///
/// Of 128 bytes by chance it is 191 on average, with a standard deviation of 11. Of bytes that are all different it is 128, of
/// Base64 382, of text some 1,200.
const BY_CHANCE: RangeInclusive<u32> = 140..=270;

/// Returns whether a file that begins with these bytes looks incompressible and isn't of a well-known compressed format.
/// Returns `None` if there are too few to tell.
pub fn looks_incompressible(start: &[u8]) -> Option<bool> {
    let sample = &start[..start.len().min(SAMPLE_BYTES)];
    if sample.len() < LEAST_BYTES {
        return None;
    }
    Some(looks_random(&sample[sample.len() / 2 - COUNTED_BYTES / 2..]) && !is_known_format(sample))
}

/// Returns whether the first 128 of these bytes are spread over all values as if by chance: encrypted or compressed. Fewer don't
/// tell.
pub fn looks_random(bytes: &[u8]) -> bool {
    let Some(counted) = bytes.first_chunk::<COUNTED_BYTES>() else { return false };
    !counted[..32].is_ascii() && BY_CHANCE.contains(&sum_of_squares(counted))
}

fn sum_of_squares(bytes: &[u8]) -> u32 {
    let mut counts = [0_u8; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts.iter().map(|count| u32::from(*count) * u32::from(*count)).sum()
}

/// What files of well-known compressed formats begin with, and at which byte.
const FORMATS: [(usize, &[u8]); 34] = [
    // Pictures.
    (0, b"\xFF\xD8\xFF"),
    (0, b"\x89PNG"),
    (0, b"GIF8"),
    (0, b"RIFF"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"II\x1A\0\0\0HEAPCCDR"),
    (0, b"FUJIFILM"),
    (0, b"8BPS"),
    (0, b"\0\0\0\x0CjP  "),
    (0, b"\xFF\x0A"),
    // Sound and films; HEIC pictures are such, too.
    (4, b"ftyp"),
    (4, b"moov"),
    (0, b"ID3"),
    (0, b"\xFF\xFB"),
    (0, b"\xFF\xF1"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"\x1A\x45\xDF\xA3"),
    (0, b"\0\0\x01\xBA"),
    // Archives, packages and documents.
    (0, b"PK\x03\x04"),
    (0, b"\x1F\x8B"),
    (0, b"BZh"),
    (0, b"\xFD7zXZ"),
    (0, b"\x28\xB5\x2F\xFD"),
    (0, b"\x04\x22\x4D\x18"),
    (0, b"7z\xBC\xAF"),
    (0, b"Rar!"),
    (0, b"%PDF"),
    (0, b"PACK"),
    (0, b"wOF"),
    (0, b"\xED\xAB\xEE\xDB"),
    (0, b"hsqs"),
    (0, b"MSCF"),
];

fn is_known_format(sample: &[u8]) -> bool {
    // Mostly the first byte tells, and this is asked of many files.
    let begins = |(at, magic): &(usize, &[u8])| sample[*at] == magic[0] && sample[*at..].starts_with(magic);
    FORMATS.iter().any(begins) || is_zlib(sample)
}

/// Returns whether a zlib stream begins here, as in the objects of git: its first two bytes have a checksum of five bits.
fn is_zlib(sample: &[u8]) -> bool {
    sample[0] == 0x78 && (u16::from(sample[0]) << 8 | u16::from(sample[1])).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u64, bytes: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
        };
        (0..bytes).map(|_| next()).collect()
    }

    /// Bytes of which only these values occur, as if by chance.
    fn of_values(values: &[u8], seed: u64) -> Vec<u8> {
        noise(seed, 2_000).into_iter().map(|byte| values[usize::from(byte) % values.len()]).collect()
    }

    #[test]
    fn noise_looks_incompressible_whatever_its_length() {
        for seed in 0..20_000 {
            let bytes = noise(seed, 512 + usize::try_from(seed % 5_000).unwrap());
            let is_known = is_known_format(&bytes);
            assert_eq!(looks_incompressible(&bytes), Some(!is_known), "seed {seed}");
        }
    }

    #[test]
    fn what_compresses_does_not() {
        let base64: Vec<_> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"+/").collect();
        // The bytes of Cyrillic and of Chinese text.
        let cyrillic: Vec<_> = (0x90..=0xBF).chain([0xD0; 24]).chain([0xD1; 24]).collect();
        let chinese: Vec<_> = (0x80..=0xBF).chain((0xE4..=0xE9).cycle().take(32)).collect();
        for seed in 0..2_000 {
            for values in [base64.as_slice(), b"0123456789abcdef", &cyrillic, &chinese] {
                let bytes = of_values(values, seed);
                assert_eq!(looks_incompressible(&bytes), Some(false), "{seed} {values:?}");
            }
        }
        let prose = b"It was the best of times, it was the worst of times; ".repeat(80);
        assert_eq!(looks_incompressible(&prose), Some(false));
        assert_eq!(looks_incompressible(&[0; 4096]), Some(false));
        let counting: Vec<u8> = (0..=255).cycle().take(4096).collect();
        assert_eq!(looks_incompressible(&counting), Some(false));
        let program = include_bytes!("sample.rs");
        assert_eq!(looks_incompressible(program), Some(false));
    }

    #[test]
    fn well_known_formats_do_not() {
        for (at, magic) in FORMATS {
            let mut bytes = noise(1, 4_096);
            bytes[at..at + magic.len()].copy_from_slice(magic);
            assert_eq!(looks_incompressible(&bytes), Some(false), "{magic:x?}");
            // Not if it stands elsewhere.
            let mut bytes = noise(1, 4_096);
            bytes[at + 1..at + 1 + magic.len()].copy_from_slice(magic);
            assert_eq!(looks_incompressible(&bytes), Some(true), "{magic:x?}");
        }
        for level in [0x01, 0x5E, 0x9C, 0xDA] {
            let mut bytes = noise(1, 4_096);
            bytes[..2].copy_from_slice(&[0x78, level]);
            assert_eq!(looks_incompressible(&bytes), Some(false), "{level:x}");
        }
    }

    #[test]
    fn a_header_in_front_of_noise_does_not_hide_it() {
        let mut bytes = noise(1, 4_096);
        bytes[..1_024].fill(b'L');
        assert_eq!(looks_incompressible(&bytes), Some(true));
    }

    #[test]
    fn of_a_small_file_nothing_is_told() {
        for bytes in [0, 1, 511] {
            assert_eq!(looks_incompressible(&noise(1, bytes)), None, "{bytes}");
        }
        assert_eq!(looks_incompressible(&noise(1, 512)), Some(true));
    }
}
