//! A folder opened once, and everything that is done in it by descriptor: no link on the way can be swapped in.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, Stat, linkat, mkdirat, openat, renameat,
    renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::failure::refused;

/// Read and write for the owner alone.
pub(crate) const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open folder, with its path for messages.
#[derive(Debug)]
pub(crate) struct Folder {
    handle: File,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder of Backup Manager's own. A symbolic link in its place is refused.
    pub(crate) fn open_own(path: &Path) -> io::Result<Self> {
        let seen = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(seen.st_mode) == FileType::Symlink {
            return Err(refused("it is a symbolic link, and must be a folder"));
        }
        Self::open(path, OFlags::NOFOLLOW)
    }

    /// Opens a folder of Backup Manager's own, and makes it, for the owner alone, where it is missing.
    ///
    /// Its own name is durable when this returns. Whoever made the folder may have died before it was, but then it is
    /// empty still: nobody puts anything in before that.
    pub(crate) fn make_own(path: &Path) -> io::Result<Self> {
        let is_new = match mkdirat(CWD, path, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let folder = Self::open_own(path)?;
        if is_new || folder.is_empty()? {
            Self::open(path.parent().unwrap_or(path), OFlags::empty())?.sync()?;
        }
        Ok(folder)
    }

    /// Opens any folder; a symbolic link is followed unless `flags` say otherwise.
    pub(crate) fn open(path: &Path, flags: OFlags) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | flags;
        let handle = openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { handle: handle.into(), path: path.to_owned() })
    }

    /// Opens the same folder once more.
    pub(crate) fn reopen(&self) -> io::Result<Self> {
        Ok(Self { handle: self.handle.try_clone()?, path: self.path.clone() })
    }

    /// Returns what the folder itself is.
    pub(crate) fn own_stat(&self) -> io::Result<Stat> {
        Ok(rustix::fs::fstat(&self.handle)?)
    }

    /// Returns the path of a name in the folder, for messages.
    pub(crate) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// Opens a file in the folder, never through a symbolic link, and never waiting for a FIFO's other end.
    pub(crate) fn open_file(&self, name: impl AsRef<OsStr>, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = openat(&self.handle, name.as_ref(), flags, PRIVATE_FILE);
        let file = File::from(opened.map_err(explained)?);
        if !file.metadata()?.is_file() {
            return Err(refused("it is not a regular file"));
        }
        Ok(file)
    }

    /// Returns what a name in the folder is, or `None` if there is no such name.
    pub(crate) fn stat(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Stat>> {
        match statat(&self.handle, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether `name` still leads to `file`.
    pub(crate) fn leads_to(&self, name: impl AsRef<OsStr>, file: &File) -> io::Result<bool> {
        let opened = rustix::fs::fstat(file)?;
        let named = self.stat(name)?;
        Ok(named.is_some_and(|named| (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)))
    }

    /// Gives a file in the folder another name, over whatever has that name.
    pub(crate) fn rename(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(renameat(&self.handle, from.as_ref(), &self.handle, to.as_ref())?)
    }

    /// Gives a file in the folder another name, which nothing may have. Where a disk has neither a rename of that kind nor
    /// hard links, as FAT, somebody else's file of that very moment could be replaced.
    pub(crate) fn rename_new(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> io::Result<()> {
        let (from, to) = (from.as_ref(), to.as_ref());
        match renameat_with(&self.handle, from, &self.handle, to, RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            renamed => return Ok(renamed?),
        }
        match self.link(from, to) {
            Ok(()) => self.remove(from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) if self.stat(to)?.is_some() => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => self.rename(from, to),
        }
    }

    /// Gives a file in the folder one more name, which nothing may have.
    pub(crate) fn link(&self, name: impl AsRef<OsStr>, more: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(linkat(&self.handle, name.as_ref(), &self.handle, more.as_ref(), AtFlags::empty())?)
    }

    /// Removes a file; one that isn't there is as good as removed.
    pub(crate) fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        match unlinkat(&self.handle, name.as_ref(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Locks the folder as long as it is open, and returns whether nobody else has. Where folders can't be locked (NFS),
    /// nobody ever has.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        match self.handle.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) if error.raw_os_error() == Some(Errno::BADF.raw_os_error()) => {
                Ok(true)
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Returns whether the folder has not been removed since it was opened.
    pub(crate) fn exists(&self) -> io::Result<bool> {
        Ok(rustix::fs::fstat(&self.handle)?.st_nlink > 0)
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn is_empty(&self) -> io::Result<bool> {
        for entry in Dir::read_from(self.as_fd())? {
            if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the names in the folder, in byte order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = names_in(self.handle.as_fd())?;
        names.sort_unstable();
        Ok(names)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// Returns the names in an open folder, in no order.
pub(crate) fn names_in(folder: BorrowedFd<'_>) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}

/// Says in words what the kernel says when a name leads to something that is no file.
fn explained(errno: Errno) -> io::Error {
    match errno {
        Errno::LOOP => refused("it is a symbolic link"),
        Errno::ISDIR | Errno::NXIO => refused("it is not a regular file"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use backup_core::error::Failure;
    use rustix::fs::mknodat;
    use tempfile::tempdir;

    use super::*;
    use crate::failure::failure_of;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn makes_a_private_folder_and_leaves_an_old_one_as_it_is() {
        let place = tempdir().unwrap();
        let path = place.path().join("own");
        Folder::make_own(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o750)).unwrap();
        Folder::make_own(&path).unwrap();
        assert_eq!(mode(&path), 0o750, "what the user chose stays");
    }

    #[test]
    fn makes_no_folders_on_the_way() {
        let place = tempdir().unwrap();
        let error = Folder::make_own(&place.path().join("no home/own")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn refuses_what_is_no_folder() {
        let place = tempdir().unwrap();
        let path = place.path().join("own");
        let cases: [(&str, &dyn Fn()); 4] = [
            ("link", &|| symlink(place.path(), &path).unwrap()),
            ("dangling link", &|| symlink("nowhere", &path).unwrap()),
            ("file", &|| fs::write(&path, "").unwrap()),
            ("FIFO", &|| mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap()),
        ];
        for (what, plant) in cases {
            plant();
            let errors = [Folder::make_own(&path).unwrap_err(), Folder::open_own(&path).unwrap_err()];
            assert!(errors.iter().all(|error| failure_of(error) == Failure::Refused), "{what}: {errors:?}");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn opens_regular_files_only_and_waits_for_none() {
        let place = tempdir().unwrap();
        let folder = Folder::open_own(place.path()).unwrap();
        let path = place.path().join("name");
        let cases: [(&str, &dyn Fn()); 5] = [
            ("link", &|| symlink("/dev/null", &path).unwrap()),
            ("dangling link", &|| symlink("nowhere", &path).unwrap()),
            ("FIFO", &|| mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap()),
            ("socket", &|| drop(UnixListener::bind(&path).unwrap())),
            ("folder", &|| fs::create_dir(&path).unwrap()),
        ];
        for (what, plant) in cases {
            plant();
            for flags in [OFlags::RDONLY, OFlags::WRONLY, OFlags::RDWR, OFlags::RDWR | OFlags::CREATE] {
                let error = folder.open_file("name", flags).unwrap_err();
                assert_eq!(failure_of(&error), Failure::Refused, "{what}, {flags:?}: {error}");
                assert!(error.to_string().starts_with("it is "), "{what}, {flags:?}: {error}");
            }
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).unwrap();
        }
        assert!(!place.path().join("nowhere").exists());
    }

    #[test]
    fn works_in_the_folder_it_opened_wherever_its_name_leads_by_now() {
        let place = tempdir().unwrap();
        let (path, moved) = (place.path().join("own"), place.path().join("moved"));
        let folder = Folder::make_own(&path).unwrap();
        fs::rename(&path, &moved).unwrap();
        let other = tempdir().unwrap();
        symlink(other.path(), &path).unwrap();
        folder.open_file("a", OFlags::RDWR | OFlags::CREATE).unwrap();
        folder.rename("a", "b").unwrap();
        assert_eq!(folder.names().unwrap(), ["b"]);
        assert!(moved.join("b").exists());
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }

    #[test]
    fn knows_whether_a_name_still_leads_to_a_file() {
        let place = tempdir().unwrap();
        let folder = Folder::open_own(place.path()).unwrap();
        let file = folder.open_file("a", OFlags::RDWR | OFlags::CREATE).unwrap();
        assert!(folder.leads_to("a", &file).unwrap());
        assert!(!folder.leads_to("b", &file).unwrap());
        symlink("a", place.path().join("link")).unwrap();
        assert!(!folder.leads_to("link", &file).unwrap());
        folder.remove("a").unwrap();
        folder.remove("a").unwrap();
        let _other = folder.open_file("a", OFlags::RDWR | OFlags::CREATE).unwrap();
        assert!(!folder.leads_to("a", &file).unwrap());
    }
}
