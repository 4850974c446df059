//! The error message about a symbolic link that is not followed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::restore::RestoreTarget;
use backup_core::policy::link_trust::Distrust;
use backup_core::text::printable;
use rustix::fs::Stat;

use super::Resolver;
use crate::error::refused;
use crate::posix::owners::user_name;
use crate::posix::path_steps::link_target;

impl Resolver<'_> {
    /// Returns the error that refuses a symbolic link, with the reason and what to do instead.
    pub(crate) fn foreign(
        &self,
        name: &OsStr,
        (link, stat): (&OwnedFd, &Stat),
        distrust: Distrust,
    ) -> io::Error {
        let path = shown(&self.resolved.real_path().join(name));
        let owner = shown_user(stat.st_uid);
        let link_target = if self.target.is_some() { None } else { link_target(link).ok() };
        let target =
            link_target.map_or_else(String::new, |target| format!(", which leads to {},", shown(&target)));
        let reason = match distrust {
            Distrust::Link => format!("belongs to {owner}"),
            Distrust::Folder(at) => {
                let steps = &self.resolved.steps[..=at];
                let folder = Path::new("/").join(steps.iter().map(|step| &step.name).collect::<PathBuf>());
                let ownership =
                    self.target.map_or_else(|| format!("belongs to {owner} and "), |_| String::new());
                format!("{ownership}is in {}, which other users may change", shown(&folder))
            }
        };
        let advice = match self.target {
            Some(target) => real_folder(target),
            None => self.real_given(),
        };
        refused(format!("the symbolic link {path}{target} {reason}{}", advice.unwrap_or_default()))
    }

    /// Returns the advice to give the real path instead of the link. That path is only shown, never opened.
    fn real_given(&self) -> Option<String> {
        let real = self.path.canonicalize().ok()?;
        Some(format!("; if you mean that place, give its real path: {}", shown(&real)))
    }
}

/// Returns the advice on how to restore to the place that the links lead to. That path is only shown, never opened.
fn real_folder(target: &RestoreTarget) -> Option<String> {
    let path = target.path();
    let (real, above) = path.ancestors().find_map(|above| Some((above.canonicalize().ok()?, above)))?;
    let real = if real.is_file() { real.parent()?.to_owned() } else { real };
    let folder: PathBuf = real.join(path.strip_prefix(above).ok()?).components().collect();
    let over = if matches!(target, RestoreTarget::Source(_)) { " --overwrite" } else { "" };
    Some(format!("; to restore to that place, give the real folder: --to {}{over}", shown(&folder)))
}

/// Returns a path, safe to print: somebody else may have chosen its names.
fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_bytes())
}

/// Returns the name of a user, or the number if this machine doesn't know the user.
fn shown_user(uid: u32) -> String {
    user_name(uid).ok().flatten().unwrap_or_else(|| format!("the user {uid}"))
}
