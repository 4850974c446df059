//! Reads an archive to its end to find out whether it is whole.

use std::ffi::OsStr;
use std::fmt::Write;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::archive::CheckReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{EndCheck, Progress};

use super::digest::DigestReader;
use super::reader::TarReader;
use super::{Member, ReadError};

/// Checks the structure of an archive, which has to end as [`TarArchiver`](crate::TarArchiver) ends its own, or in any
/// way that stock tar takes for an end.
///
/// Found are: a cut at any length, but for one into an end of any kind; anything that was added; and any wrong byte in a header, in the trailer and behind
/// it, unless it leaves the meaning of the header's checksum as it was. Not found, because no tar has a checksum over
/// them, are wrong bytes in the contents of files, in their padding, and in the values of extended headers (long names,
/// fractions of times, attributes); [`check_archive_against`] finds these.
///
/// # Errors
/// [`Failure::Damaged`] naming offset and member, [`Failure::Interrupted`] when `progress` cancels, and whatever
/// `archive` fails with.
pub fn check_archive(
    archive: &mut dyn Read,
    end_check: EndCheck,
    progress: &dyn Progress,
) -> Result<CheckReport, PortError> {
    let mut reader = TarReader::new(archive).with_end_check(end_check);
    let mut report = CheckReport::default();
    look(progress)?;
    while let Some(member) = reader.next_member().map_err(failed)? {
        look(progress)?;
        pass(&mut reader, &member, progress)?;
        report.entries += 1;
        report.content_bytes += member.stored_bytes;
    }
    Ok(report)
}

/// Checks the structure of an archive of our own, and that its bytes are those that once had this SHA-256.
///
/// Finds every wrong, missing and added byte. Where the structure is broken the error says so, with the offset; a digest
/// tells no place.
///
/// # Errors
/// As [`check_archive`].
pub fn check_archive_against(
    sha256: &[u8; 32],
    archive: &mut dyn Read,
    progress: &dyn Progress,
) -> Result<CheckReport, PortError> {
    let mut digesting = DigestReader::new(archive);
    let report = check_archive(&mut digesting, EndCheck::Exact, progress)?;
    let found = digesting.finish();
    if found == *sha256 {
        return Ok(report);
    }
    let cause = format!("its SHA-256 is {}, not {}; its structure is whole", hex(&found), hex(sha256));
    Err(PortError::new(Failure::Damaged, ACTION).because(cause))
}

const ACTION: &str = "read the archive to its end";

/// How much goes by between one look whether to end and the next.
const PIECE_BYTES: u64 = 1 << 20;

fn pass<R: Read>(
    reader: &mut TarReader<R>,
    member: &Member,
    progress: &dyn Progress,
) -> Result<(), PortError> {
    let path = Path::new(OsStr::from_bytes(&member.path));
    loop {
        let passed_bytes = reader.skip_data(PIECE_BYTES).map_err(failed)?;
        if passed_bytes == 0 {
            return Ok(());
        }
        progress.advanced(path, passed_bytes);
        look(progress)?;
    }
}

fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() {
        return Err(PortError::new(Failure::Interrupted, ACTION).because("it was interrupted"));
    }
    Ok(())
}

fn failed(error: ReadError) -> PortError {
    PortError::new(error.failure(), ACTION).because(error)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
