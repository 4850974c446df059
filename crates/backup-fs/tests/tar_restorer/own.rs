//! Backup Manager's own files, and previews that say what then happens.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use backup_core::model::error::{Failure, PortError};
use backup_core::model::restore::{IfExists, RestoreJob, RestorePreview, RestoreReport, RestoreTarget};
use backup_core::ports::Restorer as _;
use backup_core::ports::SilentProgress;
use backup_fs::TarRestorer;

use crate::place::{Place, pack};

/// Makes a home in `target/home` and packs a source with one in it, whose files are all other.
fn evil(place: &Place) -> Vec<u8> {
    for (folder, contents) in [("source/docs/home", "evil"), ("target/home", "mine")] {
        let home = place.path(folder);
        for below in ["backups/deep", "logs", "docs"] {
            fs::create_dir_all(home.join(below)).unwrap();
        }
        for file in ["backups/docs.tar", "logs/history.jsonl", "backup_schedules.txt", "backup_service.pid"] {
            fs::write(home.join(file), contents).unwrap();
        }
        fs::write(home.join("docs/letter"), contents).unwrap();
    }
    pack(&place.path("source/docs"))
}

fn request(place: &Place, target: PathBuf) -> RestoreJob {
    let (target, home) = (RestoreTarget::Folder(target), place.path("target/home"));
    RestoreJob { target, home, existing: IfExists::Replace, ..place.request() }
}

pub(crate) fn preview(archive: &[u8], request: &RestoreJob) -> RestorePreview {
    try_preview(archive, request).unwrap()
}

pub(crate) fn try_preview(archive: &[u8], request: &RestoreJob) -> Result<RestorePreview, PortError> {
    TarRestorer.preview(&mut Cursor::new(archive.to_vec()), request, &SilentProgress)
}

/// What both say of the same.
pub(crate) fn agree(preview: &RestorePreview, report: &RestoreReport) {
    let promised = (preview.new_entries + preview.changed_entries, preview.same_entries);
    assert_eq!(promised, (report.entries, report.present_entries), "{preview:?} {report:?}");
    assert_eq!(preview.removed_file_count, report.removed_file_count);
    let said = |findings: &[backup_core::model::restore::RestoreFinding]| {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(&preview.refused), said(&report.findings));
}

#[test]
fn the_home_and_what_is_its_own_are_no_targets_by_whatever_way() {
    let place = Place::new();
    let archive = evil(&place);
    symlink(place.path("target/home/backups"), place.path("way")).unwrap();
    symlink(place.path("target/home"), place.path("home")).unwrap();
    let folders = ["target/home", "home", "way", "way/new", "home/logs", "target/home/backups/deep/a/b"];
    let files =
        ["home/backup_service.pid", "target/home/.backup_service.lock/new", "home/backup_schedules.txt"];
    for target in folders.into_iter().chain(files) {
        let request = request(&place, place.path(target));
        let refused = place.restore_as(&archive, &request).unwrap_err();
        assert_eq!(refused.failure, Failure::Refused, "{target}");
        assert!(refused.to_string().contains("keeps its own files"), "{target}: {refused}");
        let previewed = TarRestorer.preview(&mut Cursor::new(archive.clone()), &request, &SilentProgress);
        assert_eq!(previewed.unwrap_err().failure, Failure::Refused, "{target}");
    }
    assert_eq!(fs::read_to_string(place.path("target/home/backups/docs.tar")).unwrap(), "mine");
    assert_eq!(place.names(&place.path("target/home/backups")), ["deep", "docs.tar"]);
}

#[test]
fn what_would_land_on_its_own_files_is_refused_and_named() {
    let place = Place::new();
    let archive = evil(&place);
    let request = request(&place, place.target());
    let preview = preview(&archive, &request);
    let report = place.restore_as(&archive, &request).unwrap();
    for own in ["backups/docs.tar", "logs/history.jsonl", "backup_schedules.txt", "backup_service.pid"] {
        let text = fs::read_to_string(place.path("target/home").join(own)).unwrap();
        assert_eq!(text, "mine", "{own}");
    }
    assert_eq!(fs::read_to_string(place.path("target/home/docs/letter")).unwrap(), "evil");
    let said: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    let own =
        |path: &str| format!("docs/home/{path} refused: it would be written over Backup Manager's own files");
    assert!(
        said.contains(&own("backups/docs.tar")) && said.contains(&own("backup_schedules.txt")),
        "{said:?}"
    );
    assert_eq!(report.findings.len(), 7, "{said:?}");
    agree(&preview, &report);
}

#[test]
fn a_folder_of_its_own_that_lies_elsewhere_is_known_by_what_it_is() {
    let place = Place::new();
    let archive = evil(&place);
    let home = place.path("target/home");
    fs::create_dir(place.path("elsewhere")).unwrap();
    symlink(place.path("target/home/backups"), place.path("elsewhere/backups")).unwrap();
    let request = RestoreJob { home: place.path("elsewhere"), ..request(&place, place.target()) };
    let report = place.restore_as(&archive, &request).unwrap();
    assert_eq!(fs::read_to_string(home.join("backups/docs.tar")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(home.join("backup_schedules.txt")).unwrap(), "evil", "not that home's");
    assert_eq!(report.findings.len(), 3, "{report:?}");
}

/// A backup of eight entries, three of which are one file.
fn linked(place: &Place) -> Vec<u8> {
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("letters/old")).unwrap();
    for file in ["a", "b", "letters/c", "letters/old/d"] {
        fs::write(docs.join(file), file).unwrap();
    }
    fs::hard_link(docs.join("a"), docs.join("hard")).unwrap();
    fs::hard_link(docs.join("a"), docs.join("letters/hard")).unwrap();
    pack(&docs)
}

#[test]
fn a_preview_counts_as_the_restore_does() {
    let place = Place::new();
    let archive = linked(&place);
    let changes: [fn(&Place); 5] = [
        |_| {},
        |place| {
            fs::remove_file(place.target().join("a")).unwrap();
            fs::write(place.target().join("a"), "copy").unwrap();
        },
        |place| {
            fs::remove_file(place.target().join("hard")).unwrap();
            fs::copy(place.target().join("a"), place.target().join("hard")).unwrap();
        },
        |place| {
            fs::remove_file(place.target().join("b")).unwrap();
            fs::create_dir(place.target().join("b")).unwrap();
        },
        |place| {
            fs::remove_dir_all(place.target().join("letters")).unwrap();
            fs::write(place.target().join("letters"), "file").unwrap();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for chosen in [&[][..], &["letters/hard"], &["letters"], &["hard", "b"]] {
            for existing in [IfExists::Replace, IfExists::Keep] {
                let _ = fs::remove_dir_all(place.target());
                let chosen: Vec<_> = chosen.iter().map(|line| Vec::from(*line)).collect();
                let request = RestoreJob { existing, chosen, ..request(&place, place.target()) };
                let all = RestoreJob { chosen: Vec::new(), ..request.clone() };
                let first = preview(&archive, &all);
                agree(&first, &place.restore_as(&archive, &all).unwrap());
                assert_eq!(first.new_entries, 8, "the source itself is no entry");
                change(&place);
                let preview = preview(&archive, &request);
                let report = place.restore_as(&archive, &request).unwrap();
                if existing == IfExists::Replace {
                    agree(&preview, &report);
                }
                if number == 3 && report.finding_count > 0 {
                    let said = report.findings[0].to_string();
                    assert_eq!(said, "docs/b refused: a folder exists in its place; move it away");
                }
            }
        }
    }
}

#[test]
fn what_is_as_it_should_be_is_not_set_again() {
    use std::os::unix::fs::MetadataExt as _;
    let place = Place::new();
    let docs = place.path("source/docs");
    fs::create_dir_all(docs.join("letters")).unwrap();
    fs::write(docs.join("letters/a"), "a").unwrap();
    let archive = pack(&docs);
    let request = request(&place, place.target());
    place.restore_as(&archive, &request).unwrap();
    // Who can't set something isn't told apart from who needn't by root: what is set moves the time of change.
    let changed = |below: &str| {
        let meta = place.target().join(below).metadata().unwrap();
        (meta.ctime(), meta.ctime_nsec())
    };
    let all = || ["", "letters", "letters/a"].map(changed);
    let before = all();
    for target in [RestoreTarget::Folder(place.target()), RestoreTarget::Source(place.target())] {
        let over = RestoreJob { target, ..request.clone() };
        let report = place.restore_as(&archive, &over).unwrap();
        assert_eq!((report.entries, report.present_entries), (0, 2));
        assert_eq!(all()[1..], before[1..], "nothing was set");
    }
    fs::set_permissions(place.target().join("letters"), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    place.restore_as(&archive, &request).unwrap();
    assert_eq!(
        fs::metadata(place.target().join("letters")).unwrap().mode() & 0o777,
        fs::metadata(docs.join("letters")).unwrap().mode() & 0o777
    );
}
