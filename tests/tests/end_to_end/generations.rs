//! Older generations, as the commands show and remove them.

use std::fs;

use backup_tests::{Finished, Home, Terminal};

use crate::home;

/// Makes a backup in a zone so many hours ahead: the dated name that it gets later has a minute and an offset of its own.
fn run(home: &Home, hours: u8) {
    home.write("docs/letter", format!("Dear {hours}"));
    let zone = format!("<+0{hours}>-{hours}");
    Finished::run(home.manager_command(&["run", "docs"]).env("TZ", zone)).expect_done();
}

/// A home with so many generations that its schedule keeps.
fn home_with_generations(count: u8, keep: &str) -> Home {
    let home = home();
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:9\n");
    (1..=count).for_each(|hours| run(&home, hours));
    home.write("backup_schedules.txt", format!("docs;00:00;docs;keep={keep}\n"));
    home
}

/// What a command says of each archive, without its dates: the hours of its zone instead.
fn said(home: &Home, arguments: &[&str], code: i32) -> Vec<String> {
    let said = home.manager(arguments);
    assert_eq!(said.code, Some(code), "{said:?}");
    said.stdout.lines().chain(said.stderr.lines()).map(undated).collect()
}

fn undated(line: &str) -> String {
    let words = line.split_whitespace().map(|word| match word.split_once("00.tar") {
        Some((dated, "")) if word.starts_with("docs.2") => format!("docs{}", &dated[dated.len() - 3..]),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The archives that stand.
fn stand(home: &Home) -> Vec<String> {
    home.names("backups").iter().map(|name| undated(name)).collect()
}

/// The file name of the generation that was made so many hours ahead.
fn dated(home: &Home, hours: u8) -> String {
    let is_it = |name: &String| name.contains(&format!("+0{hours}00."));
    home.names("backups").into_iter().find(is_it).expect("it stands")
}

/// Changes a byte, and not the size.
fn spoil(home: &Home, file_name: &str) {
    let path = home.path(format!("backups/{file_name}"));
    let mut bytes = fs::read(&path).expect("it stands");
    bytes[0] ^= 1;
    fs::write(&path, bytes).expect("it can be written");
}

#[test]
fn what_no_rule_keeps_is_shown_and_goes() {
    let home = home_with_generations(4, "last:2");
    let plan = [
        "docs+01 goes: no rule keeps it",
        "docs+02 goes: no rule keeps it",
        "docs+03 stays: last 2",
        "docs.tar stays: last 1",
    ];
    // A disk that doesn't tell what is shared frees at most that.
    let free = |said: Vec<String>| {
        let (free, lines): (Vec<_>, Vec<_>) = said.into_iter().partition(|line| line.starts_with("free"));
        (lines, free.concat().replace("at most ", ""))
    };
    let planned = free(said(&home, &["prune", "docs", "--dry-run"], 0));
    assert_eq!(planned, (plan.map(str::to_owned).to_vec(), "frees 20.4 kB of the disk".to_owned()));
    assert_eq!(stand(&home), ["docs+01", "docs+02", "docs+03", "docs.tar"]);
    let removed = plan.map(|line| line.replace("goes:", "removed:")).to_vec();
    let pruned = free(said(&home, &["prune", "docs", "--yes"], 0));
    assert_eq!(pruned, (removed, "freed 20.4 kB of the disk".to_owned()));
    assert_eq!(stand(&home), ["docs+03", "docs.tar"]);
    let nothing = free(said(&home, &["prune", "docs", "--dry-run"], 0));
    assert_eq!(nothing.1, "frees nothing: nothing goes");
    assert_eq!(said(&home, &["prune", "docs", "--yes"], 0), plan[2..]);
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
}

#[test]
fn nothing_is_removed_before_somebody_agrees() {
    let home = home_with_generations(4, "last:2");
    let before = stand(&home);
    for (arguments, what) in [
        (&["prune", "docs"][..], "without a terminal, prune needs --yes"),
        (&["prune", "docs", "--json"], "with --json, prune needs --yes or --dry-run"),
    ] {
        let refused = home.manager(arguments);
        let expected = format!(
            "Error: wrong usage: {what}\nhint: add --yes to remove what no rule keeps, or --dry-run to only look\n"
        );
        assert_eq!((refused.code, refused.stdout, refused.stderr), (Some(2), String::new(), expected));
    }
    assert_eq!(stand(&home), before);
    let answer = |key: &str| {
        let mut terminal = Terminal::begin(&home, &["prune", "docs"], &[]);
        terminal.wait_for_screen("the question", |lines| {
            let is_shown = lines.iter().filter(|line| line.ends_with("goes: no rule keeps it")).count() == 2;
            is_shown && lines.iter().any(|line| line.contains("Remove 2 older backups of docs? [y/N]"))
        });
        assert_eq!(stand(&home), before, "nothing is removed before the answer");
        terminal.press(key);
        terminal.end()
    };
    let (code, written) = answer("\n");
    assert!(code == 1 && written.contains("Nothing was removed"), "{written}");
    assert_eq!(stand(&home), before);
    let (code, written) = answer("y\n");
    assert!(code == 0 && written.matches("removed: no rule keeps it").count() == 2, "{written}");
    assert_eq!(stand(&home), ["docs+03", "docs.tar"]);
    // Where nothing goes, there is nothing to ask.
    let (code, written) = Terminal::begin(&home, &["prune", "docs"], &[]).end();
    assert!(code == 0 && !written.contains("[y/N]"), "{written}");
}

#[test]
fn what_a_run_removes_is_named_after_its_outcome() {
    let home = home_with_generations(2, "last:2");
    let said = home.sh("backup_manager run docs 2>&1").expect_done().stdout;
    let lines: Vec<_> = said.lines().map(undated).collect();
    let expected =
        ["Backup done for docs in backups/docs.tar", "Removed 1 older backup by keep=last:2: docs+01"];
    assert_eq!(lines, expected);
    let edited = home.manager(&["edit", "docs", "--keep", "last:1"]);
    let expected = "no rule keeps 1 older backup any more, and the next run removes it: \
                    `backup_manager prune docs --dry-run` shows which";
    assert!(edited.stderr.lines().any(|line| line == expected), "{edited:?}");
}

#[test]
fn five_quick_runs_leave_as_many_as_are_kept() {
    let home = home();
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:3\n");
    for text in ["one", "two", "three", "four", "five"] {
        home.write("docs/letter", text);
        home.done(&["run", "docs"]);
    }
    let archives: Vec<_> = home.names("backups").into_iter().filter(|name| name.contains(".tar")).collect();
    assert_eq!(archives.len(), 3, "{archives:?}");
    let letter = |archive: &String| home.sh(&format!("tar -xOf backups/{archive} docs/letter")).stdout;
    let mut letters: Vec<_> = archives.iter().map(letter).collect();
    letters.sort();
    assert_eq!(letters, ["five", "four", "three"]);
    // A name has a second unless that is 0, and a number if another run began in that second.
    let mut older = archives.iter().filter(|name| name.as_str() != "docs.tar");
    let is_offset =
        |text: &str| text.starts_with(['+', '-']) && text[1..].bytes().all(|byte| byte.is_ascii_digit());
    let is_dated = |name: &String| {
        let stamp = name.trim_start_matches("docs.");
        let times = ["2026-01-29T16-07", "2026-01-29T16-07-31"];
        times.iter().any(|time| stamp.get(time.len()..time.len() + 5).is_some_and(is_offset))
    };
    assert!(older.all(is_dated), "{archives:?}");
    let kept: Vec<_> = home.manager(&["prune", "docs", "--dry-run"]).stdout.lines().map(undated).collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
}

#[test]
fn the_last_good_one_stays_where_a_verify_found_the_newest_damaged() {
    let home = home_with_generations(2, "last:1");
    spoil(&home, "docs.tar");
    let told = said(&home, &["verify", "docs", "--all"], 1);
    assert!(told[1].starts_with("docs.tar DAMAGED: at byte 0: "), "{told:?}");
    let plan =
        ["docs+01 stays: last 1", "docs.tar stays: its last verification failed, and it counts for no rule"];
    assert_eq!(said(&home, &["prune", "docs", "--dry-run"], 0)[..2], plan);
    assert_eq!(said(&home, &["prune", "docs", "--yes"], 0), plan);
    let status = said(&home, &["status", "--check"], 1);
    assert!(status.iter().any(|line| line.starts_with("DAMAGED backups/docs.tar of ")), "{status:?}");
    assert!(
        status.iter().any(|line| line
            .starts_with("`backup_manager run docs` makes a new one; `backup_manager restore docs ")),
        "{status:?}"
    );
    run(&home, 3);
    said(&home, &["status", "--check"], 0);
    assert_eq!(stand(&home), ["docs+02", "docs.tar"], "the damaged one has gone on under its dated name");
    assert!(!home.done(&["history"]).stdout.contains("DAMAGED"));
    // It is mended by hand, and a verify finds that out.
    spoil(&home, &dated(&home, 2));
    said(&home, &["verify", "docs", "--all"], 0);
    assert_eq!(said(&home, &["prune", "docs", "--yes"], 0)[0], "docs+02 removed: no rule keeps it");
}

#[test]
fn one_that_was_moved_away_is_missing_until_a_prune_forgets_it() {
    let home = home_with_generations(3, "last:9");
    fs::rename(home.path(format!("backups/{}", dated(&home, 1))), home.path("away.tar"))
        .expect("it can be moved");
    let told = said(&home, &["verify", "docs", "--all"], 1);
    assert!(told[0].starts_with("docs+01 MISSING, though the history says it exists"), "{told:?}");
    let hint = "hint: `backup_manager prune NAME` forgets older backups that are gone";
    assert_eq!(told.last().map(String::as_str), Some(hint));
    let pruned =
        ["docs+02 stays: last 2", "docs.tar stays: last 1", "docs+01 is forgotten: it was gone already"];
    assert_eq!(said(&home, &["prune", "docs", "--yes"], 0), pruned);
    said(&home, &["verify", "docs", "--all"], 0);
}

#[test]
fn a_prune_that_can_not_remove_fails() {
    let home = home_with_generations(3, "last:2");
    home.sh("chmod 500 backups").expect_done();
    if home.sh("touch backups/.probe 2>/dev/null && rm backups/.probe").code == Some(0) {
        eprintln!("not shown here: root writes where nobody may");
        return;
    }
    let told = said(&home, &["prune", "docs", "--yes"], 1);
    assert_eq!(told[0], "docs+01 could not be removed, and is still there: no rule keeps it");
    assert!(told.iter().any(|line| line.starts_with("Error: can't remove docs.")), "{told:?}");
    home.sh("chmod 700 backups").expect_done();
    assert_eq!(said(&home, &["prune", "docs", "--yes"], 0)[0], "docs+01 removed: no rule keeps it");
}
