//! Path resolution for the target of a restore: one name at a time, with each folder held open.
//!
//! Why root can't be led astray: a path may go through folders of other users, who can swap any name in them at any
//! time. So the kernel never gets a whole path. Each name is opened in the folder that was opened before. A symbolic
//! link is read, and followed only if [`distrust`] has nothing against it. Nothing that was passed is opened by its path
//! again.

pub(crate) mod given;
mod refusal;

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::restore::{Links, RestoreTarget};
use backup_core::policy::link_trust::{FolderRights, distrust};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, mkdirat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::dir_stack::moved;
use super::path_steps::{MOST_LINKS, PASSED, link_target, root, steps};
use super::stat::is_same_file;
use crate::error::refused;

/// The resolved path to a target, as far as it exists.
#[derive(Debug)]
pub(crate) struct ResolvedPath {
    /// The folders of the path, down to the last one that exists. None of them is a symbolic link.
    steps: Vec<Step>,
    /// The last folder that exists.
    folder: OwnedFd,
    /// The folder above it, if it is still open.
    above: Option<OwnedFd>,
    /// The rest of the path: names that don't exist.
    missing: Vec<OsString>,
    /// The last name of the path, if something that is not a folder has it.
    other: Option<OsString>,
}

#[derive(Debug)]
struct Step {
    name: OsString,
    stat: Stat,
}

impl ResolvedPath {
    /// Resolves the path of the folder that entries are restored to.
    ///
    /// `is_folder` says whether the archive's source was a folder. A file that goes back to its place is restored to
    /// the folder that holds it. Then the file's name is returned as well.
    pub(crate) fn of_target(
        target: &RestoreTarget,
        links: Links,
        is_folder: bool,
    ) -> io::Result<(Self, Option<OsString>)> {
        let mut resolved = Resolver::begin(target.path(), Some(target), links)?.run()?;
        let is_file = matches!(target, RestoreTarget::Source(_)) && !is_folder;
        let name = if is_file { resolved.go_up()? } else { None };
        Ok((resolved, name))
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

    /// Opens the target for reading.
    ///
    /// # Errors
    /// [Refused](refused) if it is not a folder; any failure to open it.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        if self.other.is_some() {
            return Err(refused("it is not a folder"));
        }
        Ok(openat(&self.folder, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// Returns the folder that holds the target, or will hold it, and the target's name there.
    ///
    /// Returns `None` for the root, and if that folder doesn't exist either.
    pub(crate) fn place(&self) -> io::Result<Option<(OwnedFd, CString)>> {
        let (folder, name) = match (&self.other, &self.missing[..], self.steps.last()) {
            (Some(name), ..) | (None, [name], _) => (self.folder.try_clone()?, name),
            (None, [], Some(step)) => (self.above()?, &step.name),
            _ => return Ok(None),
        };
        Ok(Some((folder, CString::new(name.as_bytes())?)))
    }

    /// Creates the missing folders above the target.
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

    /// Returns the existing folders of the path, without the root.
    pub(crate) fn passed(&self) -> impl DoubleEndedIterator<Item = &Stat> {
        self.steps.iter().map(|step| &step.stat)
    }

    /// Returns each folder of the path together with the name that follows it, whether or not that name exists.
    pub(crate) fn turns(&self) -> impl Iterator<Item = (&Stat, &OsString)> {
        let next = self.missing.first().or(self.other.as_ref());
        let names = self.steps.iter().skip(1).map(|step| &step.name).chain(next);
        self.steps.iter().map(|step| &step.stat).zip(names)
    }

    /// Returns whether the target exists and is a folder.
    pub(crate) fn is_at_folder(&self) -> bool {
        self.exists() && self.other.is_none()
    }

    /// Goes to the folder that holds the target, and returns the target's name there. The root has no name.
    fn go_up(&mut self) -> io::Result<Option<OsString>> {
        if let Some(name) = self.other.take().or_else(|| self.missing.pop()) {
            return Ok(Some(name));
        }
        let above = self.above()?;
        let Some(step) = self.steps.pop() else { return Ok(None) };
        (self.folder, self.above) = (above, None);
        Ok(Some(step.name))
    }

    fn go_down(&mut self, name: OsString, below: OwnedFd) -> io::Result<()> {
        let stat = fstat(&below)?;
        self.steps.push(Step { name, stat });
        self.above = Some(std::mem::replace(&mut self.folder, below));
        Ok(())
    }

    /// Opens the folder above.
    ///
    /// # Errors
    /// [`moved`] if it is not the folder that was passed.
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
        if is_same_file(&fstat(&above)?, &expected) { Ok(above) } else { Err(moved()) }
    }
}

/// The resolution of one path.
struct Resolver<'t> {
    path: &'t Path,
    /// The target of the restore, or `None` if the path is for something else.
    target: Option<&'t RestoreTarget>,
    links: Links,
    resolved: ResolvedPath,
    /// The names that are still to be resolved. The next one is the last.
    remaining: Vec<OsString>,
    followed_links: usize,
}

impl<'t> Resolver<'t> {
    fn begin(path: &'t Path, target: Option<&'t RestoreTarget>, links: Links) -> io::Result<Self> {
        let (steps, missing) = (Vec::new(), Vec::new());
        let resolved = ResolvedPath { steps, folder: root()?, above: None, missing, other: None };
        let mut resolver = Self { path, target, links, resolved, remaining: Vec::new(), followed_links: 0 };
        resolver.add_names(path);
        Ok(resolver)
    }

    fn run(mut self) -> io::Result<ResolvedPath> {
        while let Some(name) = self.remaining.pop() {
            self.step(name)?;
        }
        Ok(self.resolved)
    }

    /// Adds the names of a path to those that are still to be resolved.
    fn add_names(&mut self, path: &Path) {
        self.remaining.extend(steps(path).rev());
    }

    fn step(&mut self, name: OsString) -> io::Result<()> {
        if name == ".." {
            return if self.resolved.missing.is_empty() {
                self.resolved.go_up().map(drop)
            } else {
                Err(Errno::NOENT.into())
            };
        }
        if !self.resolved.missing.is_empty() {
            self.resolved.missing.push(name);
            return Ok(());
        }
        match openat(&self.resolved.folder, &name, PASSED, Mode::empty()) {
            Ok(below) => self.resolved.go_down(name, below),
            Err(Errno::NOENT) => {
                self.resolved.missing.push(name);
                Ok(())
            }
            // A symbolic link is not a folder either.
            Err(Errno::NOTDIR | Errno::LOOP) => self.not_a_folder(name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn not_a_folder(&mut self, name: OsString) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let located = openat(&self.resolved.folder, &name, flags, Mode::empty())?;
        let stat = fstat(&located)?;
        let (is_link, is_last) =
            (FileType::from_raw_mode(stat.st_mode) == FileType::Symlink, self.remaining.is_empty());
        let may_be_last = !matches!(self.target, Some(RestoreTarget::Beside(_)));
        match (is_link, is_last) {
            (true, _) if !is_last || may_be_last => self.follow(&name, &located, &stat),
            (_, true) => {
                self.resolved.other = Some(name);
                Ok(())
            }
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    fn follow(&mut self, name: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        self.refuse_foreign(name, link, stat)?;
        self.followed_links += 1;
        if self.followed_links > MOST_LINKS {
            return Err(Errno::LOOP.into());
        }
        let target = link_target(link)?;
        if target.is_absolute() {
            self.resolved.steps.clear();
            (self.resolved.folder, self.resolved.above) = (root()?, None);
        }
        self.add_names(&target);
        Ok(())
    }

    fn refuse_foreign(&self, name: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        if self.links == Links::All {
            return Ok(());
        }
        let rights = |step: &Step| FolderRights { owner: step.stat.st_uid, mode: step.stat.st_mode & 0o7777 };
        let above: Vec<_> = self.resolved.steps.iter().map(rights).collect();
        match distrust(geteuid().as_raw(), stat.st_uid, &above) {
            None => Ok(()),
            Some(distrust) => Err(self.foreign(name, (link, stat), distrust)),
        }
    }
}
