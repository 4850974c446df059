//! Tars that get one thing wrong: each is found out, and named.

use backup_core::model::archive::Compression;

use crate::place::{Place, fill};
use crate::tree::is_root;

/// Drills with a tar that does this to what it restored, and shows the differences.
fn found(script: &str, compression: Compression) -> Vec<String> {
    let place = Place::new();
    fill(&place.path("docs"));
    let backup = place.back_up(compression);
    let report = place.drill(&place.tar_that(script), &backup.file_name).unwrap();
    assert_eq!(report.difference_count, report.differences.len() as u64);
    report.differences.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(script: &str, expected: &[&str]) {
    assert_eq!(found(script, Compression::None), expected, "{script}");
}

#[test]
fn a_tar_that_gets_nothing_wrong_passes() {
    check(":", &[]);
}

#[test]
fn what_is_missing_new_or_something_else() {
    let time = "docs/: its time of change differs";
    check("rm nothing", &[time, "docs/nothing: it didn't come back"]);
    check("rm letter", &[time, "docs/letter: it didn't come back", "docs/second name: it leads elsewhere"]);
    check("touch more", &[time, "docs/more: it came back, but isn't in the archive"]);
    check("mkdir -p more/and/more", &[time, "docs/more: it came back, but isn't in the archive"]);
    check("touch ../beside", &["beside: it came back, but isn't in the archive"]);
    check(
        "touch -r empty ../t; touch empty/more; touch -r ../t empty; rm ../t",
        &["docs/empty/more: it came back, but isn't in the archive"],
    );
    check("rm nothing && mkdir nothing", &[time, "docs/nothing: it came back as something else"]);
    check("rm fifo && cp -p nothing fifo", &[time, "docs/fifo: it came back as something else"]);
    check(
        "rm letter && ln -s 'second name' letter",
        &[time, "docs/letter: it came back as something else", "docs/second name: it leads elsewhere"],
    );
}

#[test]
fn contents_that_differ() {
    let flip = "touch -r letter ../t; printf X | dd of=letter bs=1 seek=600000 conv=notrunc 2>/dev/null; touch -r ../t letter; rm ../t";
    check(flip, &["docs/letter: its contents differ from byte 600000 on"]);
    let hole = "touch -r sparse ../t; printf X | dd of=sparse bs=1 seek=2999999 conv=notrunc 2>/dev/null; touch -r ../t sparse; rm ../t";
    check(hole, &["docs/sparse: its contents differ from byte 2999999 on"]);
    let cut = "touch -r letter ../t; truncate -s 899999 letter; touch -r ../t letter; rm ../t";
    check(cut, &["docs/letter: its size is 900000 bytes in the archive, and came back as 899999"]);
    assert_eq!(found(flip, Compression::Zstd), ["docs/letter: its contents differ from byte 600000 on"]);
}

#[test]
fn what_belongs_to_an_entry() {
    check("chmod 0644 program", &["docs/program: its mode is 4755 in the archive, and came back as 0644"]);
    check("chmod 0777 empty", &["docs/empty/: its mode is 3777 in the archive, and came back as 2777"]);
    check("touch -d @1700000000.123456788 letter", &["docs/letter: its time of change differs"]);
    check("touch -h -d @1700000000.123456788 link", &["docs/link: its time of change differs"]);
    check("setfattr -n user.note -v other empty", &["docs/empty/: its extended attribute user.note differs"]);
    check("setfattr -x user.note letter", &["docs/letter: its extended attribute user.note differs"]);
    check("setfattr -n user.more -v x sparse", &["docs/sparse: its extended attribute user.more differs"]);
    check("setfacl -b nothing", &["docs/nothing: its extended attribute system.posix_acl_access differs"]);
    if is_root() {
        check("chown -h 7:7 link", &["docs/link: its owner or group differs"]);
    } else {
        backup_core::testing::skipped("owners, for only root can set them");
    }
}

#[test]
fn links_that_lead_elsewhere() {
    let link = "touch -r . ../t; ln -sfn ../other link; touch -h -d @1700000000.123456789 link; touch -r ../t .; rm ../t";
    let expected = if is_root() {
        vec!["docs/link: its owner or group differs", "docs/link: it leads elsewhere"]
    } else {
        vec!["docs/link: it leads elsewhere"]
    };
    check(link, &expected);
    let copy = "touch -r . ../t; cp -p letter copy && mv copy 'second name'; touch -r ../t .; rm ../t";
    check(copy, &["docs/second name: it leads elsewhere"]);
}

#[test]
fn many_differences_are_counted_and_the_first_are_kept() {
    let place = Place::new();
    fill(&place.path("docs"));
    place.back_up(Compression::None);
    let driller = place.tar_that("for n in $(seq 100); do touch more$n; done");
    let report = place.drill(&driller, "docs.tar").unwrap();
    assert_eq!((report.difference_count, report.differences.len()), (101, 20));
}
