//! Parser of the files of the tz database (`TZif`, RFC 8536).

use super::posix_rule::PosixRule;
use super::rules::Zone;

const HEADER_BYTES: usize = 44;
const TYPE_BYTES: usize = 6;

/// Reads a file of the tz database. Returns `None` for any other file.
pub(crate) fn parse(bytes: &[u8]) -> Option<Zone> {
    let first = Header::parse(bytes)?;
    if first.version == 0 {
        return read_block(&first, bytes.get(HEADER_BYTES..)?, 4);
    }
    // From version 2 on, a second block holds the same data in 64 bits. A rule for the time after it follows.
    let bytes = bytes.get(HEADER_BYTES + first.block_bytes(4)..)?;
    let second = Header::parse(bytes)?;
    let block = bytes.get(HEADER_BYTES..)?;
    let zone = read_block(&second, block, 8)?;
    let footer = block.get(second.block_bytes(8)..)?.strip_prefix(b"\n")?;
    let end = footer.iter().position(|byte| *byte == b'\n')?;
    let rule = str::from_utf8(&footer[..end]).ok()?;
    let rule = if rule.is_empty() { None } else { Some(PosixRule::parse(rule)?) };
    Some(Zone { rule, ..zone })
}

/// The counts of a header, which describe the block that follows.
struct Header {
    version: u8,
    utc_indicators: usize,
    standard_indicators: usize,
    leap_seconds: usize,
    changes: usize,
    types: usize,
    letters: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..HEADER_BYTES)?;
        let count = |index: usize| {
            let bytes = header.get(20 + 4 * index..24 + 4 * index)?;
            u16::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok().map(usize::from)
        };
        header.starts_with(b"TZif").then_some(())?;
        Some(Self {
            version: header[4],
            utc_indicators: count(0)?,
            standard_indicators: count(1)?,
            leap_seconds: count(2)?,
            changes: count(3)?,
            types: count(4)?,
            letters: count(5)?,
        })
    }

    fn block_bytes(&self, time_bytes: usize) -> usize {
        let indicators = self.utc_indicators + self.standard_indicators;
        let changes = self.changes * (time_bytes + 1);
        changes + self.types * TYPE_BYTES + self.letters + self.leap_seconds * (time_bytes + 4) + indicators
    }
}

/// Reads the changes of the offset. The block holds the instants, then the type of each, then the types.
fn read_block(header: &Header, block: &[u8], time_bytes: usize) -> Option<Zone> {
    let (times, rest) = block.split_at_checked(header.changes * time_bytes)?;
    let (kinds, rest) = rest.split_at_checked(header.changes)?;
    let types = rest.get(..header.types * TYPE_BYTES)?;
    let offset = |kind: usize| {
        let bytes = types.get(kind * TYPE_BYTES..kind * TYPE_BYTES + 4)?;
        Some(i32::from_be_bytes(bytes.try_into().ok()?))
    };
    let instants = times.chunks_exact(time_bytes).map(instant);
    let offsets = kinds.iter().map(|kind| offset(usize::from(*kind)));
    let changes = instants.zip(offsets).map(|(instant, offset)| Some((instant?, offset?)));
    let changes: Vec<(i64, i32)> = changes.collect::<Option<_>>()?;
    changes.is_sorted_by_key(|(instant, _)| *instant).then_some(())?;
    Some(Zone { first: offset(0)?, changes, rule: None })
}

fn instant(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        _ => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 2: an offset of -100 s, then 3,600 s from the instant 1,000 on, then the rule.
    fn file(rule: &str) -> Vec<u8> {
        let header = |counts: [u32; 6]| {
            let mut bytes = [b"TZif2".as_slice(), &[0; 15]].concat();
            counts.iter().for_each(|count| bytes.extend(count.to_be_bytes()));
            bytes
        };
        let mut bytes = header([0, 0, 0, 0, 1, 1]);
        bytes.extend([0; 7]);
        bytes.extend(header([0, 0, 0, 1, 2, 4]));
        bytes.extend(1_000_i64.to_be_bytes());
        bytes.push(1);
        bytes.extend((-100_i32).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(3_600_i32.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(b"LMT\0");
        bytes.extend(format!("\n{rule}\n").into_bytes());
        bytes
    }

    #[test]
    fn the_rule_counts_after_the_last_change() {
        let offsets = |bytes: &[u8]| {
            let zone = parse(bytes).unwrap();
            [0, 999, 1_000, 2_000_000_000].map(|instant| zone.offset_at(instant))
        };
        assert_eq!(offsets(&file("AAA-2")), [-100, -100, 7_200, 7_200]);
        assert_eq!(offsets(&file("")), [-100, -100, 3_600, 3_600]);
    }

    #[test]
    fn truncated_or_corrupt_files_never_panic() {
        let whole = file("AAA-2");
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "{length}");
        }
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0xff;
            let _ = parse(&bytes);
        }
        assert_eq!(parse(&file("nonsense")), None);
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"Europe/Berlin\n"), None);
    }
}
