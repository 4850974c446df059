//! The way to the target: gone one name at a time, each folder held by a descriptor.
//!
//! Whoever restores as root may be led through folders of somebody else, who can exchange any name in them at any time. So
//! no path is given to the kernel: each name is opened in the folder that was opened before, a symbolic link is read
//! and followed only where `distrust` lets it be, and nothing on the way is opened by its path again.

pub(crate) mod given;
mod refusal;

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use backup_core::model::restore::{Links, RestoreTarget};
use backup_core::policy::link_trust::{FolderRights, distrust};
use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, mkdirat, openat, readlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::dir_stack::moved;
use crate::error::refused;

/// The way to a target, as far as it exists.
#[derive(Debug)]
pub(crate) struct Approach {
    /// The folders that lead to the last one that exists, without symbolic links.
    steps: Vec<Step>,
    /// The last folder that exists.
    folder: OwnedFd,
    /// The one above it, where it was passed just before.
    above: Option<OwnedFd>,
    /// The names below that don't exist.
    missing: Vec<OsString>,
    /// What has the target's name there and is no folder.
    other: Option<OsString>,
}

#[derive(Debug)]
struct Step {
    name: OsString,
    stat: Stat,
}

/// A folder that is only passed: to search it is enough.
const PASSED: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The kernel follows as many.
const MOST_LINKS: usize = 40;

impl Approach {
    /// Goes to the folder that entries are restored to. `is_folder` says whether the archive's source was one; where it was
    /// a file that goes back to its place, the target is the folder of that, and the file's name is returned.
    pub(crate) fn to(
        target: &RestoreTarget,
        links: Links,
        is_folder: bool,
    ) -> io::Result<(Self, Option<OsString>)> {
        let mut approach = Walk::begin(target.path(), Some(target), links)?.run()?;
        let is_file = matches!(target, RestoreTarget::Source(_)) && !is_folder;
        let name = if is_file { approach.go_up()? } else { None };
        Ok((approach, name))
    }

    /// Returns the path of the target without symbolic links.
    pub(crate) fn real_path(&self) -> PathBuf {
        let names = self.steps.iter().map(|step| &step.name).chain(&self.missing).chain(&self.other);
        Path::new("/").join(names.collect::<PathBuf>())
    }

    /// Returns whether something has the target's name.
    pub(crate) fn exists(&self) -> bool {
        self.missing.is_empty()
    }

    /// Returns the target, opened for reading, where it is a folder.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        if self.other.is_some() {
            return Err(refused("it is no folder"));
        }
        Ok(openat(&self.folder, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// Returns the folder that the target is in or is to be in, and its name there; `None` for the root, and where the
    /// folder above isn't there either.
    pub(crate) fn place(&self) -> io::Result<Option<(OwnedFd, CString)>> {
        let (folder, name) = match (&self.other, &self.missing[..], self.steps.last()) {
            (Some(name), ..) | (None, [name], _) => (self.folder.try_clone()?, name),
            (None, [], Some(step)) => (self.above()?, &step.name),
            _ => return Ok(None),
        };
        Ok(Some((folder, CString::new(name.as_bytes())?)))
    }

    /// Makes the folders above the target that are missing.
    pub(crate) fn make_parents(&mut self) -> io::Result<()> {
        while self.missing.len() > 1 {
            let name = self.missing.remove(0);
            match mkdirat(&self.folder, &name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
            let below = openat(&self.folder, &name, PASSED, Mode::empty())?;
            self.go_down(name, below)?;
        }
        Ok(())
    }

    /// Returns the folders on the way, but for the root, the last one that exists included.
    pub(crate) fn passed(&self) -> impl DoubleEndedIterator<Item = &Stat> {
        self.steps.iter().map(|step| &step.stat)
    }

    /// Returns each folder on the way with the name that the way takes from there, whether or not that name exists.
    pub(crate) fn turns(&self) -> impl Iterator<Item = (&Stat, &OsString)> {
        let next = self.missing.first().or(self.other.as_ref());
        let names = self.steps.iter().skip(1).map(|step| &step.name).chain(next);
        self.steps.iter().map(|step| &step.stat).zip(names)
    }

    /// Returns whether the target is there and is a folder.
    pub(crate) fn is_at_folder(&self) -> bool {
        self.exists() && self.other.is_none()
    }

    /// Goes to the folder that the target is in, and returns the target's name there.
    fn go_up(&mut self) -> io::Result<Option<OsString>> {
        if let Some(name) = self.other.take().or_else(|| self.missing.pop()) {
            return Ok(Some(name));
        }
        let above = self.above()?;
        let Some(left) = self.steps.pop() else { return Ok(None) };
        (self.folder, self.above) = (above, None);
        Ok(Some(left.name))
    }

    fn go_down(&mut self, name: OsString, below: OwnedFd) -> io::Result<()> {
        let stat = fstat(&below)?;
        self.steps.push(Step { name, stat });
        self.above = Some(std::mem::replace(&mut self.folder, below));
        Ok(())
    }

    /// Opens the folder above, which has to be the one that was passed.
    fn above(&self) -> io::Result<OwnedFd> {
        if let Some(above) = &self.above {
            return above.try_clone();
        }
        let above = openat(&self.folder, c"..", PASSED, Mode::empty())?;
        let expected = match self.steps.len() {
            0 => return Ok(above),
            1 => fstat(root()?)?,
            steps => self.steps[steps - 2].stat,
        };
        let stat = fstat(&above)?;
        if (stat.st_dev, stat.st_ino) == (expected.st_dev, expected.st_ino) {
            Ok(above)
        } else {
            Err(moved())
        }
    }
}

fn root() -> io::Result<OwnedFd> {
    Ok(openat(CWD, c"/", PASSED, Mode::empty())?)
}

/// The way while it is gone.
struct Walk<'t> {
    path: &'t Path,
    /// What is restored to; none where the path is for something else.
    target: Option<&'t RestoreTarget>,
    links: Links,
    approach: Approach,
    /// The names that are left, the next one last.
    left: Vec<OsString>,
    followed: usize,
}

impl<'t> Walk<'t> {
    fn begin(path: &'t Path, target: Option<&'t RestoreTarget>, links: Links) -> io::Result<Self> {
        let (steps, missing) = (Vec::new(), Vec::new());
        let approach = Approach { steps, folder: root()?, above: None, missing, other: None };
        let mut walk = Self { path, target, links, approach, left: Vec::new(), followed: 0 };
        walk.lead(path);
        Ok(walk)
    }

    fn run(mut self) -> io::Result<Approach> {
        while let Some(name) = self.left.pop() {
            self.step(name)?;
        }
        Ok(self.approach)
    }

    /// Takes in the names of a path.
    fn lead(&mut self, path: &Path) {
        let names = path.components().rev().filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        });
        self.left.extend(names);
    }

    fn step(&mut self, name: OsString) -> io::Result<()> {
        if name == ".." {
            return if self.approach.missing.is_empty() {
                self.approach.go_up().map(drop)
            } else {
                Err(Errno::NOENT.into())
            };
        }
        if !self.approach.missing.is_empty() {
            self.approach.missing.push(name);
            return Ok(());
        }
        match openat(&self.approach.folder, &name, PASSED, Mode::empty()) {
            Ok(below) => self.approach.go_down(name, below),
            Err(Errno::NOENT) => {
                self.approach.missing.push(name);
                Ok(())
            }
            // A symbolic link, too, is no folder.
            Err(Errno::NOTDIR | Errno::LOOP) => self.no_folder(name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn no_folder(&mut self, name: OsString) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let located = openat(&self.approach.folder, &name, flags, Mode::empty())?;
        let stat = fstat(&located)?;
        let (is_link, is_last) =
            (FileType::from_raw_mode(stat.st_mode) == FileType::Symlink, self.left.is_empty());
        let may_be_last = !matches!(self.target, Some(RestoreTarget::Beside(_)));
        match (is_link, is_last) {
            (true, _) if !is_last || may_be_last => self.follow(&name, &located, &stat),
            (_, true) => {
                self.approach.other = Some(name);
                Ok(())
            }
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    fn follow(&mut self, name: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        self.refuse_foreign(name, link, stat)?;
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return Err(Errno::LOOP.into());
        }
        let target = leads_to(link)?;
        if target.is_absolute() {
            self.approach.steps.clear();
            (self.approach.folder, self.approach.above) = (root()?, None);
        }
        self.lead(&target);
        Ok(())
    }

    fn refuse_foreign(&self, name: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        if self.links == Links::All {
            return Ok(());
        }
        let rights = |step: &Step| FolderRights { owner: step.stat.st_uid, mode: step.stat.st_mode & 0o7777 };
        let above: Vec<_> = self.approach.steps.iter().map(rights).collect();
        match distrust(geteuid().as_raw(), stat.st_uid, &above) {
            None => Ok(()),
            Some(distrust) => Err(self.foreign(name, (link, stat), distrust)),
        }
    }
}

/// Returns what is written in a symbolic link.
fn leads_to(link: &OwnedFd) -> io::Result<PathBuf> {
    Ok(PathBuf::from(OsString::from_vec(readlinkat(link, c"", Vec::new())?.into_bytes())))
}
