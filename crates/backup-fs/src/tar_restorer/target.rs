//! The folder that entries are restored to.
//!
//! One that doesn't exist yet is made out of sight: as `tree` in the folder `.NAME.restoring` beside it, which is its
//! owner's alone, so that nobody else reaches what isn't finished. It gets its name when everything is in it. Beside
//! `tree` stands `request`, which says what is being restored: an attempt that was ended in any way is only gone on
//! with for the same.

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::error::{Failure, PortError};
use backup_core::restore::{Existing, RestoreRequest, RestoreTarget};
use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, RenameFlags, Stat, flock, fremovexattr, fstat, mkdirat,
    open, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::holder::ACCESS_LISTS;
use super::look::look;
use super::own::Own;
use crate::failure::{port_error, refused, taken};

/// The folder that entries are restored to, opened and locked.
#[derive(Debug)]
pub(super) struct Target {
    /// The folder itself.
    pub(super) folder: OwnedFd,
    pub(super) is_hidden: bool,
    pub(super) is_continued: bool,
    path: PathBuf,
    staging: Option<Staging>,
}

/// Where a target is made out of sight.
#[derive(Debug)]
struct Staging {
    parent: OwnedFd,
    /// What the target will be called.
    name: CString,
    own_name: CString,
    folder: OwnedFd,
    /// The tree has its final name already.
    is_revealed: bool,
}

const TREE: &CStr = c"tree";
const REQUEST: &CStr = c"request";
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// More is no request of ours.
const MOST_REQUEST_BYTES: u64 = 1 << 20;

impl Target {
    /// Opens the target, and begins it where it is missing. `is_folder` says whether a source in whose place it goes is
    /// a folder; otherwise the target is the folder that it is in.
    pub(super) fn open(request: &RestoreRequest, path: &Path, own: Own) -> Result<Self, PortError> {
        let failed = |error| port_error(format!("restore to {}", path.display()), error);
        let follows = !matches!(request.target, RestoreTarget::Beside(_));
        match Self::begin(path, &request.identity).map_err(failed)? {
            Some(target) => Ok(target),
            None if request.existing == Existing::Refuse => Err(there_already(path)),
            None => Self::open_existing(path, follows, own).map_err(failed),
        }
    }

    /// Returns the target that is to be made, or was begun; `None` where there is one.
    fn begin(path: &Path, identity: &str) -> io::Result<Option<Self>> {
        let Some(name) = path.file_name() else { return Ok(None) };
        let parent_path = path.parent().unwrap_or(Path::new("/"));
        // A link that leads nowhere is something, too.
        let exists = path.symlink_metadata().is_ok();
        if !exists {
            std::fs::create_dir_all(parent_path)?;
        }
        let parent = open(parent_path, FOLDER, Mode::empty())?;
        let name = CString::new(name.as_bytes())?;
        let own_name = CString::new([b".", name.as_bytes(), b".restoring"].concat())?;
        if exists && look(parent.as_fd(), &own_name)?.is_none() {
            return Ok(None);
        }
        Staging { folder: open_own(&parent, &own_name)?, parent, name, own_name, is_revealed: false }
            .go_on(path, exists, identity)
    }

    fn open_existing(path: &Path, follows: bool, own: Own) -> io::Result<Self> {
        let flags = if follows { OFlags::empty() } else { OFlags::NOFOLLOW };
        let folder = open(path, FOLDER | flags, Mode::empty()).map_err(|errno| match errno {
            Errno::NOTDIR | Errno::LOOP => refused("it is no folder"),
            errno => errno.into(),
        })?;
        // The lock of the home is the service's: whoever took it would keep one from starting.
        if !own.is_home_itself(&folder) {
            lock(&folder)?;
        }
        Ok(Self { folder, is_hidden: false, is_continued: false, path: path.to_owned(), staging: None })
    }

    /// Gives the target its name, where it doesn't have it yet. Whoever took it meanwhile keeps it.
    pub(super) fn reveal(&mut self) -> Result<(), PortError> {
        let Some(staging) = self.staging.as_mut().filter(|staging| !staging.is_revealed) else {
            return Ok(());
        };
        let revealed = staging.reveal();
        revealed.map_err(|error| port_error(format!("make {}", self.path.display()), error))
    }

    /// Leaves nothing behind where nothing was made.
    pub(super) fn abandon(&self) {
        if let Some(staging) = &self.staging
            && unlinkat(&staging.folder, TREE, AtFlags::REMOVEDIR).is_ok()
        {
            self.tidy();
        }
    }

    /// Removes what tells of an attempt. What can't be removed does no harm.
    pub(super) fn tidy(&self) {
        if let Some(staging) = &self.staging {
            staging.tidy();
        }
    }
}

impl Staging {
    /// Goes on with what was begun, or begins. `None` where the target exists and isn't what was begun here.
    fn go_on(mut self, path: &Path, exists: bool, identity: &str) -> io::Result<Option<Target>> {
        let has_tree = look(self.folder.as_fd(), TREE)?.is_some();
        let is_same = self.request()?.as_deref() == Some(identity.as_bytes());
        match (has_tree, exists) {
            (true, _) if !is_same => return Err(self.other(path)),
            (true, true) => return Err(refused("it is there, and beside it one that isn't finished")),
            (false, true) if !is_same => {
                // All that a finished one has left, where it was ended while it tidied.
                self.tidy();
                return Ok(None);
            }
            (false, true) => {
                self.is_revealed = true;
                let folder = openat(&self.parent, &*self.name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
                return self.target(path, folder, true);
            }
            (true, false) => {}
            (false, false) => {
                self.write_request(identity)?;
                mkdirat(&self.folder, TREE, Mode::RWXU)?;
            }
        }
        let folder = openat(&self.folder, TREE, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        // What the folder above gives on by its ACL is not what the archive says.
        for list in ACCESS_LISTS {
            let _ = fremovexattr(&folder, list);
        }
        self.target(path, folder, has_tree)
    }

    fn tidy(&self) {
        let _ = unlinkat(&self.folder, REQUEST, AtFlags::empty());
        let _ = unlinkat(&self.parent, &self.own_name, AtFlags::REMOVEDIR);
    }

    fn target(self, path: &Path, folder: OwnedFd, is_continued: bool) -> io::Result<Option<Target>> {
        let is_hidden = !self.is_revealed;
        let staging = Some(self);
        Ok(Some(Target { folder, is_hidden, is_continued, path: path.to_owned(), staging }))
    }

    fn other(&self, path: &Path) -> io::Error {
        let begun = path.with_file_name(OsStr::from_bytes(self.own_name.as_bytes()));
        let begun = begun.display();
        refused(format!(
            "the restore of another archive or of other entries was begun in {begun}; finish that one (where its archive \
             is kept as an older one since then, with --generation), or remove it: rm -r {begun}"
        ))
    }

    fn request(&self) -> io::Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, REQUEST, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut text = Vec::new();
        file.take(MOST_REQUEST_BYTES).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// A half written one is that of nothing that was begun: the tree is made afterwards.
    fn write_request(&self, identity: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.folder, REQUEST, flags, Mode::RUSR | Mode::WUSR)?;
        File::from(file).write_all(identity.as_bytes())
    }

    fn reveal(&mut self) -> io::Result<()> {
        match renameat_with(&self.folder, TREE, &self.parent, &*self.name, RenameFlags::NOREPLACE) {
            // Not every file system can; a folder can't take the place of anything but an empty folder.
            Err(Errno::INVAL) => renameat(&self.folder, TREE, &self.parent, &*self.name)?,
            renamed => renamed?,
        }
        self.is_revealed = true;
        Ok(())
    }
}

/// Opens the folder of an attempt, made where it is missing. One that isn't the user's alone is somebody else's trap.
fn open_own(parent: &OwnedFd, name: &CStr) -> io::Result<OwnedFd> {
    match mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let folder =
        openat(parent, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()).map_err(|errno| match errno {
            Errno::NOTDIR | Errno::LOOP => refused(format!("{} is no folder", name.to_string_lossy())),
            errno => errno.into(),
        })?;
    let stat = fstat(&folder)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o077 != 0 {
        return Err(refused(format!("{} isn't yours alone", name.to_string_lossy())));
    }
    lock(&folder)?;
    let named = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if (named.st_dev, named.st_ino) == (stat.st_dev, stat.st_ino) { Ok(folder) } else { Err(busy()) }
}

fn there_already(path: &Path) -> PortError {
    PortError::new(Failure::Refused, format!("make {}", path.display()))
        .because("it is there already; name another with --to DIR, or add --overwrite to restore over it")
}

/// Refuses what [`Target::open`] would refuse to begin, without touching anything.
pub(super) fn refuse_existing(request: &RestoreRequest, path: &Path) -> Result<(), PortError> {
    let begun = path.file_name().map(|name| {
        let own_name = [b".", name.as_bytes(), b".restoring"].concat();
        path.with_file_name(OsStr::from_bytes(&own_name))
    });
    let exists = |path: &Path| path.symlink_metadata().is_ok();
    let is_refused = request.existing == Existing::Refuse && exists(path);
    if is_refused && !begun.is_some_and(|begun| exists(&begun)) { Err(there_already(path)) } else { Ok(()) }
}

/// Locks a folder as long as it is open. Where folders can't be locked, nobody else ever has.
fn lock(folder: &OwnedFd) -> io::Result<()> {
    match flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(busy()),
        _ => Ok(()),
    }
}

fn busy() -> io::Error {
    taken("another restore is at work there, or a service has its home there")
}

/// Returns the folder that entries go to, and the name of a source that is a single file there.
pub(super) fn place(target: &RestoreTarget, top_is_folder: bool) -> (PathBuf, Option<Vec<u8>>) {
    let path = target.path();
    match (target, path.parent(), path.file_name()) {
        (RestoreTarget::Source(_), Some(parent), Some(name)) if !top_is_folder => {
            // A link that was named as the source was followed, and is followed back.
            let real = path.canonicalize().ok();
            let real = real.as_deref().and_then(|real| Some((real.parent()?, real.file_name()?)));
            let (parent, name) = real.unwrap_or((parent, name));
            (parent.to_owned(), Some(name.as_bytes().to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

/// Returns whether that is a folder.
pub(super) fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// Opens a folder to look at, if there is one.
pub(super) fn open_to_look(path: &Path) -> io::Result<Option<OwnedFd>> {
    match open(path, FOLDER, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
