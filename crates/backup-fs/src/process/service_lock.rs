//! Service lock: makes sure that a home has only one service, and tells which process that is.
//!
//! It is an open-file-description lock on `backup_service.pid`, for three reasons. It ends with the process, however
//! that dies. It isn't lost when another part of the process opens and closes the same file, as an archiver does whose
//! source holds the home. And others can query it without taking it.
//!
//! The process number in the file is only a hint. It counts only if the kernel's `/proc/PID/fdinfo` shows that this
//! process holds the lock on this very file.
//!
//! People remove such files because they think that they are stale. So the service locks a second file,
//! `.backup_service.lock`. While it is locked, no second service can start, and the first one restores both files. Only
//! their owner can open the two files, because everybody who can open a file can lock it. For the same reason, the home
//! folder itself isn't locked.

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

/// The most bytes of a process number that are read from the file.
const MAX_PID_BYTES: u64 = 32;

/// The lock of a home's service. It is released when it is dropped.
#[derive(Debug)]
pub struct ServiceLock {
    home: Home,
    /// It is declared before `second`, so that it is released first. Then a service that gets the second one gets both.
    number: LockedFile,
    second: LockedFile,
}

impl ServiceLock {
    /// Takes the lock and writes the number of this process into the file.
    ///
    /// # Errors
    /// - [`Failure::Busy`](backup_core::model::error::Failure::Busy): another service holds the lock.
    /// - Any other failure to take it.
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

    /// Checks that this is still the service of its home.
    ///
    /// Restores the lock files if somebody removed or changed them. If a file can't be restored now, the next call tries again.
    ///
    /// # Errors
    /// Why this service must stop: its home was moved ([`Failure::Missing`]), or another service has taken its place
    /// ([`Failure::Busy`]).
    pub fn check_and_restore(&self) -> Result<(), PortError> {
        self.home.check_place()?;
        // This may fail for a moment while another service tries to start.
        let _ = self.second.restore();
        match self.number.restore() {
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

/// A locked file in a home. When it is dropped, the file is removed.
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

    /// Creates and locks the file again if it is missing.
    fn restore(&self) -> io::Result<()> {
        if !self.home.held().leads_to(self.name, &self.file.borrow())? {
            self.file.replace(lock(self.home.held(), self.name)?);
        }
        Ok(())
    }
}

impl Drop for LockedFile {
    /// Removes the file while the lock is still held, so that another service's file is never removed.
    fn drop(&mut self) {
        if self.home.held().leads_to(self.name, self.file.get_mut()).unwrap_or(false) {
            // If this fails, the file is stale. Others see that, because nobody has locked it.
            let _ = self.home.held().remove(self.name);
        }
    }
}

/// Opens and locks the file of that name.
///
/// # Errors
/// [Busy](lock_held) if another service holds the lock; any failure to open or lock the file.
fn lock(folder: &DirHandle, name: &str) -> io::Result<File> {
    loop {
        let file = folder.open_lock(name)?;
        if !set_lock(&file)? {
            return Err(lock_held("another service has it"));
        }
        // The service that held the lock may have removed the file after it was opened here.
        if folder.leads_to(name, &file)? {
            return Ok(file);
        }
    }
}

/// Writes the number of this process into the file, unless that is its content already.
fn write_number(file: &File) -> io::Result<()> {
    let number = format!("{}\n", std::process::id());
    let mut current = vec![0; number.len() + 1];
    let length = file.read_at(&mut current, 0)?;
    if &current[..length] == number.as_bytes() {
        return Ok(());
    }
    file.set_len(0)?;
    file.write_all_at(number.as_bytes(), 0)
}

/// The holder of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody: no service runs.
    None,
    /// This process.
    Process(u32),
    /// An unknown process: it hasn't written its number yet, or it runs in another container.
    Unknown,
}

/// Returns the process that holds the service lock of a home.
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

/// Returns when the service was started: the time of its file. Returns `None` if that can't be read.
pub(crate) fn held_since(home: &Home) -> Option<SystemTime> {
    home.held().open_own_file(Home::SERVICE_PID, OFlags::RDONLY).ok()?.metadata().ok()?.modified().ok()
}

/// Returns whether a process holds the lock on `file`, according to the kernel's list of its open files.
fn holds_lock(pid: u32, file: &File) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let (Ok(metadata), Ok(open_files)) = (file.metadata(), fs::read_dir(process.join("fd"))) else {
        return false;
    };
    let identity = (metadata.dev(), metadata.ino());
    open_files.flatten().any(|entry| {
        let is_same = fs::metadata(entry.path()).is_ok_and(|open| (open.dev(), open.ino()) == identity);
        is_same && shows_lock(&process.join("fdinfo").join(entry.file_name()))
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

/// Returns a write lock on all bytes. Its `l_pid` must be 0, because such a lock belongs to no process.
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

    /// A lock that belongs to the process would be lost as soon as the process closes any handle of the file. An archiver
    /// whose source holds the home opens and closes the file.
    #[test]
    fn stays_when_another_handle_of_the_file_is_closed() {
        let (_folder, home) = home();
        let _lock = ServiceLock::take(&home).unwrap();
        fs::read(home.service_pid()).unwrap();
        drop(File::options().write(true).open(home.service_pid()).unwrap());
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
        assert_eq!(ServiceLock::take(&home).unwrap_err().failure, Failure::Busy);
    }

    #[test]
    fn a_file_without_a_lock_has_no_holder() {
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
    fn ignores_a_number_of_a_process_without_the_lock() {
        let (_folder, home) = home();
        let _lock = ServiceLock::take(&home).unwrap();
        let numbers = [parent_id().to_string(), "1".to_owned(), u32::MAX.to_string(), "-1".to_owned()];
        for text in numbers.iter().map(String::as_str).chain(["", "0", "x", "\u{fffd}"]) {
            fs::write(home.service_pid(), text).unwrap();
            assert_eq!(holder(&home).unwrap(), Holder::Unknown, "{text:?}");
        }
    }

    #[test]
    fn ignores_a_lock_on_another_file() {
        let (_folder, home) = home();
        let (_other_folder, other) = self::home();
        let _lock = ServiceLock::take(&other).unwrap();
        let file = File::create(home.service_pid()).unwrap();
        writeln!(&file, "{}", id()).unwrap();
        assert!(!holds_lock(id(), &file));
        assert!(holds_lock(id(), &File::open(other.service_pid()).unwrap()));
    }

    #[test]
    fn never_removes_the_file_of_somebody_else() {
        let (_folder, home) = home();
        let lock = ServiceLock::take(&home).unwrap();
        fs::remove_file(home.service_pid()).unwrap();
        fs::write(home.service_pid(), "another's").unwrap();
        drop(lock);
        assert_eq!(fs::read_to_string(home.service_pid()).unwrap(), "another's");
    }

    #[test]
    fn refuses_anything_but_a_regular_file() {
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

    /// Dropping the lock removes the file. A lock on a removed file would lock nothing.
    #[test]
    fn only_one_holder_at_a_time_although_the_file_is_removed() {
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
    fn a_removed_or_changed_file_is_restored_and_admits_no_second_service() {
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
            lock.check_and_restore().unwrap();
            assert_eq!(fs::read(home.service_pid()).unwrap(), number);
            assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
        }
        drop(lock);
        assert!(!home.service_pid().exists());
    }

    #[test]
    fn a_service_stops_when_its_home_was_removed() {
        let folder = tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let lock = ServiceLock::take(&home).unwrap();
        lock.check_and_restore().unwrap();
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(lock.check_and_restore().unwrap_err().failure, Failure::Missing);
    }

    #[test]
    fn a_service_stops_when_its_home_was_moved_and_a_new_home_can_have_another() {
        let place = tempdir().unwrap();
        let (path, moved) = (place.path().join("home"), place.path().join("moved"));
        fs::create_dir(&path).unwrap();
        let home = Home::open(&path).unwrap();
        let lock = ServiceLock::take(&home).unwrap();
        fs::rename(&path, &moved).unwrap();
        fs::create_dir(&path).unwrap();
        // A copy of the lock file is not locked.
        fs::copy(moved.join(Home::SERVICE_PID), path.join(Home::SERVICE_PID)).unwrap();
        let (there, here) = (Home::open(&moved).unwrap(), Home::open(&path).unwrap());
        assert_eq!(lock.check_and_restore().unwrap_err().failure, Failure::Missing);
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
    fn a_service_stops_when_another_started_after_both_files_were_removed() {
        let (folder, home) = home();
        let lock = ServiceLock::take(&home).unwrap();
        fs::remove_file(home.service_pid()).unwrap();
        fs::remove_file(folder.path().join(Home::SERVICE_LOCK)).unwrap();
        let second = ServiceLock::take(&home).unwrap();
        assert_eq!(lock.check_and_restore().unwrap_err().failure, Failure::Busy);
        drop(lock);
        second.check_and_restore().unwrap();
        assert_eq!(holder(&home).unwrap(), Holder::Process(id()));
    }

    #[test]
    fn only_the_owner_can_open_the_lock_files() {
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
    fn starts_in_spite_of_a_lock_on_the_home_folder() {
        let (folder, home) = home();
        let stranger = File::open(folder.path()).unwrap();
        stranger.lock().unwrap();
        ServiceLock::take(&home).unwrap().check_and_restore().unwrap();
    }
}
