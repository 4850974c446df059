//! Which catalogs stay: those of archives that are there, and those of archives whose time has changed.

use std::io;

use backup_core::model::archive::BackupName;

use super::archive_id::ArchiveId;
use super::catalog_dir::{CATALOGS, StoredCatalog, folders, remove_catalogs};
use super::own_archive::own_archive;
use crate::error::existing;
use crate::file::dir::DirHandle;

/// Opens the catalog that an archive had when it was made, although its time is another one now: somebody wrote to it, or a copy has lost
/// its time. `None` unless exactly one catalog of that size has no archive, and exactly one archive of that size has no catalog.
///
/// Whoever reads by it compares the archive with it.
pub(super) fn former_catalog(backups: &DirHandle, name: &BackupName, id: ArchiveId) -> Option<StoredCatalog> {
    // Most archives without a catalog never had one. Then there is no need to look at all archives.
    catalogs_of(backups, name).ok()?.iter().find(|catalog| catalog.has_size_of(id))?;
    let found = Found::of(backups, name).ok()?;
    let (archives, catalogs) = (found.bare(id), found.spare(id));
    let ([_], [catalog]) = (&archives[..], &catalogs[..]) else { return None };
    StoredCatalog::open(backups, name, *catalog)
}

/// Removes the catalogs of a name that belong to none of its archives. Nobody else may be making a backup of that name.
///
/// `done` is the archive that was just published or removed. No catalog of another archive is kept for it.
pub(super) fn sweep(backups: &DirHandle, name: &BackupName, done: Option<ArchiveId>) -> io::Result<()> {
    let found = Found::of(backups, name)?;
    let is_kept = |catalog: ArchiveId| {
        let is_for_another = || found.bare(catalog).iter().any(|archive| Some(*archive) != done);
        found.is_owned(catalog) || (done != Some(catalog) && is_for_another())
    };
    remove_catalogs(backups, name, is_kept)
}

/// Returns the catalogs of a name.
fn catalogs_of(backups: &DirHandle, name: &BackupName) -> io::Result<Vec<ArchiveId>> {
    let Some((_, folder)) = folders(backups, name)? else { return Ok(Vec::new()) };
    Ok(folder.names()?.iter().filter_map(|file_name| ArchiveId::parse(file_name)).collect())
}

/// Returns the names that have catalogs.
pub(crate) fn names_with_catalogs(backups: &DirHandle) -> io::Result<Vec<BackupName>> {
    let Some(catalogs) = existing(backups.open_own(CATALOGS))? else { return Ok(Vec::new()) };
    let names = catalogs.names()?;
    Ok(names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect())
}

/// The archives and the catalogs of a name.
struct Found {
    archives: Vec<ArchiveId>,
    catalogs: Vec<ArchiveId>,
}

impl Found {
    fn of(backups: &DirHandle, name: &BackupName) -> io::Result<Self> {
        let mut archives = Vec::new();
        for file_name in backups.names()? {
            let archive = file_name.to_str().and_then(own_archive);
            if archive.is_some_and(|archive| archive.backup == *name) {
                archives.extend(backups.stat(&file_name)?.map(|stat| ArchiveId::of_stat(&stat)));
            }
        }
        Ok(Self { archives, catalogs: catalogs_of(backups, name)? })
    }

    /// Returns whether a catalog has its archive.
    fn is_owned(&self, catalog: ArchiveId) -> bool {
        self.archives.iter().any(|archive| archive.has(catalog))
    }

    /// Returns the archives of the same size that have no catalog.
    fn bare(&self, like: ArchiveId) -> Vec<ArchiveId> {
        let is_bare = |archive: &ArchiveId| !self.catalogs.iter().any(|catalog| archive.has(*catalog));
        self.archives
            .iter()
            .copied()
            .filter(|archive| archive.has_size_of(like) && is_bare(archive))
            .collect()
    }

    /// Returns the catalogs of the same size that have no archive.
    fn spare(&self, like: ArchiveId) -> Vec<ArchiveId> {
        let is_spare = |catalog: &ArchiveId| catalog.has_size_of(like) && !self.is_owned(*catalog);
        self.catalogs.iter().copied().filter(is_spare).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Read;
    use std::time::{Duration, UNIX_EPOCH};

    use rustix::fs::OFlags;
    use tempfile::{TempDir, tempdir};

    use super::super::catalog_dir::CatalogDraft;
    use super::*;

    struct Backups(TempDir);

    impl Backups {
        /// Puts an archive with that contents and that time there.
        fn put(&self, file_name: &str, contents: &str, seconds: u64) -> ArchiveId {
            let path = self.0.path().join(file_name);
            fs::write(&path, contents).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
            ArchiveId::of(&file.metadata().unwrap())
        }

        fn put_with_catalog(&self, file_name: &str, contents: &str, seconds: u64) -> ArchiveId {
            let id = self.put(file_name, contents, seconds);
            let mut draft = CatalogDraft::begin(&self.dir(), &docs(), None).unwrap();
            draft.write(file_name.as_bytes()).unwrap();
            draft.publish(id, None).unwrap();
            id
        }

        fn dir(&self) -> DirHandle {
            DirHandle::open(self.0.path(), OFlags::empty()).unwrap()
        }

        fn former(&self, id: ArchiveId) -> Option<String> {
            let mut text = String::new();
            former_catalog(&self.dir(), &docs(), id)?.read_to_string(&mut text).unwrap();
            Some(text)
        }

        fn catalogs(&self) -> usize {
            catalogs_of(&self.dir(), &docs()).unwrap().len()
        }
    }

    fn docs() -> BackupName {
        "docs".parse().unwrap()
    }

    const OLDER: &str = "docs.2026-01-29T16-07+0100.tar";

    #[test]
    fn an_archive_whose_time_has_changed_keeps_its_catalog() {
        let backups = Backups(tempdir().unwrap());
        backups.put_with_catalog("docs.tar", "1234567", 5);
        backups.put_with_catalog(OLDER, "1234567", 4);
        let changed = backups.put("docs.tar", "12x4567", 9);
        assert_eq!(backups.former(changed).as_deref(), Some("docs.tar"));
        sweep(&backups.dir(), &docs(), None).unwrap();
        assert_eq!((backups.catalogs(), backups.former(changed).as_deref()), (2, Some("docs.tar")));
        let shorter = backups.put("docs.tar", "12x", 9);
        assert_eq!(backups.former(shorter), None);
        sweep(&backups.dir(), &docs(), None).unwrap();
        assert_eq!(backups.catalogs(), 1, "nothing is left of an archive of that size");
    }

    #[test]
    fn a_catalog_that_may_belong_to_two_archives_is_not_taken() {
        let backups = Backups(tempdir().unwrap());
        backups.put_with_catalog("docs.tar", "1234567", 5);
        backups.put_with_catalog(OLDER, "1234567", 4);
        let changed = backups.put("docs.tar", "12x4567", 9);
        backups.put(OLDER, "1234567", 8);
        assert_eq!(backups.former(changed), None);
    }

    #[test]
    fn no_catalog_of_another_archive_is_kept_for_one_that_was_just_published() {
        let backups = Backups(tempdir().unwrap());
        backups.put_with_catalog("docs.tar", "1234567", 5);
        let published = backups.put("docs.tar", "the new", 9);
        sweep(&backups.dir(), &docs(), Some(published)).unwrap();
        assert_eq!((backups.catalogs(), backups.former(published)), (0, None));
    }

    #[test]
    fn the_catalog_of_an_archive_that_was_removed_is_kept_for_no_other() {
        let backups = Backups(tempdir().unwrap());
        let removed = backups.put_with_catalog("docs.tar", "1234567", 5);
        let other = backups.put(OLDER, "another", 4);
        fs::remove_file(backups.0.path().join("docs.tar")).unwrap();
        sweep(&backups.dir(), &docs(), Some(removed)).unwrap();
        assert_eq!((backups.catalogs(), backups.former(other)), (0, None));
    }
}
