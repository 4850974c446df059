//! Compressed backups: what stock tools make of them, and what becomes of the one before.

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

const SKIPPED: &str = "zstd is not installed";

/// Returns a home with a folder of several frames, and a schedule of it that is due; `None` where there is no zstd.
fn home_with_docs(options: &[&str]) -> Option<Home> {
    let home = home();
    if home.sh("zstd --version").code != Some(0) {
        return None;
    }
    let noise: Vec<_> = (0..5_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()).collect();
    home.write("docs/noise", noise.as_flattened());
    home.write("docs/even", vec![b'x'; 9 << 20]);
    home.sh(
        "mkdir -p docs/a/empty && echo one > docs/a/one && ln docs/a/one docs/hard && ln -s one docs/a/link",
    )
    .expect_done();
    home.done(&[&["create", "docs;00:00;docs"], options].concat());
    Some(home)
}

fn comes_back(home: &Home, unpack: &str) -> Finished {
    let script = format!("rm -rf back && mkdir back && {unpack} && diff -r --no-dereference docs back/docs");
    home.sh(&script).expect_done()
}

#[test]
fn stock_tools_read_a_compressed_backup() {
    let Some(home) = home_with_docs(&["--compress", "zstd"]) else {
        return backup_core::testing::skipped(SKIPPED);
    };
    assert_snapshot!(home.done(&["run", "docs"]).stdout, @"Backup done for docs in backups/docs.tar.zst");
    home.sh("zstd -qt backups/docs.tar.zst").expect_done();
    comes_back(&home, "zstd -dc backups/docs.tar.zst | tar -x -C back");
    comes_back(&home, "tar --zstd -xf backups/docs.tar.zst -C back");
    comes_back(&home, "tar -xf backups/docs.tar.zst -C back");
    if home.sh("bsdtar --version").code == Some(0) {
        comes_back(&home, "bsdtar -xf backups/docs.tar.zst -C back");
    }
    // Compressed, it is the archive that it would be otherwise.
    home.sh("zstd -dq backups/docs.tar.zst -o unpacked.tar").expect_done();
    home.done(&["run", "docs", "--compress=no"]);
    assert!(home.bytes("unpacked.tar") == home.bytes("backups/docs.tar"));
}

#[test]
fn frames_have_checksums_and_a_seek_table_behind_them() {
    let Some(home) = home_with_docs(&["--compress", "zstd"]) else {
        return backup_core::testing::skipped(SKIPPED);
    };
    home.done(&["run", "docs"]);
    let said = home.sh("zstd -lv backups/docs.tar.zst").expect_done().stdout;
    let frames = said.split_once("# Zstandard Frames: ").and_then(|(_, rest)| rest.split_once('\n'));
    let frames: usize = frames.and_then(|(frames, _)| frames.parse().ok()).expect("a number");
    assert!(frames > 6, "{said}");
    // The seek table, and before it its checksum, which the table lists as a frame.
    assert!(said.contains("\n# Skippable Frames: 2\n"), "{said}");
    assert!(said.contains("Check: XXH64"), "{said}");
    let stored = home.bytes("backups/docs.tar.zst");
    let (_, footer) = stored.split_at(stored.len() - 9);
    let expected = [&u32::try_from(frames + 1).expect("few").to_le_bytes()[..], &[0, 0xB1, 0xEA, 0x92, 0x8F]];
    assert_eq!(footer, expected.concat());
}

#[test]
fn a_damaged_frame_is_found_by_stock_zstd() {
    let Some(home) = home_with_docs(&["--compress", "zstd"]) else {
        return backup_core::testing::skipped(SKIPPED);
    };
    home.done(&["run", "docs"]);
    let mut stored = home.bytes("backups/docs.tar.zst");
    stored[6_000_000] ^= 1;
    home.write("damaged.tar.zst", &stored);
    assert_ne!(home.sh("zstd -qt damaged.tar.zst").code, Some(0));
}

#[test]
fn the_same_source_gives_the_same_bytes_and_their_digest() {
    let Some(home) = home_with_docs(&["--compress", "zstd"]) else {
        return backup_core::testing::skipped(SKIPPED);
    };
    home.done(&["run", "docs"]);
    let first = home.bytes("backups/docs.tar.zst");
    home.sh("taskset -c 0 backup_manager run docs || backup_manager run docs").expect_done();
    assert!(home.bytes("backups/docs.tar.zst") == first);
    let digest = home.sh("sha256sum backups/docs.tar.zst").expect_done().stdout;
    let digest = digest.split(' ').next().expect("a digest").to_owned();
    let last_note = home.text("logs/history.jsonl").lines().last().expect("a note").to_owned();
    assert!(last_note.contains(&digest), "{last_note}");
    assert!(last_note.contains(&format!(r#""bytes":{},"#, first.len())), "{last_note}");
}

#[test]
fn one_complete_archive_stands_however_the_option_changes() {
    let Some(home) = home_with_docs(&[]) else { return backup_core::testing::skipped(SKIPPED) };
    let turns = [
        (&[][..], "docs.tar"),
        (&["--compress=zstd"], "docs.tar.zst"),
        (&["--compress=zstd"], "docs.tar.zst"),
        (&["--compress=no"], "docs.tar"),
    ];
    for (option, archive) in turns {
        home.done(&[&["run", "docs"], option].concat());
        assert_eq!(home.names("backups"), [archive]);
        assert_eq!(home.done(&["backups"]).stdout.lines().collect::<Vec<_>>(), [archive]);
        assert!(home.manager(&["status", "docs"]).stdout.contains(archive), "{archive}");
        assert_eq!(home.listing(&format!("backups/{archive}"))[0], "docs/");
    }
}

#[test]
fn the_old_one_is_kept_when_the_new_one_fails() {
    let Some(home) = home_with_docs(&[]) else { return backup_core::testing::skipped(SKIPPED) };
    home.done(&["run", "docs"]);
    let old = home.bytes("backups/docs.tar");
    // Enough for the log and the history, and too little for a frame.
    let run = home.sh("ulimit -f 2000; backup_manager run docs --compress zstd");
    assert_eq!(run.code, Some(1));
    // Which of the frames is the first too many depends on the number of cores.
    assert!(run.stderr.contains("/backups/.docs.tar.partial: File too large"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: make room"), "{}", run.stderr);
    assert_eq!(home.names("backups"), ["docs.tar"]);
    assert!(home.bytes("backups/docs.tar") == old);
    home.done(&["run", "docs", "--compress", "zstd"]);
    assert_eq!(home.names("backups"), ["docs.tar.zst"]);
}

#[test]
fn the_service_makes_compressed_backups() {
    let home = home();
    home.write("docs/letter.txt", "dear");
    let schedule = home.due("docs", "docs");
    home.write("backup_schedules.txt", format!("{schedule};compress=zstd\n"));
    home.start(&[]);
    home.done(&["stop"]);
    assert!(home.service_log().contains(&"Backup done for docs in backups/docs.tar.zst".to_owned()));
    assert_eq!(home.names("backups"), ["docs.tar.zst"]);
}

#[test]
fn a_copy_of_the_users_own_is_not_removed() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    home.write("backups/docs.tar.zst", "a copy that somebody made by hand");
    home.done(&["run", "docs"]);
    assert_eq!(home.names("backups"), ["docs.tar", "docs.tar.zst"]);
    assert_eq!(home.text("backups/docs.tar.zst"), "a copy that somebody made by hand");
}
