//! Archive totals: what all archives of a backup take together.

use crate::manager::status_facts::StatusFacts;
use crate::model::archive::{BackupName, BackupRecord};
use crate::operation::disk_use::disk_use_of;

/// All archives of a backup that exist, together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveTotals {
    /// How many there are.
    pub archives: usize,
    /// The sum of their sizes.
    pub archive_bytes: u64,
    /// What they take on the disk, where they share parts of it. That is their size if no run took anything over. `None` if it
    /// can't be told.
    pub disk_bytes: Option<u64>,
}

impl ArchiveTotals {
    /// Returns what they take on the disk if that is less than their size.
    #[must_use]
    pub fn smaller_disk_bytes(&self) -> Option<u64> {
        self.disk_bytes.filter(|bytes| *bytes < self.archive_bytes)
    }
}

impl StatusFacts<'_> {
    /// Returns what the archives of a backup take, if there are any. The disk is only asked if a run took something over.
    pub(super) fn archive_totals(&self, name: &BackupName) -> Option<ArchiveTotals> {
        let archives = self.backups.get(name).filter(|archives| !archives.is_empty())?;
        let archive_bytes = archives.iter().map(|archive| archive.archive_bytes).sum();
        let disk_bytes = if self.took_over(name) { self.disk_bytes(archives) } else { Some(archive_bytes) };
        Some(ArchiveTotals { archives: archives.len(), archive_bytes, disk_bytes })
    }

    fn disk_bytes(&self, archives: &[BackupRecord]) -> Option<u64> {
        disk_use_of(self.ports.backups, archives, &|_| true).map(|taken| taken.disk_bytes)
    }

    /// Returns whether a run of a backup took over parts of an archive, as far as the history knows.
    fn took_over(&self, name: &BackupName) -> bool {
        let mut ended = self.ended_runs.get(name.as_str()).into_iter().flatten();
        let is_known = || self.ledger.generations(name).iter().any(|(_, run)| run.shared_bytes > 0);
        ended.any(|run| run.shared_bytes > 0) || is_known()
    }
}
