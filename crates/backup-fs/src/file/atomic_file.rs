//! Atomic files: temporary file, fsync, rename, fsync of the folder. Every file of Backup Manager appears in this way.
//!
//! Why nobody ever sees half a file under its final name: the rename comes after the file's own fsync. So whichever of
//! the two names a crash leaves, the bytes behind the final one are durable.
//!
//! Why a crash can't bring the old file back once `publish` has returned: the folder is synced after the rename.
//!
//! Why a failed sync is never tried again on the same file: the kernel has dropped the data by then, and would report
//! success. The temporary file is thrown away instead.
//!
//! Why two processes never write the same temporary file: its writer creates it with `O_EXCL` and keeps it locked while
//! it is open. A file that nobody has locked was left by a dead process and may be removed. Another process may find the
//! file after it was created and before it is locked. So the writer waits for the lock, and then checks that the name
//! still belongs to its file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::PathBuf;

use rustix::fs::{Advice, FileType, OFlags, fadvise, fcntl_getfl, fcntl_setfl};

use super::dir::DirHandle;
use super::lock::{is_locked, try_lock, wait_for_lock};
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::error::{existing, located, lock_held, not_durable, refused};
use crate::posix::clone::clone_range;

/// The ending of temporary names.
const SUFFIX: &str = ".partial";

/// A file being written that has no final name yet. If it is dropped, nothing remains of it.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    folder: DirHandle,
    temporary: String,
    file: File,
    cache: Cache,
}

/// How the written bytes use the page cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// They stay in it, because they may be read soon.
    Keep,
    /// They bypass it.
    Bypass,
    /// They are dropped from it at the end, because they can't bypass it.
    Drop,
}

impl AtomicFile {
    /// Begins a file with the final name `name`. Removes what a dead process left of an earlier one.
    ///
    /// # Errors
    /// [Busy](lock_held) while another process or thread is writing it; any failure to create it. The message has the
    /// path of the temporary file.
    pub(crate) fn begin(folder: DirHandle, name: &str) -> io::Result<Self> {
        let temporary = temporary_name(name);
        match create(&folder, &temporary) {
            Ok(file) => Ok(Self { folder, temporary, file, cache: Cache::Keep }),
            Err(error) => Err(located(&error, &folder.path_of(&temporary))),
        }
    }

    /// Returns the same file, and keeps what is written to it out of the page cache as far as possible.
    ///
    /// Page-aligned writes of whole pages go right to the disk. After the first other write, all writes go through the
    /// page cache and are dropped from it at the end.
    pub(crate) fn past_cache(mut self) -> Self {
        self.cache = if self.set_direct(true).is_ok() { Cache::Bypass } else { Cache::Drop };
        self
    }

    fn set_direct(&self, direct: bool) -> io::Result<()> {
        let mut flags = fcntl_getfl(&self.file)?;
        flags.set(OFlags::DIRECT, direct);
        Ok(fcntl_setfl(&self.file, flags)?)
    }

    /// Sends all further writes through the page cache.
    fn end_bypass(&mut self) -> io::Result<()> {
        self.set_direct(false)?;
        self.cache = Cache::Drop;
        Ok(())
    }

    /// Appends whole blocks of another file, and shares them with it. Returns `false` if that can't be done. Then nothing is
    /// appended: the next write begins where this would have begun.
    ///
    /// Both offsets are those of blocks (`block_bytes`). Writes can bypass the page cache as before.
    pub(crate) fn append_clone(&mut self, from: &File, part: &Range<u64>) -> io::Result<bool> {
        let end = self.file.stream_position()?;
        if clone_range(from, part, &self.file, end).is_err() {
            return Ok(false);
        }
        self.file.seek(SeekFrom::Start(end + part.end - part.start))?;
        Ok(true)
    }

    /// Removes what was written.
    pub(crate) fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0).and_then(|()| self.file.rewind())
    }

    /// Returns the open file, for its metadata.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Opens the file for reading back what was written. It is dropped from the page cache first, so that it comes from
    /// the disk.
    pub(crate) fn open_back(&self) -> io::Result<File> {
        self.file.sync_all()?;
        // This is only advice. A file system in memory has nothing else to read from.
        let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        self.folder.open_file(&self.temporary, OFlags::RDONLY)
    }

    /// Returns the temporary path, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path_of(&self.temporary)
    }

    /// Gives the file its final name, durably, and then removes the `superseded` files that exist.
    ///
    /// # Errors
    /// Any failure. The old file keeps its name then, with one exception: [`not_durable`] means that only the sync of the
    /// folder failed. Then the new file has the name and is complete, but a power cut may bring the old one back.
    pub(crate) fn publish(self, name: &str, superseded: &[String]) -> io::Result<()> {
        if let Some(stat) = self.folder.stat(name)?
            && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        {
            return Err(refused("something that is not a regular file has that name"));
        }
        self.make_durable()?;
        self.folder.rename(&self.temporary, name)?;
        self.folder.sync().map_err(|error| not_durable(&error))?;
        // This must not come before the new name is durable, or a power cut could leave neither file. It may fail: a
        // superseded file does no harm beside the new one.
        let _ = self.remove_all(superseded);
        Ok(())
    }

    /// Gives the file its final name, durably, and replaces nothing.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the name exists; otherwise as [`publish`](Self::publish).
    pub(crate) fn publish_new(self, name: &str) -> io::Result<()> {
        self.make_durable()?;
        self.folder.rename_new(&self.temporary, name)?;
        self.folder.sync().map_err(|error| not_durable(&error))
    }

    fn make_durable(&self) -> io::Result<()> {
        self.file.sync_all()?;
        if self.cache != Cache::Keep {
            // This is only advice. The file is durable without it.
            let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
        }
        Ok(())
    }

    fn remove_all(&self, names: &[String]) -> io::Result<()> {
        let mut has_removed = false;
        for name in names {
            if self.folder.stat(name)?.is_some() {
                self.folder.remove(name)?;
                has_removed = true;
            }
        }
        // The sync keeps a power cut from bringing them back.
        if has_removed { self.folder.sync() } else { Ok(()) }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cache == Cache::Bypass && !bytes.len().is_multiple_of(AlignedBuffer::ALIGNMENT) {
            self.end_bypass()?;
        }
        match self.file.write(bytes) {
            // The file system needs a larger alignment, or doesn't support direct writes.
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
    /// Removes the temporary file while it is still locked.
    ///
    /// After a publish there is none, or it belongs to another writer.
    fn drop(&mut self) {
        if self.folder.leads_to(&self.temporary, &self.file).unwrap_or(false) {
            // If this fails, a later sweep removes it.
            let _ = self.folder.remove(&self.temporary);
        }
    }
}

/// Returns the temporary name for the final name `name`.
pub(crate) fn temporary_name(name: &str) -> String {
    format!(".{name}{SUFFIX}")
}

/// Creates and locks the temporary file. Removes one that a dead process left.
fn create(folder: &DirHandle, temporary: &str) -> io::Result<File> {
    loop {
        match folder.open_file(temporary, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !remove_if_dead(folder, OsStr::new(temporary))? {
                    return Err(lock_held("another process is writing it"));
                }
            }
            created => {
                let file = created?;
                // A sweep that found the file first unlocks it as soon as it has removed it.
                wait_for_lock(&file)?;
                if folder.leads_to(temporary, &file)? {
                    return Ok(file);
                }
            }
        }
    }
}

/// Removes what a dead process left of a file with the final name `name`.
pub(crate) fn remove_leftover(folder: &DirHandle, name: &str) -> io::Result<()> {
    let temporary = temporary_name(name);
    let swept = remove_if_dead(folder, OsStr::new(&temporary)).map(drop);
    swept.map_err(|error| located(&error, &folder.path_of(&temporary)))
}

/// Returns whether a living process is writing the file `name`, or is giving it one of these final names.
pub(crate) fn is_being_written(folder: &DirHandle, name: &str, finals: &[String]) -> io::Result<bool> {
    let names = std::iter::once(temporary_name(name)).chain(finals.iter().cloned());
    for name in names {
        if let Some(file) = existing(folder.open_file(&name, OFlags::RDONLY))?
            && is_locked(&file)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what dead processes left of files whose final name ends with `ending`. Returns how many files were removed.
///
/// # Errors
/// The first failure. All other files are removed before it is returned.
pub(crate) fn remove_leftovers(folder: &DirHandle, ending: &str) -> io::Result<usize> {
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

/// Removes a temporary file that nobody has locked. Returns whether it is gone.
fn remove_if_dead(folder: &DirHandle, name: &OsStr) -> io::Result<bool> {
    let Some(file) = existing(open_to_lock(folder, name))? else { return Ok(true) };
    if !try_lock(&file)? {
        return Ok(false);
    }
    if folder.leads_to(name, &file)? {
        folder.remove(name)?;
    }
    Ok(true)
}

/// Opens a file for locking.
///
/// It is opened for writing, because network file systems lock nothing else. If that is denied, it is opened for reading:
/// a temporary file is write-protected if the file that it replaces is.
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
    fn gets_its_final_name_only_when_published() {
        let place = tempdir().unwrap();
        let file = written(&place, b"new");
        assert_eq!(names(&place), [TEMPORARY]);
        assert_eq!(file.path(), place.path().join(TEMPORARY));
        file.publish(NAME, &[]).unwrap();
        assert_eq!(names(&place), [NAME]);
        assert_eq!(read(&place, NAME), "new");
    }

    #[test]
    fn keeps_the_old_file_intact_until_published() {
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
    fn never_removes_the_file_of_another_writer_when_dropped() {
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
    fn removes_superseded_files_only_when_published() {
        let place = tempdir().unwrap();
        fs::write(place.path().join("docs.incomplete.tar"), "some of it").unwrap();
        let file = written(&place, b"all of it");
        assert_eq!(names(&place), [TEMPORARY, "docs.incomplete.tar"]);
        file.publish(NAME, &["docs.incomplete.tar".to_owned()]).unwrap();
        assert_eq!(names(&place), [NAME]);
    }

    #[test]
    fn publishes_even_if_a_superseded_file_cannot_be_removed() {
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

    /// This proves nothing when root runs it, because no mode keeps root out.
    #[test]
    fn replaces_what_a_dead_process_left_write_protected() {
        let place = tempdir().unwrap();
        let leftover = place.path().join(TEMPORARY);
        fs::write(&leftover, "half").unwrap();
        fs::set_permissions(&leftover, fs::Permissions::from_mode(0o444)).unwrap();
        begin(&place).unwrap();
    }

    #[test]
    fn is_private() {
        let place = tempdir().unwrap();
        let file = begin(&place).unwrap();
        assert_eq!(file.file().metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    }

    /// Entries that may have the name of a file, and are not regular files.
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
    fn sweeps_only_the_files_of_dead_processes() {
        let place = tempdir().unwrap();
        let others = ["docs.tar", "docs.tar.partial", ".docs.tar", ".notes.txt.partial", "docs.partial"];
        let dead = [".films.tar.partial", ".music.incomplete.tar.partial"];
        for name in others.iter().chain(&dead) {
            fs::write(place.path().join(name), name).unwrap();
        }
        let held = AtomicFile::begin(folder(&place), "held.tar").unwrap();
        assert_eq!(remove_leftovers(&folder(&place), ".tar").unwrap(), 2);
        let mut expected = others.map(str::to_owned).to_vec();
        expected.push(".held.tar.partial".to_owned());
        expected.sort();
        assert_eq!(names(&place), expected);
        assert_eq!(remove_leftovers(&folder(&place), ".tar").unwrap(), 0);
        held.publish("held.tar", &[]).unwrap();
    }

    #[test]
    fn a_sweep_continues_after_a_refusal_and_reports_it() {
        let (place, outside) = (tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        for name in [".a.tar.partial", ".z.tar.partial"] {
            fs::write(place.path().join(name), "dead").unwrap();
        }
        make_fifo(&place.path().join(".b.tar.partial"));
        symlink(outside.path(), place.path().join(".c.tar.partial")).unwrap();
        let refused = remove_leftovers(&folder(&place), ".tar").unwrap_err();
        assert_eq!(failure_of(&refused), Failure::Refused);
        assert!(refused.to_string().contains(".b.tar.partial"), "{refused}");
        assert_eq!(names(&place), [".b.tar.partial", ".c.tar.partial"]);
        assert!(outside.path().exists());
    }

    #[test]
    fn a_sweep_never_makes_a_writer_fail() {
        const TURNS: usize = 10_000;
        let place = tempdir().unwrap();
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    // A sweep does this with each name that it finds.
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
    fn only_one_writer_at_a_time() {
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
                remove_leftovers(&folder, ".tar").unwrap();
            }
        };
        thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(write))));
    }
}
