//! What an archive holds, whatever stands between its members so that blocks can be shared.

const BLOCK_BYTES: usize = 512;
const SIZE: std::ops::Range<usize> = 124..136;
const TYPE: usize = 156;
/// The type of a header that is about all that follow.
const GLOBAL: u8 = b'g';
/// The type of a header that is about the next member.
const EXTENDED: u8 = b'x';
/// What a tar ends with at least.
const END_BLOCKS: usize = 2;

/// Returns whether two archives are the same but for their padding: headers with a comment, and how many empty blocks are at
/// the end. Of each, all blocks must be there.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let members = |archive: &[u8]| unpadded(archive).map(|(members, _)| members);
    one == other || members(one).is_some_and(|one| Some(one) == members(other))
}

/// Returns whether an archive has padding.
pub(crate) fn is_padded(archive: &[u8]) -> bool {
    unpadded(archive).is_some_and(|(_, paddings)| paddings > 0)
}

/// Returns the members of a whole tar, header by header, without its padding and its end; and how often there was padding.
fn unpadded(archive: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut rest, mut paddings) = (archive, 0);
    let mut members = Vec::with_capacity(archive.len());
    while let Some((header, _)) = rest.split_at_checked(BLOCK_BYTES) {
        if header.iter().all(|byte| *byte == 0) {
            let is_whole = rest.len() >= END_BLOCKS * BLOCK_BYTES && rest.len().is_multiple_of(BLOCK_BYTES);
            return (is_whole && rest.iter().all(|byte| *byte == 0)).then_some((members, paddings));
        }
        let size = std::str::from_utf8(&header[SIZE]).ok()?.trim_end_matches(['\0', ' ']);
        let size = usize::from_str_radix(size.trim_start(), 8).ok()?;
        let (member, after) = rest.split_at_checked(BLOCK_BYTES + size.next_multiple_of(BLOCK_BYTES))?;
        match header[TYPE] {
            GLOBAL => paddings += 1,
            EXTENDED => {
                let (records, comments) = without_comments(&member[BLOCK_BYTES..BLOCK_BYTES + size])?;
                paddings += comments;
                members.extend_from_slice(&records);
            }
            _ => members.extend_from_slice(member),
        }
        rest = after;
    }
    None
}

/// Returns the records of an extended header but for the comments, and how many of those there are.
fn without_comments(mut records: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut kept, mut comments) = (Vec::new(), 0);
    while !records.is_empty() {
        let space = records.iter().position(|byte| *byte == b' ')?;
        let length = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let (record, after) = records.split_at_checked(length)?;
        if record.get(space + 1..)?.starts_with(b"comment=") {
            comments += 1;
        } else {
            kept.extend_from_slice(record);
        }
        records = after;
    }
    Some((kept, comments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(kind: u8, contents: &[u8]) -> Vec<u8> {
        let mut member = vec![b'n'; BLOCK_BYTES];
        member[SIZE].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
        member[TYPE] = kind;
        member.extend_from_slice(contents);
        member.resize(member.len().next_multiple_of(BLOCK_BYTES), 0);
        member
    }

    fn archive(members: &[Vec<u8>], end_blocks: usize) -> Vec<u8> {
        [members.concat(), vec![0; end_blocks * BLOCK_BYTES]].concat()
    }

    #[test]
    fn a_comment_in_an_extended_header_is_padding() {
        let (one, time) = (member(b'0', b"one"), b"13 mtime=1.5\n");
        let plain = archive(&[member(EXTENDED, time), one.clone()], 2);
        let comment = [&time[..], b"16 comment=    \n"].concat();
        let padded = archive(&[member(EXTENDED, &comment), one.clone()], 2);
        assert!(is_same(&plain, &padded) && is_padded(&padded) && !is_padded(&plain));
        let other = archive(&[member(EXTENDED, b"13 mtime=2.5\n"), one.clone()], 2);
        assert!(!is_same(&plain, &other));
        let alone = archive(std::slice::from_ref(&one), 2);
        assert!(is_same(&alone, &archive(&[member(EXTENDED, &comment[13..]), one], 2)));
    }

    #[test]
    fn padding_makes_no_difference_and_all_else_does() {
        let (one, other, padding) =
            (member(b'0', b"one"), member(b'0', b"other"), member(GLOBAL, b"comment"));
        let plain = archive(&[one.clone(), other.clone()], 2);
        let padded = archive(&[one.clone(), padding, other.clone()], 9);
        assert!(is_same(&plain, &padded) && is_padded(&padded) && !is_padded(&plain));
        assert!(!is_same(&plain, &archive(&[other.clone(), one.clone()], 2)), "another order");
        assert!(!is_same(&plain, &archive(&[one.clone(), member(b'0', b"0ther")], 2)), "other contents");
        assert!(!is_same(&plain, &archive(&[one.clone(), other.clone()], 1)), "torn at its end");
        assert!(!is_same(&padded, &padded[..padded.len() - 1]), "less than a block at its end");
        assert!(!is_same(&plain, &[archive(&[one, other], 2), vec![1]].concat()), "something behind its end");
    }
}
