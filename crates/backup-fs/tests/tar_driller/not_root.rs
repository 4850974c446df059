//! Drills of a user that isn't root, of what such a user can't restore or can't enter.

use std::fs;

use backup_core::model::archive::Compression;
use backup_core::model::history::{DifferenceKind, DrillReport};
use tar::{Builder, EntryType, Header};

use crate::nobody::goes_on;
use crate::place::Place;

/// An archive that root may have made: a device, another name of it, folders that can't be entered, and a file.
fn put_archive(place: &Place) {
    let mut builder = Builder::new(Vec::new());
    let mut add = |path: &str, kind: EntryType, mode: u32, link: &str, contents: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(1_700_000_000);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(contents.len() as u64);
        header.set_device_major(1).unwrap();
        header.set_device_minor(3).unwrap();
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        builder.append_data(&mut header, path, contents).unwrap();
    };
    add("docs/", EntryType::Directory, 0o755, "", b"");
    add("docs/dev:null", EntryType::Char, 0o666, "", b"");
    add("docs/another name", EntryType::Link, 0o666, "docs/dev:null", b"");
    add("docs/letter", EntryType::Regular, 0o644, "", b"Dear all");
    add("docs/listed only/", EntryType::Directory, 0o400, "", b"");
    add("docs/listed only/inner/", EntryType::Directory, 0o600, "", b"");
    add("docs/listed only/inner/letter", EntryType::Regular, 0o000, "", b"Dear me");
    add("docs/shut/", EntryType::Directory, 0o000, "", b"");
    add("docs/shut/letter", EntryType::Regular, 0o200, "", b"Dear you");
    // Its folder's own entry comes behind it.
    add("docs/late/letter", EntryType::Regular, 0o644, "", b"Dear Ann");
    add("docs/late/", EntryType::Directory, 0o600, "", b"");
    fs::create_dir(place.path("backups")).unwrap();
    let mut archive = builder.into_inner().unwrap();
    archive.resize(archive.len().next_multiple_of(10_240), 0);
    fs::write(place.path("backups/docs.tar"), archive).unwrap();
}

fn drilled(extra: &str) -> DrillReport {
    let place = Place::new();
    put_archive(&place);
    let driller = if extra.is_empty() {
        place.driller()
    } else {
        let script =
            format!("tar \"$@\"; code=$?\ncase $1 in --version) exit 0 ;; esac\n{extra}\nexit $code");
        place.driller().with_tools(place.program("tar-that", &script), "zstd")
    };
    place.drill(&driller, "docs.tar").unwrap()
}

fn differences(report: &DrillReport) -> Vec<String> {
    report.differences.iter().map(ToString::to_string).collect()
}

#[test]
fn what_can_not_be_restored_is_compared_in_part_and_the_rest_wholly() {
    if !goes_on("not_root::what_can_not_be_restored_is_compared_in_part_and_the_rest_wholly") {
        return;
    }
    let report = drilled("");
    assert_eq!(differences(&report), <[String; 0]>::default());
    // All belong to another user.
    assert_eq!((report.entries, report.content_bytes, report.uncompared_entries), (11, 8 + 7 + 8 + 8, 11));
}

#[test]
fn what_stands_in_a_folder_that_can_not_be_entered_is_looked_at() {
    if !goes_on("not_root::what_stands_in_a_folder_that_can_not_be_entered_is_looked_at") {
        return;
    }
    let more = "cd docs; chmod 700 'listed only'; touch -r 'listed only' t; mkdir 'listed only/more'; touch 'listed only/more/x'; touch -r t 'listed only'; chmod 400 'listed only'; touch -r letter .; rm t; touch -r letter .";
    let report = drilled(more);
    assert_eq!(differences(&report), ["docs/listed only/more: it came back, but isn't in the archive"]);
}

/// Which entry a failure is of, nobody can tell, so it says nothing where one was to be expected. Where tar crashes, or none
/// was, it does.
#[test]
fn a_failure_of_tar_counts_where_none_was_to_be_expected() {
    if !goes_on("not_root::a_failure_of_tar_counts_where_none_was_to_be_expected") {
        return;
    }
    assert_eq!(differences(&drilled("code=2")), <[String; 0]>::default());
    let place = Place::new();
    fs::create_dir(place.path("docs")).unwrap();
    fs::write(place.path("docs/letter"), "Dear all").unwrap();
    place.back_up(Compression::None);
    let failing = place.program(
        "failing",
        "tar \"$@\"\ncase $1 in --version) exit 0 ;; esac\necho 'tar: docs/letter: Cannot close' >&2; exit 2",
    );
    let unexpected = place.drill(&place.driller().with_tools(failing, "zstd"), "docs.tar").unwrap();
    for (report, said) in [(drilled("kill -SEGV $$"), "signal: 11"), (unexpected, "Cannot close")] {
        assert_eq!(report.difference_count, 1, "{said}: {:?}", report.differences);
        let DifferenceKind::Tool(told) = &report.differences[0].kind else { panic!("{report:?}") };
        assert!(told.contains(said), "{told}");
    }
}
