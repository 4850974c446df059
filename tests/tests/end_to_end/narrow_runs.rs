//! What keeps a good backup from being lost by two ordinary commands.

use backup_core::testing::skipped;
use backup_tests::{Finished, Home, with_mounts};
use insta::assert_snapshot;

use crate::home;

fn letters() -> Home {
    let home = home();
    home.write("docs/may.odt", "the only copy");
    home.write("docs/a.txt", "a");
    home
}

fn members(home: &Home, archive: &str) -> String {
    home.sh(&format!("tar -tf {archive}")).expect_done().stdout
}

#[test]
fn a_narrower_run_replaces_and_removes_nothing() {
    let home = letters();
    home.done(&["create", "docs;16:07;docs", "--keep", "last:1"]);
    home.done(&["run", "docs"]);
    let before = (home.names("backups"), home.bytes("logs/history.jsonl"), home.bytes("backups/SHA256SUMS"));
    let refused = home.manager(&["run", "docs", "--exclude", "*.odt"]);
    assert_snapshot!(refused.stderr, @"
    Error: a run with --exclude '*.odt' holds less than schedule docs asks for, and would replace its backup
    hint: write it to a file of its own: backup_manager run docs --exclude '*.odt' --output FILE.tar
    ");
    assert_eq!(refused.code, Some(2));
    let written = home.done(&["run", "docs", "--exclude", "*.odt", "--output", "docs/narrow.tar"]);
    assert_snapshot!(written.stdout, @"Backup done for docs in docs/narrow.tar");
    assert_snapshot!(written.stderr, @"
    In docs: .narrow.tar.partial belongs to Backup Manager, left out
    In docs: 1 entry left out on purpose
    ");
    assert_eq!(members(&home, "docs/narrow.tar"), "docs/\ndocs/a.txt\n");
    assert_eq!(home.mode("docs/narrow.tar"), 0o600);
    let after = (home.names("backups"), home.bytes("logs/history.jsonl"), home.bytes("backups/SHA256SUMS"));
    assert!(before == after, "neither the backups nor the history hear of it");
    assert!(members(&home, "backups/docs.tar").contains("docs/may.odt"));
}

#[test]
fn an_archive_elsewhere_is_stored_as_its_name_says() {
    let home = letters();
    home.done(&["create", "docs;16:07;docs;compress=zstd;verify=yes"]);
    let format = |arguments: &[&str], file: &str| {
        home.done(&[&["run", "docs", "--output", file], arguments].concat());
        if home.bytes(file).starts_with(b"\x28\xb5\x2f\xfd") { "zstd" } else { "tar" }
    };
    assert_eq!(format(&[], "a.tar"), "tar");
    assert_eq!(format(&[], "a.tar.zst"), "zstd");
    assert_eq!(format(&[], "a"), "zstd", "as the schedule says");
    assert_eq!(format(&["--compress", "no"], "b"), "tar");
    assert_eq!(format(&["--compress", "zstd"], "b.tar"), "zstd");
}

#[test]
fn an_archive_elsewhere_takes_nobody_s_place() {
    let home = letters();
    home.done(&["create", "docs;16:07;docs"]);
    home.write("mine.tar", "mine");
    home.sh("mkdir backups && ln -s mine.tar link.tar && ln -s nowhere dangling.tar").expect_done();
    for file in ["mine.tar", "link.tar", "dangling.tar", "docs", "backups/x.tar", "none/x.tar", "docs/", "-"]
    {
        let refused = home.manager(&["run", "docs", "--output", file]);
        assert_ne!(refused.code, Some(0), "{file}: {refused:?}");
        assert!(refused.stderr.contains(file), "{file}: {refused:?}");
    }
    assert_snapshot!(home.manager(&["run", "docs", "--output", "mine.tar"]).stderr, @"Error: can't write mine.tar: it exists, and existing files are never replaced; choose another name");
    assert_eq!(home.text("mine.tar"), "mine");
    assert_eq!(home.names("backups"), [""; 0]);
    home.sh("chmod 0 docs/a.txt").expect_done();
    let script = "chown -R 1234 . && setpriv --reuid 1234 --regid 1234 --clear-groups \
                  backup_manager run docs --output part.tar";
    let partial = home.sh(script);
    if partial.stderr.contains("setpriv") {
        return skipped("an incomplete archive elsewhere: setpriv needs root");
    }
    assert_eq!(partial.code, Some(3), "{partial:?}");
    assert_eq!(members(&home, "part.tar"), "docs/\ndocs/may.odt\n");
}

#[test]
fn ctrl_c_leaves_nothing_of_it() {
    let home = letters();
    home.write_zeros("docs/large", 192 << 20);
    home.done(&["create", "docs;16:07;docs"]);
    let before = home.names("");
    let run = home.begin(&["run", "docs", "--output", "large.tar"]);
    backup_tests::eventually("it is being written", || home.path(".large.tar.partial").exists());
    // It is asked while it stands still, so that it is still at it.
    let pid = run.id();
    home.sh(&format!("kill -STOP {pid} && test -e .large.tar.partial")).expect_done();
    home.sh(&format!("kill -INT {pid} && kill -CONT {pid}")).expect_done();
    let ended = Finished::of(run);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(home.names(""), before);
}

#[test]
fn lines_of_one_name_store_its_archives_alike() {
    let home = letters();
    home.done(&["create", "docs;23:00;docs", "--keep", "last:3"]);
    let refused = home.manager(&["create", "docs;22:00;docs"]);
    assert_snapshot!(refused.stderr, @"
    Error: schedule docs;22:00;docs contradicts the one at index 0, docs;23:00;docs;keep=last:3: both write the same backup, and differ in keep
    hint: give both the same keep=, compress=, encrypt= and verify=, or names of their own; while two lines of one name differ, the safer of both settings is used
    ");
    assert_eq!(refused.code, Some(1));
    home.write("backup_schedules.txt", "docs;23:00;docs;keep=last:3\ndocs;22:00;docs\n");
    let listed = home.done(&["list"]);
    assert_snapshot!(listed.stdout, @"
    0: docs;23:00;docs;keep=last:3
    1: docs;22:00;docs
    ");
    assert_snapshot!(listed.stderr, @"warning: line 2 of backup_schedules.txt: schedule docs;22:00;docs contradicts the one at index 0, docs;23:00;docs;keep=last:3: both write the same backup, and differ in keep");
    for line in ["0", "1"] {
        home.write("docs/a.txt", format!("before {line}"));
        home.done(&["run", line]);
        home.sh("touch -d '1 minute ago' backups/docs.tar").expect_done();
    }
    assert_eq!(home.names("backups").len(), 2, "the line without keep= throws nothing away");
    let status = home.manager(&["status", "--check"]);
    assert!(status.stdout.contains("   CONFLICT   schedule docs;22:00;docs contradicts"), "{status:?}");
    assert_eq!(status.code, Some(1));
}

/// Plays on exFAT, or on a tmpfs that ignores case.
const TWO_NAMES: &str = "
set -e
mkdir disk
if mount -t tmpfs -o casefold none disk 2>/dev/null && mkdir disk/home && chattr +F disk/home 2>/dev/null; then :; else
    umount disk 2>/dev/null || :
    truncate -s 40M image
    loop=$(losetup -f --show image) || exit 77
    mkfs.exfat image >/dev/null 2>&1 && mount.exfat-fuse \"$loop\" disk >/dev/null 2>&1 || { losetup -d $loop; exit 77; }
    losetup -d $loop
    mkdir disk/home
fi
# Such a disk shows all its files as open to anybody; nobody else gets there.
chmod 700 .
cd disk/home
trap 'cd ../..; umount disk' EXIT
probe() { : >probe; [ -e PROBE ] && rm probe; }
probe || exit 77
docs=../../docs other=../../other
backup_manager create \"$docs;16:07;docs\"
code() { set +e; \"$@\" 2>&1; echo \"exit $?\"; set -e; }
code backup_manager create \"$other;16:08;DOCS\"
code backup_manager create \"$other;16:08;caf\u{e9}\"
printf '%s\\n' \"$docs;16:07;docs\" \"$other;16:08;DOCS\" >backup_schedules.txt
code backup_manager run docs
code backup_manager run DOCS
code backup_manager list
backup_manager status --check >/dev/null || echo \"checked: $?\"
tar -xOf backups/docs.tar docs/letter
ls -A backups
";

#[test]
fn names_that_a_disk_takes_for_one_have_one_backup() {
    let home = home();
    home.write("docs/letter", "precious\n");
    home.write("other/letter", "other\n");
    let why = "names that a disk takes for one: no disk that ignores case can be mounted here";
    let Some(played) = with_mounts(&home, TWO_NAMES) else { return skipped(why) };
    if played.code == Some(77) {
        return skipped(why);
    }
    assert_eq!(played.stderr.matches("first run: ").count(), 1, "only the first is created: {played:?}");
    assert_snapshot!(home.redact(&played.stdout), @"
    New schedule added: ../../docs;16:07;docs
    Error: name DOCS can't be told from docs on this disk: their backups would be the same file
    hint: choose a name that differs in more than case or accents, or move the archives of the other one away
    exit 1
    New schedule added: ../../other;16:08;café
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit 'café' --keep daily:7,weekly:4`
    exit 0
    Backup done for ../../docs in backups/docs.tar
    exit 0
    Error: name DOCS can't be told from docs on this disk: their backups would be the same file
    hint: choose a name that differs in more than case or accents, or move the archives of the other one away
    exit 1
    0: ../../docs;16:07;docs
    1: ../../other;16:08;DOCS
    warning: line 2 of backup_schedules.txt doesn't run: name DOCS can't be told from docs on this disk: their backups would be the same file
    exit 0
    checked: 1
    precious
    .catalog
    SHA256SUMS
    docs.tar
    ");
}
