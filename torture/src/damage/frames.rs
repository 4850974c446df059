//! The frames of a compressed archive, by the seek table at its end.
//!
//! A Zstandard reader is content with an archive that was cut behind a frame. The table is not: it stands last.

const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;
const FOOTER_BYTES: usize = 9;
const HEAD_BYTES: usize = 8;
const ENTRY_BYTES: usize = 8;

/// Checks that the table stands at the end, and that the frames before it have the lengths that it tells.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let (body, foot) = bytes.split_at_checked(bytes.len().wrapping_sub(FOOTER_BYTES)).ok_or("too short")?;
    let frames = number(foot, 0)? as usize;
    if number(foot, 5)? != SEEKABLE_MAGIC || foot[4] != 0 {
        return Err("no seek table at the end".to_owned());
    }
    let table_bytes = frames.checked_mul(ENTRY_BYTES).ok_or("too many frames")?;
    let start = body.len().checked_sub(table_bytes + HEAD_BYTES).ok_or("the seek table is too long")?;
    let (stored, table) = body.split_at(start);
    if number(table, 0)? != SKIPPABLE_MAGIC || number(table, 4)? as usize != table_bytes + FOOTER_BYTES {
        return Err("the seek table has no head".to_owned());
    }
    let mut stored_bytes = 0;
    let mut rest = stored;
    for entry in table[HEAD_BYTES..].chunks_exact(ENTRY_BYTES) {
        let (length, unpacked) = (number(entry, 0)? as usize, number(entry, 4)? as usize);
        let (frame, others) = rest.split_at_checked(length).ok_or("a frame is cut")?;
        if zstd::decode_all(frame).map_err(|error| error.to_string())?.len() != unpacked {
            return Err("a frame has another length".to_owned());
        }
        (rest, stored_bytes) = (others, stored_bytes + length);
    }
    if stored_bytes == stored.len() { Ok(()) } else { Err("there is more than the frames".to_owned()) }
}

fn number(bytes: &[u8], at: usize) -> Result<u32, String> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).ok_or("a number is cut")?;
    Ok(u32::from_le_bytes(four))
}
