//! The lock that makes a service the only one of its home, and tells who holds it.
//!
//! An open-file-description lock on `backup_service.pid`: it ends with the process however that dies, it isn't lost
//! when something else in the process opens and closes the same file (an archiver whose source holds the home does),
//! and others can ask for it without taking it. The number in the file is a hint. It is believed only when the kernel
//! says, in that process's `/proc/PID/fdinfo`, that it holds the lock on this very file.
//!
//! People remove such files when they take them for stale. So the service locks a second one, `.backup_service.lock`: a
//! second service can't begin, and the first puts both files back. Nobody but their owner can open them, because whoever
//! can open a file can lock it. That is why the home folder itself isn't locked.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use backup_core::model::error::{Failure, PortError};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::fs::OFlags;

use crate::error::{failure_of, lock_held, port_error};
use crate::file::dir::DirHandle;
use crate::home::layout::Home;

/// What the number in the file can hold at most.
const MAX_PID_BYTES: u64 = 32;

/// Held by the one service of a home, as long as it lives.
#[derive(Debug)]
pub struct ServiceLock {
    home: Home,
    /// Declared first, so that it is given back first: whoever then gets the second one can have both.
    number: LockedFile,
    second: LockedFile,
}

impl ServiceLock {
    /// Takes the lock and writes this process's number into the file.
    ///
    /// # Errors
    /// [`Failure::Busy`](backup_core::model::error::Failure::Busy) when another service holds it; any other failure to take
    /// it.
    pub fn take(home: &Home) -> Result<Self, PortError> {
        Self::acquire(home)
            .map_err(|error| port_error(format!("lock {}", home.service_pid().display()), error))
    }

    fn acquire(home: &Home) -> io::Result<Self> {
        home.folder()?;
        let second = LockedFile::take(home, Home::SERVICE_LOCK)?;
        let number = LockedFile::take(home, Home::SERVICE_PID)?;
        write_number(&number.file.borrow())?;
        Ok(Self { home: home.clone(), number, second })
    }

    /// Puts the files back if somebody removed or changed them. What can't be put back now is tried the next time.
    ///
    /// # Errors
    /// Why this service can't go on: its home isn't where it was, or another service has taken its place there.
    pub fn tend(&self) -> Result<(), PortError> {
        self.home.check_place()?;
        // A service that is just being started may have it for a moment.
        let _ = self.second.put_back();
        match self.number.put_back() {
            Err(error) if failure_of(&error) == Failure::Busy => {
                Err(port_error(format!("go on in {}", self.home.root().display()), error))
            }
            _ => {
                let _ = write_number(&self.number.file.borrow());
                Ok(())
            }
        }
    }
}

/// A file in a home that is locked as long as this lives, and removed then.
#[derive(Debug)]
struct LockedFile {
    home: Home,
    name: &'static str,
    file: RefCell<File>,
}

impl LockedFile {
    fn take(home: &Home, name: &'static str) -> io::Result<Self> {
        let file = RefCell::new(lock(home.held(), name)?);
        Ok(Self { home: home.clone(), name, file })
    }

    /// Makes and locks it anew, unless it is still there.
    fn put_back(&self) -> io::Result<()> {
        if !self.home.held().leads_to(self.name, &self.file.borrow())? {
            self.file.replace(lock(self.home.held(), self.name)?);
        }
        Ok(())
    }
}

impl Drop for LockedFile {
    /// Removes the file while the lock is still held, so that nobody's file is removed but our own.
    fn drop(&mut self) {
        if self.home.held().leads_to(self.name, self.file.get_mut()).unwrap_or(false) {
            // A file that stays is stale, and known to be by its missing lock.
            let _ = self.home.held().remove(self.name);
        }
    }
}

/// Returns the file of that name, locked.
fn lock(folder: &DirHandle, name: &str) -> io::Result<File> {
    loop {
        let file = folder.open_lock(name)?;
        if !set_lock(&file)? {
            return Err(lock_held("another service has it"));
        }
        // The one who had it may have removed the file between our opening and our locking it.
        if folder.leads_to(name, &file)? {
            return Ok(file);
        }
    }
}

/// Makes the file hold this process's number, and nothing else.
fn write_number(file: &File) -> io::Result<()> {
    let number = format!("{}\n", std::process::id());
    let mut held = vec![0; number.len() + 1];
    let length = file.read_at(&mut held, 0)?;
    if &held[..length] == number.as_bytes() {
        return Ok(());
    }
    file.set_len(0)?;
    file.write_all_at(number.as_bytes(), 0)
}

/// Who holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody: no service runs.
    None,
    /// This process.
    Process(u32),
    /// A process that can't be told from here: it has not written its number yet, or lives in another container.
    Unknown,
}

/// Returns who holds the lock of the service of that home.
pub(crate) fn holder(home: &Home) -> io::Result<Holder> {
    let file = match home.held().open_own_file(Home::SERVICE_PID, OFlags::RDONLY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holder::None),
        file => file?,
    };
    if !is_locked(&file)? {
        return Ok(Holder::None);
    }
    let mut number = String::new();
    (&file).take(MAX_PID_BYTES).read_to_string(&mut number)?;
    let claimed = number.trim().parse().ok();
    Ok(claimed.filter(|pid| holds_lock(*pid, &file)).map_or(Holder::Unknown, Holder::Process))
}

/// Returns since when the service runs, as far as its file can tell.
pub(crate) fn held_since(home: &Home) -> Option<SystemTime> {
    home.held().open_own_file(Home::SERVICE_PID, OFlags::RDONLY).ok()?.metadata().ok()?.modified().ok()
}

/// Returns whether that process holds the lock on `file`, by what the kernel says of its open files.
fn holds_lock(pid: u32, file: &File) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let (Ok(wanted), Ok(open_files)) = (file.metadata(), fs::read_dir(process.join("fd"))) else {
        return false;
    };
    let wanted = (wanted.dev(), wanted.ino());
    open_files.flatten().any(|entry| {
        let same = fs::metadata(entry.path()).is_ok_and(|open| (open.dev(), open.ino()) == wanted);
        same && shows_lock(&process.join("fdinfo").join(entry.file_name()))
    })
}

fn shows_lock(fdinfo: &Path) -> bool {
    let text = fs::read_to_string(fdinfo).unwrap_or_default();
    text.lines().any(|line| line.starts_with("lock:") && line.contains("OFDLCK") && line.contains("WRITE"))
}

fn set_lock(file: &File) -> io::Result<bool> {
    match fcntl(file.as_fd(), FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_locked(file: &File) -> io::Result<bool> {
    let mut lock = whole_file();
    fcntl(file.as_fd(), FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

/// A write lock on all bytes. The kernel wants the number 0 in such a lock, for no process owns it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the constants of fcntl fit the fields they are made for"
)]
fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::parent_id;
    use std::process::id;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use backup_core::model::error::Failure;
    use tempfile::{TempDir, tempdir};

    use std::io::Write;

    use super::*;

    fn home() -> (TempDir, Home) {
        let folder = tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        (folder, home)
    }

    #[test]
    fn is_held_by_this_process_until_dropped() {
        let (_folder, home) = home();
        assert_eq!(holder(&home).unwrap(), Holder::None);
        let lock = ServiceLock::take(&home).unwrap();
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
        assert_eq!(fs::read_to_string(home.service_pid()).unwrap(), format!("{}\n", id()));
        assert_eq!(home.service_pid().metadata().unwrap().mode() & 0o7777, 0o600);
        drop(lock);
        assert_eq!(holder(&home).unwrap(), Holder::None);
        assert!(!home.service_pid().exists());
    }

    #[test]
    fn is_busy_the_second_time() {
        let (_folder, home) = home();
        let lock = ServiceLock::take(&home).unwrap();
        assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Busy);
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()), "the number of the first stays");
        drop(lock);
        ServiceLock::take(&home).unwrap();
    }

    /// A lock that belongs to the process is lost as soon as any of its files on that inode is closed: an archiver
    /// whose source holds the home opens and closes this one.
    #[test]
    fn outlives_another_opening_and_closing_of_the_file() {
        let (_folder, home) = home();
        let _lock = ServiceLock::take(&home).unwrap();
        fs::read(home.service_pid()).unwrap();
        drop(File::options().write(true).open(home.service_pid()).unwrap());
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
        assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Busy);
    }

    #[test]
    fn a_file_without_a_lock_means_nothing() {
        let (_folder, home) = home();
        let texts = [parent_id().to_string(), id().to_string(), String::new(), "no number".to_owned()];
        for text in texts {
            fs::write(home.service_pid(), &text).unwrap();
            assert_eq!(holder(&home).unwrap(), Holder::None, "{text:?}");
        }
        drop(ServiceLock::take(&home).unwrap());
        fs::write(home.service_pid(), "a long text of no service, which the number must replace").unwrap();
        let _lock = ServiceLock::take(&home).unwrap();
        assert_eq!(fs::read_to_string(home.service_pid()).unwrap(), format!("{}\n", id()));
    }

    #[test]
    fn a_number_that_does_not_hold_the_lock_is_not_believed() {
        let (_folder, home) = home();
        let _lock = ServiceLock::take(&home).unwrap();
        let numbers = [parent_id().to_string(), "1".to_owned(), u32::MAX.to_string(), "-1".to_owned()];
        for text in numbers.iter().map(String::as_str).chain(["", "0", "x", "\u{fffd}"]) {
            fs::write(home.service_pid(), text).unwrap();
            assert_eq!(holder(&home).unwrap(), Holder::Unknown, "{text:?}");
        }
    }

    #[test]
    fn a_lock_on_another_file_is_not_believed() {
        let (_folder, home) = home();
        let (_other_folder, other) = self::home();
        let _lock = ServiceLock::take(&other).unwrap();
        let file = File::create(home.service_pid()).unwrap();
        writeln!(&file, "{}", id()).unwrap();
        assert!(!holds_lock(id(), &file));
        assert!(holds_lock(id(), &File::open(other.service_pid()).unwrap()));
    }

    #[test]
    fn leaves_a_file_that_is_not_its_own() {
        let (_folder, home) = home();
        let lock = ServiceLock::take(&home).unwrap();
        fs::remove_file(home.service_pid()).unwrap();
        fs::write(home.service_pid(), "another's").unwrap();
        drop(lock);
        assert_eq!(fs::read_to_string(home.service_pid()).unwrap(), "another's");
    }

    #[test]
    fn refuses_what_is_no_file() {
        let (folder, home) = home();
        let target = folder.path().join("target");
        symlink(&target, home.service_pid()).unwrap();
        assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Refused);
        assert!(holder(&home).is_err());
        assert!(!target.exists());
        fs::remove_file(home.service_pid()).unwrap();
        fs::create_dir(home.service_pid()).unwrap();
        assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Refused);
        assert!(holder(&home).is_err());
    }

    /// Who drops the lock removes the file, and who then locks the removed one has locked nothing.
    #[test]
    fn is_held_by_one_at_a_time_whoever_removes_the_file() {
        const TURNS: usize = 2_000;
        let (_folder, home) = home();
        let is_held = AtomicBool::new(false);
        let serve = || {
            for _ in 0..TURNS {
                if let Ok(lock) = ServiceLock::take(&home) {
                    assert!(!is_held.swap(true, Ordering::SeqCst), "two hold the lock");
                    assert!(home.service_pid().exists(), "the lock is on a removed file");
                    is_held.store(false, Ordering::SeqCst);
                    drop(lock);
                }
            }
        };
        thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(serve))));
        assert!(!home.service_pid().exists());
    }

    #[test]
    fn a_file_that_was_removed_or_changed_lets_no_second_service_in_and_is_put_back() {
        let folder = tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let lock = ServiceLock::take(&home).unwrap();
        let number = fs::read(home.service_pid()).unwrap();
        for spoil in [
            |path: &Path| fs::remove_file(path).unwrap(),
            |path: &Path| fs::write(path, "1").unwrap(),
            |path: &Path| fs::write(path, "").unwrap(),
        ] {
            spoil(&home.service_pid());
            assert!(ServiceLock::take(&home).is_err(), "there is one already");
            lock.tend().unwrap();
            assert_eq!(fs::read(home.service_pid()).unwrap(), number);
            assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
        }
        drop(lock);
        assert!(!home.service_pid().exists());
    }

    #[test]
    fn a_home_that_was_removed_needs_no_service() {
        let folder = tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let lock = ServiceLock::take(&home).unwrap();
        lock.tend().unwrap();
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(lock.tend().unwrap_err().failure, Failure::Missing);
    }

    #[test]
    fn a_home_that_was_moved_has_its_service_go_and_one_in_its_place_may_have_another() {
        let place = tempdir().unwrap();
        let (path, moved) = (place.path().join("home"), place.path().join("moved"));
        fs::create_dir(&path).unwrap();
        let home = Home::open(&path).unwrap();
        let lock = ServiceLock::take(&home).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&path).unwrap();
        // A copy of its file has no lock.
        fs::copy(moved.join(Home::SERVICE_PID), path.join(Home::SERVICE_PID)).unwrap();
        let (there, here) = (Home::open(&moved).unwrap(), Home::open(&path).unwrap());
        assert_eq!(lock.tend().unwrap_err().failure, Failure::Missing);
        assert_eq!((holder(&there).unwrap(), holder(&here).unwrap()), (Holder::Process(id()), Holder::None));
        assert_eq!(ServiceLock::take(&there).unwrap_err().failure, Failure::Busy);
        let other = ServiceLock::take(&here).unwrap();
        drop(lock);
        assert_eq!(holder(&there).unwrap(), Holder::None);
        assert!(!moved.join(Home::SERVICE_PID).exists() && path.join(Home::SERVICE_PID).exists());
        drop(other);
        assert_eq!([&moved, &path].map(|home| fs::read_dir(home).unwrap().count()), [0, 0]);
    }

    #[test]
    fn one_whose_files_were_all_removed_goes_where_another_has_begun() {
        let (folder, home) = home();
        let lock = ServiceLock::take(&home).unwrap();
        fs::remove_file(home.service_pid()).unwrap();
        fs::remove_file(folder.path().join(Home::SERVICE_LOCK)).unwrap();
        let second = ServiceLock::take(&home).unwrap();
        assert_eq!(lock.tend().unwrap_err().failure, Failure::Busy);
        drop(lock);
        second.tend().unwrap();
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
    }

    #[test]
    fn nobody_else_can_open_what_is_locked() {
        let (folder, home) = home();
        let names = [Home::SERVICE_PID, Home::SERVICE_LOCK];
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let _lock = ServiceLock::take(&home).unwrap();
        for name in names {
            assert_eq!(folder.path().join(name).metadata().unwrap().mode() & 0o7777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_lock_on_the_home_folder_keeps_no_service_from_starting() {
        let (folder, home) = home();
        let stranger = File::open(folder.path()).unwrap();
        stranger.lock().unwrap();
        ServiceLock::take(&home).unwrap().tend().unwrap();
    }
}
