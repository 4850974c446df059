//! Goes through an archive while somebody watches, and may end it.

use std::cell::Cell;
use std::io::{self, SeekFrom};
use std::path::Path;

use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Progress};

use super::path::path_of;
use super::reader::TarReader;
use super::{Member, MemberKind, ReadError};
use crate::error::port_error;

/// More entries are no backup but an attack.
const MOST_ENTRIES: u64 = 100_000_000;

/// Returns a reader at the archive's start, which seeks where the archive can: one that another tool has compressed can
/// only be read from its start on, and doesn't know where its end is.
pub(crate) fn open(archive: &mut dyn ArchiveBytes) -> Result<TarReader<&mut dyn ArchiveBytes>, PortError> {
    let knows_its_end = archive.seek(SeekFrom::End(0)).is_ok();
    rewind(archive)?;
    let reader = if knows_its_end { TarReader::seeking(archive) } else { TarReader::returning(archive) };
    reader.map_err(no_seek)
}

/// Goes back to the archive's start.
pub(crate) fn rewind(archive: &mut dyn ArchiveBytes) -> Result<(), PortError> {
    archive.seek(SeekFrom::Start(0)).map(drop).map_err(no_seek)
}

fn no_seek(error: io::Error) -> PortError {
    port_error("read the archive", error)
}

/// Tells how far reading is.
pub(crate) struct Watch<'p> {
    progress: &'p dyn Progress,
    told_bytes: Cell<u64>,
    entries: Cell<u64>,
}

impl<'p> Watch<'p> {
    pub(crate) fn new(progress: &'p dyn Progress) -> Self {
        Self { progress, told_bytes: Cell::new(0), entries: Cell::new(0) }
    }

    /// Returns the next member, past the labels that GNU tar gives to volumes.
    pub(crate) fn next<R: io::Read>(&self, reader: &mut TarReader<R>) -> Result<Option<Member>, PortError> {
        loop {
            if self.progress.is_cancelled() {
                return Err(interrupted());
            }
            let member = reader.next_member().map_err(read_failed)?;
            self.entries.set(self.entries.get() + 1);
            if self.entries.get() > MOST_ENTRIES {
                let action = format!("restore more than {MOST_ENTRIES} entries");
                return Err(PortError::new(Failure::Refused, action));
            }
            if member.as_ref().is_none_or(|member| member.kind != MemberKind::Other(b'V')) {
                return Ok(member);
            }
        }
    }

    /// Tells how far reading is by now, at that entry.
    pub(crate) fn tell(&self, path: &[u8], offset: u64) {
        let told = self.told_bytes.replace(offset);
        self.progress.advanced(&path_of(path), offset.saturating_sub(told));
    }

    /// Tells of that many more bytes, and returns whether to go on.
    pub(crate) fn passed(&self, bytes: u64) -> bool {
        self.told_bytes.set(self.told_bytes.get() + bytes);
        self.progress.advanced(Path::new(""), bytes);
        !self.progress.is_cancelled()
    }
}

/// Returns why the archive can't be read on, where that is what an error says: then what came before it can still be had.
pub(crate) fn unreadable(error: &PortError) -> Option<&ReadError> {
    error.source.as_deref()?.downcast_ref()
}

pub(crate) fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "restore to the end").because("it was interrupted")
}

pub(crate) fn read_failed(error: ReadError) -> PortError {
    PortError::new(error.failure(), "read the archive").because(error)
}
