//! What is said of a symbolic link that isn't followed.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use backup_core::model::restore::RestoreTarget;
use backup_core::policy::link_trust::Distrust;
use backup_core::text::printable;
use rustix::fs::Stat;

use super::{Walk, leads_to};
use crate::error::refused;
use crate::posix::owners::user_name;

impl Walk<'_> {
    pub(crate) fn foreign(
        &self,
        name: &OsStr,
        (link, stat): (&OwnedFd, &Stat),
        distrust: Distrust,
    ) -> io::Error {
        let path = shown(&self.approach.real_path().join(name));
        let owner = shown_user(stat.st_uid);
        let told = if self.target.is_some() { None } else { leads_to(link).ok() };
        let target = told.map_or_else(String::new, |target| format!(", which leads to {},", shown(&target)));
        let reason = match distrust {
            Distrust::Link => format!("belongs to {owner}"),
            Distrust::Folder(at) => {
                let steps = &self.approach.steps[..=at];
                let folder = Path::new("/").join(steps.iter().map(|step| &step.name).collect::<PathBuf>());
                let whose = self.target.map_or_else(|| format!("belongs to {owner} and "), |_| String::new());
                format!("{whose}is in {}, which others than you may change", shown(&folder))
            }
        };
        let way_out = match self.target {
            Some(target) => real_folder(target),
            None => self.real_given(),
        };
        refused(format!("the symbolic link {path}{target} {reason}{}", way_out.unwrap_or_default()))
    }

    /// Says what to name instead of the link. Nothing is done by this path.
    fn real_given(&self) -> Option<String> {
        let real = self.path.canonicalize().ok()?;
        Some(format!("; if you mean what is there, name {}", shown(&real)))
    }
}

/// Says how to restore where the links lead. Nothing is done by this path.
fn real_folder(target: &RestoreTarget) -> Option<String> {
    let path = target.path();
    let (real, above) = path.ancestors().find_map(|above| Some((above.canonicalize().ok()?, above)))?;
    let real = if real.is_file() { real.parent()?.to_owned() } else { real };
    let folder: PathBuf = real.join(path.strip_prefix(above).ok()?).components().collect();
    let over = if matches!(target, RestoreTarget::Source(_)) { " --overwrite" } else { "" };
    Some(format!("; if you want it there, name the real folder: --to {}{over}", shown(&folder)))
}

/// Somebody else may have chosen the names.
fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_bytes())
}

/// Returns the name of a user, or the number of one that this machine doesn't know.
fn shown_user(uid: u32) -> String {
    user_name(uid).ok().flatten().unwrap_or_else(|| format!("the user {uid}"))
}
