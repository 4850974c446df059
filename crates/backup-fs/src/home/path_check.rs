//! The way to a home that root works in: whoever can swap a folder or a link on it leads root somewhere else.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat};
use rustix::io::Errno;

use crate::error::located;
use crate::file::trust::{Role, Trust, refused};

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

/// The right of the group and of all others to enter a folder. An access list gives nobody more than the group's.
const OTHERS_ENTER: u32 = 0o011;

const STEP: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// How far somebody has gone.
struct Way<'a> {
    /// What is checked from the top on.
    from_top: &'a Trust,
    /// What is checked here.
    trust: Trust,
    at: OwnedFd,
    /// Where that is.
    path: PathBuf,
    /// What is still to go, the next step last.
    ahead: Vec<OsString>,
    links: usize,
}

/// Goes to the folder of that absolute path step by step. Returns what it is, and what is to be checked in it.
///
/// # Errors
/// Where somebody else could swap a step of the way, or the folder is named by a link.
pub(super) fn walk(path: &Path, from_top: &Trust) -> io::Result<(Stat, Trust)> {
    let ahead = steps(path).rev().collect();
    let (trust, path) = (from_top.clone(), PathBuf::from("/"));
    let mut way = Way { from_top, trust, at: top()?, path, ahead, links: 0 };
    while let Some(step) = way.ahead.pop() {
        let above = fstat(&way.at)?;
        way.check(Role::Above, &above)?;
        if above.st_mode & OTHERS_ENTER == 0 {
            way.trust = from_top.below_closed();
        }
        way.take(&step)?;
    }
    Ok((fstat(&way.at)?, way.trust))
}

fn top() -> io::Result<OwnedFd> {
    Ok(openat(CWD, "/", STEP, Mode::empty())?)
}

fn steps(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

impl Way<'_> {
    fn take(&mut self, step: &OsStr) -> io::Result<()> {
        let next = openat(&self.at, step, STEP, Mode::empty())?;
        let stat = fstat(&next)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            return self.follow(step, &next, &stat);
        }
        self.at = next;
        if step == ".." {
            self.path.pop();
            self.trust = self.from_top.clone();
        } else {
            self.path.push(step);
        }
        Ok(())
    }

    fn follow(&mut self, step: &OsStr, link: &OwnedFd, stat: &Stat) -> io::Result<()> {
        let target = PathBuf::from(OsString::from_vec(readlinkat(link, "", Vec::new())?.into_bytes()));
        // Nothing is left to go, so this link names the home itself.
        if self.ahead.is_empty() {
            return Err(refused(format_args!(
                "it is a symbolic link to {}: name that folder",
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
            (self.at, self.path, self.trust) = (top()?, PathBuf::from("/"), self.from_top.clone());
        }
        self.ahead.extend(steps(&target).rev());
        Ok(())
    }

    fn check(&self, role: Role, stat: &Stat) -> io::Result<()> {
        self.trust.check_stat(role, stat).map_err(|error| located(&error, &self.path))
    }
}
