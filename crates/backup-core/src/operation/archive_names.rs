//! Archive names: what a store calls the archives of a schedule.

use crate::model::archive::{ArchiveName, Format, Grade};
use crate::model::schedule::ScheduleEntry;
use crate::ports::BackupStore;

/// Returns the name that the next archive of an entry gets.
pub(crate) fn archive_of(backups: &dyn BackupStore, entry: &ScheduleEntry, grade: Grade) -> ArchiveName {
    entry.name().archive(grade, backups.ending(entry.options().format()))
}

/// Returns the names that the complete archive of an entry can have, one for each format.
pub(crate) fn complete_archives(
    backups: &dyn BackupStore,
    entry: &ScheduleEntry,
) -> [ArchiveName; Format::ALL.len()] {
    Format::ALL.map(|format| entry.name().archive(Grade::Complete, backups.ending(format)))
}
