//! The schedules file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::time::SystemTime;

use backup_core::model::error::{Error, PortError};
use backup_core::model::schedule::ScheduleBook;
use backup_core::ports::{BookState, Edit, ScheduleStore};
use backup_core::text::size;
use rustix::fs::{FileType, OFlags};
use rustix::process::geteuid;

use super::layout::Home;
use crate::error::{existing, port_error, refused};
use crate::file::atomic_file::{AtomicFile, remove_leftover};
use crate::file::dir::DirHandle;
use crate::file::lock::wait_for_lock;
use crate::file::state::state;

/// The largest file that is taken for schedules: room for over 100,000 of them.
const MAX_BYTES: u64 = 16 << 20;

/// `backup_schedules.txt`, which belongs to the user: replaced whole, keeping its mode and owner. A symbolic link in its
/// place is refused.
///
/// Edits are kept apart by a lock on a second file that is never replaced; a lock on the schedules file itself would
/// go with the old file at the first rename.
#[derive(Debug)]
pub struct ScheduleFile {
    home: Home,
}

impl ScheduleFile {
    /// Returns the store in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { home: home.clone() }
    }

    /// Removes the temporary file that a process left which was killed as it changed the schedules.
    pub(crate) fn remove_leftovers(&self) -> Result<(), PortError> {
        let failed =
            |error| port_error(format!("clean up beside {}", self.home.schedules().display()), error);
        remove_leftover(self.home.held(), Home::SCHEDULES).map_err(failed)
    }
}

impl ScheduleStore for ScheduleFile {
    fn load(&self) -> Result<ScheduleBook, PortError> {
        self.home.folder().and_then(read).map(|(book, _)| book).map_err(unread)
    }

    fn load_if_changed(&self, seen: &mut BookState) -> Result<Option<ScheduleBook>, PortError> {
        let changed = |folder| read_if_changed(folder, seen, SystemTime::now());
        self.home.folder().and_then(changed).map_err(unread)
    }

    fn update(&self, edit: Edit<'_>) -> Result<(), Error> {
        let failed = |error| port_error(format!("change {}", self.home.schedules().display()), error);
        let folder = self.home.folder().map_err(failed)?;
        let _lock = locked(folder).map_err(failed)?;
        let (book, old) = existing(read(folder)).map_err(failed)?.unzip();
        let mut book: ScheduleBook = book.unwrap_or_default();
        edit(&mut book)?;
        Ok(replace(folder, &book.to_bytes(), old.as_ref()).map_err(failed)?)
    }
}

fn unread(error: io::Error) -> PortError {
    port_error(format!("read {}", Home::SCHEDULES), error)
}

/// Reads the file, without waiting for a FIFO's other end.
fn read(folder: &DirHandle) -> io::Result<(ScheduleBook, Metadata)> {
    let (file, metadata) = open(folder)?;
    Ok((contents(file, &metadata)?, metadata))
}

/// Reads the file unless it is in the state that was seen. All checks are made in any case.
fn read_if_changed(
    folder: &DirHandle,
    seen: &mut BookState,
    now: SystemTime,
) -> io::Result<Option<ScheduleBook>> {
    let (file, metadata) = open(folder)?;
    // If the file changes while it is read, this state is already an old one, and the next call reads the file again.
    let state = BookState { numbers: state(&metadata, now) };
    if state.numbers.is_some() && state == *seen {
        return Ok(None);
    }
    let book = contents(file, &metadata)?;
    *seen = state;
    Ok(Some(book))
}

fn open(folder: &DirHandle) -> io::Result<(File, Metadata)> {
    refuse_link(folder)?;
    let file = folder.open_own_file(Home::SCHEDULES, OFlags::RDONLY)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

fn contents(file: File, metadata: &Metadata) -> io::Result<ScheduleBook> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    check_size(&bytes)?;
    let book = ScheduleBook::parse(&bytes).changed_at(metadata.modified()?.into());
    Ok(if is_callers(metadata) { book } else { book.withheld() })
}

/// Refuses a symbolic link. Older versions followed it, so the error says what to do instead.
fn refuse_link(folder: &DirHandle) -> io::Result<()> {
    let stat = folder.stat(Home::SCHEDULES)?;
    if stat.is_some_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink) {
        return Err(refused("it is a symbolic link; put the file that it leads to in its place"));
    }
    Ok(())
}

/// Returns whether nobody but the caller can have written the file, so that what is in it is no secret of anybody else.
fn is_callers(file: &Metadata) -> bool {
    file.uid() == geteuid().as_raw() && file.nlink() == 1
}

fn check_size(bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refused(format!("a file of schedules can't be larger than {}", size(MAX_BYTES))));
    }
    Ok(())
}

/// Waits for whoever edits now. The lock goes with the file.
fn locked(folder: &DirHandle) -> io::Result<File> {
    let lock = folder.open_lock(Home::SCHEDULES_LOCK)?;
    wait_for_lock(&lock)?;
    Ok(lock)
}

fn replace(folder: &DirHandle, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    check_size(bytes)?;
    let mut new = AtomicFile::begin(folder.try_clone()?, Home::SCHEDULES)?;
    if let Some(old) = old {
        keep_attributes(new.file(), old)?;
    }
    new.write_all(bytes)?;
    new.publish(Home::SCHEDULES, &[])
}

/// Gives the new file the old one's mode and, where we may, its owner.
fn keep_attributes(new: &File, old: &Metadata) -> io::Result<()> {
    // Only root may give files away; another user's edit makes the file theirs, as any editor's does. The group is
    // kept even then, if it can be, for its other members may know the file by it alone.
    if fchown(new, Some(old.uid()), Some(old.gid())).is_err() {
        let _ = fchown(new, None, Some(old.gid()));
    }
    // Not every disk lets anybody change a mode, not even to what it is.
    if new.metadata()?.mode() & 0o7777 == old.mode() & 0o7777 {
        return Ok(());
    }
    new.set_permissions(PermissionsExt::from_mode(old.mode() & 0o7777))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{chown, symlink};
    use std::path::{Path, PathBuf};
    use std::thread;
    use std::time::Duration;

    use backup_core::model::error::Failure;
    use rustix::fs::{CWD, Mode, mknodat};
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
        let names = DirHandle::open(home.path(), OFlags::empty()).unwrap().names().unwrap();
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
        for mode in [0o644, 0o640, 0o600] {
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
        let _ = chown(path(&home), Some(1234), Some(5678));
        let before = path(&home).metadata().unwrap();
        add(&ScheduleFile::new(&Home::open_trusted(home.path()).unwrap()), "music;16:07;music").unwrap();
        let after = path(&home).metadata().unwrap();
        assert_ne!(after.ino(), before.ino(), "the file is a new one");
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    }

    #[test]
    fn refuses_a_link_wherever_it_leads() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let real = outside.path().join("real.txt");
        fs::write(&real, TEXT).unwrap();
        for target in [real.as_path(), Path::new("not/there")] {
            symlink(target, path(&home)).unwrap();
            for home in [Home::open(home.path()).unwrap(), Home::open_trusted(home.path()).unwrap()] {
                let store = ScheduleFile::new(&home);
                let error = store.load().unwrap_err();
                assert_eq!(error.failure, Failure::Refused);
                let message = "can't read backup_schedules.txt: it is a symbolic link; put the file that it leads to in its place";
                assert_eq!(error.to_string(), message);
                assert_eq!(failure(add(&store, "docs;16:07;docs")).0, Failure::Refused);
            }
            assert_eq!(names(&home), [Home::SCHEDULES]);
            fs::remove_file(path(&home)).unwrap();
        }
        assert_eq!(fs::read_to_string(&real).unwrap(), TEXT);
        assert_eq!(names(&outside), ["real.txt"]);
    }

    #[test]
    fn relies_on_a_file_of_nobody_else_unless_somebody_vouches_for_it() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        let reset = || {
            let _ = fs::remove_file(path(&home));
            fs::write(path(&home), TEXT).unwrap();
            fs::set_permissions(path(&home), PermissionsExt::from_mode(0o644)).unwrap();
        };
        let mode = |mode| fs::set_permissions(path(&home), PermissionsExt::from_mode(mode)).unwrap();
        let is_root = geteuid().is_root();
        let cases: [(&str, &dyn Fn(), bool); 4] = [
            (
                "it has 2 names (hard links)",
                &|| fs::hard_link(path(&home), outside.path().join("other")).unwrap(),
                true,
            ),
            ("anybody may write to it", &|| mode(0o666), true),
            ("its group may write to it", &|| mode(0o664), is_root),
            ("it belongs to another user (1234)", &|| drop(chown(path(&home), Some(1234), None)), is_root),
        ];
        for (reason, spoil, is_refused) in cases {
            reset();
            let opened = store(home.path());
            opened.load().unwrap();
            spoil();
            let loaded = opened.load().map_err(|error| (error.failure, error.to_string()));
            assert_eq!(loaded.is_err(), is_refused, "{reason}");
            if let Err((failure, message)) = loaded {
                assert_eq!(failure, Failure::Denied, "{message}");
                assert_eq!(message, format!("can't read backup_schedules.txt: {reason}"));
                assert_eq!(self::failure(add(&opened, "music;16:07;music")).0, Failure::Denied, "{reason}");
            }
            ScheduleFile::new(&Home::open_trusted(home.path()).unwrap()).load().unwrap();
        }
    }

    #[test]
    fn a_home_that_is_given_away_is_not_relied_on_any_more() {
        if !geteuid().is_root() {
            return backup_core::testing::skipped("only root can give folders away");
        }
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        let store = store(home.path());
        store.load().unwrap();
        chown(home.path(), Some(1234), None).unwrap();
        assert_eq!(store.load().unwrap_err().failure, Failure::Denied);
        chown(home.path(), Some(0), None).unwrap();
        store.load().unwrap();
    }

    #[test]
    fn what_may_be_a_secret_of_somebody_else_is_withheld() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(path(&home), TEXT).unwrap();
        let store = ScheduleFile::new(&Home::open_trusted(home.path()).unwrap());
        let is_withheld = || store.load().unwrap().is_withheld();
        assert!(!is_withheld());
        fs::hard_link(path(&home), outside.path().join("other")).unwrap();
        assert!(is_withheld(), "the file of somebody else may have been linked here");
        fs::remove_file(outside.path().join("other")).unwrap();
        assert!(!is_withheld());
        if geteuid().is_root() {
            chown(path(&home), Some(1234), None).unwrap();
            assert!(is_withheld());
        }
    }

    #[test]
    fn nobody_else_can_open_its_lock() {
        let home = tempdir().unwrap();
        let lock = home.path().join(Home::SCHEDULES_LOCK);
        fs::write(&lock, "").unwrap();
        fs::set_permissions(&lock, PermissionsExt::from_mode(0o644)).unwrap();
        add(&store(home.path()), "docs;16:07;docs").unwrap();
        assert_eq!(lock.metadata().unwrap().mode() & 0o7777, 0o600);
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

    #[test]
    fn a_file_is_read_again_only_once_it_has_changed() {
        let home = tempdir().unwrap();
        fs::write(path(&home), TEXT).unwrap();
        let folder = DirHandle::open(home.path(), OFlags::empty()).unwrap();
        let changed = path(&home).metadata().unwrap().modified().unwrap();
        let mut seen = BookState::default();
        let mut read = |seconds: u64| {
            let now = changed + Duration::from_secs(seconds);
            read_if_changed(&folder, &mut seen, now).unwrap().is_some()
        };
        assert!(read(0) && read(1), "a change within the same tick could not be told");
        assert!(read(100), "nobody has seen it in a state that can be told");
        assert!(!read(100) && !read(200));
        assert!(read(0), "the clock was set back");
        assert!(read(100) && !read(100));
        // Another file of the same size and date, and another date of the same file.
        fs::write(home.path().join("other"), TEXT.replace("16", "17")).unwrap();
        fs::rename(home.path().join("other"), path(&home)).unwrap();
        File::open(path(&home)).unwrap().set_modified(changed).unwrap();
        assert!(read(100) && !read(100));
        fs::write(path(&home), TEXT).unwrap();
        File::open(path(&home)).unwrap().set_modified(changed).unwrap();
        assert!(read(100), "only the change of its inode tells");
        fs::remove_file(path(&home)).unwrap();
        assert!(read_if_changed(&folder, &mut seen, changed + Duration::from_secs(100)).is_err());
    }

    #[test]
    fn a_file_that_has_not_changed_is_refused_as_any_other() {
        let (home, outside) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(path(&home), TEXT).unwrap();
        let folder = Home::open(home.path()).unwrap();
        let folder = folder.folder().unwrap();
        let later = SystemTime::now() + Duration::from_secs(100);
        let mut seen = BookState::default();
        assert!(read_if_changed(folder, &mut seen, later).unwrap().is_some());
        fs::hard_link(path(&home), outside.path().join("other")).unwrap();
        assert!(read_if_changed(folder, &mut seen, later).is_err());
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
}
