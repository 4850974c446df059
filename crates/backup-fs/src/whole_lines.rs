//! Files of lines that are only appended to: whether the last line is whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Returns whether the file ends with a line ending, or is empty. Where it doesn't, a full disk or a crash has cut its
/// last line, and the next one must not be swallowed by it. To be asked under the lock.
pub(crate) fn ends_whole(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}
