//! The rules for what is excluded from a source.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::OnceLock;

use backup_core::model::archive::{PatternError, Selection};
use backup_core::model::error::PortError;
use ignore::gitignore::Gitignore;
use rustix::fs::FileType;

use super::mounts::Mounts;
use super::path::EntryPath;
use crate::pattern::cache_tag::is_cache;
use crate::pattern::compile::{compile_exclude, compile_patterns};
use crate::posix::disk::Disk;
use crate::posix::stat::{Meta, Place};

/// Decides what is excluded from one source. The source itself never is.
#[derive(Debug)]
pub(super) struct Selector {
    patterns: Gitignore,
    one_file_system: bool,
    exclude_caches: bool,
    /// The file system of the source, known once it was entered.
    source_place: OnceLock<Place>,
    /// The mount points in the source, if mounts are excluded.
    mounts: Mounts,
}

impl Selector {
    /// Compiles the patterns.
    pub(super) fn new(selection: &Selection) -> Result<Self, PortError> {
        let patterns = compile_exclude(&selection.exclude)?;
        let Selection { one_file_system, exclude_caches, .. } = *selection;
        let (source_place, mounts) = (OnceLock::new(), Mounts::default());
        Ok(Self { patterns, one_file_system, exclude_caches, source_place, mounts })
    }

    /// Returns the same selector for a source, whose path must be without symbolic links.
    pub(super) fn for_source(self, source: &Path) -> Self {
        let mounts = if self.one_file_system { Mounts::below(source) } else { Mounts::default() };
        Self { mounts, ..self }
    }

    /// Returns whether a pattern excludes the entry.
    ///
    /// If its kind is unknown because it has no metadata, it is excluded if it would be as a folder or as anything
    /// else.
    pub(super) fn excludes(&self, path: &EntryPath, kind: Option<FileType>) -> bool {
        if self.patterns.is_empty() || path.is_source() {
            return false;
        }
        let below = path.below_source();
        let matches = |is_folder| self.patterns.matched(below, is_folder).is_ignore();
        kind.map_or_else(|| matches(true) || matches(false), |kind| matches(kind == FileType::Directory))
    }

    /// Returns whether an entry is excluded because it, or its contents, lies on another file system than the source,
    /// or was mounted from another place of the same one.
    pub(super) fn crosses_mount(&self, entry: &Meta) -> bool {
        self.one_file_system && self.source_place.get().is_some_and(|source| entry.is_apart_from(source))
    }

    /// Returns whether an excluded mount point is known at this path.
    pub(super) fn is_mount_point(&self, path: &EntryPath) -> bool {
        self.mounts.contains(path.below_source())
    }

    /// Returns whether this may be the name of an excluded mount point.
    pub(super) fn may_be_mount_point(&self, name: &CStr) -> bool {
        self.mounts.has_name(name)
    }

    /// Returns whether an entry of that name and kind may be opened before its metadata is known.
    ///
    /// A mount point may not, and a folder may not where mounts are excluded: to open it may mount something.
    pub(super) fn may_open(&self, name: &CStr, kind: FileType) -> bool {
        !(self.may_be_mount_point(name) || self.one_file_system && kind == FileType::Directory)
    }

    /// Returns whether any entry but a reserved one may be opened, whatever its path.
    pub(super) fn takes_all(&self) -> bool {
        self.patterns.is_empty() && !self.one_file_system
    }

    /// Enters a folder, the source first. Returns whether it is a cache: only the tag of a cache is stored.
    pub(super) fn enter_folder(&self, disk: &dyn Disk, folder: BorrowedFd<'_>, meta: &Meta) -> bool {
        let is_source = self.source_place.set(meta.place()).is_ok();
        !is_source && self.exclude_caches && is_cache(disk, folder)
    }
}

/// Verifies that the patterns are valid.
pub(super) fn check(selection: &Selection) -> Result<(), PatternError> {
    // Most schedules have no patterns, and there may be very many schedules.
    if selection.exclude.is_empty() { Ok(()) } else { compile_patterns(&selection.exclude).map(drop) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::path::PathBuf;
    use std::sync::Mutex;

    use backup_core::model::archive::{FindingKind, PackReport};
    use backup_core::ports::{PackRequest, SilentProgress};
    use rustix::io::Errno;

    use super::super::TarArchiver;
    use super::*;
    use crate::pattern::cache_tag::{CACHE_SIGNATURE, CACHE_TAG};
    use crate::tar_archiver::fault_injection::{Call, FaultyDisk};

    /// Packs a folder with the file `victim` and the folder `closed`. `tamper` runs before each call.
    fn pack(
        exclude: &[&str],
        tamper: impl FnMut(Call, &CStr) -> io::Result<()> + Send,
    ) -> Result<PackReport, PortError> {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("victim"), "x").unwrap();
        fs::create_dir(home.path().join("closed")).unwrap();
        fs::write(home.path().join("closed/inner"), "x").unwrap();
        let exclude = exclude.iter().map(ToString::to_string).collect();
        let selection = Selection { exclude, ..Selection::default() };
        let request = PackRequest::selected(home.path(), &selection);
        let disk = FaultyDisk::new(tamper);
        TarArchiver::default().pack_from(&disk, &request, &mut io::sink(), &SilentProgress)
    }

    #[test]
    fn excluded_entries_are_never_opened() {
        let calls = Mutex::new(Vec::new());
        let note = |call, name: &CStr| {
            calls.lock().unwrap().push((call, name.to_owned()));
            Ok(())
        };
        let report = pack(&["victim", "closed/"], note).unwrap();
        assert_eq!((report.entries, report.excluded_entries), (1, 2));
        let calls = calls.into_inner().unwrap();
        let at_excluded = |(_, name): &&(Call, std::ffi::CString)| {
            [c"victim", c"closed", c"inner"].contains(&name.as_c_str())
        };
        let seen: Vec<_> = calls.iter().filter(at_excluded).map(|(call, _)| *call).collect();
        assert_eq!(seen, [Call::Stat, Call::Stat], "{calls:?}");
    }

    #[test]
    fn excluded_entries_need_not_be_readable() {
        let fail = |call, name: &CStr| match (call, name.to_bytes()) {
            (Call::Stat, b"victim" | b"closed") => Err(Errno::ACCESS.into()),
            _ => Ok(()),
        };
        for (exclude, unreadable, excluded) in [
            (&[][..], 2, 0),
            (&["victim"], 1, 1),
            // An entry without metadata may be a folder.
            (&["closed/"], 1, 1),
            (&["/*"], 0, 2),
            (&["*", "!closed"], 1, 1),
        ] {
            let report = pack(exclude, fail).unwrap();
            let counts = (report.unreadable_entries, report.excluded_entries);
            assert_eq!(counts, (unreadable, excluded), "{exclude:?}");
            assert!(!report.findings.iter().any(|finding| finding.kind == FindingKind::Excluded));
        }
    }

    #[test]
    fn an_unreadable_cache_tag_excludes_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("cache")).unwrap();
        fs::write(home.path().join("cache/CACHEDIR.TAG"), CACHE_SIGNATURE).unwrap();
        fs::write(home.path().join("cache/object"), "x").unwrap();
        let selection = Selection { exclude_caches: true, ..Selection::default() };
        let request = PackRequest::selected(home.path(), &selection);
        for (call, excluded) in [(None, 1), (Some(Call::Open), 0), (Some(Call::Read), 0)] {
            let mut turns = 0;
            let disk = FaultyDisk::new(|now, name| {
                let is_it = Some(now) == call && name == CACHE_TAG;
                turns += usize::from(is_it);
                if is_it && turns == 1 { Err(Errno::IO.into()) } else { Ok(()) }
            });
            let report =
                TarArchiver::default().pack_from(&disk, &request, &mut io::sink(), &SilentProgress).unwrap();
            assert_eq!(report.excluded_entries, excluded, "{call:?}");
            assert_eq!(report.unreadable_entries, 0, "{call:?}");
        }
    }

    #[test]
    fn the_source_is_never_excluded() {
        let selection =
            Selection { exclude: vec!["*".to_owned(), "docs".to_owned()], ..Selection::default() };
        let selector = Selector::new(&selection).unwrap();
        let mut path = EntryPath::new(b"docs");
        assert!(!selector.excludes(&path, Some(FileType::Directory)));
        assert!(!selector.excludes(&path, None));
        path.push(c"docs");
        assert!(selector.excludes(&path, Some(FileType::Directory)));
        assert_eq!(path.below_source(), PathBuf::from(Path::new("docs")));
    }
}
