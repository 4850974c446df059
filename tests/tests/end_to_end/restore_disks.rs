//! Restores to disks that don't keep all that they are asked to keep.

use backup_core::testing::skipped;
use backup_tests::{Finished, Home, with_mounts};
use insta::{allow_duplicates, assert_snapshot};

use crate::home;

/// Makes the source and its backup, all of one time and of whoever runs the script.
const BACKUP: &str = "
    mkdir -p docs/sub; echo hi >docs/a; echo two >docs/b; ln docs/b docs/hard; ln -s a docs/link; echo s >docs/sub/f
    chmod 640 docs/a docs/b; chmod 755 docs/sub; chmod 600 docs/sub/f; chmod 755 docs
    find docs | xargs touch -h -d 2020-01-01T00:00:01.5Z
    echo 'docs;16:07;docs' >backup_schedules.txt; backup_manager run docs >run.log || exit";

/// Runs a script beside `disk`, which is one that lacks what the words say; `None` where that can't be had.
fn on_a_disk(home: &Home, words: &str, script: &str) -> Option<Finished> {
    home.write("odd_disk.py", include_str!("odd_disk.py"));
    let begin = format!(
        "command -v python3 >python.log && test -w /dev/fuse && mkdir disk && python3 odd_disk.py disk {words} || exit 77
        trap 'umount -l disk' EXIT"
    );
    mounted(home, &format!("{begin}{BACKUP}\n{script}"))
}

/// Runs a script that mounts things, unless it ends with 77: then it says why that can't be tried.
fn mounted(home: &Home, script: &str) -> Option<Finished> {
    let finished = with_mounts(home, script);
    if finished.as_ref().is_none_or(|finished| finished.code == Some(77)) {
        skipped("such a disk can't be mounted here");
        return None;
    }
    finished
}

/// Restores to a new folder, to the same again, and over it.
const THREE_TIMES: &str = "
    for how in '' '' --overwrite; do
        backup_manager restore docs --to disk/new $how >out.log 2>err.log; echo code $?
        grep -v '^Restored' err.log; sed 's/ of backups.*//' out.log
    done
    cat disk/new/a disk/new/hard disk/new/sub/f; ls -A disk disk/new";

#[test]
fn what_a_disk_cant_keep_is_listed_and_the_files_are_there() {
    for words in ["modes", "owners", "modes owners"] {
        for refuse in ["", " refuse"] {
            let home = home();
            let words = format!("{words}{refuse}");
            let Some(output) = on_a_disk(&home, &words, THREE_TIMES) else { return };
            assert!(output.stdout.starts_with("code 3\n"), "{words}: {output:?}");
            assert!(
                output.stdout.ends_with("hi\ntwo\ns\ndisk:\nnew\n\ndisk/new:\na\nb\nhard\nlink\nsub\n"),
                "{words}"
            );
            assert_eq!(output.stdout.matches("Restored 6 entries").count(), 1, "{words}: {output:?}");
            assert_eq!(output.stdout.matches("Restored 0 entries").count(), 2, "{words}: {output:?}");
            assert_eq!(output.stdout.matches("6 entries existed already").count(), 2, "{words}: {output:?}");
            assert!(!output.stdout.contains("differently"), "{words}: {output:?}");
        }
    }
}

#[test]
fn a_disk_with_fixed_modes_and_rounded_times() {
    let Some(output) = on_a_disk(&home(), "modes times attributes", THREE_TIMES) else { return };
    assert_snapshot!(output.stdout, @"
    code 3
    can't set the mode of docs/a: the result is 0755 instead of 0640
    can't set the time of docs/a: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/b: the result is 0755 instead of 0640
    can't set the time of docs/b: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of docs/link: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/sub/f: the result is 0755 instead of 0600
    can't set the time of docs/sub/f: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of docs/sub: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of .: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    Restored 6 entries (9 B)
    code 3
    can't set the mode of docs/a: the result is 0755 instead of 0640
    can't set the time of docs/a: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/b: the result is 0755 instead of 0640
    can't set the time of docs/b: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of docs/link: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/sub/f: the result is 0755 instead of 0600
    can't set the time of docs/sub/f: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    6 entries existed already as in the backup
    Restored 0 entries (0 B)
    code 3
    can't set the mode of docs/a: the result is 0755 instead of 0640
    can't set the time of docs/a: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/b: the result is 0755 instead of 0640
    can't set the time of docs/b: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of docs/link: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the mode of docs/sub/f: the result is 0755 instead of 0600
    can't set the time of docs/sub/f: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    can't set the time of docs/sub: the result is 2020-01-01T00:00:00Z instead of 2020-01-01T00:00:01.500Z
    6 entries existed already as in the backup
    Restored 0 entries (0 B)
    hi
    two
    s
    disk:
    new

    disk/new:
    a
    b
    hard
    link
    sub
    ");
}

#[test]
fn a_disk_without_hard_links_and_safe_renames_gets_every_file() {
    let script = "mkdir disk/new; echo mine >disk/new/a".to_owned() + THREE_TIMES;
    let Some(output) = on_a_disk(&home(), "links exchange symlinks room", &script) else { return };
    assert_snapshot!(output.stdout, @"
    code 3
    docs/a existed already, differed, and stayed
    docs/hard is a copy instead of a hard link: Operation not permitted (os error 1)
    can't restore docs/link: Operation not permitted (os error 1)
    1 entry existed already, differed, and stayed; --overwrite replaces such
    Restored 4 entries (6 B)
    code 3
    docs/a existed already, differed, and stayed
    docs/hard is a copy instead of a hard link: Operation not permitted (os error 1)
    can't restore docs/link: Operation not permitted (os error 1)
    4 entries existed already as in the backup
    1 entry existed already, differed, and stayed; --overwrite replaces such
    Restored 0 entries (0 B)
    code 3
    docs/hard is a copy instead of a hard link: Operation not permitted (os error 1)
    can't restore docs/link: Operation not permitted (os error 1)
    4 entries existed already as in the backup
    Restored 1 entry (3 B)
    hi
    two
    s
    disk:
    new

    disk/new:
    a
    b
    hard
    sub
    ");
}

#[test]
fn names_that_a_disk_cant_tell_apart_are_never_merged() {
    let script = "
        rm -r docs/*; mkdir docs/Dir docs/dir; echo 1 >docs/Dir/x; echo 2 >docs/dir/x; ln docs/dir/x docs/z
        echo big >docs/NAME; echo small >docs/name; echo colon >docs/q:x; echo dot >docs/dot.; echo 5 >docs/2024.
        echo 4 >docs/2024; backup_manager run docs >run.log
        for how in '' --overwrite; do
            backup_manager restore docs --to disk/new $how 2>&1 >out.log | sort; sed 's/ of backups.*//' out.log
        done
        cd disk/new && grep . -r . | sort";
    for words in ["fold names", "fold names inodes links exchange"] {
        let Some(output) = on_a_disk(&home(), words, script) else { return };
        allow_duplicates! { assert_snapshot!(output.stdout, @"
        can't restore docs/q:x: Invalid argument (os error 22)
        can't set the name of docs/dot.: the disk drops the dots and spaces at its end
        docs/2024. refused: the disk can't tell its name from another one that is there
        docs/dir/ refused: the disk can't tell its name from another one that is there
        docs/dir/x refused: the disk can't tell its name from another one that is there
        docs/name refused: the disk can't tell its name from another one that is there
        Restored 6 entries (14 B)
        5 entries existed already as in the backup
        can't restore docs/q:x: Invalid argument (os error 22)
        docs/2024. refused: the disk can't tell its name from another one that is there
        docs/dir/ refused: the disk can't tell its name from another one that is there
        docs/dir/x refused: the disk can't tell its name from another one that is there
        docs/dot. refused: the disk can't tell its name from another one that is there
        docs/name refused: the disk can't tell its name from another one that is there
        Restored 0 entries (0 B)
        ./2024:4
        ./Dir/x:1
        ./NAME:big
        ./dot:dot
        ./z:2
        ") }
    }
}

#[test]
fn a_restore_that_was_ended_is_finished_where_nothing_on_a_folder_marks_it() {
    let script = "
        echo full >docs/sub/f; touch -d 2020-01-01T00:00:02Z docs/sub; backup_manager run docs >run.log
        mkdir disk/new; backup_manager restore docs --to disk/new 2>err.log; echo code $?; ls -A disk/new/sub
        backup_manager restore docs --to disk/new 2>err.log >out.log; echo code $?; ls -A disk/new/sub
        stat -c %Y disk/new/sub; cat disk/new/sub/f";
    for words in ["modes full", "owners full"] {
        let Some(output) = on_a_disk(&home(), words, script) else { return };
        allow_duplicates! { assert_snapshot!(output.stdout, @"
    code 1
    .restoring-e3b0c44298fc1c14
    code 3
    f
    1577836802
    full
    ") }
    }
}

#[test]
fn a_disk_that_does_not_tell_its_room_is_not_full() {
    let script = format!(
        "{BACKUP}\nmkdir disk; mount -t ramfs none disk || exit 77
        backup_manager restore docs --to disk/new >out.log; echo code $?; cat disk/new/a
        backup_manager drill docs --in disk >out.log; echo code $?"
    );
    let Some(output) = mounted(&home(), &script) else { return };
    assert_snapshot!(output.stdout, @"
    code 0
    hi
    code 0
    ");
}

#[test]
fn files_come_back_through_bindfs() {
    let cases =
        [("-p 0755 --chmod-ignore", "mode"), ("--force-user=1000 --chown-ignore --chgrp-ignore", "owner")];
    for (options, what) in cases {
        let script = format!(
            "{BACKUP}\ncommand -v bindfs >bindfs.log && mkdir under disk && bindfs {options} under disk 2>bindfs.log || exit 77
            trap 'umount -l disk' EXIT {THREE_TIMES}; stat -c %.Y disk/new/a disk/new/sub"
        );
        let Some(output) = mounted(&home(), &script) else { return };
        let lines: Vec<&str> = output.stdout.lines().collect();
        assert!(output.stdout.starts_with("code 3\n"), "{output:?}");
        assert!(
            lines.iter().any(|line| line.starts_with(&format!("can't set the {what} of docs/a: "))),
            "{output:?}"
        );
        assert!(
            lines.iter().filter(|line| line.starts_with("can't")).all(|line| line.contains(what)),
            "{output:?}"
        );
        assert!(output.stdout.ends_with("1577836801.500000000\n1577836801.500000000\n"), "{output:?}");
    }
}

#[test]
fn a_read_only_file_gets_its_attributes_before_its_acl() {
    let home = home();
    let script = "command -v setfattr setfacl getfattr >tools.log || exit 77
        as=; if [ $(id -u) = 0 ]; then as='setpriv --reuid 1234 --regid 1234 --clear-groups'; chown 1234:1234 . ; fi
        $as sh -c 'mkdir docs && echo hi >docs/a && setfattr -n user.k -v there docs/a && setfattr -n user.l -v too docs/a &&
            setfacl -m u:77:r docs/a && chmod 444 docs/a' || exit 77
        echo 'docs;16:07;docs' >backup_schedules.txt; $as backup_manager run docs >run.log || exit
        $as backup_manager restore docs >out.log; echo code $?; getfattr -d docs.restored/a";
    let output = home.sh(script);
    if output.code == Some(77) {
        return skipped("this disk has no attributes or ACLs");
    }
    assert_snapshot!(output.stdout, @r#"
    code 0
    # file: docs.restored/a
    user.k="there"
    user.l="too"
    "#);
}

#[test]
fn attributes_that_a_disk_does_not_keep_are_reported_each_time() {
    let home = home();
    home.write("docs/letter", "Dear all");
    let tagged = home.sh("setfattr -n user.tag -v here docs/letter");
    if tagged.code != Some(0) {
        return skipped("extended attributes: none can be set here");
    }
    home.done(&["create", "docs;16:07;docs"]);
    home.done(&["run", "docs"]);
    let script = "mkdir disk && mount -t ramfs none disk
        for turn in 1 2; do backup_manager restore docs --to disk/there >told 2>&1; echo code $?; grep -c letter told; done";
    let Some(played) = with_mounts(&home, script) else {
        return skipped("mounting is not allowed here");
    };
    assert_eq!(played.stdout, "code 3\n1\ncode 3\n1\n", "{played:?}");
}
