//! Reads an archive to its end to find out whether it is whole.

use std::ffi::OsStr;
use std::io::{self, Read};
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
    check_with(archive, end_check, progress, &mut PassOver)
}

/// Takes the contents of each member while an archive is checked.
pub(crate) trait TakeContents {
    /// Goes to the end of the contents of the member at hand. `passed` hears how much was read.
    ///
    /// # Errors
    /// The contents can't be read, or the error of `passed`.
    fn take(
        &mut self,
        reader: &mut TarReader<&mut dyn Read>,
        member: &Member,
        passed: &mut dyn FnMut(u64) -> Result<(), CheckFailure>,
    ) -> Result<(), CheckFailure>;
}

/// Why a check ends.
#[derive(Debug)]
pub(crate) struct CheckFailure(PortError);

impl From<ReadError> for CheckFailure {
    fn from(error: ReadError) -> Self {
        Self(failed(error))
    }
}

impl From<io::Error> for CheckFailure {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|cause| cause.downcast_ref::<ReadError>()) {
            Some(cause) => cause.clone().into(),
            None => ReadError::from(error).into(),
        }
    }
}

/// As [`check_archive`], with somebody who takes the contents.
///
/// # Errors
/// As [`check_archive`].
pub(crate) fn check_with(
    archive: &mut dyn Read,
    end_check: EndCheck,
    progress: &dyn Progress,
    taker: &mut dyn TakeContents,
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
        let path = Path::new(OsStr::from_bytes(&member.path));
        let mut passed = |bytes| {
            progress.advanced(path, bytes);
            look(progress).map_err(CheckFailure)
        };
        taker.take(&mut reader, &member, &mut passed).map_err(|failure| failure.0)?;
        report.entries += 1;
        report.content_bytes += member.stored_bytes;
    }
    Ok(report)
}

const ACTION: &str = "read the archive to its end";

/// How much goes by between one look whether to end and the next.
const PIECE_BYTES: u64 = 1 << 20;

/// Takes no contents.
struct PassOver;

impl TakeContents for PassOver {
    fn take(
        &mut self,
        reader: &mut TarReader<&mut dyn Read>,
        _member: &Member,
        passed: &mut dyn FnMut(u64) -> Result<(), CheckFailure>,
    ) -> Result<(), CheckFailure> {
        loop {
            match reader.skip_data(PIECE_BYTES)? {
                0 => return Ok(()),
                bytes => passed(bytes)?,
            }
        }
    }
}

/// Passes over the contents of the member at hand.
///
/// # Errors
/// As [`TakeContents::take`].
pub(crate) fn pass_over(
    reader: &mut TarReader<&mut dyn Read>,
    member: &Member,
    passed: &mut dyn FnMut(u64) -> Result<(), CheckFailure>,
) -> Result<(), CheckFailure> {
    PassOver.take(reader, member, passed)
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
