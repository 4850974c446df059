//! Path check for a home that root opens: nobody else may own or change a folder or a link in its path.
//!
//! Whoever can swap one of them could lead root to another folder.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;

use crate::error::{located, untrusted};
use crate::file::trust::{Role, Trust};
use crate::posix::path_steps::{MOST_LINKS, link_target, root, steps};

/// The permission bits that let others enter a folder. An ACL gives nobody more than the bit of the group.
const OTHERS_ENTER: u32 = 0o011;

/// The flags for opening one step of a path.
const STEP: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The state of a walk along a path.
struct Walk<'a> {
    /// The check at the root folder.
    root_trust: &'a Trust,
    /// The check at the current folder.
    trust: Trust,
    folder: OwnedFd,
    /// The path of the current folder.
    path: PathBuf,
    /// The steps that remain. The next one is the last.
    remaining: Vec<OsString>,
    links: usize,
}

/// Walks to the folder at that absolute path, and checks each step. Returns the folder's metadata and the check for it.
///
/// # Errors
/// - [`PermissionDenied`](io::ErrorKind::PermissionDenied): somebody else could swap a step, or the path ends with a
///   symbolic link.
/// - Any failure to open a step.
pub(super) fn walk(path: &Path, root_trust: &Trust) -> io::Result<(Stat, Trust)> {
    let remaining = steps(path).rev().collect();
    let (trust, path) = (root_trust.clone(), PathBuf::from("/"));
    let mut walk = Walk { root_trust, trust, folder: root()?, path, remaining, links: 0 };
    while let Some(step) = walk.remaining.pop() {
        let above = fstat(&walk.folder)?;
        walk.check(Role::Above, &above)?;
        if above.st_mode & OTHERS_ENTER == 0 {
            walk.trust = root_trust.below_closed();
        }
        walk.step_into(&step)?;
    }
    Ok((fstat(&walk.folder)?, walk.trust))
}

impl Walk<'_> {
    fn step_into(&mut self, step: &OsStr) -> io::Result<()> {
        let next = openat(&self.folder, step, STEP, Mode::empty())?;
        let stat = fstat(&next)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            return self.follow(step, &next, &stat);
        }
        self.folder = next;
        if step == ".." {
            self.path.pop();
            self.trust = self.root_trust.clone();
        } else {
            self.path.push(step);
        }
        Ok(())
    }

    fn follow(&mut self, step: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        let target = link_target(link)?;
        // This is the last step, so the link is the home itself.
        if self.remaining.is_empty() {
            return Err(untrusted(format!(
                "it is a symbolic link to {}: give that folder instead",
                target.display()
            )));
        }
        self.path.push(step);
        self.check(Role::Link, stat)?;
        self.path.pop();
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::LOOP.into());
        }
        if target.is_absolute() {
            (self.folder, self.path, self.trust) = (root()?, PathBuf::from("/"), self.root_trust.clone());
        }
        self.remaining.extend(steps(&target).rev());
        Ok(())
    }

    fn check(&self, role: Role, stat: &Stat) -> io::Result<()> {
        self.trust.check_stat(role, stat).map_err(|error| located(&error, &self.path))
    }
}
