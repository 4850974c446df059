//! A folder opened once, and everything that is done in it by descriptor: no link on the way can be swapped in.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, linkat, mkdirat, openat, renameat, unlinkat,
};
use rustix::io::Errno;

use super::trust::{Role, Trust};
use crate::error::refused;
use crate::posix::rename_new::rename_new;
use crate::posix::stat::lstat_at;

/// Read and write for the owner alone.
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

/// An open folder, with its path for messages.
#[derive(Debug)]
pub(crate) struct DirHandle {
    handle: File,
    path: PathBuf,
    trust: Trust,
}

impl DirHandle {
    /// Opens any folder; a symbolic link is followed unless `flags` say otherwise.
    pub(crate) fn open(path: &Path, flags: OFlags) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | flags;
        let handle = openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { handle: handle.into(), path: path.to_owned(), trust: Trust::Given })
    }

    /// Takes a folder that was opened for reading already.
    pub(crate) fn held(handle: OwnedFd, path: PathBuf) -> Self {
        Self { handle: handle.into(), path, trust: Trust::Given }
    }

    /// Returns the same folder, which is checked now, as everything of Backup Manager's own in it is when it is opened.
    pub(crate) fn trusted(self, trust: Trust) -> io::Result<Self> {
        let folder = Self { trust, ..self };
        folder.check().map(|()| folder)
    }

    /// Checks the folder as it is now.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.trust.check(Role::Folder, &self.handle)
    }

    /// Returns the same folder once more.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let (path, trust) = (self.path.clone(), self.trust.clone());
        Ok(Self { handle: self.handle.try_clone()?, path, trust })
    }

    /// Opens a folder of Backup Manager's own in this one. A symbolic link in its place is refused.
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

    /// Opens a folder of Backup Manager's own in this one, and makes it, for the owner alone, where it is missing.
    ///
    /// Its own name is durable when this returns. Whoever made the folder may have died before it was, but then it is
    /// empty still: nobody puts anything in before that.
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

    /// Opens a file of Backup Manager's own, which has no other name.
    pub(crate) fn open_own_file(&self, name: impl AsRef<OsStr>, flags: OFlags) -> io::Result<File> {
        let file = self.open_file(name, flags)?;
        self.trust.check(Role::File { most_names: 1 }, &file)?;
        Ok(file)
    }

    /// Opens a file of Backup Manager's own, which may have the name `spare` as well.
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

    /// Opens a file that is only locked, and makes it where it is missing. Takes from others the right to open it, because
    /// whoever can open a file can lock it.
    pub(crate) fn open_lock(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        let file = self.open_own_file(name, OFlags::RDWR | OFlags::CREATE)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & self.trust.foreign_bits() != 0 {
            // Only its owner can.
            let _ = file.set_permissions(Permissions::from_mode(mode & 0o7777 & !self.trust.foreign_bits()));
        }
        Ok(file)
    }

    /// Returns what a name in the folder is, or `None` if there is no such name.
    pub(crate) fn stat(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Stat>> {
        lstat_at(self.as_fd(), name.as_ref())
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

    /// Gives a file in the folder another name, which nothing may have.
    pub(crate) fn rename_new(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> io::Result<()> {
        let [from, to] = [from.as_ref(), to.as_ref()].map(|name| CString::new(name.as_bytes()));
        Ok(rename_new(self.as_fd(), &from?, &to?)?)
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

    /// Returns whether that path leads to this folder; an error where that can't be found out.
    pub(crate) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let opened = rustix::fs::fstat(&self.handle)?;
        match rustix::fs::stat(path) {
            Ok(named) => Ok((named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(false),
            Err(error) => Err(error.into()),
        }
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

impl AsFd for DirHandle {
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
    fn makes_a_private_folder_and_leaves_an_old_one_as_it_is() {
        let place = tempdir().unwrap();
        let (above, path) = (open(place.path()), place.path().join("own"));
        above.make_own("own").unwrap();
        assert_eq!(mode(&path), 0o700);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o750)).unwrap();
        above.make_own("own").unwrap();
        assert_eq!(mode(&path), 0o750, "what the user chose stays");
    }

    #[test]
    fn makes_no_folders_on_the_way() {
        let place = tempdir().unwrap();
        let error = open(place.path()).make_own("no home/own").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn refuses_what_is_no_folder() {
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
    fn opens_regular_files_only_and_waits_for_none() {
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
    fn works_in_the_folder_it_opened_wherever_its_name_leads_by_now() {
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
    fn knows_whether_a_name_still_leads_to_a_file() {
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
