//! Archives of our own come back with the system's tar; damaged ones don't.

use std::fs;
use std::os::unix::fs::{lchown, symlink};

use backup_core::model::archive::{BackupRecord, Compression};
use backup_core::model::error::Failure;
use backup_core::model::history::{DifferenceKind, DrillReport};
use backup_core::model::job::DrillRequest;
use backup_core::ports::{BackupStore, Driller, SilentProgress};

use crate::maker::Maker;
use crate::place::{Place, fill};
use crate::random::setting;
use crate::tree::{is_root, set_attribute, set_mode};

fn check_whole(report: &DrillReport, backup: &BackupRecord, what: &str) {
    assert_eq!(report.differences, [], "{what}");
    assert_eq!((report.difference_count, report.uncompared_entries), (0, 0), "{what}");
    assert_eq!(Some(report.digest.sha256), backup.sha256, "{what}");
    assert_eq!(report.digest.archive_bytes, backup.archive_bytes, "{what}");
}

#[test]
fn one_of_each_comes_back_in_every_form() {
    for compression in Compression::ALL {
        let place = Place::new();
        fill(&place.path("docs"));
        let backup = place.back_up(compression);
        let report = place.drill(&place.driller(), &backup.file_name).unwrap();
        check_whole(&report, &backup, &backup.file_name);
        // docs, what is in it, and what is in the folder of its own.
        assert_eq!((report.entries, report.content_bytes), (13, 900_000 + 3 + 10 + 3_000_000));
    }
}

#[test]
fn generated_trees_come_back() {
    let (seed, count) = (setting("BACKUP_TREES_SEED", 1), setting("BACKUP_TREES", 60));
    println!("to have these trees again: BACKUP_TREES_SEED={seed} BACKUP_TREES={count}");
    for at in 0..count {
        let place = Place::new();
        Maker::make(seed.wrapping_mul(1_000_003).wrapping_add(at), &place.path("docs"));
        let compression = if at % 4 == 0 { Compression::Zstd } else { Compression::None };
        let backup = place.back_up(compression);
        let report = place.drill(&place.driller(), &backup.file_name).unwrap();
        check_whole(&report, &backup, &format!("tree {at}"));
    }
}

/// GNU tar gives a file its attributes before its contents, and then can't write to it without being root.
#[test]
fn a_read_only_file_with_attributes_comes_back_as_far_as_tar_can() {
    let place = Place::new();
    fs::create_dir(place.path("docs")).unwrap();
    fs::write(place.path("docs/letter"), "Dear all").unwrap();
    set_attribute(&place.path("docs/letter"), b"user.note", b"x");
    set_mode(&place.path("docs/letter"), 0o400);
    place.back_up(Compression::None);
    let report = place.drill(&place.driller(), "docs.tar").unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.content_bytes, report.uncompared_entries), (8, u64::from(!is_root())));
}

#[test]
fn a_single_file_comes_back() {
    let place = Place::new();
    fs::write(place.path("docs"), "Dear all").unwrap();
    let backup = place.back_up(Compression::None);
    let report = place.drill(&place.driller(), "docs.tar").unwrap();
    check_whole(&report, &backup, "a file");
    assert_eq!((report.entries, report.content_bytes), (1, 8));
}

#[test]
fn the_scratch_can_be_elsewhere() {
    let place = Place::new();
    fill(&place.path("docs"));
    let backup = place.back_up(Compression::None);
    let elsewhere = place.path("elsewhere");
    let request = DrillRequest { archive: "docs.tar", scratch: Some(&elsewhere), identity: None };
    assert!(place.driller().drill(&request, &SilentProgress).is_err(), "it isn't made");
    fs::create_dir(&elsewhere).unwrap();
    let report = place.driller().drill(&request, &SilentProgress).unwrap();
    check_whole(&report, &backup, "elsewhere");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn no_link_of_somebody_else_leads_to_the_scratch() {
    if !rustix::process::geteuid().is_root() {
        return backup_core::testing::skipped("only root can give a link away");
    }
    let place = Place::new();
    fill(&place.path("docs"));
    let backup = place.back_up(Compression::None);
    let (real, link) = (place.path("elsewhere"), place.path("link"));
    fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    let request = DrillRequest { archive: "docs.tar", scratch: Some(&link), identity: None };
    check_whole(&place.driller().drill(&request, &SilentProgress).unwrap(), &backup, "a link of one's own");
    lchown(&link, Some(1_234), Some(1_234)).unwrap();
    let error = place.driller().drill(&request, &SilentProgress).unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "{error}");
    assert!(error.to_string().contains("belongs to the user 1234"), "{error}");
}

#[test]
fn the_scratch_of_the_dead_is_swept_and_is_no_backup() {
    let place = Place::new();
    fill(&place.path("docs"));
    let backup = place.back_up(Compression::None);
    let scratch = place.path("backups/.docs.drill");
    fill(&scratch.join("tree/docs"));
    let listed: Vec<_> = place.store().list().unwrap().into_iter().map(|backup| backup.file_name).collect();
    assert_eq!(listed, ["docs.tar"]);
    assert_eq!(place.store().remove_leftovers().unwrap(), 0, "it is no draft");
    assert!(!scratch.exists());
    // Without a sweep, the next drill takes its place.
    fill(&scratch.join("tree/docs"));
    let report = place
        .driller()
        .drill(&DrillRequest { archive: "docs.tar", scratch: None, identity: None }, &SilentProgress);
    check_whole(&report.unwrap(), &backup, "after a dead one");
    assert_eq!(place.listed(), [".catalog", "docs.tar"]);
}

#[test]
fn a_damaged_archive_fails() {
    for compression in Compression::ALL {
        let place = Place::new();
        fill(&place.path("docs"));
        let backup = place.back_up(compression);
        let path = place.path("backups").join(&backup.file_name);
        let whole = fs::read(&path).unwrap();
        let half = whole.len() / 2;
        for (what, bytes) in
            [("cut", whole[..half].to_vec()), ("changed", changed(&whole, 100)), ("empty", Vec::new())]
        {
            fs::write(&path, bytes).unwrap();
            let report = place.drill(&place.driller(), &backup.file_name).unwrap();
            assert!(report.difference_count > 0, "{what} {compression:?}");
            let is_damage =
                |kind: &DifferenceKind| matches!(kind, DifferenceKind::Damaged(_) | DifferenceKind::Tool(_));
            let said = report.differences.iter().any(|one| is_damage(&one.kind));
            assert!(said, "{what} {compression:?}: {:?}", report.differences);
            assert_ne!(Some(report.digest.sha256), backup.sha256);
        }
    }
}

/// In the contents of a file no tar can tell; the sum does.
#[test]
fn a_wrong_byte_in_a_file_shows_in_the_sum() {
    let place = Place::new();
    fs::create_dir(place.path("docs")).unwrap();
    fs::write(place.path("docs/letter"), "Dear all").unwrap();
    let backup = place.back_up(Compression::None);
    let path = place.path("backups/docs.tar");
    let whole = fs::read(&path).unwrap();
    let at = whole.windows(4).position(|four| four == b"Dear").unwrap();
    fs::write(&path, changed(&whole, at)).unwrap();
    let report = place.drill(&place.driller(), "docs.tar").unwrap();
    assert_eq!(report.differences, []);
    assert_ne!(Some(report.digest.sha256), backup.sha256);
}

fn changed(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x21;
    bytes
}
