//! The backup store in a folder of the home.

mod aliases;
mod folder;
mod record;
mod stored_files;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use backup_core::model::archive::{
    ArchiveDigest, ArchiveName, BackupName, BackupRecord, Compression, DiskSpace, FileEnding,
};
use backup_core::model::encryption::EncryptionKeys;
use backup_core::model::error::{Failure, PortError};
use backup_core::model::history::RunRecord;
use backup_core::ports::{ArchiveBytes, BackupStore, CatalogDraft, Draft, Progress, ReadTar, StoredFiles};
use rustix::fs::OFlags;

use self::aliases::{AliasCache, aliases};
use self::folder::{is_being_made, later_catalog, link, sweep_if_idle};
use self::record::{archive_name, record};
use self::stored_files::stored_files;
use super::archive_id::ArchiveId;
use super::catalog_dir::StoredCatalog;
use super::catalog_sweep::{former_catalog, names_with_catalogs};
use super::checksum_file::{SUMS, SUMS_WAIT, is_listed, listed};
use super::digest::digest;
use super::draft_file::DraftFile;
use super::draft_form::DraftForm;
use super::inspect::inspect;
use super::scratch_dir::{remove_dead_drill, remove_old_scratch};
use super::stored_archive::StoredArchive;
use super::zstd_draft::packing;
use crate::age::identities::Identities;
use crate::age::keys::Keys;
use crate::error::{existing, port_error};
use crate::file::atomic_file::{AtomicFile, remove_leftover, remove_leftovers};
use crate::file::dir::DirHandle;
use crate::file::lock::when_free;
use crate::home::layout::Home;
use crate::home::own_dir::OwnDir;
use crate::posix::extents::disk_ranges;
use crate::posix::free_bytes::free_bytes;
use crate::store::own_archive::{format_of, own_archive};

/// The folder `backups/`. Each backup is a file `NAME.tar` or `NAME.tar.zst`, or that with `.age` behind, which only its owner may read.
#[derive(Debug)]
pub struct BackupDir {
    home: Home,
    backups: OwnDir,
    /// The last result of the search for aliases.
    alias_cache: Mutex<Option<AliasCache>>,
    /// What opens encrypted archives.
    identities: Arc<Identities>,
}

impl BackupDir {
    /// Returns the store in a home. Its folder is created for the first backup.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        let (home, backups) = (home.clone(), home.own(Home::BACKUPS));
        Self { home, backups, alias_cache: Mutex::new(None), identities: Arc::default() }
    }

    /// Returns the same store, which opens what is encrypted for these.
    #[must_use]
    pub fn with_identities(self, identities: Arc<Identities>) -> Self {
        Self { identities, ..self }
    }

    /// Opens the file of a finished backup.
    ///
    /// # Errors
    /// [`Failure::Missing`] for a name that no backup can have; any failure to open the file.
    pub(crate) fn open_file(&self, file_name: &str) -> Result<File, PortError> {
        if own_archive(file_name).is_none() {
            return Err(PortError::new(Failure::Missing, format!("find the backup {file_name}")));
        }
        let opened = self.backups.open().and_then(|folder| folder.open_file(file_name, OFlags::RDONLY));
        opened.map_err(self.failed(&format!("read {file_name} in")))
    }

    /// Opens the catalog of an archive, if it has one.
    fn catalog(&self, file_name: &str, id: ArchiveId) -> Option<StoredCatalog> {
        StoredCatalog::open(&self.backups.open().ok()?, &own_archive(file_name)?.backup, id)
    }

    /// Opens the catalog that an archive had before its time changed.
    fn former(&self, file_name: &str, id: ArchiveId) -> Option<StoredCatalog> {
        former_catalog(&self.backups.open().ok()?, &own_archive(file_name)?.backup, id)
    }

    /// Returns the conversion of errors for reads to the end. They only end interrupted if `progress` cancelled them.
    fn not_read(&self, file_name: &str) -> impl Fn(io::Error) -> PortError + use<> {
        let (failed, action) = (self.failed(&format!("read {file_name} in")), format!("read {file_name}"));
        move |error| match error.kind() {
            io::ErrorKind::Interrupted => PortError::new(Failure::Interrupted, action.clone()).because(error),
            _ => failed(error),
        }
    }

    /// Returns the conversion of errors for an action on the folder.
    fn failed(&self, verb: &str) -> impl Fn(io::Error) -> PortError + use<> {
        let action = format!("{verb} {}", self.backups.path().display());
        move |error| port_error(action.clone(), error)
    }
}

impl BackupStore for BackupDir {
    fn list(&self) -> Result<Vec<BackupRecord>, PortError> {
        let failed = self.failed("read");
        let folder = self.backups.open().map_err(&failed)?;
        let mut backups = Vec::new();
        for name in folder.names().map_err(&failed)?.iter().filter_map(|name| archive_name(name)) {
            // The file may have been removed after it was listed.
            let stat = folder.stat(name).map_err(&failed)?;
            backups.extend(stat.and_then(|stat| record(name, &stat)));
        }
        Ok(backups)
    }

    fn draft(&self, name: &BackupName, compression: Compression) -> Result<Box<dyn Draft + '_>, PortError> {
        let folder = self.backups.make().map_err(self.failed("use"))?;
        let failed = self.failed(&format!("begin the backup {name} in"));
        let draft = DraftFile::begin(folder, name, compression).and_then(packing);
        draft.map_err(failed)
    }

    fn check_recipients(&self, recipients: &[String]) -> Result<(), PortError> {
        Keys::parse(recipients).map(drop).map_err(|error| port_error(ENCRYPT, error))
    }

    fn draft_encrypted(
        &self,
        name: &BackupName,
        compression: Compression,
        keys: &EncryptionKeys,
    ) -> Result<Box<dyn Draft + '_>, PortError> {
        let keys = Keys::read(keys).map_err(|error| port_error(ENCRYPT, error))?;
        let folder = self.backups.make().map_err(self.failed("use"))?;
        // A killed drill may have left it before the backup was encrypted. No backup is missed for that: the next drill says why it stays.
        let _ = remove_dead_drill(&folder, name);
        let draft = DraftFile::begin(folder, name, DraftForm::encrypted(compression, keys)).and_then(packing);
        draft.map_err(self.failed(&format!("begin the backup {name} in")))
    }

    fn draft_older(&self, archive: &ArchiveName) -> Result<Box<dyn Draft + '_>, PortError> {
        let folder = self.backups.make().map_err(self.failed("use"))?;
        let failed = self.failed(&format!("begin the backup {archive} in"));
        let format = format_of(&archive.to_string());
        let draft = DraftFile::begin_older(folder, archive, format).map_err(failed)?;
        Ok(Box::new(draft))
    }

    fn is_being_made(&self, name: &BackupName) -> Result<bool, PortError> {
        let is_being_made = existing(self.backups.open()).and_then(|folder| match folder {
            Some(folder) => is_being_made(&folder, name),
            None => Ok(false),
        });
        is_being_made.map_err(self.failed(&format!("look for a draft of {name} in")))
    }

    fn remove_leftovers(&self) -> Result<usize, PortError> {
        let failed = self.failed("clean up");
        let Some(folder) = existing(self.backups.open()).map_err(&failed)? else { return Ok(0) };
        let swept = remove_leftovers(&folder, FileEnding::TAR.as_str());
        let cleared = remove_old_scratch(&folder);
        let swept = swept.and_then(|files| cleared.map(|()| files));
        for name in names_with_catalogs(&folder).unwrap_or_default() {
            // A catalog that stays takes a little room.
            let _ = sweep_if_idle(&folder, &name, None);
        }
        swept.and_then(|files| folder.sync().map(|()| files)).map_err(&failed)
    }

    fn digest(&self, file_name: &str, progress: &dyn Progress) -> Result<ArchiveDigest, PortError> {
        let archive = self.open_file(file_name)?;
        digest(&archive, Path::new(file_name), progress).map_err(self.not_read(file_name))
    }

    fn inspect(
        &self,
        file_name: &str,
        read_tar: ReadTar<'_>,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        let archive = self.open_file(file_name)?;
        let (format, name) = (format_of(file_name), Path::new(file_name));
        let inspected = inspect(&archive, format, &self.identities, name, read_tar, progress);
        inspected.map_err(self.not_read(file_name))
    }

    fn set_aside(&self, archive: &ArchiveName, aside: &ArchiveName) -> Result<bool, PortError> {
        let (archive, aside) = (archive.to_string(), aside.to_string());
        let linked = self.backups.open().and_then(|folder| link(&folder, &archive, &aside));
        linked.map_err(self.failed(&format!("keep {archive} as {aside} in")))
    }

    fn remove(&self, archive: &ArchiveName) -> Result<(), PortError> {
        let file_name = archive.to_string();
        let folder = self.backups.open();
        let removed = folder.and_then(|folder| {
            let id = folder.stat(&file_name)?.map(|stat| ArchiveId::of_stat(&stat));
            folder.remove(&file_name)?;
            folder.sync()?;
            // A catalog that stays is removed by the next run.
            let _ = sweep_if_idle(&folder, &archive.backup, id);
            Ok(())
        });
        removed.map_err(self.failed(&format!("remove {file_name} from")))
    }

    fn replace_checksum_list(&self, list: &str) -> Result<(), PortError> {
        let put = |folder: DirHandle| {
            if is_listed(&folder, list)? {
                // A crash may have left one that nobody needs any more.
                return remove_leftover(&folder, SUMS);
            }
            let mut file = when_free(SUMS_WAIT, || AtomicFile::begin(folder.try_clone()?, SUMS))?;
            file.write_all(list.as_bytes())?;
            file.publish(SUMS, &[])
        };
        self.backups.open().and_then(put).map_err(self.failed(&format!("write {SUMS} in")))
    }

    fn checksum_list(&self) -> Result<String, PortError> {
        let read = self.backups.open().and_then(|folder| listed(&folder));
        let list = read.map_err(self.failed(&format!("read {SUMS} in")))?;
        Ok(String::from_utf8_lossy(&list).into_owned())
    }

    fn open(&self, file_name: &str) -> Result<Box<dyn ArchiveBytes + '_>, PortError> {
        let file = self.open_file(file_name)?;
        let id = file.metadata().ok().map(|metadata| ArchiveId::of(&metadata));
        let catalog = id.and_then(|id| self.catalog(file_name, id));
        let former = id.filter(|_| catalog.is_none()).and_then(|id| self.former(file_name, id));
        let plain = StoredArchive::open(file, (file_name, format_of(file_name)), &self.identities);
        let plain = plain.map_err(self.failed(&format!("read {file_name} in")))?;
        Ok(Box::new(plain.with(catalog, former)))
    }

    fn open_stored(&self, backup: &BackupRecord) -> Result<StoredFiles<'_>, PortError> {
        let archive = self.open_file(&backup.file_name)?;
        stored_files(archive, backup, |id| self.catalog(&backup.file_name, id))
    }

    fn described(&self, backup: &BackupRecord) -> Option<RunRecord> {
        self.catalog(&backup.file_name, ArchiveId::of_record(backup))?.run()
    }

    fn draft_catalog(&self, backup: &BackupRecord) -> Result<Box<dyn CatalogDraft + '_>, PortError> {
        let file_name = &backup.file_name;
        let failed = self.failed(&format!("make the catalog of {file_name} in"));
        let keys = match format_of(file_name).is_encrypted() {
            true => Some(self.identities.keys_for(self.open_file(file_name)?, file_name).map_err(&failed)?),
            false => None,
        };
        let begun = self.backups.open().and_then(|folder| later_catalog(folder, backup, keys.as_ref()));
        Ok(Box::new(begun.map_err(failed)?))
    }

    fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        let unknown = || vec![None; names.len()];
        let Ok(mut cache) = self.alias_cache.lock() else { return unknown() };
        // If the folder doesn't exist yet, it will be created in the home, and will treat names as the home does.
        let found = match self.backups.open() {
            Ok(folder) => aliases(&folder, true, names, &mut cache),
            Err(_) => aliases(self.home.held(), false, names, &mut cache),
        };
        found.unwrap_or_else(|_| unknown())
    }

    fn disk_space(&self, file_name: &str) -> Option<DiskSpace> {
        let archive = self.open_file(file_name).ok()?;
        let mut ranges = disk_ranges(&archive)?;
        let id = ArchiveId::of(&archive.metadata().ok()?);
        ranges.extend(
            self.catalog(file_name, id).and_then(|catalog| catalog.disk_ranges()).unwrap_or_default(),
        );
        Some(DiskSpace::new(ranges))
    }

    fn free_bytes(&self) -> Option<u64> {
        match self.backups.open() {
            Ok(backups) => free_bytes(backups),
            // If the folder doesn't exist yet, it will be created in the home.
            Err(_) => free_bytes(self.home.held()),
        }
    }
}

/// The action of encrypting, for messages.
const ENCRYPT: &str = "encrypt the backup";

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use backup_core::model::archive::Grade;
    use backup_core::model::error::Failure;
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn store(home: &TempDir) -> BackupDir {
        BackupDir::new(&Home::open(home.path()).unwrap())
    }

    fn publish(store: &BackupDir, name: &str, contents: &[u8]) -> BackupRecord {
        let mut draft = store.draft(&name.parse().unwrap(), Compression::None).unwrap();
        draft.write_all(contents).unwrap();
        draft.publish(Grade::Complete).unwrap()
    }

    #[test]
    fn archives_are_private_in_a_private_folder() {
        let home = tempdir().unwrap();
        publish(&store(&home), "docs", b"x");
        let mode = |path: &str| home.path().join(path).metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("backups"), mode("backups/docs.tar")), (0o700, 0o600));
    }

    #[test]
    fn a_record_has_the_digest_of_the_written_bytes() {
        let home = tempdir().unwrap();
        let store = store(&home);
        let mut draft = store.draft(&"docs".parse().unwrap(), Compression::None).unwrap();
        draft.write_all(b"a").unwrap();
        draft.write_all(b"bc").unwrap();
        let record = draft.publish(Grade::Incomplete).unwrap();
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let actual: String = record.sha256.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(actual, digest, "SHA-256 of abc");
        assert_eq!(store.list().unwrap(), [BackupRecord { sha256: None, ..record }]);
    }

    #[test]
    fn lists_only_files_with_names_of_backups() {
        let home = tempdir().unwrap();
        let store = store(&home);
        publish(&store, "docs", b"x");
        let backups = home.path().join("backups");
        let own = ["docs.tar", "b.incomplete.tar.zst", "a b.tar.zst", "copied by hand.tar"];
        let foreign: [&[u8]; 15] = [
            b".tar.zst",
            b"docs.zst",
            b"docs.tar.gz",
            b"docs.tgz",
            b"docs.zip",
            b"docs.tar.zst.gpg",
            b"notes.txt",
            b".tar",
            b".hidden.tar",
            b".docs.tar.partial",
            b"a;b.tar",
            b" .tar",
            b"\xFF.tar",
            b"a\nb.tar",
            b"tar",
        ];
        own.iter().for_each(|name| fs::write(backups.join(name), "").unwrap());
        foreign.iter().for_each(|name| fs::write(backups.join(OsStr::from_bytes(name)), "").unwrap());
        fs::create_dir(backups.join("folder.tar")).unwrap();
        symlink("docs.tar", backups.join("link.tar")).unwrap();
        let listed: Vec<_> = store.list().unwrap().into_iter().map(|record| record.file_name).collect();
        assert_eq!(listed, ["a b.tar.zst", "b.incomplete.tar.zst", "copied by hand.tar", "docs.tar"]);
    }

    #[test]
    fn what_a_crash_left_of_a_list_goes_even_where_the_list_stays_as_it_is() {
        let home = tempdir().unwrap();
        let store = store(&home);
        publish(&store, "docs", b"x");
        let left = home.path().join("backups/.SHA256SUMS.partial");
        fs::write(&left, "half a l").unwrap();
        store.replace_checksum_list("").unwrap();
        assert!(!left.exists() && !home.path().join("backups/SHA256SUMS").exists());
    }

    #[test]
    fn a_list_waits_for_another_that_is_being_written() {
        let home = tempdir().unwrap();
        let store = store(&home);
        publish(&store, "docs", b"x");
        let other = AtomicFile::begin(store.backups.open().unwrap(), SUMS).unwrap();
        let line = format!("{}  docs.tar\n", "ab".repeat(32));
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| store.replace_checksum_list(&line));
            std::thread::sleep(std::time::Duration::from_millis(50));
            drop(other);
            writing.join().unwrap().unwrap();
        });
        assert_eq!(fs::read_to_string(home.path().join("backups").join(SUMS)).unwrap(), line);
    }

    #[test]
    fn keeps_only_possible_checksums_of_the_list() {
        let home = tempdir().unwrap();
        let store = store(&home);
        publish(&store, "docs", b"x");
        let path = home.path().join("backups").join(SUMS);
        let line = format!("{}  docs.tar\n", "ab".repeat(32));
        let long = "x".repeat(3 << 20) + "\n";
        fs::write(
            &path,
            [&line, &long, "\n\0\0\0\n", &line, &"\0".repeat(3 << 20), "\n", line.trim_end()].concat(),
        )
        .unwrap();
        assert_eq!(store.checksum_list().unwrap(), line.repeat(3));
        File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
        assert!(store.checksum_list().unwrap().starts_with(&line));
        store.replace_checksum_list(&line).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), line);
    }

    #[test]
    fn refuses_a_checksum_list_that_is_too_long_and_says_what_to_do() {
        let home = tempdir().unwrap();
        let store = store(&home);
        publish(&store, "docs", b"x");
        let line = format!("{}  docs.tar\n", "ab".repeat(32));
        let path = home.path().join("backups").join(SUMS);
        fs::write(&path, line.repeat((32 << 20) / line.len() + 1)).unwrap();
        let error = store.checksum_list().unwrap_err();
        assert_eq!(error.failure, Failure::Refused);
        assert!(
            error.to_string().ends_with(": a checksum list can't be larger than 33.5 MB; move it away"),
            "{error}"
        );
    }

    #[test]
    fn refuses_a_symbolic_link_instead_of_its_folder() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let store = store(&home);
        let backups = home.path().join("backups");
        fs::write(outside.path().join(".docs.tar.partial"), "another's").unwrap();
        for target in [outside.path().to_owned(), home.path().join("nowhere")] {
            symlink(&target, &backups).unwrap();
            let draft = store.draft(&"docs".parse().unwrap(), Compression::None).map(drop).unwrap_err();
            let errors = [draft, store.list().unwrap_err(), store.remove_leftovers().unwrap_err()];
            for error in errors {
                assert_eq!(error.failure, Failure::Refused, "{error}");
                assert!(error.to_string().contains("/backups: it is a symbolic link"), "{error}");
            }
            fs::remove_file(&backups).unwrap();
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_refusal_has_the_name_of_the_file() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let store = store(&home);
        publish(&store, "docs", b"x");
        let backups = home.path().join("backups");
        symlink(outside.path(), backups.join("music.tar")).unwrap();
        let draft = store.draft(&"music".parse().unwrap(), Compression::None).unwrap();
        let error = draft.publish(Grade::Complete).unwrap_err();
        assert_eq!(error.failure, Failure::Refused);
        let expected = "backups/music.tar: something that is not a regular file has that name";
        assert!(error.to_string().ends_with(expected), "{error}");
        symlink(outside.path(), backups.join(".films.tar.partial")).unwrap();
        let error = store.draft(&"films".parse().unwrap(), Compression::None).map(drop).unwrap_err();
        assert!(error.to_string().ends_with("/.films.tar.partial: it is a symbolic link"), "{error}");
    }
}
