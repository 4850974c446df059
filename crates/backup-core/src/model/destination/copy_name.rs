//! Copy name: the key of the copy of an archive, and what it says about the archive.

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};

use crate::model::archive::{ArchiveName, BackupName, BackupRecord, FileEnding, Grade};
use crate::model::destination::object_key::{KeyError, ObjectKey};

/// What the key of a copy says: `docs/2026-01-29T15-07-00Z-075bcd15.tar.zst`.
///
/// It has the name of the backup, the moment at which the archive was finished, in UTC, and the fraction of that moment. So no two
/// archives of a backup have the same key, and an archive has the same one whatever it is called by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyName {
    /// The name of the backup.
    pub backup: BackupName,
    /// When the archive was finished.
    pub finished: DateTime<Utc>,
    /// What the name of the archive ends with.
    pub ending: FileEnding,
}

/// What stands behind the key of a copy in the key of its catalog.
const CATALOG: &str = ".catalog";

const DATE: &str = "%Y-%m-%dT%H-%M-%SZ";

impl CopyName {
    /// Returns what the key of an archive's copy says. Incomplete archives have no copies.
    #[must_use]
    pub fn of(archive: &BackupRecord) -> Option<Self> {
        let name = ArchiveName::parse(&archive.file_name).filter(|name| name.grade == Grade::Complete)?;
        Some(Self { backup: name.backup, finished: archive.finished.to_utc(), ending: name.ending })
    }

    /// Returns what a key says; `None` if it isn't that of a copy.
    #[must_use]
    pub fn parse(key: &ObjectKey) -> Option<Self> {
        let (Some(folder), name) = key.split() else { return None };
        if name.ends_with(CATALOG) {
            return None;
        }
        let (stem, ending) = FileEnding::split(name)?;
        let (date, fraction) = stem.rsplit_once('-')?;
        let second = NaiveDateTime::parse_from_str(date, DATE).ok()?;
        let finished = second.with_nanosecond(u32::from_str_radix(fraction, 16).ok()?)?.and_utc();
        let copy = Self { backup: folder.parse().ok()?, finished, ending };
        // What reads the same need not be written the same: only our own spelling is ours.
        (copy.key().as_ref() == Ok(key)).then_some(copy)
    }

    /// Returns the key of the copy.
    ///
    /// # Errors
    /// If the name of the backup can't be a part of a key.
    pub fn key(&self) -> Result<ObjectKey, KeyError> {
        let (date, fraction) = (self.finished.format(DATE), self.finished.nanosecond());
        format!("{}/{date}-{fraction:08x}{}", self.backup, self.ending.as_str()).parse()
    }

    /// Returns the key of the catalog beside the copy.
    ///
    /// # Errors
    /// If the name of the backup can't be a part of a key.
    pub fn catalog_key(&self) -> Result<ObjectKey, KeyError> {
        format!("{}{CATALOG}", self.key()?).parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn archive(file_name: &str) -> BackupRecord {
        let finished = at("2026-01-29T16:07:00.123456789+01:00");
        BackupRecord { file_name: file_name.to_owned(), archive_bytes: 7, finished, sha256: None }
    }

    fn key_of(file_name: &str) -> Option<String> {
        CopyName::of(&archive(file_name)).map(|copy| copy.key().unwrap().to_string())
    }

    #[test]
    fn an_archive_has_one_key_whatever_it_is_called_by_now() {
        for (file_name, expected) in [
            ("docs.tar", Some("docs/2026-01-29T15-07-00Z-075bcd15.tar")),
            ("docs.tar.zst", Some("docs/2026-01-29T15-07-00Z-075bcd15.tar.zst")),
            ("docs.2026-01-29T16-07+0100.tar.zst", Some("docs/2026-01-29T15-07-00Z-075bcd15.tar.zst")),
            ("my docs.tar.zst.age", Some("my docs/2026-01-29T15-07-00Z-075bcd15.tar.zst.age")),
            ("docs.incomplete.tar", None),
            ("SHA256SUMS", None),
        ] {
            assert_eq!(key_of(file_name).as_deref(), expected, "{file_name}");
        }
    }

    #[test]
    fn a_key_is_read_as_it_is_written_and_no_other_one_is() {
        for file_name in ["docs.tar", "my docs.tar.zst.age"] {
            let copy = CopyName::of(&archive(file_name)).unwrap();
            assert_eq!(CopyName::parse(&copy.key().unwrap()), Some(copy.clone()));
            assert_eq!(copy.catalog_key().unwrap().to_string(), format!("{}.catalog", copy.key().unwrap()));
            assert_eq!(CopyName::parse(&copy.catalog_key().unwrap()), None);
        }
        for other in [
            "index.json",
            "docs/a.tar",
            "docs/2026-01-29T15-07-00Z.tar",
            "docs/2026-01-29T15-07-00Z-75bcd15.tar",
            "docs/2026-01-29T15-07-00Z-075BCD15.tar",
            "docs/2026-01-29T25-07-00Z-075bcd15.tar",
            "docs/2026-01-29T15-07-00Z-ffffffff.tar",
            "a/docs/2026-01-29T15-07-00Z-075bcd15.tar",
            "2026-01-29T15-07-00Z-075bcd15.tar",
        ] {
            assert_eq!(CopyName::parse(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_a_key_cant_have_is_no_key() {
        assert_eq!(CopyName::of(&archive("a\\b.tar")).unwrap().key(), Err(KeyError::Character));
    }
}
