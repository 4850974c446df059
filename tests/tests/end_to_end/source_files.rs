//! Sources with files that tell wrong sizes, share inode numbers or are held, and with mounts that nobody may enter.

use backup_tests::{Finished, Home, NO_FUSE, odd_fuse, with_mounts};
use insta::assert_snapshot;

use crate::home;

/// Returns a home with a schedule that has these options, and with `docs/a`.
fn home_of_docs(options: &str) -> Home {
    let home = home();
    home.write("docs/a", "hi");
    home.write("backup_schedules.txt", format!("docs;16:07;docs{options}\n"));
    home
}

/// Runs a script with a FUSE disk at `docs/fuse`; `None` where there can be none.
fn with_fuse(home: &Home, spec: &str, script: &str) -> Option<Finished> {
    let output = with_mounts(home, &(odd_fuse(home, "docs/fuse", spec) + script));
    let output = output.filter(|output| output.code != Some(NO_FUSE));
    if output.is_none() {
        backup_core::testing::skipped("FUSE can't be mounted here");
    }
    output
}

const ONE: &str = ";one-file-system=yes";
const RUN: &str = "backup_manager run docs; echo code $?\n";

/// A mount of a user that root may not even look at, as gvfs and sshfs make them, and one whose server has died.
#[test]
fn a_mount_that_nobody_may_enter_is_left_out_where_mounts_are() {
    let others = r#"{"mount": "user_id=1234,group_id=1234"}"#;
    let of_another_user = "cat docs/fuse/x 2>&1; ";
    let dead = "kill $fuse; wait $fuse 2>/dev/null; stat docs/fuse 2>&1 | grep -o 'Transport.*'; ";
    // The last one's server doesn't answer: whoever wants what is in it waits for ever.
    for (spec, before, options) in [
        (others, of_another_user, ""),
        (others, of_another_user, ONE),
        ("{}", dead, ""),
        ("{}", dead, ONE),
        ("{}", "kill -STOP $fuse; ", ONE),
    ] {
        let home = home_of_docs(options);
        let script = format!("{before}{RUN}tar -tf backups/docs*.tar; kill -CONT $fuse 2>/dev/null; exit 0");
        let Some(output) = with_fuse(&home, spec, &script) else { return };
        if output.stdout.contains("No such file") {
            return backup_core::testing::skipped("whoever mounts here may look everywhere");
        }
        let (code, members) = match options {
            "" => ("code 3", "docs/\ndocs/a\n"),
            _ => ("code 0", "docs/\ndocs/a\ndocs/fuse/\n"),
        };
        assert!(output.stdout.contains(code), "{options}: {output:?}");
        assert!(output.stdout.ends_with(members), "{options}: {output:?}");
    }
}

#[test]
fn what_a_file_holds_is_stored_whatever_size_it_tells() {
    let home = home_of_docs("");
    let spec = r#"{
        "big": {"data": "0123456789", "times": 300000, "size": 2000000},
        "big-0": {"data": "0123456789", "times": 300000, "size": 0},
        "cached": {"data": "12345", "size": 4096, "cached": true},
        "cached-half": {"data": "0123456789", "times": 150000, "size": 2500000, "cached": true},
        "half": {"data": "0123456789", "times": 150000, "size": 2500000},
        "page": {"data": "12345", "size": 4096},
        "pieces": {"data": "abcdefghij", "times": 100, "size": 5, "chunk": 5},
        "zero": {"data": "all of it", "size": 0}
    }"#;
    let script = format!("{RUN}mkdir x; tar -C x -xf backups/docs.tar; cd x/docs/fuse; cksum *");
    let Some(output) = with_fuse(&home, spec, &script) else { return };
    let digits = |times| cksum(&home, &"0123456789".repeat(times));
    let expected = [
        ("big", digits(300_000)),
        ("big-0", digits(300_000)),
        ("cached", cksum(&home, "12345")),
        ("cached-half", digits(150_000)),
        ("half", digits(150_000)),
        ("page", cksum(&home, "12345")),
        ("pieces", cksum(&home, &"abcdefghij".repeat(100))),
        ("zero", cksum(&home, "all of it")),
    ];
    let expected: String = expected.map(|(name, sum)| format!("{sum} {name}\n")).concat();
    assert_eq!(output.stdout, format!("Backup done for docs in backups/docs.tar\ncode 0\n{expected}"));
}

/// Returns what `cksum` says of these contents.
fn cksum(home: &Home, contents: &str) -> String {
    home.write("contents", contents);
    home.sh("cksum < contents").stdout.trim().to_owned()
}

/// A setting of the kernel says that it has no bytes, and a number gives none but in the first read.
#[test]
fn what_procfs_makes_up_is_stored() {
    let home = home_of_docs("");
    let script = format!(
        "for name in ostype pid_max; do
            touch docs/$name && mount --bind /proc/sys/kernel/$name docs/$name && stat -c %s docs/$name
        done
        {RUN}for name in ostype pid_max; do
            tar -xOf backups/docs.tar docs/$name | cmp - /proc/sys/kernel/$name && echo same
        done"
    );
    let Some(output) = with_mounts(&home, &script) else {
        return backup_core::testing::skipped("mounting isn't allowed");
    };
    let expected = "0\n0\nBackup done for docs in backups/docs.tar\ncode 0\nsame\nsame\n";
    assert_eq!(output.stdout, expected, "{output:?}");
}

#[test]
fn files_that_share_an_inode_number_keep_their_own_contents_and_real_links_stay_links() {
    let home = home_of_docs("");
    let spec = r#"{
        "a": {"data": "hello", "ino": 77, "nlink": 2},
        "b": {"data": "world", "ino": 77, "nlink": 2},
        "c": {"data": "more than that", "ino": 77, "nlink": 2},
        "d": {"data": "linked", "ino": 78, "nlink": 2},
        "e": {"data": "linked", "ino": 78, "nlink": 2}
    }"#;
    let script =
        format!("{RUN}mkdir x; tar -C x -xf backups/docs.tar; cd x/docs/fuse; grep . *; stat -c '%n %h' *");
    let Some(output) = with_fuse(&home, spec, &script) else { return };
    assert_snapshot!(output.stdout, @"
    Backup done for docs in backups/docs.tar
    code 0
    a:hello
    b:world
    c:more than that
    d:linked
    e:linked
    a 1
    b 1
    c 1
    d 2
    e 2
    ");
}

#[test]
fn what_is_mounted_from_the_same_disk_is_left_out_too() {
    let home = home_of_docs(ONE);
    home.write("other/x", "other");
    home.write("other/inner/x", "other");
    home.write("docs/hosts", "covered");
    home.write("docs/sub/y", "y");
    let script = format!(
        "mkdir docs/mnt && mount --bind other docs/mnt && mount --bind other/x docs/hosts
        backup_manager run docs --verbose; echo code $?; tar -tf backups/docs.tar
        backup_manager restore docs --in-place --dry-run
        umount docs/hosts docs/mnt; cat docs/hosts; echo; mount --bind docs docs; {RUN}tar -tf backups/docs.tar"
    );
    let Some(output) = with_mounts(&home, &script) else {
        return backup_core::testing::skipped("mounting isn't allowed");
    };
    assert_snapshot!(home.redact(&output.stdout), @"
    Backup done for docs in backups/docs.tar
    code 0
    docs/
    docs/a
    docs/mnt/
    docs/sub/
    docs/sub/y
    0 entries new
    0 entries would be replaced
    0 entries not in the backup, would stay
    3 entries which backups leave out, would stay
    4 entries as in the backup
    covered
    Backup done for docs in backups/docs.tar
    code 0
    docs/
    docs/a
    docs/hosts
    docs/mnt/
    docs/sub/
    docs/sub/y
    ");
    assert_snapshot!(output.stderr, @"
    hosts is on another file system, its contents left out
    mnt is on another file system, its contents left out
    In docs: 2 entries left out on purpose
    ");
}

/// Holds a file as Samba does for a client, which gives it back when somebody else wants to read it, after a moment.
const LEASE: &str = "
import fcntl, os, signal, sys, time
held = os.open(sys.argv[1], os.O_RDWR)
def give_back(*_):
    time.sleep(float(sys.argv[2]))
    fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)
signal.signal(signal.SIGIO, give_back)
try:
    fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError:
    print('no leases here', flush=True)
    sys.exit()
print('held', flush=True)
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.02)
";

#[test]
fn a_file_under_a_lease_is_waited_for() {
    let home = home_of_docs("");
    home.write("lease.py", LEASE);
    for name in ["leased", "leased-too"] {
        home.write(&format!("docs/{name}"), "by a client");
    }
    let script = format!(
        "for name in leased leased-too; do
            python3 lease.py docs/$name 0.1 > $name 2>&1 & until [ -s $name ]; do kill -0 $! || exit; done
            grep -q held $name || {{ cat $name; exit; }}
        done; {RUN}tar -xOf backups/docs.tar docs/leased docs/leased-too"
    );
    let output = home.sh(&script);
    if output.stdout.contains("no leases here") {
        return backup_core::testing::skipped("files can't be leased here");
    }
    let expected = "Backup done for docs in backups/docs.tar\ncode 0\nby a clientby a client";
    assert_eq!(output.stdout, expected, "{output:?}");
}

/// Folders of more levels than files may be open, on a path that is longer than any call takes.
#[test]
fn a_deep_tree_is_stored_with_few_file_descriptors() {
    let home = home_of_docs("");
    let deepen = "import os
os.chdir('docs')
for _ in range(4200):
    os.mkdir('d')
    os.chdir('d')
open('z', 'w').write('deepest')";
    home.write("deepen.py", deepen);
    let script = format!(
        "python3 deepen.py; ulimit -n 256; {RUN}backup_manager verify docs | grep -oE 'good|4,203 entries'; tar -tf backups/docs.tar | wc -l
        tar -xOf backups/docs.tar \"$(tar -tf backups/docs.tar | grep 'z$')\"; rm -r docs"
    );
    let output = home.sh(&script);
    assert_snapshot!(output.stdout, @"
    Backup done for docs in backups/docs.tar
    code 0
    good
    4,203 entries
    4203
    deepest
    ");
    assert_eq!(output.stderr, "");
}
