//! Temporary file, fsync, rename, fsync of the folder: the only way in which a file appears.
//!
//! Why nobody ever sees half a file under its final name: the rename comes after the file's own fsync, so whichever
//! of the two names a crash leaves, the bytes behind the final one are durable. Why a crash can't bring the old file
//! back once `publish` has returned: the folder is synced after the rename. A sync that failed is never tried again
//! on the same file, for the kernel has dropped the data and would say yes: the temporary file is thrown away.
//!
//! Why two processes never write the same temporary file: it is made with `O_EXCL` and locked by its maker as long as
//! it is open. Who finds one that nobody locks finds the remains of a dead process and may remove it. Between making
//! and locking, a finder may be faster; so the maker waits for the finder, and then looks whether the name still leads
//! to its file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use rustix::fs::{Advice, FileType, OFlags, fadvise, fcntl_getfl, fcntl_setfl};

use super::dir::DirHandle;
use super::lock::{is_locked, try_lock, wait_for_lock};
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::error::{located, lock_held, not_durable, refused};

/// The ending of temporary names.
const SUFFIX: &str = ".partial";

/// A file being written that has no final name yet. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    folder: DirHandle,
    temporary: String,
    file: File,
    cache: Cache,
}

/// What becomes of what was written in the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// It stays: somebody may read it soon.
    Keep,
    /// It never gets there.
    Bypass,
    /// It is dropped at the end, as this file or this write can't bypass the cache.
    Drop,
}

impl AtomicFile {
    /// Begins a file that shall be called `name`, and removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// [Busy](lock_held) while another process or thread is writing it; whatever else keeps it from being made. All name
    /// the temporary file.
    pub(crate) fn begin(folder: DirHandle, name: &str) -> io::Result<Self> {
        let temporary = temporary_name(name);
        match make(&folder, &temporary) {
            Ok(file) => Ok(Self { folder, temporary, file, cache: Cache::Keep }),
            Err(error) => Err(located(&error, &folder.path_of(&temporary))),
        }
    }

    /// Returns the same file, and keeps what is written to it out of the page cache, as well as the file system can.
    ///
    /// Pieces of whole pages that begin at a page in memory go right to the disk; at the first other piece this ends.
    pub(crate) fn past_cache(mut self) -> Self {
        self.cache = if self.set_direct(true).is_ok() { Cache::Bypass } else { Cache::Drop };
        self
    }

    fn set_direct(&self, direct: bool) -> io::Result<()> {
        let mut flags = fcntl_getfl(&self.file)?;
        flags.set(OFlags::DIRECT, direct);
        Ok(fcntl_setfl(&self.file, flags)?)
    }

    /// Goes on through the page cache.
    fn end_bypass(&mut self) -> io::Result<()> {
        self.set_direct(false)?;
        self.cache = Cache::Drop;
        Ok(())
    }

    /// Returns the file, for its mode and owner.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Opens what was written to read it from the disk: what is in memory is dropped before.
    pub(crate) fn open_back(&self) -> io::Result<File> {
        self.file.sync_all()?;
        // Only advice: a file system that keeps all in memory has nothing else to read from.
        let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        self.folder.open_file(&self.temporary, OFlags::RDONLY)
    }

    /// Returns the temporary path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path_of(&self.temporary)
    }

    /// Gives the file its final name, durably, and removes those `superseded` that are there.
    ///
    /// # Errors
    /// The old file then still stands under that name. There is one exception, which says so ([`not_durable`]): where
    /// only the folder's own sync failed, the new one stands there, as whole as the old one was, and a power cut may yet
    /// bring the old one back.
    pub(crate) fn publish(self, name: &str, superseded: &[String]) -> io::Result<()> {
        if let Some(stat) = self.folder.stat(name)?
            && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        {
            return Err(refused("something that is not a regular file has that name"));
        }
        self.make_durable()?;
        self.folder.rename(&self.temporary, name)?;
        self.folder.sync().map_err(not_durable)?;
        // Not before the new name is durable, or a power cut could leave neither. What can't be removed does no harm beside
        // its better, so that this may fail.
        let _ = self.remove_all(superseded);
        Ok(())
    }
}

impl AtomicFile {
    /// Gives the file its final name, durably, where nothing has that name.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists), and as [`publish`](Self::publish).
    pub(crate) fn publish_new(self, name: &str) -> io::Result<()> {
        self.make_durable()?;
        self.folder.rename_new(&self.temporary, name)?;
        self.folder.sync().map_err(not_durable)
    }

    fn make_durable(&self) -> io::Result<()> {
        self.file.sync_all()?;
        if self.cache != Cache::Keep {
            // Only advice, and the archive is durable without it.
            let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        }
        Ok(())
    }

    fn remove_all(&self, names: &[String]) -> io::Result<()> {
        let mut is_gone = false;
        for name in names {
            if self.folder.stat(name)?.is_some() {
                self.folder.remove(name)?;
                is_gone = true;
            }
        }
        // So that none comes back with a power cut.
        if is_gone { self.folder.sync() } else { Ok(()) }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cache == Cache::Bypass && !bytes.len().is_multiple_of(AlignedBuffer::ALIGNMENT) {
            self.end_bypass()?;
        }
        match self.file.write(bytes) {
            // This file system wants even larger pieces, or none.
            Err(error) if self.cache == Cache::Bypass && error.kind() == io::ErrorKind::InvalidInput => {
                self.end_bypass()?;
                self.file.write(bytes)
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for AtomicFile {
    /// Removes the temporary file while it is still locked. After a publish there is none, or it is another's.
    fn drop(&mut self) {
        if self.folder.leads_to(&self.temporary, &self.file).unwrap_or(false) {
            // What can't be removed now is swept later.
            let _ = self.folder.remove(&self.temporary);
        }
    }
}

/// Returns the name of the temporary file of `name`.
pub(crate) fn temporary_name(name: &str) -> String {
    format!(".{name}{SUFFIX}")
}

/// Makes the temporary file and locks it, and removes the one of a dead process.
fn make(folder: &DirHandle, temporary: &str) -> io::Result<File> {
    loop {
        match folder.open_file(temporary, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !remove_if_dead(folder, OsStr::new(temporary))? {
                    return Err(lock_held("another process is writing it"));
                }
            }
            made => {
                let file = made?;
                // Who found it first lets go as soon as it has removed it.
                wait_for_lock(&file)?;
                if folder.leads_to(temporary, &file)? {
                    return Ok(file);
                }
            }
        }
    }
}

/// Removes what a dead process left of a file that was to be called `name`.
pub(crate) fn sweep_one(folder: &DirHandle, name: &str) -> io::Result<()> {
    let temporary = temporary_name(name);
    let swept = remove_if_dead(folder, OsStr::new(&temporary)).map(drop);
    swept.map_err(|error| located(&error, &folder.path_of(&temporary)))
}

/// Returns whether a process lives that is writing the file of that name, or is giving it one of these final names.
pub(crate) fn is_being_written(folder: &DirHandle, name: &str, finals: &[String]) -> io::Result<bool> {
    let names = std::iter::once(temporary_name(name)).chain(finals.iter().cloned());
    for name in names {
        let file = match folder.open_file(&name, OFlags::RDONLY) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        if is_locked(&file)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what dead processes left of files whose final name ends with `ending`, and returns how many.
///
/// # Errors
/// The first of all failures, once everything else is removed.
pub(crate) fn sweep(folder: &DirHandle, ending: &str) -> io::Result<usize> {
    let ending = format!("{ending}{SUFFIX}");
    let mut removed = Ok(0);
    for name in folder.names()?.iter().filter(|name| is_temporary(name, &ending)) {
        match remove_if_dead(folder, name) {
            Ok(is_gone) => removed = removed.map(|count| count + usize::from(is_gone)),
            Err(error) => removed = removed.and(Err(located(&error, &folder.path_of(name)))),
        }
    }
    removed
}

fn is_temporary(name: &OsStr, ending: &str) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes.starts_with(b".") && bytes.ends_with(ending.as_bytes())
}

/// Removes a temporary file that nobody holds, and returns whether it is gone.
fn remove_if_dead(folder: &DirHandle, name: &OsStr) -> io::Result<bool> {
    let file = match open_to_lock(folder, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    if !try_lock(&file)? {
        return Ok(false);
    }
    if folder.leads_to(name, &file)? {
        folder.remove(name)?;
    }
    Ok(true)
}

/// Opens it for writing, for network filesystems lock nothing else; and for reading where the file it was to replace is
/// write-protected, and its temporary file therefore, too.
fn open_to_lock(folder: &DirHandle, name: &OsStr) -> io::Result<File> {
    match folder.open_file(name, OFlags::RDWR) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            folder.open_file(name, OFlags::RDONLY)
        }
        file => file,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use backup_core::model::error::Failure;
    use rustix::fs::{CWD, Mode, mknodat};
    use tempfile::{TempDir, tempdir};

    use super::*;
    use crate::error::failure_of;

    const NAME: &str = "docs.tar";
    const TEMPORARY: &str = ".docs.tar.partial";

    fn folder(place: &TempDir) -> DirHandle {
        DirHandle::open(place.path(), OFlags::empty()).unwrap()
    }

    fn begin(place: &TempDir) -> io::Result<AtomicFile> {
        AtomicFile::begin(folder(place), NAME)
    }

    fn written(place: &TempDir, contents: &[u8]) -> AtomicFile {
        let mut file = begin(place).unwrap();
        file.write_all(contents).unwrap();
        file
    }

    fn names(place: &TempDir) -> Vec<String> {
        let names = folder(place).names().unwrap();
        names.into_iter().map(|name| name.into_string().unwrap()).collect()
    }

    fn read(place: &TempDir, name: &str) -> String {
        fs::read_to_string(place.path().join(name)).unwrap()
    }

    fn make_fifo(path: &Path) {
        mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    }

    #[test]
    fn has_its_final_name_only_once_published() {
        let place = tempdir().unwrap();
        let file = written(&place, b"new");
        assert_eq!(names(&place), [TEMPORARY]);
        assert_eq!(file.path(), place.path().join(TEMPORARY));
        file.publish(NAME, &[]).unwrap();
        assert_eq!(names(&place), [NAME]);
        assert_eq!(read(&place, NAME), "new");
    }

    #[test]
    fn leaves_the_old_file_whole_until_published() {
        let place = tempdir().unwrap();
        written(&place, b"a longer old one").publish(NAME, &[]).unwrap();
        let file = written(&place, b"new");
        assert_eq!(read(&place, NAME), "a longer old one");
        file.publish(NAME, &[]).unwrap();
        assert_eq!(read(&place, NAME), "new");
    }

    #[test]
    fn leaves_nothing_when_dropped() {
        let place = tempdir().unwrap();
        drop(written(&place, b"half"));
        assert!(names(&place).is_empty());
    }

    #[test]
    fn leaves_nothing_of_another_when_dropped() {
        let place = tempdir().unwrap();
        let lost = written(&place, b"lost");
        fs::remove_file(place.path().join(TEMPORARY)).unwrap();
        let other = written(&place, b"other");
        drop(lost);
        assert_eq!(names(&place), [TEMPORARY], "the other's file has the same name and must stay");
        other.publish(NAME, &[]).unwrap();
        assert_eq!(read(&place, NAME), "other");
    }

    #[test]
    fn removes_what_it_supersedes_and_only_then() {
        let place = tempdir().unwrap();
        fs::write(place.path().join("docs.incomplete.tar"), "some of it").unwrap();
        let file = written(&place, b"all of it");
        assert_eq!(names(&place), [TEMPORARY, "docs.incomplete.tar"]);
        file.publish(NAME, &["docs.incomplete.tar".to_owned()]).unwrap();
        assert_eq!(names(&place), [NAME]);
    }

    #[test]
    fn is_published_even_where_the_superseded_one_stays() {
        let place = tempdir().unwrap();
        fs::create_dir(place.path().join("docs.incomplete.tar")).unwrap();
        written(&place, b"all of it").publish(NAME, &["docs.incomplete.tar".to_owned()]).unwrap();
        assert_eq!(names(&place), ["docs.incomplete.tar", NAME]);
    }

    #[test]
    fn is_busy_while_another_is_open() {
        let place = tempdir().unwrap();
        let first = written(&place, b"first");
        let busy = begin(&place).unwrap_err();
        assert_eq!(failure_of(&busy), Failure::Busy);
        assert!(busy.to_string().contains(TEMPORARY), "{busy}");
        first.publish(NAME, &[]).unwrap();
        begin(&place).unwrap();
        assert_eq!(read(&place, NAME), "first");
    }

    #[test]
    fn replaces_what_a_dead_process_left() {
        let place = tempdir().unwrap();
        fs::write(place.path().join(TEMPORARY), "a long half of a dead one").unwrap();
        written(&place, b"new").publish(NAME, &[]).unwrap();
        assert_eq!(names(&place), [NAME]);
        assert_eq!(read(&place, NAME), "new");
    }

    /// Shows something only where it isn't run by root, whom no mode keeps out.
    #[test]
    fn replaces_what_a_dead_process_left_write_protected() {
        let place = tempdir().unwrap();
        let left = place.path().join(TEMPORARY);
        fs::write(&left, "half").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o444)).unwrap();
        begin(&place).unwrap();
    }

    #[test]
    fn is_private() {
        let place = tempdir().unwrap();
        let file = begin(&place).unwrap();
        assert_eq!(file.file().metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    }

    /// What can stand at a name, and is no file of ours.
    const IMPOSTORS: [&str; 4] = ["link", "dangling link", "FIFO", "folder"];

    fn plant(what: &str, path: &Path, outside: &Path) {
        match what {
            "link" => symlink(outside, path).unwrap(),
            "dangling link" => symlink("nowhere", path).unwrap(),
            "FIFO" => make_fifo(path),
            _ => fs::create_dir(path).unwrap(),
        }
    }

    fn unplant(path: &Path) {
        fs::remove_file(path).or_else(|_| fs::remove_dir(path)).unwrap();
    }

    #[test]
    fn refuses_an_impostor_at_its_temporary_name() {
        let (place, outside) = (tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let temporary = place.path().join(TEMPORARY);
        for what in IMPOSTORS {
            plant(what, &temporary, outside.path());
            let refused = begin(&place).unwrap_err();
            assert_eq!(failure_of(&refused), Failure::Refused, "{what}: {refused}");
            assert!(refused.to_string().contains(TEMPORARY), "{what}: {refused}");
            assert_eq!(names(&place), [TEMPORARY], "{what} stays, and nothing else is made");
            assert_eq!(outside.as_file().metadata().unwrap().len(), 0, "{what} is not written through");
            unplant(&temporary);
        }
    }

    #[test]
    fn refuses_an_impostor_at_its_final_name() {
        let (place, outside) = (tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let archive = place.path().join(NAME);
        for what in IMPOSTORS {
            plant(what, &archive, outside.path());
            let refused = written(&place, b"new").publish(NAME, &[]).unwrap_err();
            assert_eq!(failure_of(&refused), Failure::Refused, "{what}: {refused}");
            assert_eq!(names(&place), [NAME], "{what} stays, and nothing else is left");
            assert_eq!(outside.as_file().metadata().unwrap().len(), 0, "{what} is not written through");
            unplant(&archive);
        }
    }

    #[test]
    fn sweeps_what_is_dead_and_nothing_else() {
        let place = tempdir().unwrap();
        let others = ["docs.tar", "docs.tar.partial", ".docs.tar", ".notes.txt.partial", "docs.partial"];
        let dead = [".films.tar.partial", ".music.incomplete.tar.partial"];
        for name in others.iter().chain(&dead) {
            fs::write(place.path().join(name), name).unwrap();
        }
        let held = AtomicFile::begin(folder(&place), "held.tar").unwrap();
        assert_eq!(sweep(&folder(&place), ".tar").unwrap(), 2);
        let mut expected = others.map(str::to_owned).to_vec();
        expected.push(".held.tar.partial".to_owned());
        expected.sort();
        assert_eq!(names(&place), expected);
        assert_eq!(sweep(&folder(&place), ".tar").unwrap(), 0);
        held.publish("held.tar", &[]).unwrap();
    }

    #[test]
    fn sweeps_on_past_what_it_refuses_and_names_it() {
        let (place, outside) = (tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        for name in [".a.tar.partial", ".z.tar.partial"] {
            fs::write(place.path().join(name), "dead").unwrap();
        }
        make_fifo(&place.path().join(".b.tar.partial"));
        symlink(outside.path(), place.path().join(".c.tar.partial")).unwrap();
        let refused = sweep(&folder(&place), ".tar").unwrap_err();
        assert_eq!(failure_of(&refused), Failure::Refused);
        assert!(refused.to_string().contains(".b.tar.partial"), "{refused}");
        assert_eq!(names(&place), [".b.tar.partial", ".c.tar.partial"]);
        assert!(outside.path().exists());
    }

    #[test]
    fn is_never_busy_with_a_sweep() {
        const TURNS: usize = 10_000;
        let place = tempdir().unwrap();
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    // What a sweep does with one name, without looking for it first.
                    let folder = folder(&place);
                    while !is_done.load(Ordering::Relaxed) {
                        remove_if_dead(&folder, OsStr::new(TEMPORARY)).unwrap();
                    }
                });
            }
            let folder = folder(&place);
            let named = || begin(&place).and_then(|file| folder.leads_to(TEMPORARY, file.file()));
            let begun: io::Result<Vec<bool>> = (0..TURNS).map(|_| named()).collect();
            is_done.store(true, Ordering::Relaxed);
            assert!(begun.unwrap().iter().all(|is_named| *is_named), "begun on a file that was swept");
        });
    }

    #[test]
    fn is_written_by_one_at_a_time() {
        const TURNS: usize = 5_000;
        let place = tempdir().unwrap();
        let is_open = AtomicBool::new(false);
        let write = || {
            let folder = folder(&place);
            for _ in 0..TURNS {
                if let Ok(file) = begin(&place) {
                    assert!(!is_open.swap(true, Ordering::SeqCst), "two write the same temporary file");
                    thread::yield_now();
                    assert!(folder.leads_to(TEMPORARY, file.file()).unwrap(), "removed while it was written");
                    is_open.store(false, Ordering::SeqCst);
                }
                sweep(&folder, ".tar").unwrap();
            }
        };
        thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(write))));
    }
}
