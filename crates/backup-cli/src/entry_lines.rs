//! What is in an archive, a line an entry, as fast as somebody reads it.

mod several;

use std::io::{self, BufWriter, Write};

use backup_core::manager::{View, Viewed};
use backup_core::model::archive::BackupRecord;
use backup_core::model::archive::ViewReport;
use backup_core::model::error::{Error, Failure, PortError};
use backup_core::ports::SilentProgress;

use crate::output::{complain, pour};
use crate::{exit, render};

pub(crate) use several::write_entries_of_each;

/// What was written, and what could not be.
pub(crate) struct Written {
    /// How many lines.
    pub(crate) count: u64,
    /// The exit code: 3 if something could not be shown, which was reported.
    pub(crate) code: u8,
}

/// The line of an entry.
pub(crate) type EntryForm = fn(Viewed<'_>) -> String;

/// Writes a line for each entry of an archive that is chosen; `None` when nobody reads them any more.
pub(crate) fn write_entries(
    desk: &View<'_>,
    archive: &BackupRecord,
    chosen: &[Vec<u8>],
    line: EntryForm,
) -> Result<Option<Written>, Error> {
    let mut count = 0;
    let written = pour(|out| {
        let (mut out, mut failed) = (BufWriter::new(out), None);
        let mut see = |viewed: Viewed<'_>| {
            count += 1;
            failed = writeln!(out, "{}", line(viewed)).err();
            failed.is_none()
        };
        let listed = desk.show(archive, chosen, &mut see, &SilentProgress);
        let flushed = failed.map_or_else(|| out.flush(), Err);
        listed.and_then(|report| flushed.map_err(not_written).map(|()| report))
    });
    let report = written.transpose()?;
    Ok(report.map(|report| Written { count, code: tell_missing(&report, archive) }))
}

/// Says what could not be shown of an archive, and returns the exit code.
pub(crate) fn tell_missing(report: &ViewReport, archive: &BackupRecord) -> u8 {
    render::not_shown(report, archive).into_iter().for_each(complain);
    if report.is_complete() { exit::DONE } else { exit::INCOMPLETE }
}

/// Returns the error of a reader that could not be written to.
pub(crate) fn not_written(error: io::Error) -> Error {
    Error::Port(PortError::new(Failure::Other, "write to standard output").because(error))
}
