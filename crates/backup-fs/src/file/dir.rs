//! Directory handle: an open folder, and all operations in it by descriptor, so that nobody can swap a link in its path.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags, Stat, linkat, mkdirat, openat, renameat, unlinkat,
};
use rustix::io::Errno;

use super::trust::{Role, Trust};
use crate::error::refused;
use crate::posix::rename_new::rename_new;
use crate::posix::stat::{is_same_file, lstat_at};

/// The mode of new files: only the owner may read and write.
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open folder. Its path is only for messages.
#[derive(Debug)]
pub(crate) struct DirHandle {
    handle: File,
    path: PathBuf,
    trust: Trust,
}

impl DirHandle {
    /// Opens any folder. A symbolic link is followed unless `flags` say otherwise.
    pub(crate) fn open(path: &Path, flags: OFlags) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | flags;
        let handle = openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { handle: handle.into(), path: path.to_owned(), trust: Trust::Given })
    }

    /// Returns a handle for a folder that is open for reading already.
    pub(crate) fn from_open(handle: OwnedFd, path: PathBuf) -> Self {
        Self { handle: handle.into(), path, trust: Trust::Given }
    }

    /// Sets what is checked, and checks the folder. Backup Manager's own files in it are checked when they are opened.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn trusted(self, trust: Trust) -> io::Result<Self> {
        let folder = Self { trust, ..self };
        folder.check().map(|()| folder)
    }

    /// Checks the owner and the mode that the folder has now.
    ///
    /// # Errors
    /// As [`Trust::check`].
    pub(crate) fn check(&self) -> io::Result<()> {
        self.trust.check(Role::Folder, &self.handle)
    }

    /// Returns a second handle for the same folder.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        let (path, trust) = (self.path.clone(), self.trust.clone());
        Ok(Self { handle: self.handle.try_clone()?, path, trust })
    }

    /// Opens one of Backup Manager's own folders in this one, and checks it. A symbolic link is refused.
    pub(crate) fn open_own(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let seen = self.stat(&name)?.ok_or(Errno::NOENT)?;
        if FileType::from_raw_mode(seen.st_mode) == FileType::Symlink {
            return Err(refused("it is a symbolic link, and must be a folder"));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(&self.handle, name.as_ref(), flags, Mode::empty())?;
        let opened = Self { handle: handle.into(), path: self.path_of(name), trust: self.trust.clone() };
        opened.check().map(|()| opened)
    }

    /// Opens one of Backup Manager's own folders in this one, and creates it if it is missing.
    ///
    /// Only its owner may enter a new one.
    ///
    /// Promises: its name is durable when this returns. If the process that created the folder died before that, the
    /// folder is still empty, because nothing is put into it earlier. So an empty folder is synced again.
    pub(crate) fn make_own(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let is_new = match mkdirat(&self.handle, name.as_ref(), Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let folder = self.open_own(name)?;
        if is_new || folder.is_empty()? {
            self.sync()?;
        }
        Ok(folder)
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the metadata of the folder itself.
    pub(crate) fn own_stat(&self) -> io::Result<Stat> {
        Ok(rustix::fs::fstat(&self.handle)?)
    }

    /// Returns the path of a name in the folder, for messages.
    pub(crate) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// Opens a regular file in the folder. Never follows a symbolic link, and never waits for the other end of a FIFO.
    ///
    /// # Errors
    /// [Refused](refused) if it is not a regular file; any failure to open it.
    pub(crate) fn open_file(&self, name: impl AsRef<OsStr>, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = openat(&self.handle, name.as_ref(), flags, PRIVATE_FILE);
        let file = File::from(opened.map_err(explained)?);
        if !file.metadata()?.is_file() {
            return Err(refused("it is not a regular file"));
        }
        Ok(file)
    }

    /// Opens one of Backup Manager's own files, and checks it. It must have no second name.
    pub(crate) fn open_own_file(&self, name: impl AsRef<OsStr>, flags: OFlags) -> io::Result<File> {
        let file = self.open_file(name, flags)?;
        self.trust.check(Role::File { most_names: 1 }, &file)?;
        Ok(file)
    }

    /// Opens one of Backup Manager's own files, and checks it. It may have the second name `spare`.
    pub(crate) fn open_own_file_or(
        &self,
        name: impl AsRef<OsStr>,
        spare: impl AsRef<OsStr>,
        flags: OFlags,
    ) -> io::Result<File> {
        let file = self.open_file(name, flags)?;
        let checked = self.trust.check(Role::File { most_names: 1 }, &file);
        if checked.is_err() && self.leads_to(spare, &file)? {
            self.trust.check(Role::File { most_names: 2 }, &file)?;
            return Ok(file);
        }
        checked.map(|()| file)
    }

    /// Opens a lock file, and creates it if it is missing.
    ///
    /// Removes other users' right to open it, because everybody who can open a file can lock it.
    pub(crate) fn open_lock(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        let file = self.open_own_file(name, OFlags::RDWR | OFlags::CREATE)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & self.trust.foreign_bits() != 0 {
            // This fails for everybody but its owner.
            let _ = file.set_permissions(Permissions::from_mode(mode & 0o7777 & !self.trust.foreign_bits()));
        }
        Ok(file)
    }

    /// Returns the metadata of a name in the folder, or `None` if there is no such name.
    pub(crate) fn stat(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Stat>> {
        lstat_at(self.as_fd(), name.as_ref())
    }

    /// Returns whether `name` is still the name of the open `file`.
    pub(crate) fn leads_to(&self, name: impl AsRef<OsStr>, file: &File) -> io::Result<bool> {
        let opened = rustix::fs::fstat(file)?;
        let named = self.stat(name)?;
        Ok(named.is_some_and(|named| is_same_file(&named, &opened)))
    }

    /// Renames a file in the folder, and replaces what has the new name.
    pub(crate) fn rename(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(renameat(&self.handle, from.as_ref(), &self.handle, to.as_ref())?)
    }

    /// Renames a file in the folder, and replaces nothing.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the new name exists; any other failure.
    pub(crate) fn rename_new(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> io::Result<()> {
        let [from, to] = [from.as_ref(), to.as_ref()].map(|name| CString::new(name.as_bytes()));
        Ok(rename_new(self.as_fd(), &from?, &to?)?)
    }

    /// Gives a file in the folder a second name (a hard link), and replaces nothing.
    pub(crate) fn link(&self, name: impl AsRef<OsStr>, more: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(linkat(&self.handle, name.as_ref(), &self.handle, more.as_ref(), AtFlags::empty())?)
    }

    /// Removes a file. Succeeds if there is none.
    pub(crate) fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        match unlinkat(&self.handle, name.as_ref(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a folder if it is empty. Succeeds if it isn't, or if there is none.
    pub(crate) fn remove_empty_dir(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        match unlinkat(&self.handle, name.as_ref(), AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether that path leads to this folder.
    ///
    /// # Errors
    /// Any failure that leaves it unknown.
    pub(crate) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let opened = rustix::fs::fstat(&self.handle)?;
        match rustix::fs::stat(path) {
            Ok(named) => Ok(is_same_file(&named, &opened)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(entries(self.as_fd())?.next().transpose()?.is_none())
    }

    /// Returns the names in the folder, in byte order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = names_in(self.handle.as_fd())?;
        names.sort_unstable();
        Ok(names)
    }
}

impl AsFd for DirHandle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// Returns the names in an open folder, in no particular order.
pub(crate) fn names_in(folder: BorrowedFd<'_>) -> io::Result<Vec<OsString>> {
    entries(folder)?.collect()
}

fn entries(folder: BorrowedFd<'_>) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
    let name = |entry: DirEntry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
    let names = Dir::read_from(folder)?.map(move |entry| Ok(entry.map(name)?));
    Ok(names.filter(|name| !name.as_ref().is_ok_and(|name| name == "." || name == "..")))
}

/// Returns an error of the kernel in plain words if it means that a name is not a regular file.
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
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use backup_core::model::error::Failure;
    use rustix::fs::mknodat;
    use tempfile::tempdir;

    use super::*;
    use crate::error::failure_of;

    fn open(path: &Path) -> DirHandle {
        DirHandle::open(path, OFlags::empty()).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn creates_a_private_folder_and_does_not_change_an_existing_one() {
        let place = tempdir().unwrap();
        let (above, path) = (open(place.path()), place.path().join("own"));
        above.make_own("own").unwrap();
        assert_eq!(mode(&path), 0o700);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o750)).unwrap();
        above.make_own("own").unwrap();
        assert_eq!(mode(&path), 0o750, "what the user chose stays");
    }

    #[test]
    fn does_not_create_missing_parents() {
        let place = tempdir().unwrap();
        let error = open(place.path()).make_own("no home/own").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn refuses_anything_but_a_folder() {
        let place = tempdir().unwrap();
        let (above, path) = (open(place.path()), place.path().join("own"));
        let cases: [(&str, &dyn Fn()); 4] = [
            ("link", &|| symlink(place.path(), &path).unwrap()),
            ("dangling link", &|| symlink("nowhere", &path).unwrap()),
            ("file", &|| fs::write(&path, "").unwrap()),
            ("FIFO", &|| mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap()),
        ];
        for (what, plant) in cases {
            plant();
            let errors = [above.make_own("own").unwrap_err(), above.open_own("own").unwrap_err()];
            assert!(errors.iter().all(|error| failure_of(error) == Failure::Refused), "{what}: {errors:?}");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn opens_only_regular_files_and_never_waits() {
        let place = tempdir().unwrap();
        let folder = open(place.path());
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
    fn stays_in_the_folder_it_opened_when_the_name_is_replaced() {
        let place = tempdir().unwrap();
        let (path, moved) = (place.path().join("own"), place.path().join("moved"));
        let folder = open(place.path()).make_own("own").unwrap();
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
    fn notices_when_a_name_leads_to_another_file() {
        let place = tempdir().unwrap();
        let folder = open(place.path());
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
