//! Huge files without data, and folders deeper than a path can tell.

use std::fs;

use backup_core::model::archive::Compression;
use rustix::process::{getegid, geteuid};
use tar::{Builder, EntryType, Header};

use crate::place::Place;

const HUGE: u64 = 4 << 40;

/// Returns a place with a sparse file of some terabytes, unless that can't be made here.
fn place_with_huge_file() -> Option<Place> {
    let place = Place::new();
    fs::create_dir(place.path("docs")).unwrap();
    let file = fs::File::create(place.path("docs/huge")).unwrap();
    if let Err(error) = file.set_len(HUGE) {
        backup_core::testing::skipped(format_args!("no file of 4 TiB can be made here: {error}"));
        return None;
    }
    std::os::unix::fs::FileExt::write_all_at(&file, b"island", HUGE / 2).unwrap();
    Some(place)
}

/// A test that reads it would take hours.
#[test]
fn holes_are_not_read() {
    for compression in Compression::ALL {
        let Some(place) = place_with_huge_file() else { return };
        let backup = place.back_up(compression);
        let report = place.drill(&place.driller(), &backup.file_name).unwrap();
        assert_eq!(report.differences, []);
        assert_eq!((report.content_bytes, report.uncompared_entries), (HUGE, 0));
    }
}

#[test]
fn what_is_in_a_hole_is_found() {
    let Some(place) = place_with_huge_file() else { return };
    place.back_up(Compression::None);
    let script = format!(
        "touch -r huge ../t; printf X | dd of=huge bs=1 seek={} conv=notrunc 2>/dev/null; touch -r ../t huge; rm ../t",
        HUGE - 1
    );
    let report = place.drill(&place.tar_that(&script), "docs.tar").unwrap();
    let found: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, [format!("docs/huge: its contents differ from byte {} on", HUGE - 1)]);
}

/// GNU tar gives the kernel whole paths, which are at most 4,095 bytes long.
#[test]
fn what_lies_deeper_than_a_path_can_tell_is_not_compared() {
    let place = Place::new();
    let deepest = (0..25).fold("docs/".to_owned(), |path, _| path + &"n".repeat(200) + "/");
    let mut builder = Builder::new(Vec::new());
    let mut add = |path: &str, contents: &[u8]| {
        let mut header = Header::new_gnu();
        let is_folder = path.ends_with('/');
        header.set_entry_type(if is_folder { EntryType::Directory } else { EntryType::Regular });
        header.set_mode(if is_folder { 0o755 } else { 0o644 });
        header.set_mtime(1_700_000_000);
        header.set_uid(geteuid().as_raw().into());
        header.set_gid(getegid().as_raw().into());
        header.set_size(contents.len() as u64);
        builder.append_data(&mut header, path, contents).unwrap();
    };
    for (at, _) in deepest.match_indices('/') {
        add(&deepest[..=at], b"");
    }
    add(&format!("{deepest}letter"), b"Dear all");
    add("docs/letter", b"Dear you");
    fs::create_dir(place.path("backups")).unwrap();
    let mut archive = builder.into_inner().unwrap();
    archive.resize(archive.len().next_multiple_of(10_240), 0);
    fs::write(place.path("backups/docs.tar"), archive).unwrap();
    let report = place.drill(&place.driller(), "docs.tar").unwrap();
    assert_eq!(report.differences, []);
    // The folders from the 21st on, and the letter in them.
    assert_eq!((report.entries, report.content_bytes, report.uncompared_entries), (28, 8, 6));
    let spoil = "case $1 in --version) exec tar \"$@\" ;; esac; tar \"$@\"; code=$?; touch -r docs t; rm docs/letter; touch -r t docs; rm t; exit $code";
    let driller = place.driller().with_tools(place.program("spoiling", spoil), "zstd");
    let lost = place.drill(&driller, "docs.tar").unwrap();
    let found: Vec<_> = lost.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["docs/letter: it didn't come back"]);
}
