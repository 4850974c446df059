//! Reads an archive to its end to find out whether it is whole.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::archive::CheckReport;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::Refusal;
use backup_core::ports::{EndCheck, Progress};

use super::reader::TarReader;
use super::source_root::SourceRoot;
use super::{Member, MemberKind, ReadError};

/// Checks the structure of an archive, which has to end as [`TarArchiver`](crate::TarArchiver) ends its own, or in any
/// way that stock tar takes for an end.
///
/// Found are: a cut at any length, but for one into an end of any kind; anything that was added; and any wrong byte in a header, in the trailer and behind
/// it, unless it leaves the meaning of the header's checksum as it was. Not found, because no tar has a checksum over
/// them, are wrong bytes in the contents of files, in their padding, and in the values of extended headers (long names,
/// fractions of times, attributes). Only a digest of the archive finds these.
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
    let mut source_root = SourceRoot::default();
    while let Some(member) = reader.next_member().map_err(failed)? {
        look(progress)?;
        if let Err(refusal) = restorable(&mut source_root, &member) {
            report.refused_entries += 1;
            report.refusal.get_or_insert(refusal);
        }
        pass(&mut reader, &member, progress)?;
        report.entries += 1;
        report.content_bytes += member.stored_bytes;
    }
    Ok(report)
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

/// Checks what a restore would say of a member, as far as its header tells. A label of the volume is nothing to restore.
fn restorable(source_root: &mut SourceRoot, member: &Member) -> Result<(), Refusal> {
    match member.kind {
        MemberKind::Other(VOLUME_LABEL) => Ok(()),
        MemberKind::Other(flag) => Err(Refusal::Unknown(flag)),
        MemberKind::HardLink => source_root
            .below(member)
            .and_then(|_| source_root.below_path(&member.link).map_err(|_| Refusal::LinkOutside))
            .map(drop),
        _ => source_root.below(member).map(drop),
    }
}

const VOLUME_LABEL: u8 = b'V';

fn look(progress: &dyn Progress) -> Result<(), PortError> {
    if progress.is_cancelled() {
        return Err(PortError::new(Failure::Interrupted, ACTION).because("it was interrupted"));
    }
    Ok(())
}

fn failed(error: ReadError) -> PortError {
    PortError::new(error.failure(), ACTION).because(error)
}
