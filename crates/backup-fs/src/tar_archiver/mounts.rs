//! The mount points inside the source, as the kernel lists them.

use std::collections::HashSet;
use std::ffi::{CStr, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The mount points below a folder, at one instant.
///
/// The metadata of an entry also shows a mount. But reading it can fail, or hang if the server of a network disk is
/// gone. So it is better to know before.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    /// Paths below the folder.
    paths: HashSet<PathBuf>,
}

impl Mounts {
    /// Returns the mount points below a path without symbolic links. Returns none if the kernel's list can't be read.
    pub(super) fn below(folder: &Path) -> Self {
        Self::listed(&fs::read("/proc/self/mountinfo").unwrap_or_default(), folder)
    }

    fn listed(mountinfo: &[u8], folder: &Path) -> Self {
        let points = mountinfo.split(|byte| *byte == b'\n').filter_map(mount_point);
        let below = points.filter_map(|point| point.strip_prefix(folder).map(Path::to_owned).ok());
        Self { paths: below.filter(|path| !path.as_os_str().is_empty()).collect() }
    }

    /// Returns whether something is mounted at this path below the folder.
    pub(super) fn contains(&self, below: &Path) -> bool {
        self.paths.contains(below)
    }

    /// Returns whether any mount point has this name.
    pub(super) fn has_name(&self, name: &CStr) -> bool {
        let name = OsStr::from_bytes(name.to_bytes());
        self.paths.iter().any(|path| path.file_name() == Some(name))
    }
}

/// Returns the mount point of one line of `mountinfo`: the fifth field, in which a few bytes are written in octal.
fn mount_point(line: &[u8]) -> Option<PathBuf> {
    let field = line.split(|byte| *byte == b' ').nth(4)?;
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let escaped = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        path.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    Some(PathBuf::from(OsString::from_vec(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = b"21 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n\
        22 21 0:40 / /docs rw - tmpfs none rw\n\
        23 22 0:41 / /docs/mnt/a\\040b\\134 rw - tmpfs none rw\n\
        24 22 254:0 /f /docs/hosts rw - ext4 /dev/vda rw\n\
        25 21 0:42 / /docs2/x rw - tmpfs none rw\n\
        26 22 0:43 / /docs/\xff rw - fuse none rw\n\
        short line\n";

    fn check(folder: &str, expected: &[&[u8]]) {
        let mounts = Mounts::listed(LIST, Path::new(folder));
        let expected: HashSet<_> =
            expected.iter().map(|path| PathBuf::from(OsStr::from_bytes(path))).collect();
        assert_eq!(mounts.paths, expected, "{folder}");
    }

    #[test]
    fn finds_mounts_below_a_folder_but_not_at_it() {
        check("/docs", &[b"mnt/a b\\", b"hosts", b"\xff"]);
        check("/docs/mnt", &[b"a b\\"]);
        check("/", &[b"docs", b"docs/mnt/a b\\", b"docs/hosts", b"docs2/x", b"docs/\xff"]);
        check("/nothing", &[]);
        let mounts = Mounts::listed(LIST, Path::new("/docs"));
        assert!(mounts.contains(Path::new("mnt/a b\\")) && !mounts.contains(Path::new("mnt")));
        assert!(mounts.has_name(c"hosts") && !mounts.has_name(c"mnt"));
    }
}
