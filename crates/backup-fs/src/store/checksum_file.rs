//! The file of the checksums beside the backups.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use backup_core::text::size;
use rustix::fs::OFlags;

use crate::error::{existing, refused};
use crate::file::dir::DirHandle;
use crate::file::line_reader::each_line;

/// The file name of the checksum list. The manual of coreutils uses it too.
pub(super) const SUMS: &str = "SHA256SUMS";

/// How long a list waits for another one that is being written. It is small, but a slow disk takes its time.
pub(super) const SUMS_WAIT: Duration = Duration::from_secs(10);

/// The longest checksum list that is read. It has space for some hundred thousand backups.
const MOST_SUMS_BYTES: u64 = 32 * 1024 * 1024;

/// Returns whether the checksum list has this content already. A missing list counts as an empty one.
pub(super) fn is_listed(folder: &DirHandle, list: &str) -> io::Result<bool> {
    let Some(file) = open_sums(folder)? else { return Ok(list.is_empty()) };
    if file.metadata()?.len() != list.len() as u64 {
        return Ok(false);
    }
    let mut listed = Vec::new();
    file.take(list.len() as u64 + 1).read_to_end(&mut listed)?;
    Ok(listed == list.as_bytes())
}

/// Returns the lines that may be checksums. Other lines are skipped without being held in memory.
pub(super) fn listed(folder: &DirHandle) -> io::Result<Vec<u8>> {
    let (mut listed, mut is_long) = (Vec::new(), false);
    let Some(file) = open_sums(folder)? else { return Ok(listed) };
    // Another program may have written the last line without an ending.
    each_line(file.chain(&b"\n"[..]), |line| {
        let is_sum = !line.is_empty() && line.len() <= MOST_SUM_BYTES && !line.contains(&0);
        is_long |= is_sum && (listed.len() + line.len()) as u64 > MOST_SUMS_BYTES;
        if is_sum && !is_long {
            listed.extend_from_slice(line);
            listed.push(b'\n');
        }
    })?;
    if is_long {
        return Err(refused(format!(
            "a checksum list can't be larger than {}; move it away",
            size(MOST_SUMS_BYTES)
        )));
    }
    Ok(listed)
}

/// The longest line of a checksum list: a marker, a checksum, a separator, and the longest name with all bytes escaped.
const MOST_SUM_BYTES: usize = 1 + 64 + 2 + 2 * 255;

pub(super) fn open_sums(folder: &DirHandle) -> io::Result<Option<File>> {
    existing(folder.open_own_file(SUMS, OFlags::RDONLY))
}
