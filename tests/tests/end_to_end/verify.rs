//! Whether backups are good, as the command tells it.

use std::fs;

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// A home with a plain backup and a compressed one, of some sizes.
fn home_with_backups() -> Home {
    let home = home();
    home.sh("mkdir docs && echo may > docs/may.txt && head -c 9000000 /dev/zero | tr '\\0' x > docs/large")
        .expect_done();
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["create", "docs;00:00;packed;compress=zstd"]);
    home.done(&["run", "docs"]);
    home.done(&["run", "packed"]);
    home
}

/// Says all that `verify` says, without sums, sizes and times.
fn said(home: &Home, arguments: &[&str], code: i32) -> String {
    let said = home.manager(&[&["verify"], arguments].concat());
    assert_eq!(said.code, Some(code), "{said:?}");
    let redacted = said.stdout.lines().map(|line| match line.split_once(" made for ") {
        Some((before, after)) => format!("{before} made for WHEN{}\n", &after[after.len().min(16)..]),
        None => format!("{line}\n"),
    });
    redacted.collect::<String>() + &said.stderr
}

fn change(home: &Home, file_name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = home.path(format!("backups/{file_name}"));
    let mut bytes = fs::read(&path).expect("it stands");
    change(&mut bytes);
    fs::write(&path, bytes).expect("it can be written");
}

#[test]
fn good_ones_are_good() {
    let home = home_with_backups();
    let all = said(&home, &[], 0);
    assert!(
        all.starts_with("docs.tar  good (9.0 MB, 3 entries, made for WHEN)\npacked.tar.zst  good ("),
        "{all}"
    );
    assert_eq!(all.lines().count(), 2);
    assert_snapshot!(said(&home, &["docs"], 0), @"docs.tar  good (9.0 MB, 3 entries, made for WHEN)");
    assert_snapshot!(said(&home, &["docs", "--all"], 0), @"docs.tar  good (9.0 MB, 3 entries, made for WHEN)");
    let log = home.text("logs/backup_manager.log");
    assert!(log.contains("Verified backups/docs.tar: good (9.0 MB, 3 entries, made for "), "{log}");
}

#[test]
fn a_wrong_byte_anywhere_is_found() {
    let home = home_with_backups();
    change(&home, "docs.tar", |bytes| bytes[5_000_000] = b'y');
    change(&home, "packed.tar.zst", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x80;
    });
    let all = said(&home, &[], 1);
    assert!(all.starts_with("docs.tar  DAMAGED: docs/large isn't what was stored\n  docs/large\n"), "{all}");
    let packed = ["DAMAGED: ", "CHANGED "].map(|what| format!("\npacked.tar.zst  {what}"));
    assert!(packed.iter().any(|told| all.contains(told)), "{all}");
    change(&home, "docs.tar", |bytes| bytes[100] ^= 1);
    let damaged = said(&home, &["docs"], 1);
    assert_snapshot!(damaged, @"
    docs.tar  DAMAGED: at byte 0: the checksum of the header is wrong; 2 entries aren't what was stored: docs/, docs/large
      docs/
      docs/large
    ");
}

#[test]
fn a_compressed_one_names_the_place_where_it_breaks() {
    let home = home_with_backups();
    let good = home.bytes("backups/packed.tar.zst");
    // A frame ends with its checksum, and begins with this number.
    let second = good[4..].windows(4).position(|bytes| bytes == [0x28, 0xB5, 0x2F, 0xFD]).expect("two") + 4;
    change(&home, "packed.tar.zst", |bytes| bytes[second - 1] ^= 1);
    let told = said(&home, &["packed"], 1);
    assert!(
        told.starts_with(
            "packed.tar.zst  DAMAGED: in frame 1 of 11, at byte 0 of the file (byte 0 of the tar): "
        ),
        "{told}"
    );
    // Without its list of frames.
    home.write("backups/packed.tar.zst", &good[..second + 20]);
    let told = said(&home, &["packed"], 1);
    // The first frame holds the headers before the contents of the large file.
    assert!(told.starts_with("packed.tar.zst  DAMAGED: after byte 3072 of the tar: "), "{told}");
}

#[test]
fn a_cut_is_found() {
    let home = home_with_backups();
    for length in [8_999_999, 4_194_304, 512, 0] {
        change(&home, "docs.tar", |bytes| bytes.truncate(length));
        change(&home, "packed.tar.zst", |bytes| bytes.truncate(bytes.len() - 1));
        let all = said(&home, &[], 1);
        assert!(all.starts_with("docs.tar  DAMAGED: at byte ") && !all.contains("good"), "{length}: {all}");
    }
}

#[test]
fn a_missing_or_unknown_archive_is_reported() {
    let home = home_with_backups();
    home.sh("mv backups/docs.tar backups/photos.tar && rm backups/packed.tar.zst && mkdir backups/x.tar")
        .expect_done();
    assert_snapshot!(said(&home, &[], 1), @"
    docs.tar  MISSING, though the history says it exists, made for WHEN
    packed.tar.zst  MISSING, though the history says it exists, made for WHEN
    photos.tar  whole, but the history doesn't know it
    warning: nobody can tell whether photos.tar was changed: the history has no SHA-256 of it
    ");
    assert_snapshot!(said(&home, &["photos"], 0), @"
    photos.tar  whole, but the history doesn't know it
    warning: nobody can tell whether photos.tar was changed: the history has no SHA-256 of it
    ");
    assert_snapshot!(said(&home, &["nothing"], 1), @r#"
    Error: can't find a backup "nothing"
    hint: `backup_manager backups` shows the archives
    "#);
}

#[test]
fn other_people_s_archives_are_read_too() {
    let home = home_with_backups();
    home.sh("cd backups && tar -cf theirs.tar ../docs 2>/dev/null && tar -cf - ../docs 2>/dev/null | zstd -q > theirs2.tar.zst")
        .expect_done();
    let said = said(&home, &[], 0);
    assert!(
        said.contains("theirs.tar  whole, but") && said.contains("theirs2.tar.zst  whole, but"),
        "{said}"
    );
}

#[test]
fn what_differs_from_the_source_is_reported() {
    let home = home_with_backups();
    home.sh("rm docs/large && echo june > docs/may.txt && for i in $(seq -w 25); do : > docs/new$i; done")
        .expect_done();
    let differs =
        said(&home, &["docs", "--against-source"], 0).replace(home.folder().to_str().expect("plain"), "HOME");
    let (new, others): (Vec<&str>, Vec<&str>) = differs.lines().partition(|line| line.starts_with("  new"));
    assert_eq!(new.len(), 25, "all are named: {differs}");
    assert_snapshot!(others.join("\n"), @"
    docs.tar  good (9.0 MB, 3 entries, made for WHEN)
    Against HOME/docs as it is now:
    25 entries new since:
    1 entry changed since:
      may.txt
    1 entry gone since:
      large
    0 entries as in the backup
    ");
    assert_eq!(home.text("docs/may.txt"), "june\n");
    home.done(&["run", "docs"]);
    let same = said(&home, &["docs", "--against-source"], 0);
    assert!(
        same.contains("0 entries new since") && same.ends_with("26 entries as in the backup\n"),
        "{same}"
    );
    assert_eq!(home.manager(&["verify", "--against-source"]).code, Some(2));
    home.done(&["delete", "0"]);
    assert_eq!(home.manager(&["verify", "docs", "--against-source"]).code, Some(1));
}

#[test]
fn what_the_schedule_leaves_out_is_not_what_the_next_backup_adds() {
    let home = home();
    home.sh("mkdir -p docs/cache docs/sub && echo may > docs/may.txt").expect_done();
    home.done(&[
        "create",
        "docs;12:00;docs",
        "--exclude",
        "*.tmp",
        "--exclude",
        "/cache/",
        "--exclude-caches",
    ]);
    home.done(&["run", "docs"]);
    home.sh("touch docs/a.tmp docs/sub/b.tmp docs/june.txt && mkdir docs/letters && touch docs/letters/x")
        .expect_done();
    home.sh("printf 'Signature: 8a477f597d28d172789f06886806bc55' > docs/sub/CACHEDIR.TAG").expect_done();
    let told = said(&home, &["docs", "--against-source"], 0);
    let told = told.replace(home.folder().to_str().expect("plain"), "HOME");
    let mut told: Vec<_> = told.lines().skip(1).collect();
    told[2..5].sort_unstable();
    assert_snapshot!(told.join("\n"), @"
    Against HOME/docs as it is now:
    3 entries new since:
      june.txt
      letters/
      sub/CACHEDIR.TAG
    0 entries changed since
    0 entries gone since
    3 entries which the schedule leaves out
    2 entries as in the backup
    ");
    home.done(&["run", "docs"]);
    let told = said(&home, &["docs", "--against-source"], 0);
    assert!(told.contains("\n0 entries new since\n"), "{told}");
    let shown = home.manager(&["restore", "docs", "--in-place", "--dry-run"]).stdout;
    assert!(shown.contains("3 entries which backups leave out, would stay\n"), "{shown}");
}

#[test]
fn what_is_of_another_kind_than_in_the_backup_has_changed() {
    let home = home_with_backups();
    home.sh("mkdir docs/letters && echo x > docs/letters/x").expect_done();
    home.done(&["run", "docs"]);
    home.sh("rm -r docs/letters docs/may.txt && mkdir docs/may.txt && echo file > docs/letters")
        .expect_done();
    let told = said(&home, &["docs", "--against-source"], 0);
    let told = told.replace(home.folder().to_str().expect("plain"), "HOME");
    assert_snapshot!(told.lines().skip(1).collect::<Vec<_>>().join("\n"), @"
    Against HOME/docs as it is now:
    0 entries new since
    2 entries changed since:
      letters, no longer a folder
      may.txt, now a folder
    1 entry gone since:
      letters/x
    1 entry as in the backup
    ");
}
