//! A file of the user's own that an archive is written to.

#![expect(clippy::unwrap_used, reason = "a test program, its helpers included")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use backup_core::model::archive::{Compression, Grade, PackReport};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{Archiver, Draft, PackRequest, SilentProgress};
use backup_fs::{Adapters, Log, OutputFile};
use tempfile::TempDir;

/// A home with the source `docs`.
struct Place {
    folder: TempDir,
    adapters: Adapters,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for path in ["docs/sub", "backups/below", "logs"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        fs::write(folder.path().join("docs/letter"), "Dear all").unwrap();
        let adapters = Adapters::open(folder.path(), Log::Manager).unwrap();
        Self { folder, adapters }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn find(&self, path: &str) -> Result<OutputFile, PortError> {
        OutputFile::find(self.adapters.home(), &self.path(path))
    }

    /// Packs `docs` into a draft of that file.
    fn pack(&self, output: &OutputFile, compression: Compression) -> (Box<dyn Draft>, PackReport) {
        let mut draft = output.begin(compression, None).unwrap();
        let archiver = self.adapters.archiver_beside(output);
        let source = self.path("docs");
        let report = archiver.pack(&PackRequest::all_of(&source), &mut *draft, &SilentProgress).unwrap();
        (draft, report)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let names = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn members(archive: &Path) -> Vec<String> {
    let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
    let entries = archive.entries().unwrap();
    entries.map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
}

#[test]
fn it_appears_whole_and_for_its_owner_alone() {
    let place = Place::new();
    for (name, compression) in [("docs/sub/a.tar", Compression::None), ("docs/sub/b", Compression::Zstd)] {
        let output = place.find(name).unwrap();
        let (draft, _) = place.pack(&output, compression);
        assert!(!place.path(name).exists());
        let record = draft.publish(Grade::Complete).unwrap();
        assert_eq!(record.file_name, place.path(name).display().to_string());
        let metadata = place.path(name).metadata().unwrap();
        assert_eq!((metadata.permissions().mode() & 0o7777, metadata.len()), (0o600, record.archive_bytes));
    }
    assert_eq!(place.names("docs/sub"), ["a.tar", "b"]);
    assert!(fs::read(place.path("docs/sub/b")).unwrap().starts_with(b"\x28\xb5\x2f\xfd"));
}

#[test]
fn what_is_being_written_is_not_in_itself() {
    let place = Place::new();
    let output = place.find("docs/sub/a.tar").unwrap();
    let (draft, report) = place.pack(&output, Compression::None);
    let found: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["sub/.a.tar.partial belongs to Backup Manager, left out"]);
    draft.publish(Grade::Complete).unwrap();
    assert_eq!(members(&place.path("docs/sub/a.tar")), ["docs/", "docs/letter", "docs/sub/"]);
}

#[test]
fn what_is_there_is_never_replaced() {
    let place = Place::new();
    fs::write(place.path("file"), "mine").unwrap();
    symlink("nowhere", place.path("dangling")).unwrap();
    symlink("file", place.path("link")).unwrap();
    for name in ["file", "dangling", "link", "docs"] {
        assert_eq!(place.find(name).unwrap_err().failure, Failure::Refused, "{name}");
    }
    // What comes meanwhile stays, too.
    let output = place.find("new.tar").unwrap();
    let (draft, _) = place.pack(&output, Compression::None);
    fs::write(place.path("new.tar"), "mine").unwrap();
    let error = draft.publish(Grade::Complete).unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "{error}");
    assert!(error.to_string().contains("new.tar") && error.to_string().contains("never replaced"), "{error}");
    assert_eq!(fs::read(place.path("new.tar")).unwrap(), b"mine");
    assert!(!output.temporary().exists());
}

#[test]
fn where_backup_manager_keeps_its_own_files_there_is_no_place() {
    let place = Place::new();
    symlink("backups/below", place.path("way")).unwrap();
    for name in
        ["backups/a.tar", "backups/below/a.tar", "way/a.tar", "docs/../logs/a.tar", "backup_schedules.txt"]
    {
        let error = place.find(name).unwrap_err();
        assert!(
            error.to_string().ends_with("keeps its own files there; choose another folder"),
            "{name}: {error}"
        );
    }
    place.find("docs/backup_schedules.txt").unwrap();
    place.find("a.tar").unwrap();
}

#[test]
fn an_impossible_place_is_reported() {
    let place = Place::new();
    let error = place.find("none/a.tar").unwrap_err();
    assert_eq!(error.failure, Failure::Missing);
    assert!(error.to_string().contains("there is no folder"), "{error}");
    for name in ["docs/", "new/", "docs/..", "docs/letter/a.tar"] {
        assert_eq!(place.find(name).unwrap_err().failure, Failure::Refused, "{name}");
    }
}

#[test]
fn a_dropped_one_leaves_nothing_and_two_at_once_are_one() {
    let place = Place::new();
    let output = place.find("a.tar").unwrap();
    let (draft, _) = place.pack(&output, Compression::None);
    let second = output.begin(Compression::None, None).map(drop).unwrap_err();
    assert_eq!(second.failure, Failure::Busy);
    drop(draft);
    assert_eq!(place.names(""), ["backups", "docs", "logs"]);
    fs::write(output.temporary(), "what a killed process left").unwrap();
    place.pack(&output, Compression::None).0.publish(Grade::Incomplete).unwrap();
    assert_eq!(place.names(""), ["a.tar", "backups", "docs", "logs"]);
}

#[test]
fn root_writes_through_no_link_of_somebody_else() {
    if !rustix::process::geteuid().is_root() {
        return backup_core::testing::skipped("only root can give a link away");
    }
    let place = Place::new();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let ann = place.path("ann");
    fs::create_dir_all(ann.join("way")).unwrap();
    for path in [ann.clone(), ann.join("way")] {
        chown(path, Some(1_234), Some(1_234)).unwrap();
    }
    symlink(place.path("docs/sub"), ann.join("link")).unwrap();
    lchown(ann.join("link"), Some(1_234), Some(1_234)).unwrap();
    let error = place.find("ann/link/a.tar").unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "{error}");
    let reason = format!("which leads to {}, belongs to the user 1234", place.path("docs/sub").display());
    assert!(error.to_string().contains(&reason), "{error}");
    // What was found is held: a link that takes its place meanwhile is not followed either.
    let output = place.find("ann/way/a.tar").unwrap();
    fs::rename(ann.join("way"), ann.join("moved")).unwrap();
    fs::rename(ann.join("link"), ann.join("way")).unwrap();
    place.pack(&output, Compression::None).0.publish(Grade::Complete).unwrap();
    assert_eq!((place.names("docs/sub"), place.names("ann/moved")), (vec![], vec!["a.tar".to_owned()]));
}
