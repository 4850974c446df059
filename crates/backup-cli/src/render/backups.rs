//! The archives that exist.

use backup_core::model::archive::BackupRecord;
use backup_core::text::size;
use backup_core::time::Moment;
use indicatif::HumanDuration;

/// Returns a line an archive: its name, after its size and age if `details` are wanted.
pub(crate) fn backups(records: &[BackupRecord], details: bool, now: Moment) -> Vec<String> {
    records
        .iter()
        .map(|record| if details { backup_details(record, now) } else { record.file_name.clone() })
        .collect()
}

fn backup_details(record: &BackupRecord, now: Moment) -> String {
    let size = size(record.archive_bytes);
    let age = (now - record.finished)
        .to_std()
        .map_or_else(|_| "in the future".to_owned(), |age| format!("{} ago", HumanDuration(age)));
    format!("{size:>11}  {age:<14}  {}", record.file_name)
}
