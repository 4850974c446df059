//! The schedules file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use backup_core::error::{Error, PortError};
use backup_core::ports::{Edit, ScheduleStore};
use backup_core::schedule::ScheduleBook;
use backup_core::text::size;
use rustix::fs::{Mode, OFlags};

use crate::durable::{DurableFile, sweep_one};
use crate::failure::{port_error, refused};
use crate::file_lock::wait_for_lock;
use crate::folder::Folder;
use crate::home::Home;

/// The largest file that is taken for schedules: room for over 100,000 of them.
const MAX_BYTES: u64 = 16 << 20;

/// `backup_schedules.txt`, which belongs to the user: replaced whole, keeping its mode and owner, and followed where
/// it is a symbolic link.
///
/// Edits are kept apart by a lock on a second file that is never replaced; a lock on the schedules file itself would
/// go with the old file at the first rename. It stands beside the file that a link leads to, so that homes that share
/// one file share its lock.
#[derive(Debug)]
pub struct ScheduleFile {
    path: PathBuf,
}

impl ScheduleFile {
    /// Returns the store in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { path: home.schedules() }
    }

    /// Removes the temporary file that a process left which was killed as it changed the schedules.
    pub(crate) fn sweep(&self) -> Result<(), PortError> {
        let failed = |error| port_error(format!("clean up beside {}", self.path.display()), error);
        // Where the schedules are not, there is nothing to clean up beside them either.
        let Ok(path) = real_path(&self.path) else { return Ok(()) };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
        folder_of(&path).and_then(|folder| sweep_one(&folder, name)).map_err(failed)
    }
}

impl ScheduleStore for ScheduleFile {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        match read(&self.path) {
            Ok((book, _)) => Ok(book),
            Err(error) => Err(port_error(format!("read {}", Home::SCHEDULES), error)),
        }
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let failed = |error| port_error(format!("change {}", self.path.display()), error);
        let path = real_path(&self.path).map_err(failed)?;
        let _lock = lock_beside(&path).map_err(failed)?;
        let (mut book, old) = match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (ScheduleBook::default(), None),
            read => read.map(|(book, old)| (book, Some(old))).map_err(failed)?,
        };
        edit(&mut book)?;
        Ok(replace(&path, &book.to_bytes(), old.as_ref()).map_err(failed)?)
    }
}

/// Reads the file, without waiting for a FIFO's other end.
fn read(path: &Path) -> io::Result<(ScheduleBook, Metadata)> {
    let file = File::from(rustix::fs::open(path, OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(refused("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    check_size(&bytes)?;
    Ok((ScheduleBook::parse(&bytes).changed_at(metadata.modified()?.into()), metadata))
}

fn check_size(bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused(format!("a file of schedules can't be larger than {}", size(MAX_BYTES))));
    }
    Ok(())
}

/// Follows symbolic links to the file that shall be replaced; one that is missing is made where it is named.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        // What it leads to may be on a disk that isn't there now.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            Err(refused("it is a symbolic link to a file that is not there"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        real => real,
    }
}

/// Waits for whoever edits now. The lock goes with the file.
fn lock_beside(path: &Path) -> io::Result<File> {
    let lock = folder_of(path)?.open_file(Home::SCHEDULES_LOCK, OFlags::RDWR | OFlags::CREATE)?;
    wait_for_lock(&lock)?;
    Ok(lock)
}

fn replace(path: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    check_size(bytes)?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| refused("its name is not valid UTF-8"))?;
    let mut new = DurableFile::begin(folder_of(path)?, name)?;
    if let Some(old) = old {
        keep_attributes(new.file(), old)?;
    }
    new.write_all(bytes)?;
    new.publish(name, &[])
}

fn folder_of(path: &Path) -> io::Result<Folder> {
    Folder::open(path.parent().unwrap_or(path), OFlags::empty())
}

/// Gives the new file the old one's mode and, where we may, its owner.
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    // Only root may give files away; another user's edit makes the file theirs, as any editor's does. The group is
    // kept even then, if it can be, for its other members may know the file by it alone.
    if fchown(new, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = fchown(new, None, Some(old.gid()));
    }
    new.set_permissions(PermissionsExt::from_mode(old.mode() & 0o7777))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::thread;

    use backup_core::error::Failure;
    use rustix::fs::{CWD, FileType, mknodat};
    use tempfile::{TempDir, tempdir};

    use super::*;

    const TEXT: &str = "docs;16:07;docs\n";

    fn store(home: &Path) -> ScheduleFile {
        ScheduleFile::new(&Home::open(home).unwrap())
    }

    fn path(home: &TempDir) -> PathBuf {
        home.path().join(Home::SCHEDULES)
    }

    fn add(store: &ScheduleFile, text: &str) -> Result<(), Error> {
        store.update(&mut |book| {
            book.push(text.parse().unwrap());
            Ok(())
        })
    }

    fn failure(result: Result<(), Error>) -> (Failure, String) {
        match result {
            Err(Error::Port(error)) => (error.failure, error.to_string()),
            other => panic!("not a failure of the store: {other:?}"),
        }
    }

    /// Returns the names in the home, but that of the lock.
    fn names(home: &TempDir) -> Vec<String> {
        let names = Folder::open_own(home.path()).unwrap().names().unwrap();
        let names = names.into_iter().map(|name| name.into_string().unwrap());
        names.filter(|name| name != Home::SCHEDULES_LOCK).collect()
    }

    #[test]
    fn keeps_the_bytes_it_does_not_understand() {
        let home = tempdir().unwrap();
        let odd = b"\xEF\xBB\xBF# mine\r\n\r\n;;;\r\n\xFF;16:07;x\nno newline";
        fs::write(path(&home), odd).unwrap();
        add(&store(home.path()), "docs;16:07;docs").unwrap();
        assert_eq!(fs::read(path(&home)).unwrap(), [&odd[..], b"\ndocs;16:07;docs\n"].concat());
        assert_eq!(names(&home), [Home::SCHEDULES]);
    }

    #[test]
    fn a_new_file_is_private() {
        let home = tempdir().unwrap();
        add(&store(home.path()), "docs;16:07;docs").unwrap();
        assert_eq!(path(&home).metadata().unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn keeps_the_mode() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        for mode in [0o644, 0o640, 0o600, 0o666] {
            fs::set_permissions(path(&home), PermissionsExt::from_mode(mode)).unwrap();
            add(&store(home.path()), "music;16:07;music").unwrap();
            assert_eq!(path(&home).metadata().unwrap().mode() & 0o7777, mode);
        }
    }

    /// Shows something only where it is run by root, who alone may give files away.
    #[test]
    fn keeps_the_owner() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        let _ = std::os::unix::fs::chown(path(&home), Some(1234), Some(5678));
        let before = path(&home).metadata().unwrap();
        add(&store(home.path()), "music;16:07;music").unwrap();
        let after = path(&home).metadata().unwrap();
        assert_ne!(after.ino(), before.ino(), "the file is a new one");
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    }

    #[test]
    fn follows_a_link_and_leaves_it_one() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let real = outside.path().join("real.txt");
        fs::write(&real, TEXT).unwrap();
        symlink(&real, path(&home)).unwrap();
        add(&store(home.path()), "music;16:07;music").unwrap();
        assert_eq!(fs::read_link(path(&home)).unwrap(), real);
        assert_eq!(fs::read_to_string(&real).unwrap(), "docs;16:07;docs\nmusic;16:07;music\n");
        assert_eq!(names(&home), [Home::SCHEDULES]);
        assert_eq!(names(&outside), ["real.txt"]);
    }

    #[test]
    fn refuses_to_write_through_a_link_that_leads_nowhere() {
        let home = tempdir().unwrap();
        symlink("not/there", path(&home)).unwrap();
        let store = store(home.path());
        assert_eq!(store.load().unwrap_err().failure, Failure::Missing);
        let (failure, message) = failure(add(&store, "docs;16:07;docs"));
        assert_eq!(failure, Failure::Refused);
        assert!(message.ends_with("it is a symbolic link to a file that is not there"), "{message}");
        assert_eq!(names(&home), [Home::SCHEDULES]);
    }

    #[test]
    fn refuses_what_is_no_file_without_waiting_for_it() {
        let home = tempdir().unwrap();
        mknodat(CWD, path(&home), FileType::Fifo, Mode::RWXU, 0).unwrap();
        let store = store(home.path());
        assert_eq!(store.load().unwrap_err().failure, Failure::Refused);
        assert_eq!(failure(add(&store, "docs;16:07;docs")).0, Failure::Refused);
        fs::remove_file(path(&home)).unwrap();
        fs::create_dir(path(&home)).unwrap();
        assert_eq!(store.load().unwrap_err().failure, Failure::Refused);
        assert_eq!(failure(add(&store, "docs;16:07;docs")).0, Failure::Refused);
    }

    #[test]
    fn refuses_a_link_in_the_place_of_its_lock() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let target = outside.path().join("target");
        symlink(&target, home.path().join(Home::SCHEDULES_LOCK)).unwrap();
        assert_eq!(failure(add(&store(home.path()), "docs;16:07;docs")).0, Failure::Refused);
        assert!(!target.exists());
        assert!(names(&home).is_empty());
    }

    #[test]
    fn refuses_more_than_16_mib() {
        let home = tempdir().unwrap();
        let store = store(home.path());
        let comment = |bytes: u64| fs::write(path(&home), "#".repeat(usize::try_from(bytes).unwrap()));
        comment(MAX_BYTES + 1).unwrap();
        let error = store.load().unwrap_err();
        assert_eq!(error.failure, Failure::Refused);
        let message = "can't read backup_schedules.txt: a file of schedules can't be larger than 16.7 MB";
        assert_eq!(error.to_string(), message);
        comment(MAX_BYTES).unwrap();
        store.load().unwrap();
        let (failure, message) = failure(add(&store, "docs;16:07;docs"));
        assert_eq!(failure, Failure::Refused, "{message}");
        assert_eq!(
            path(&home).metadata().unwrap().len(),
            MAX_BYTES,
            "what could not be read back isn't written"
        );
    }

    #[test]
    fn an_edit_that_fails_leaves_the_file_as_it_is() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        let before = path(&home).metadata().unwrap();
        let result = store(home.path()).update(&mut |book| {
            book.remove(0);
            Err(Error::SchedulesMissing)
        });
        assert!(matches!(result, Err(Error::SchedulesMissing)));
        let after = path(&home).metadata().unwrap();
        assert_eq!((after.ino(), after.modified().unwrap()), (before.ino(), before.modified().unwrap()));
        assert_eq!(fs::read_to_string(path(&home)).unwrap(), TEXT);
        assert_eq!(names(&home), [Home::SCHEDULES]);
    }

    #[test]
    fn an_editor_that_died_blocks_nobody() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        fs::write(home.path().join(format!(".{}.partial", Home::SCHEDULES)), "half of").unwrap();
        add(&store(home.path()), "music;16:07;music").unwrap();
        assert_eq!(names(&home), [Home::SCHEDULES]);
    }

    #[test]
    fn tells_when_the_file_changed() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        let modified = path(&home).metadata().unwrap().modified().unwrap();
        let book = store(home.path()).load().unwrap();
        assert_eq!(book.last_change(), Some(modified.into()));
    }

    /// Adds schedules to several homes at once, and returns how many the first then has.
    fn race(homes: &[&Path]) -> usize {
        const EDITS: usize = 50;
        thread::scope(|scope| {
            for (number, home) in homes.iter().enumerate() {
                let store = store(home);
                scope.spawn(move || {
                    (0..EDITS).for_each(|edit| add(&store, &format!("{number};16:07;{edit}")).unwrap());
                });
            }
        });
        let book = store(homes[0]).load().unwrap();
        let mut texts: Vec<_> = book.entries().map(ToString::to_string).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), homes.len() * EDITS, "lost or doubled");
        book.items().count()
    }

    #[test]
    fn editors_at_the_same_time_lose_nothing() {
        let home = tempdir().unwrap();
        assert_eq!(race(&[home.path(); 4]), 200);
        assert_eq!(names(&home), [Home::SCHEDULES]);
    }

    #[test]
    fn editors_of_one_file_through_several_homes_lose_nothing() {
        let (home, linked) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(path(&home), "").unwrap();
        symlink(path(&home), path(&linked)).unwrap();
        assert_eq!(race(&[home.path(), linked.path()]), 100);
    }
}
