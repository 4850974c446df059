//! Heal sources: in which archives to look for what is lost in another one.

use crate::model::archive::{ArchiveName, BackupName, BackupRecord};

/// Returns the archives in which to look, the best ones first: those of the same backup, and of these the newest.
#[must_use]
pub fn heal_sources<'b>(backups: &'b [BackupRecord], damaged: &BackupRecord) -> Vec<&'b BackupRecord> {
    let name = name_of(damaged);
    let mut others: Vec<_> = backups.iter().filter(|backup| backup.file_name != damaged.file_name).collect();
    others.sort_by(|one, other| {
        let is_another = |backup: &BackupRecord| name_of(backup) != name;
        (is_another(one), other.finished).cmp(&(is_another(other), one.finished))
    });
    others
}

fn name_of(backup: &BackupRecord) -> Option<BackupName> {
    ArchiveName::parse(&backup.file_name).map(|archive| archive.backup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn archives_of_the_same_backup_come_first_and_newer_ones_before_older_ones() {
        let backup = |file_name: &str, finished: &str| BackupRecord {
            file_name: file_name.to_owned(),
            archive_bytes: 1,
            finished: at(finished),
            sha256: None,
        };
        let backups = [
            backup("docs.2026-03-01T16-07+0000.tar", "2026-03-01 16:07"),
            backup("docs.2026-03-02T16-07+0000.tar.zst", "2026-03-02 16:07"),
            backup("docs.tar", "2026-03-03 16:07"),
            backup("music.2026-03-01T16-07+0000.tar", "2026-03-01 16:07"),
            backup("music.tar", "2026-03-04 16:07"),
        ];
        let names: Vec<_> =
            heal_sources(&backups, &backups[2]).into_iter().map(|backup| backup.file_name.as_str()).collect();
        let expected = [
            "docs.2026-03-02T16-07+0000.tar.zst",
            "docs.2026-03-01T16-07+0000.tar",
            "music.tar",
            "music.2026-03-01T16-07+0000.tar",
        ];
        assert_eq!(names, expected);
    }
}
