//! Drills with other people's tars: what they can't restore isn't compared, and they condemn no sound backup.

use std::fs;
use std::path::Path;

use backup_core::model::archive::Compression;
use backup_core::model::error::Failure;
use backup_core::model::history::DrillReport;
use backup_core::model::job::DrillRequest;
use backup_core::ports::{Driller, SilentProgress};
use backup_fs::TarDriller;

use crate::place::{Place, fill};
use crate::tree::{is_root, make_writable};

/// Returns a driller with this tar, which then does that to what it restored; `None` where it isn't there.
fn driller(place: &Place, tar: &str, spoil: &str) -> Option<TarDriller> {
    let program = tar.split(' ').next().unwrap();
    let is_there = |folder: &str| Path::new(folder).join(program).exists();
    if !["/bin", "/usr/bin", "/usr/local/bin"].into_iter().any(is_there) {
        backup_core::testing::skipped(format_args!("{tar}, for it isn't there"));
        return None;
    }
    let script = format!("{tar} \"$@\"; code=$?\ncase $1 in --version) exit ;; esac\n{spoil}\nexit $code");
    Some(place.driller().with_tools(place.program("tar-that", &script), "zstd"))
}

/// Busybox makes no file in a folder that is read-only, unless root runs it.
fn remove_read_only(place: &Place) {
    if !is_root() {
        make_writable(&place.path("docs/read only"));
        fs::remove_dir_all(place.path("docs/read only")).unwrap();
    }
}

fn differences(report: &DrillReport) -> Vec<String> {
    report.differences.iter().map(ToString::to_string).collect()
}

const TARS: [&str; 2] = ["bsdtar", "busybox tar"];

#[test]
fn what_another_tar_can_not_restore_is_not_compared() {
    for (tar, compression) in TARS.into_iter().flat_map(|tar| Compression::ALL.map(|form| (tar, form))) {
        let place = Place::new();
        fill(&place.path("docs"));
        remove_read_only(&place);
        let backup = place.back_up(compression);
        let Some(driller) = driller(&place, tar, ":") else { continue };
        let report = place.drill(&driller, &backup.file_name).unwrap();
        assert_eq!(differences(&report), <[String; 0]>::default(), "{tar}");
        assert_eq!(Some(report.digest.sha256), backup.sha256);
        // Letters, attributes and holes; of busybox, time to the nanosecond and of all that is no file.
        assert!(report.uncompared_entries < report.entries, "{tar}: {report:?}");
    }
}

#[test]
fn what_it_can_restore_is_compared() {
    let contents = "printf X | dd of=docs/letter bs=1 seek=600000 conv=notrunc 2>/dev/null; touch -d @1700000000.123456789 docs/letter";
    let cases = [
        (contents, "docs/letter: its contents differ from byte 600000 on"),
        ("chmod 600 docs/program", "docs/program: its mode is 4755 in the archive, and came back as 0600"),
        ("touch -d @1700000007 docs/letter", "docs/letter: its time of change differs"),
        (
            "touch -r docs t; touch docs/more; touch -r t docs; rm t",
            "docs/more: it came back, but isn't in the archive",
        ),
        ("touch -r docs t; rm docs/nothing; touch -r t docs; rm t", "docs/nothing: it didn't come back"),
    ];
    for (tar, (spoil, expected)) in TARS.into_iter().flat_map(|tar| cases.map(|case| (tar, case))) {
        let place = Place::new();
        fill(&place.path("docs"));
        remove_read_only(&place);
        place.back_up(Compression::None);
        let Some(driller) = driller(&place, tar, spoil) else { continue };
        let report = place.drill(&driller, "docs.tar").unwrap();
        assert_eq!(differences(&report), [expected], "{tar}: {spoil}");
    }
}

#[test]
fn one_that_gives_up_condemns_nothing_and_damage_is_found_all_the_same() {
    let place = Place::new();
    fill(&place.path("docs"));
    let backup = place.back_up(Compression::None);
    let script = "case $1 in --version) echo 'tar (strange) 1.0'; exit ;; esac\necho 'tar: unknown typeflag: 0x78' >&2; exit 1";
    let driller = place.driller().with_tools(place.program("strange", script), "zstd");
    let error = place.drill(&driller, "docs.tar").unwrap_err();
    assert_eq!(error.failure, Failure::Other);
    assert!(error.to_string().contains("install GNU tar: ") && error.to_string().contains("0x78"), "{error}");
    let path = place.path("backups").join(&backup.file_name);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let request = DrillRequest { archive: "docs.tar", scratch: None, identity: None };
    let report = driller.drill(&request, &SilentProgress).unwrap();
    assert!(report.is_damaged && report.difference_count > 0, "{report:?}");
}
