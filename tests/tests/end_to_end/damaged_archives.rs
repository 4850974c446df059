//! Archives that are damaged, or that another tool has made, and names of any kind in them.

use backup_core::testing::skipped;
use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// A home with a compressed backup of six files. Each takes a frame.
fn home_with_frames() -> Home {
    let home = home();
    home.sh("mkdir docs && for i in 1 2 3 4 5 6; do head -c 900000 /dev/urandom > docs/f$i; done")
        .expect_done();
    home.done(&["create", "docs;00:00;docs", "--compress", "zstd"]);
    home.done(&["run", "docs"]);
    home.sh("cp backups/docs.tar.zst good").expect_done();
    home
}

/// Damages the archive by a script, restores it, and returns what came back whole, and what was said.
fn restored(home: &Home, damage: &str) -> (Vec<String>, String) {
    home.sh(&format!("rm -rf out && cp good backups/docs.tar.zst && {damage}")).expect_done();
    let said = home.manager(&["restore", "docs", "--to", "out"]);
    assert_eq!(said.code, Some(3), "{damage}: {}", said.stderr);
    let names = home.names("out");
    for name in &names {
        home.sh(&format!("cmp out/{name} docs/{name}")).expect_done();
    }
    assert!(!home.names(".").iter().any(|name| name.ends_with(".restoring")), "nothing is left over");
    (names, said.stderr)
}

const SIX: [&str; 6] = ["f1", "f2", "f3", "f4", "f5", "f6"];

/// What is said of an archive with other bytes than it was made with.
const NOT_AS_MADE: &str = "THE ARCHIVE ISN'T WHAT WAS WRITTEN, and any of these files may be wrong: ";

#[test]
fn what_comes_before_the_damage_of_a_compressed_archive_comes_back() {
    let home = home_with_frames();
    let (names, said) =
        restored(&home, "printf XXX | dd of=backups/docs.tar.zst bs=1 seek=4000000 conv=notrunc");
    assert_eq!(names, SIX[..4]);
    assert!(said.contains("can't be read to its end: in frame 5 of "), "{said}");
    assert!(said.contains(", after docs/f4; anything that follows is missing"), "{said}");

    let (names, said) = restored(&home, "truncate -s 4000000 backups/docs.tar.zst");
    assert_eq!(names, SIX[..4]);
    assert!(said.contains("can't be read to its end: after byte "), "{said}");

    // A frame that lies within one file costs that file alone.
    home.sh("cat docs/f2 docs/f3 docs/f4 docs/f5 > docs/f2x && backup_manager run docs && cp backups/docs.tar.zst good")
        .expect_done();
    let (names, said) =
        restored(&home, "printf XXX | dd of=backups/docs.tar.zst bs=1 seek=4000000 conv=notrunc");
    assert_eq!(names, SIX);
    let lines: Vec<_> = said.lines().collect();
    assert!(
        matches!(lines[..], [made, frame, "docs/f2x is damaged in the archive, and no other archive holds its contents", _]
            if made.starts_with(NOT_AS_MADE) && frame.starts_with("can't restore docs/f2x: in frame 5 of ")),
        "{said}"
    );

    let (names, said) = restored(&home, "echo garbage >> backups/docs.tar.zst");
    assert_eq!(names.len(), 7);
    assert!(said.contains("can't be read to its end: after byte "), "{said}");
}

#[test]
fn the_list_of_frames_is_needed_by_nobody() {
    let home = home_with_frames();
    // The last bytes are the list's own number and magic number, those before are the sizes of the last frame.
    for damage in [
        "truncate -s -1",
        "truncate -s -9",
        "printf XX | dd conv=notrunc bs=1 seek=$(($(stat -c %s good)-12)) of=",
    ] {
        let damage = if damage.ends_with('=') { damage.to_owned() } else { format!("{damage} ") };
        home.sh(&format!("rm -rf out && cp good backups/docs.tar.zst && {damage}backups/docs.tar.zst"))
            .expect_done();
        let said = home.manager(&["restore", "docs", "--to", "out"]);
        home.sh("diff -r docs out").expect_done();
        let is_told = said.stderr.starts_with(NOT_AS_MADE) || said.stderr.contains(", behind the trailer; ");
        assert!(said.code == Some(3) && is_told, "{damage}: {}", said.stderr);
        home.sh("backup_manager cat docs f6 | cmp - docs/f6").expect_done();
    }
}

#[test]
fn archives_that_other_tools_have_compressed_give_what_they_hold() {
    let home = home_with_frames();
    let frames = "tar --sort=name -cf tar docs && split -b 1300K tar part. && for part in part.*; do zstd -q --no-check $part; done";
    if home.sh(frames).code != Some(0) {
        skipped("zstd isn't there");
        return;
    }
    home.sh("tar --sort=name -cf - docs | zstd -q > good").expect_done();
    for (damage, expected) in [("truncate -s 4000000", &SIX[..4]), ("echo garbage >>", &SIX)] {
        let (names, said) = restored(&home, &format!("{damage} backups/docs.tar.zst"));
        assert_eq!(names, expected);
        assert!(said.contains("the archive can't be read to its end: "), "{said}");
    }
    // A single frame is known to be wrong only at its end: all of it comes back, and is reported as doubtful.
    home.sh("rm -rf out; cp good backups/docs.tar.zst; printf X | dd of=backups/docs.tar.zst bs=1 seek=4000000 conv=notrunc")
        .expect_done();
    let said = home.manager(&["restore", "docs", "--to", "out"]);
    assert_eq!((said.code, home.names("out").len()), (Some(3), 6), "{}", said.stderr);
    assert!(
        said.stderr.contains("; docs/ and what comes after it were read unchecked, and MAY BE WRONG; "),
        "{}",
        said.stderr
    );
    // Parts of one tar, and what readers skip before, between and behind them.
    home.sh(r"printf 'P*M\030\003\0\0\0abc' > skip; cat skip part.aa.zst skip part.ab.zst part.ac.zst part.ad.zst part.ae.zst skip > backups/docs.tar.zst; rm -rf out")
        .expect_done();
    let said = home.manager(&["restore", "docs", "--to", "out"]);
    assert!(said.code == Some(3) && said.stderr.starts_with(NOT_AS_MADE), "{said:?}");
    home.sh("diff -r docs out && backup_manager cat docs f5 | cmp - docs/f5").expect_done();
}

#[test]
fn what_can_be_read_is_shown_found_and_written() {
    let home = home_with_frames();
    home.sh("printf XXX | dd of=backups/docs.tar.zst bs=1 seek=4000000 conv=notrunc").expect_done();
    let behind = home.sh("backup_manager cat docs f6 | cmp - docs/f6");
    assert_eq!((behind.code, &*behind.stderr), (Some(0), ""), "the catalog says where it is");
    home.sh("rm -r backups/.catalog").expect_done();
    let show = home.manager(&["show", "docs"]);
    assert_eq!((show.code, show.stdout.lines().count()), (Some(3), 5), "{}", show.stdout);
    let broken = "backups/docs.tar.zst: the archive can't be read to its end: ";
    assert!(show.stderr.starts_with(broken), "{}", show.stderr);
    let find = home.manager(&["find", "f*"]);
    assert_eq!((find.code, find.stdout.lines().count()), (Some(3), 4), "{}", find.stdout);
    assert!(find.stderr.starts_with(broken), "{}", find.stderr);
    let cat = home.sh("backup_manager cat docs f2 > out; echo $?; cmp out docs/f2");
    assert!(cat.stdout == "3\n" && cat.code == Some(0) && cat.stderr.starts_with(broken), "{}", cat.stderr);
    let lost = home.manager(&["cat", "docs", "f6"]);
    assert!(
        lost.code == Some(1) && lost.stderr.contains("it isn't in the readable part of"),
        "{}",
        lost.stderr
    );
    let some = home.manager(&["restore", "docs", "f2", "f6", "--to", "some"]);
    assert_eq!((some.code, home.names("some")), (Some(3), vec!["f2".to_owned()]), "{}", some.stderr);
    assert!(some.stderr.contains("f6 matches nothing in what can be read of the backup"), "{}", some.stderr);
    let none = home.manager(&["restore", "docs", "f6", "--to", "none"]);
    assert!(none.code == Some(1) && !home.path("none").exists(), "{}", none.stderr);
}

#[test]
fn a_disk_that_fails_in_the_middle_costs_what_lies_there() {
    let home = home();
    if home.sh("strace -o /dev/null true").code != Some(0) {
        skipped("there is no strace here, or it is not allowed");
        return;
    }
    home.sh("mkdir docs && for i in 1 2 3 4 5 6; do head -c 2000000 /dev/urandom > docs/f$i; done")
        .expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    let restore = |reads: &str| {
        home.sh("rm -rf out").expect_done();
        let archive = home.path("backups/docs.tar");
        home.sh(&format!(
            "strace -f -o trace -P {} -e trace=read -e inject=read:error=EIO:when={reads} \
             backup_manager restore docs --to out",
            archive.display()
        ))
    };
    let once = restore("25");
    assert_eq!((once.code, home.names("out").len()), (Some(3), 5), "{}", once.stderr);
    assert!(once.stderr.starts_with("can't restore docs/f"), "{}", once.stderr);
    assert!(once.stderr.contains(": Input/output error (os error 5)"), "{}", once.stderr);
    let on = restore("25+");
    let names = home.names("out");
    assert!(on.code == Some(3) && (1..5).contains(&names.len()), "{names:?} {}", on.stderr);
    assert!(on.stderr.contains(" (os error 5), after docs/f"), "{}", on.stderr);
    for name in names {
        home.sh(&format!("cmp out/{name} docs/{name}")).expect_done();
    }
    assert!(!home.names(".").iter().any(|name| name.ends_with(".restoring")));
}

#[test]
fn an_archive_of_another_tar_is_whole() {
    let home = home();
    home.write("docs/a", "a");
    home.sh("mkdir -m 700 backups; tar -b 1 -cf backups/gnu.tar docs; head -c 2048 backups/gnu.tar > backups/zeros.tar; \
             head -c 1536 backups/gnu.tar > backups/cut.tar; chmod 600 backups/*.tar")
        .expect_done();
    let whole = "  whole, but the history doesn't know it\n";
    // GNU tar fills the record; what is left is one block of zeros.
    assert_eq!(home.done(&["verify", "gnu"]).stdout, format!("gnu.tar{whole}"));
    assert_eq!(home.done(&["verify", "zeros"]).stdout, format!("zeros.tar{whole}"));
    let cut = home.manager(&["verify", "cut"]);
    assert_snapshot!(cut.stdout, @"cut.tar  DAMAGED: at byte 1536, after docs/a: the archive ends without its trailer");
    assert_eq!(home.done(&["restore", "zeros"]).stderr, "");
    if home.sh("bsdtar -cf backups/bsd.tar docs && chmod 600 backups/bsd.tar").code == Some(0) {
        assert_eq!(home.done(&["verify", "bsd"]).stdout, format!("bsd.tar{whole}"));
    } else {
        skipped("bsdtar isn't there");
    }
    // Of an archive that the history knows, a cut into its padding is found.
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    home.sh("truncate -s -512 backups/docs.tar").expect_done();
    assert!(home.manager(&["verify", "docs"]).stdout.contains("the zeros behind the trailer are cut off"));
}

#[test]
fn a_path_is_taken_as_it_is_whatever_characters_it_has() {
    let home = home();
    let odd = ["[.txt", "[].txt", "[abc].txt", "back\\", "sub/ ", "-rf", "!a", "#x", "*", "it's $HOME"];
    for name in odd.into_iter().chain(["a.txt", "sub/other", "a", "x", "back"]) {
        home.write(&format!("docs/{name}"), name);
    }
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    for name in odd {
        let path = format!("./{name}");
        home.sh("rm -rf out").expect_done();
        home.done(&["restore", "docs", &path, "--to", "out"]);
        assert_eq!(home.sh("cd out && find . -type f").stdout, format!("{path}\n"));
        assert_eq!(home.done(&["cat", "docs", &path]).stdout, name);
        assert_eq!(home.done(&["find", &path]).stdout.lines().count(), 1, "{path}");
        assert_eq!(home.done(&["show", "docs", &path]).stdout.lines().count(), 1, "{path}");
    }
    assert_eq!(home.done(&["cat", "docs", "sub/ "]).stdout, "sub/ ");
    // With the odd one out of the way, the same is a pattern.
    home.sh("rm 'docs/[abc].txt' && backup_manager run docs").expect_done();
    assert_eq!(home.done(&["find", "[abc].txt"]).stdout.lines().count(), 1);
    assert_eq!(home.manager(&["find", "[x"]).code, Some(1));
    let several = home.manager(&["restore", "docs", "[.txt", "nothing", "*.tx?", "--to", "several"]);
    assert_eq!((several.code, several.stderr.as_str()), (Some(3), "nothing matches nothing in the backup\n"));
    assert_eq!(home.names("several"), ["[.txt", "[].txt", "a.txt"]);
}

#[test]
fn what_find_and_show_name_can_be_pasted_into_a_command() {
    let home = home();
    let script = r#"mkdir docs && cd docs && for name in -rf 'a b' "it's" '$HOME' '[a]' "$(printf 'new\nline')" \
        "$(printf '\033[2J')" "$(printf 'd\377cs')" "$(printf 'zero\342\200\213width')" plain 'back\'; do
        printf %s "$name" > "./$name"; done"#;
    home.sh(script).expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs\n");
    home.done(&["run", "docs"]);
    let shown = home.done(&["find", "[!.]*", "docs"]).stdout;
    let words: Vec<&str> = shown.lines().map(|line| &line[line.find(':').expect("a time") + 4..]).collect();
    assert_snapshot!(words.join("\n"), @r"
    $'\x1b[2J'
    '$HOME'
    ./-rf
    '[a]'
    'a b'
    'back\'
    $'d\xffcs'
    'it'\''s'
    $'new\nline'
    plain
    $'zero\xe2\x80\x8bwidth'
    ");
    let pasted: String = words.iter().map(|word| format!("backup_manager cat docs {word}; echo\n")).collect();
    home.write("paste", &pasted);
    let said = home.sh("bash paste > said; cd docs && for name in *; do cat \"./$name\"; echo; done > ../expected; cd .. && cmp said expected");
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    let all: String = words.iter().map(|word| format!(" {word}")).collect();
    home.write("paste", format!("backup_manager restore docs{all} --to out && diff -r docs out"));
    home.sh("bash paste").expect_done();
    for word in words {
        home.write(
            "paste",
            format!("backup_manager show docs {word} | wc -l; backup_manager find {word} | wc -l"),
        );
        assert_eq!(home.sh("bash paste").expect_done().stdout, "1\n1\n", "{word}");
    }
}

#[test]
fn what_lies_outside_the_source_is_reported() {
    let home = home();
    home.write("docs/a", "a");
    home.sh("mkdir -m 700 backups && tar -cPf backups/docs.tar docs \"$PWD/docs/a\" && tar -rPf backups/docs.tar --transform s,docs,other, docs/a")
        .expect_done();
    for command in [&["show", "docs"][..], &["find", "a"]] {
        let said = home.manager(command);
        assert_eq!(said.code, Some(3), "{}", said.stderr);
        assert!(said.stdout.ends_with(" a\n"), "{}", said.stdout);
        let stderr = said.stderr.replace(home.folder().to_str().expect("a plain path"), "[home]");
        assert_eq!(
            stderr,
            "backups/docs.tar: [home]/docs/a isn't shown: its path is absolute\n\
             backups/docs.tar: other/a isn't shown: it doesn't lie below the source\n"
        );
    }
}

#[test]
fn a_name_with_what_nobody_sees_is_refused() {
    let home = home();
    let refused = home.manager(&["create", "docs;16:07;do\u{200b}cs"]);
    assert_eq!(refused.code, Some(2));
    assert_snapshot!(refused.stderr, @r#"
    Error: malformed schedule: docs;16:07;do\u{200b}cs
    caused by: the name holds an invisible character, U+200B
    hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    "#);
    assert_eq!(home.text("backup_schedules.txt"), "");
}
