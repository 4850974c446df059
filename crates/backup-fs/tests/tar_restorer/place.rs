//! A place to restore in, with a sentinel beside the target that nothing may change.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use backup_core::model::archive::Selection;
use backup_core::model::error::PortError;
use backup_core::model::restore::Links;
use backup_core::model::restore::{IfExists, RestoreJob, RestoreReport, RestoreTarget};
use backup_core::ports::{Archiver, PackRequest, SilentProgress};
use backup_fs::TarArchiver;
use tempfile::TempDir;

use crate::tree::{Tree, make_writable, see};
use crate::way::restore;

/// A folder with `outside` and, in the end, `target`.
pub(crate) struct Place {
    home: TempDir,
    outside: (Tree, Vec<(i64, i64, u64)>),
}

impl Place {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let outside = home.path().join("outside");
        fs::create_dir_all(outside.join("folder")).unwrap();
        fs::write(outside.join("file"), "sentinel").unwrap();
        fs::write(outside.join("folder/file"), "sentinel").unwrap();
        symlink("file", outside.join("link")).unwrap();
        let mut place = Self { home, outside: (Tree::new(), Vec::new()) };
        place.outside = place.look_outside();
        place
    }

    pub(crate) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.home.path().join(name.as_ref())
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.path("target")
    }

    /// Restores everything into the new folder `target`.
    pub(crate) fn restore(&self, archive: &[u8]) -> Result<RestoreReport, PortError> {
        self.restore_as(archive, &self.request())
    }

    pub(crate) fn restore_as(
        &self,
        archive: &[u8],
        request: &RestoreJob,
    ) -> Result<RestoreReport, PortError> {
        restore(archive, request, &SilentProgress)
    }

    pub(crate) fn request(&self) -> RestoreJob {
        RestoreJob {
            target: RestoreTarget::Beside(self.target()),
            chosen: Vec::new(),
            links: Links::Trusted,
            existing: IfExists::Refuse,
            keep_setuid: true,
            identity: "an archive\n".to_owned(),
            home: self.path("no home"),
            selection: Selection::default(),
            digests: false,
        }
    }

    /// Makes sure that nothing beside the target changed: no contents, no names, no times, nothing new.
    #[track_caller]
    pub(crate) fn assert_nothing_outside(&self, what: &str) {
        assert!(self.look_outside() == self.outside, "{what}: something outside the target changed");
        for name in self.names(self.home.path()) {
            assert!(["outside", "target", "source"].contains(&&name[..]), "{what}: made {name}");
        }
    }

    fn look_outside(&self) -> (Tree, Vec<(i64, i64, u64)>) {
        let tree = see(self.home.path(), "outside");
        let stats = tree.keys().map(|path| {
            let meta = fs::symlink_metadata(self.path(OsStr::from_bytes(path))).unwrap();
            (meta.ctime(), meta.ctime_nsec(), meta.nlink())
        });
        let stats = stats.collect();
        (tree, stats)
    }

    pub(crate) fn names(&self, folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Returns what was restored, as a tree with the name that its source had.
    pub(crate) fn see_target(&self) -> Tree {
        renamed(see(self.home.path(), "target"), b"target", b"docs")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        make_writable(self.home.path());
    }
}

pub(crate) fn pack(source: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    TarArchiver::default().pack(&PackRequest::all_of(source), &mut bytes, &SilentProgress).unwrap();
    bytes
}

/// Returns the tree with another name at its top.
pub(crate) fn renamed(tree: Tree, from: &[u8], to: &[u8]) -> Tree {
    let rename = |path: &[u8]| [to, path.strip_prefix(from).unwrap()].concat();
    let rename_all = |(path, mut seen): (Vec<u8>, crate::tree::Seen)| {
        seen.first_name = rename(&seen.first_name);
        (rename(&path), seen)
    };
    tree.into_iter().map(rename_all).collect()
}

/// Returns what was found, a line each.
pub(crate) fn said(report: &RestoreReport) -> Vec<String> {
    let mut said: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    said.sort();
    said
}
