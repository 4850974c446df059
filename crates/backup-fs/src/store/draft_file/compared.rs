//! Writes what isn't the same in another archive, and shares the rest.

use std::io::{self, Write};

use crate::file::atomic_file::AtomicFile;
use crate::store::draft_base::DraftBase;

/// Writes bytes that will be at that offset. What is the same in the archive that they are compared with is shared with it instead.
/// Returns how many bytes are.
pub(super) fn write_or_share(
    file: &mut AtomicFile,
    base: Option<&mut DraftBase>,
    at: u64,
    bytes: &[u8],
) -> io::Result<u64> {
    let (mut shared_bytes, mut done) = (0, 0);
    if let Some((other, compared)) = base.and_then(|base| Some((&base.file, base.compared.as_mut()?))) {
        for (part, from) in compared.find_same(other, at, bytes) {
            file.write_all(&bytes[done..part.start])?;
            done = part.start;
            let length = part.len() as u64;
            if file.append_clone(other, &(from..from + length))? {
                (shared_bytes, done) = (shared_bytes + length, part.end);
            }
        }
    }
    file.write_all(&bytes[done..])?;
    Ok(shared_bytes)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::SystemTime;

    use backup_core::model::archive::{Compression, Grade, PackReport, SealedArchive};
    use backup_core::ports::{Archiver, BackupStore, PackRequest, SilentProgress};
    use sha2::{Digest, Sha256};

    use crate::home::layout::Home;
    use crate::posix::test_disk::{Kind, TestDisk, noise, shared_bytes_of};
    use crate::store::backup_dir::BackupDir;
    use crate::tar_archiver::TarArchiver;

    const FILE_BYTES: usize = 200_000;
    const FILES: usize = 40;

    /// A disk with a home, and a folder of 8 MB that is backed up.
    struct Place(TestDisk);

    impl Place {
        fn new(kind: Kind) -> Option<Self> {
            let place = Self(TestDisk::mount(kind)?);
            fs::create_dir(place.0.path().join("home")).unwrap();
            fs::create_dir(place.docs()).unwrap();
            (0..FILES).for_each(|number| place.write(number, number as u64, FILE_BYTES));
            Some(place)
        }

        fn docs(&self) -> PathBuf {
            self.0.path().join("docs")
        }

        fn file(&self, number: usize) -> PathBuf {
            self.docs().join(format!("{number:02}"))
        }

        fn write(&self, number: usize, seed: u64, length: usize) {
            fs::write(self.file(number), noise(seed + 1, length)).unwrap();
        }

        fn archive(&self) -> PathBuf {
            self.0.path().join("home/backups/docs.tar")
        }

        /// Backs up, compared with the archive that is there, which keeps its blocks. Checks that the new one holds the folder, and
        /// returns how many bytes they share.
        fn back_up(&self) -> u64 {
            let store = BackupDir::new(&Home::open(&self.0.path().join("home")).unwrap());
            let mut draft = store.draft(&"docs".parse().unwrap(), Compression::None).unwrap();
            if let Some(base) = store.list().unwrap_or_default().pop() {
                let kept = self.0.path().join(format!("base-{}", self.0.names().len()));
                fs::hard_link(self.archive(), kept).unwrap();
                assert!(draft.compare_with(&base));
            }
            let docs = self.docs();
            let request = PackRequest::all_of(&docs);
            let report = TarArchiver::default().pack(&request, &mut *draft, &SilentProgress).unwrap();
            let PackReport { taken_over_entries, taken_over_bytes, .. } = report;
            assert_eq!((taken_over_entries, taken_over_bytes), (0, 0), "nothing is taken over unread");
            let SealedArchive { shared_bytes, sha256, .. } = draft.seal().unwrap();
            draft.publish(Grade::Complete).unwrap();
            let stored = fs::read(self.archive()).unwrap();
            assert_eq!(sha256, Some(Sha256::digest(&stored).into()), "all bytes were seen");
            assert_eq!(shared_bytes_of(&File::open(self.archive()).unwrap()), Some(shared_bytes));
            self.check_restored();
            shared_bytes
        }

        fn check_restored(&self) {
            let to = tempfile::tempdir().unwrap();
            let (archive, folder) = (self.archive(), to.path().as_os_str());
            let arguments = [OsStr::new("-xf"), archive.as_os_str(), OsStr::new("-C"), folder];
            let ended = Command::new("tar").args(arguments).output().unwrap();
            assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
            for entry in fs::read_dir(self.docs()).unwrap() {
                let (name, path) = entry.map(|entry| (entry.file_name(), entry.path())).unwrap();
                let restored = fs::read(to.path().join("docs").join(&name)).unwrap();
                assert!(restored == fs::read(path).unwrap(), "{}", name.display());
            }
        }
    }

    /// Makes a byte another, and leaves the times of the file as they are.
    fn change_a_byte(path: &Path, at: u64) {
        let modified: SystemTime = path.metadata().unwrap().modified().unwrap();
        let file = File::options().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1], at).unwrap();
        file.set_modified(modified).unwrap();
        file.sync_all().unwrap();
    }

    const ALL: u64 = (FILE_BYTES * FILES) as u64;

    #[test]
    fn what_is_the_same_is_shared() {
        for kind in [Kind::Xfs, Kind::Btrfs] {
            let Some(place) = Place::new(kind) else { continue };
            assert_eq!(place.back_up(), 0, "the first");
            let first = fs::read(place.archive()).unwrap();
            assert!(place.back_up() + 64 * 1024 > ALL, "{kind:?}: nothing has changed");
            assert!(fs::read(place.archive()).unwrap() == first);
            // What comes behind a file that has grown, one that is new and one that is gone lies elsewhere.
            place.write(7, 100, FILE_BYTES + 700);
            fs::write(place.docs().join("10b"), "Dear Ann").unwrap();
            fs::remove_file(place.file(20)).unwrap();
            let shared_bytes = place.back_up();
            assert!(shared_bytes + 6 * FILE_BYTES as u64 > ALL, "{kind:?}: {shared_bytes}");
        }
    }

    #[test]
    fn pieces_of_large_files_are_shared() {
        let Some(place) = Place::new(Kind::Xfs) else { return };
        place.write(3, 50, 6_000_000);
        place.back_up();
        change_a_byte(&place.file(3), 3_000_000);
        let file = File::options().append(true).open(place.file(3)).unwrap();
        std::io::Write::write_all(&mut &file, b"a line more").unwrap();
        let shared_bytes = place.back_up();
        assert!(shared_bytes + 500_000 > ALL + 6_000_000, "{shared_bytes}");
    }

    /// A byte of the archive is damaged, and what the file system tells of it is as before.
    #[test]
    fn damage_does_not_spread() {
        let Some(place) = Place::new(Kind::Xfs) else { return };
        place.back_up();
        let all = place.back_up();
        change_a_byte(&place.archive(), 3_333_333);
        assert_eq!(place.back_up(), all - 4096, "a block is written");
    }

    #[test]
    fn what_no_stat_tells_is_seen() {
        let Some(place) = Place::new(Kind::Xfs) else { return };
        place.back_up();
        let all = place.back_up();
        change_a_byte(&place.file(9), 77_777);
        assert_eq!(place.back_up(), all - 4096, "a block is written");
    }

    #[test]
    fn an_archive_that_ends_early_is_no_trouble() {
        let Some(place) = Place::new(Kind::Xfs) else { return };
        place.back_up();
        let modified = place.archive().metadata().unwrap().modified().unwrap();
        let archive = File::options().write(true).open(place.archive()).unwrap();
        let length = archive.metadata().unwrap().len();
        // It is as long as before, and a hole.
        archive.set_len(4_000_000).unwrap();
        archive.set_len(length).unwrap();
        archive.set_modified(modified).unwrap();
        archive.sync_all().unwrap();
        let shared_bytes = place.back_up();
        assert!((3_000_000..4_000_000).contains(&shared_bytes), "{shared_bytes}");
    }

    #[test]
    fn where_nothing_can_be_shared_everything_is_written() {
        for kind in [Kind::XfsWithoutReflinks, Kind::Ext4] {
            let Some(place) = Place::new(kind) else { continue };
            let store = BackupDir::new(&Home::open(&place.0.path().join("home")).unwrap());
            let draft = || store.draft(&"docs".parse().unwrap(), Compression::None).unwrap();
            let mut first = draft();
            first.write_catalog(b"catalog").unwrap();
            let record = first.publish(Grade::Complete).unwrap();
            assert!(!draft().compare_with(&record), "{kind:?}");
        }
    }
}
