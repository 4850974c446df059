//! Goes through an archive while somebody watches, and may end it.

use std::cell::Cell;
use std::path::Path;

use backup_core::error::{Failure, PortError};
use backup_core::ports::Progress;

use super::job::path_of;
use crate::failure::failure_of;
use crate::tar_reader::{Member, ReadError, TarReader};

/// More entries are no backup but an attack.
const MOST_ENTRIES: u64 = 100_000_000;

/// Tells how far reading is.
pub(super) struct Watch<'p> {
    progress: &'p dyn Progress,
    told_bytes: Cell<u64>,
    entries: Cell<u64>,
}

impl<'p> Watch<'p> {
    pub(super) fn new(progress: &'p dyn Progress) -> Self {
        Self { progress, told_bytes: Cell::new(0), entries: Cell::new(0) }
    }

    /// Returns the next member.
    pub(super) fn next<R: std::io::Read>(
        &self,
        reader: &mut TarReader<R>,
    ) -> Result<Option<Member>, PortError> {
        if self.progress.is_cancelled() {
            return Err(interrupted());
        }
        let member = reader.next_member().map_err(read_failed)?;
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() > MOST_ENTRIES {
            let action = format!("restore more than {MOST_ENTRIES} entries");
            return Err(PortError::new(Failure::Refused, action));
        }
        Ok(member)
    }

    /// Tells how far reading is by now, at that entry.
    pub(super) fn tell(&self, path: &[u8], offset: u64) {
        let told = self.told_bytes.replace(offset);
        self.progress.advanced(&path_of(path), offset.saturating_sub(told));
    }

    /// Tells of that many more bytes, and returns whether to go on.
    pub(super) fn passed(&self, bytes: u64) -> bool {
        self.told_bytes.set(self.told_bytes.get() + bytes);
        self.progress.advanced(Path::new(""), bytes);
        !self.progress.is_cancelled()
    }
}

pub(super) fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "restore to the end").because("it was asked to end")
}

pub(super) fn read_failed(error: ReadError) -> PortError {
    let failure = match &error {
        ReadError::Damaged(_) => Failure::Damaged,
        ReadError::Io(error) => failure_of(error),
    };
    PortError::new(failure, "read the archive").because(error)
}
