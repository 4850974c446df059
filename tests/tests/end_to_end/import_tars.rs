//! `import tars`: a folder of tar archives as older backups.

use std::fs;

use backup_tests::{Home, wait_for};
use insta::assert_snapshot;

use crate::home;

/// A home beside archives that GNU tar made of docs on several days, in the ways that people have in cron.
fn home_with_archives() -> Home {
    let home = home();
    let script = "mkdir -p ann/docs/letters old && cd ann/docs && echo may >letters/may.txt \
        && ln letters/may.txt hard && ln -s letters/may.txt link \
        && echo one >a && tar -b1 -cf ../../old/docs-2026-02-01.tar -C .. docs \
        && echo two >a && tar -czf ../../old/docs_20260202-0300.tar.gz . \
        && echo three >a && tar -cf ../../old/docs-2026-02-03T03:00.tar --transform 's,^docs,home/ann/docs,S' -C .. docs \
        && echo four >a && tar -c -C .. docs | zstd -q >../../old/docs-2026-02-04.tar.zst \
        && echo zero >a && tar -czf ../../old/docs.tgz -C .. docs \
        && touch -d '2026-01-05 06:07:08' ../../old/docs.tgz && echo not me >../../old/notes.txt";
    home.sh(script).expect_done();
    home
}

#[test]
fn an_imported_archive_has_the_date_of_its_moment() {
    let home = home_with_archives();
    home.done(&["import", "tars", "old", "docs"]);
    let dates = home.sh(
        "cd backups && date -r docs.2026-02-02T03-00*.tar '+%F %T' && date -r docs.2026-02-04*.zst '+%F %T'",
    );
    assert_eq!(dates.expect_done().stdout, "2026-02-02 03:00:00\n2026-02-04 00:00:00\n");
    let restored = home.done(&["restore", "docs", "--at", "2026-02-02", "--to", "dated"]).stdout;
    assert!(restored.contains(", made 2026-02-02 03:00, "), "{restored}");
    let listed = home.done(&["backups", "docs", "-l"]).stdout;
    assert!(!listed.contains("seconds ago"), "{listed}");
}

#[test]
fn archives_become_older_backups_like_any_other() {
    let home = home_with_archives();
    let plan = home.done(&["import", "tars", "old", "docs", "--dry-run"]);
    assert!(!home.path("backups").exists(), "a dry run changes nothing");
    let said = home.done(&["import", "tars", "old", "docs"]);
    assert_snapshot!(zoneless(&said.stdout), @r"
    docs.tgz  2026-01-05 06:07 by its time of modification  taken over as backups/docs.2026-01-05T06-07-08[zone].tar
    docs-2026-02-01.tar  2026-02-01 00:00 by its name  taken over as backups/docs.2026-02-01T00-00[zone].tar
    docs_20260202-0300.tar.gz  2026-02-02 03:00 by its name  taken over as backups/docs.2026-02-02T03-00[zone].tar
    docs-2026-02-03T03:00.tar  2026-02-03 03:00 by its name  taken over as backups/docs.2026-02-03T03-00[zone].tar
    docs-2026-02-04.tar.zst  2026-02-04 00:00 by its name  taken over as backups/docs.2026-02-04T00-00[zone].tar.zst
    5 archives taken over
    ");
    assert_eq!(plan.stdout.replace("would be ", ""), said.stdout);
    assert_eq!(
        said.stderr,
        "hint: no schedule makes newer ones; `backup_manager create 'FOLDER;16:07;docs;keep=daily:14,monthly:12'` adds one\n"
    );
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
    let verified = home.done(&["verify", "--all"]).stdout;
    assert_eq!(verified.lines().filter(|line| line.contains("  good (")).count(), 5, "{verified}");
    for (at, content) in [
        ("2026-01-05", "zero"),
        ("2026-02-01", "one"),
        ("2026-02-02", "two"),
        ("2026-02-03", "three"),
        ("2026-11-01", "four"),
    ] {
        assert_eq!(home.done(&["cat", "docs", "a", "--at", at]).stdout, format!("{content}\n"), "{at}");
        let shown = home.done(&["show", "docs", "--at", at]).stdout;
        assert!(shown.contains(" letters/may.txt\n"), "{at}: {shown}");
        let to = format!("to-{at}");
        home.done(&["restore", "docs", "--at", at, "--to", &to]);
        home.sh(&format!("echo {content} >ann/docs/a && diff -r --no-dereference ann/docs {to}"))
            .expect_done();
        assert_eq!(home.sh(&format!("stat -c %h {to}/hard")).stdout, "2\n", "{at}");
    }
    let found = home.done(&["find", "may.txt", "docs"]).stdout;
    assert_eq!(found.lines().count(), 5, "{found}");
    let names = home.names("backups");
    let differs = home.manager(&["diff", "docs", &names[1], &names[3]]);
    assert!(
        differs.stdout.contains("1 changed") && !differs.stdout.contains("letters/may.txt"),
        "{differs:?}"
    );
    assert!(differs.code == Some(1), "{differs:?}");
}

/// Removes the offset from dated names.
fn zoneless(text: &str) -> String {
    let zone = |line: &str| match line.rfind(".tar").and_then(|end| Some((line.get(end - 5..end)?, end))) {
        Some((zone, end)) if zone.starts_with(['+', '-']) => {
            format!("{}[zone]{}", &line[..end - 5], &line[end..])
        }
        _ => line.to_owned(),
    };
    text.lines().map(|line| zone(line) + "\n").collect()
}

#[test]
fn the_originals_stay_and_nothing_is_taken_twice() {
    let home = home_with_archives();
    let sums = || home.sh("sha256sum old/* && stat -c '%n %i %Y %h %s' old/*").expect_done().stdout;
    let before = sums();
    home.done(&["import", "tars", "old", "docs"]);
    let (names, history) = (home.names("backups"), home.bytes("logs/history.jsonl"));
    let again = home.done(&["import", "tars", "old", "docs"]);
    assert_eq!(again.stdout.matches("  there already as backups/").count(), 5, "{again:?}");
    assert!(again.stdout.ends_with("0 archives taken over, 5 there already\n"), "{again:?}");
    assert_eq!((home.names("backups"), home.bytes("logs/history.jsonl")), (names, history));
    assert_eq!(sums(), before);
    home.sh("cp old/docs.tgz old/docs_20260202-0300.tar.gz").expect_done();
    let other = home.manager(&["import", "tars", "old", "docs"]);
    assert_eq!(other.code, Some(1));
    assert!(other.stdout.contains("is of the same moment and holds something else"), "{other:?}");
}

#[test]
fn what_is_damaged_or_does_not_come_back_whole_is_not_taken() {
    let home = home_with_archives();
    let script = "rm old/* && tar -cf old/a-2026-02-01.tar -C ann docs \
        && head -c 3000 old/a-2026-02-01.tar >old/a-2026-02-02.tar \
        && gzip -c old/a-2026-02-01.tar | head -c 150 >old/a-2026-02-03.tar.gz \
        && gzip -c old/a-2026-02-01.tar >old/a-2026-02-04.tar \
        && xz -c old/a-2026-02-01.tar >old/a-2026-02-05.tar.xz; echo x >old/a-2026-02-05.tar.xz \
        && tar -Pcf old/a-2026-02-06.tar \"$PWD/ann/docs\" && tar -cf old/a-2026-02-07.tar ann old/a-2026-02-01.tar \
        && tar -cf old/a-2026-02-08.tar -T /dev/null && cp old/a-2026-02-01.tar old/a-20260201.tar \
        && cp old/a-2026-02-01.tar old/a-2099-01-01.tar && tar -czf old/a-2026-02-09.tgz -C ann docs \
        && ln -s a-2026-02-01.tar old/a-latest.tar && mkdir old/a.tar";
    home.sh(script).expect_done();
    let said = home.manager(&["import", "tars", "old", "docs"]);
    assert_eq!((said.code, home.names("backups").len()), (Some(1), 1), "{said:?}");
    let reasons: String = said.stdout.lines().map(reason).collect();
    assert_snapshot!(reasons, @r"
    a-2026-02-01.tar: of the same moment as a-20260201.tar; move one of them away
    a-20260201.tar: of the same moment as a-2026-02-01.tar; move one of them away
    a-2026-02-02.tar: it can't be read to its end as a tar archive
    a-2026-02-03.tar.gz: it can't be read to its end as a tar archive
    a-2026-02-04.tar: it can't be read to its end as a tar archive
    a-2026-02-05.tar.xz: its compression can't be read; decompress it first, with bunzip2, unxz or the like
    a-2026-02-06.tar: a restore would leave out 6 entries, the first because its path is absolute
    a-2026-02-07.tar: a restore would leave out 1 entry, the first because it doesn't lie below the source
    a-2026-02-08.tar: there is nothing in it
    a-2099-01-01.tar: its moment lies in the future
    1 archive taken over, 10 not taken
    ");
}

/// The file and why it isn't taken; of another line, all.
fn reason(line: &str) -> String {
    match (line.split_once("  "), line.split_once("NOT TAKEN: ")) {
        (Some((file, _)), Some((_, reason))) => {
            format!("{file}: {}\n", reason.split(": ").next().unwrap_or_default())
        }
        (Some(_), None) => String::new(),
        _ => format!("{line}\n"),
    }
}

#[test]
fn keep_is_asked_first() {
    let home = home_with_archives();
    home.write("backup_schedules.txt", "ann/docs;00:00;docs;keep=last:3\n");
    let said = home.manager(&["import", "tars", "old", "docs"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.stderr
            .contains("after this import, the next run would remove 3 archives, because keep= of docs has"),
        "{said:?}"
    );
    assert!(said.stderr.contains("docs.2026-02-02T03-00") && said.stderr.contains("--yes"), "{said:?}");
    assert!(!home.path("backups").exists());
    assert_eq!(home.manager(&["import", "tars", "old", "docs", "--dry-run"]).code, Some(0));
    home.done(&["import", "tars", "old", "docs", "--yes"]);
    assert_eq!(home.names("backups").len(), 5);
    home.done(&["run", "docs"]);
    home.done(&["prune", "docs", "--yes"]);
    let names: Vec<_> =
        home.names("backups").iter().map(|name| name[..name.len().min(15)].to_owned()).collect();
    assert_eq!(names, ["docs.2026-02-03", "docs.2026-02-04", "docs.tar"]);
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
}

#[test]
fn an_import_that_was_killed_is_completed_by_the_next() {
    let home = home_with_archives();
    let large =
        "head -c 60000000 /dev/zero >ann/docs/zeros && tar -czf old/docs-2026-02-02.tar.gz -C ann docs";
    home.sh(large).expect_done();
    let mut import = home.begin(&["import", "tars", "old", "docs"]);
    let draft = home.path("backups/.docs.tar.partial");
    let is_large = || draft.metadata().is_ok_and(|draft| draft.len() > 2_000_000);
    wait_for("the large archive is written", || is_large().then_some(()));
    import.kill().expect("it runs");
    import.wait().expect("it has ended");
    assert!(draft.exists(), "it was killed in the middle");
    assert_eq!(home.names("backups").len(), 3, "two archives and the draft: {:?}", home.names("backups"));
    home.done(&["verify", "--all"]);
    let said = home.done(&["import", "tars", "old", "docs"]);
    assert!(said.stdout.ends_with("4 archives taken over, 2 there already\n"), "{said:?}");
    assert_eq!(home.names("backups").len(), 6);
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
    assert_eq!(home.done(&["verify", "--all"]).stdout.matches("  good (").count(), 6);
}

#[test]
fn a_copy_that_was_published_and_not_noted_is_noted() {
    let home = home_with_archives();
    home.done(&["import", "tars", "old", "docs"]);
    fs::remove_file(home.path("logs/history.jsonl")).expect("it is there");
    fs::remove_file(home.path("backups/SHA256SUMS")).expect("it is there");
    assert_eq!(home.manager(&["show", "docs", "--at", "2026-02-02"]).code, Some(1));
    let said = home.done(&["import", "tars", "old", "docs"]);
    assert!(said.stdout.ends_with("5 archives taken over\n"), "{said:?}");
    home.done(&["show", "docs", "--at", "2026-02-02"]);
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
}

#[test]
fn what_is_asked_for_wrongly_leads_on() {
    let home = home_with_archives();
    home.sh("mkdir empty mixed && cp old/docs-2026-02-01.tar mixed && cp old/docs-2026-02-01.tar mixed/mail-2026-02-01.tar")
        .expect_done();
    home.done(&["import", "tars", "old", "docs"]);
    for (arguments, code, expected) in [
        (&["missing", "docs"][..], 1, "Error: can't read the folder missing"),
        (&["old/notes.txt", "docs"], 1, "Error: can't read the folder old/notes.txt"),
        (
            &["empty", "docs"],
            1,
            "Error: there is no tar archive in empty\nhint: the names of tar archives end",
        ),
        (&["old", "docs", "--only", "x*"], 1, "there is no tar archive whose name matches x* in old"),
        (&["old", "a/b"], 2, "Error: no backup can have the name \"a/b\"\ncaused by: the name holds a /"),
        (&["backups", "docs"], 1, "Backup Manager keeps its own files there"),
        (
            &["mixed", "new"],
            2,
            "mixed seems to hold archives of several backups: docs-2026-02-01.tar, mail-2026-02-01.tar",
        ),
        (&["mixed", "new"], 2, "--only 'docs-*'"),
        (&["old"], 2, ""),
    ] {
        let said = home.manager(&[&["import", "tars"], arguments].concat());
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(expected), "{arguments:?}: {said:?}");
    }
    assert_eq!(home.done(&["import", "tars", "mixed", "new", "--only", "mail-*"]).stdout.lines().count(), 2);
}

#[test]
fn status_says_why_pruning_pauses_after_the_first_run_and_prune_resumes_it() {
    let home = home();
    home.sh("mkdir docs old && echo one >docs/a && tar -cf old/docs-2020-01-01.tar docs").expect_done();
    home.write("backup_schedules.txt", "docs;04:00;docs;keep=last:9\n");
    home.done(&["import", "tars", "old", "docs", "--yes"]);
    home.done(&["run", "docs"]);
    let pruning = |home: &Home| -> Vec<String> {
        let shown = home.redact(&home.manager(&["status", "docs"]).stdout);
        let lines = shown.lines().skip_while(|line| !line.starts_with("   pruning"));
        lines.map(|line| line.split(char::is_numeric).collect::<Vec<_>>().concat()).collect()
    };
    let told = [
        "   pruning    paused: there are  days without a backup before [time]",
        "              `backup_manager prune docs --dry-run` shows what the rules would remove, and `backup_manager prune docs` \
         removes it and resumes",
    ];
    assert_eq!(pruning(&home), told);
    let plan = home.done(&["prune", "docs", "--dry-run"]).stdout;
    assert!(
        plan.ends_with("; `backup_manager prune docs` removes what goes and resumes\n")
            && plan.contains("\nautomatic pruning is paused: there are "),
        "{plan}"
    );
    home.done(&["prune", "docs", "--yes"]);
    assert!(pruning(&home).is_empty(), "it goes on");
}
