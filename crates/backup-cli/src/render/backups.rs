//! The archives that exist.

use backup_core::model::archive::BackupRecord;
use backup_core::operation::disk_use::DiskUses;
use backup_core::text::size;
use backup_core::time::Moment;
use indicatif::HumanDuration;

/// Returns a line an archive: its name.
pub(crate) fn backups(records: &[BackupRecord]) -> Vec<String> {
    records.iter().map(|record| record.file_name.clone()).collect()
}

/// Returns a line an archive: its size, its age and its name.
///
/// If one takes less of the disk than its size, what each has alone is beside its size, and a last line says what all take.
pub(crate) fn backups_long(records: &[BackupRecord], uses: &DiskUses, now: Moment) -> Vec<String> {
    let exclusive = |record: &BackupRecord| Some(uses.each.get(&record.file_name)?.exclusive_bytes);
    let shares = |record| exclusive(record).is_some_and(|bytes| bytes < record.archive_bytes);
    let shares = records.iter().any(shares);
    let mut lines: Vec<_> =
        records.iter().map(|record| details(record, shares.then(|| exclusive(record)), now)).collect();
    lines.extend(uses.together_bytes.filter(|_| shares).map(|bytes| together(records, bytes)));
    lines
}

/// Returns a line. `exclusive` is there if there is a column for it.
fn details(record: &BackupRecord, exclusive: Option<Option<u64>>, now: Moment) -> String {
    let bytes = size(record.archive_bytes);
    let exclusive = exclusive.map(|bytes| bytes.map_or("?".to_owned(), size));
    let exclusive = exclusive.map(|bytes| format!("  {bytes:>8} alone")).unwrap_or_default();
    let age = (now - record.finished)
        .to_std()
        .map_or_else(|_| "in the future".to_owned(), |age| format!("{} ago", HumanDuration(age)));
    format!("{bytes:>11}{exclusive}  {age:<14}  {}", record.file_name)
}

fn together(records: &[BackupRecord], disk_bytes: u64) -> String {
    let bytes = size(records.iter().map(|record| record.archive_bytes).sum());
    format!("{bytes:>11}  in all, {} on the disk", size(disk_bytes))
}

#[cfg(test)]
mod tests {
    use backup_core::operation::disk_use::DiskUse;
    use backup_core::testing::at;

    use super::*;

    /// Shows archives of 10 MB, given what each takes and has alone.
    fn shown(uses: &[Option<(u64, u64)>], together_bytes: Option<u64>) -> String {
        let record = |number: usize| BackupRecord {
            file_name: format!("docs{number}.tar"),
            archive_bytes: 10_000_000,
            finished: at("2026-03-10 12:00"),
            sha256: None,
        };
        let records: Vec<_> = (0..uses.len()).map(record).collect();
        let each = records.iter().zip(uses).filter_map(|(record, taken)| {
            let (disk_bytes, exclusive_bytes) = (*taken)?;
            Some((record.file_name.clone(), DiskUse { disk_bytes, exclusive_bytes }))
        });
        let uses = DiskUses { each: each.collect(), together_bytes };
        backups_long(&records, &uses, at("2026-03-10 14:00")).join("\n")
    }

    #[test]
    fn what_is_shared_shows_beside_the_size() {
        let own = Some((10_002_432, 10_002_432));
        insta::assert_snapshot!(shown(&[own, own], Some(20_004_864)), @"
           10.0 MB  2 hours ago     docs0.tar
           10.0 MB  2 hours ago     docs1.tar
        ");
        assert_eq!(shown(&[None], None), "    10.0 MB  2 hours ago     docs0.tar");
        let shares = Some((10_002_432, 420_000));
        insta::assert_snapshot!(shown(&[shares, own, Some((10_002_432, 0))], Some(20_845_000)), @"
           10.0 MB  420.0 kB alone  2 hours ago     docs0.tar
           10.0 MB   10.0 MB alone  2 hours ago     docs1.tar
           10.0 MB       0 B alone  2 hours ago     docs2.tar
           30.0 MB  in all, 20.8 MB on the disk
        ");
        insta::assert_snapshot!(shown(&[shares, None], None), @"
           10.0 MB  420.0 kB alone  2 hours ago     docs0.tar
           10.0 MB         ? alone  2 hours ago     docs1.tar
        ");
    }
}
