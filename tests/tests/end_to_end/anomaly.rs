//! A folder that is encrypted or emptied: its backup is kept, and nothing goes until somebody accepts that.

use std::fs::{self, File, FileTimes};

use backup_tests::{Finished, Home, Terminal};

use crate::home;

const FILES: usize = 40;

/// A home in which docs has many text files and was backed up, with these options.
fn home_with_files(options: &str) -> Home {
    let home = home();
    for number in 0..FILES {
        let text = format!("It was the best of times, it was {number}. ").repeat(30);
        home.write(&format!("docs/{}/{number}.txt", number % 4), text);
    }
    home.write("backup_schedules.txt", format!("docs;00:00;docs{options}\n"));
    (0..3).for_each(|_| drop(home.done(&["run", "docs"])));
    home
}

/// Makes the backup of docs, which is suspicious: it is made, and somebody should look.
fn run_suspicious(home: &Home) -> Finished {
    let run = home.manager(&["run", "docs"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(run.stdout, "Backup done for docs in backups/docs.tar\n");
    run
}

/// Returns the file name of the backup from before the hold.
fn before(home: &Home) -> String {
    // No service runs, which makes it fail.
    let held = home.manager(&["status", "docs", "--json"]).stdout;
    let status: serde_json::Value = serde_json::from_str(&held).expect("it is JSON");
    status["backups"][0]["held"]["before"].as_str().expect("it is held").to_owned()
}

/// Writes noise over each file, and sets its times back if that is wanted.
fn encrypt(home: &Home, keeps_times: bool) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
    };
    for number in 0..FILES {
        let path = home.path(format!("docs/{}/{number}.txt", number % 4));
        let times = path.metadata().expect("it exists").modified().expect("it has a time");
        let bytes: Vec<u8> = (0..1_300).map(|_| noise()).collect();
        fs::write(&path, bytes).expect("it can be written");
        if keeps_times {
            let file = File::options().write(true).open(&path).expect("it can be opened");
            file.set_times(FileTimes::new().set_modified(times)).expect("its times can be set");
        }
    }
}

fn archives(home: &Home) -> Vec<String> {
    home.names("backups").into_iter().filter(|name| name.contains(".tar")).collect()
}

#[test]
fn what_is_read_of_a_held_backup_is_said_to_be_suspicious() {
    let home = home_with_files(";keep=last:2");
    let reads = ["show docs", "cat docs 1/1.txt", "restore docs --dry-run", "restore docs --to out"];
    let told = |read: &str| home.sh(&format!("backup_manager {read} >/dev/null")).expect_done().stderr;
    assert!(reads[..3].iter().all(|read| told(read).is_empty()), "nothing is suspicious");
    encrypt(&home, false);
    run_suspicious(&home);
    let before = before(&home);
    let expected = format!(
        "warning: backups/docs.tar is suspicious, and docs is held: {ENCRYPTED}\n\
         hint: the newest backup from before that is {before}: --generation {before} takes it\n"
    );
    for read in reads {
        // Whether the files changed as well depends on when they were written.
        assert_eq!(told(read).replace(CHANGED, ""), expected, "{read}");
    }
    // Whoever names an archive knows which one it is.
    for file in [before.as_str(), "docs.tar"] {
        assert_eq!(told(&format!("show docs --generation {file}")), "");
    }
    fs::remove_file(home.path("backups").join(&before)).expect("it can be removed");
    let older = archives(&home).into_iter().find(|name| *name != "docs.tar").expect("there is an older one");
    let shown = told("show docs");
    assert!(shown.ends_with(&format!(" is {older}: --generation {older} takes it\n")), "{shown}");
    fs::remove_file(home.path("backups").join(&older)).expect("it can be removed");
    let shown = told("show docs");
    assert!(shown.ends_with("hint: no backup from before that is left\n"), "{shown}");
    home.done(&["accept", "docs", "--yes"]);
    assert_eq!(told("show docs"), "");
}

const CHANGED: &str = "40 of 40 files changed since the backup before, where usually few do; ";
const ENCRYPTED: &str = "40 of 40 compressible files can't be compressed any more, as if encrypted";

#[test]
fn an_encrypted_folder_freezes_pruning_until_it_is_accepted() {
    for keeps_times in [false, true] {
        let home = home_with_files(";keep=last:2");
        assert_eq!(archives(&home).len(), 2);
        encrypt(&home, keeps_times);
        let run = run_suspicious(&home);
        let before = before(&home);
        let expected = format!(
            "warning: docs is suspicious: {ENCRYPTED}; its backup is kept, and no older one is removed or replaced until \
             somebody accepts that\n\
             hint: the backup before it is {before}: `backup_manager diff docs {before}` shows what differs\n\
             hint: `backup_manager restore docs --generation {before}` gets that one back, into a new folder\n\
             hint: once all is as it should be, `backup_manager accept docs` ends the hold\n"
        );
        // Files whose times are set back are no changed ones.
        assert_eq!(run.stderr.replace(CHANGED, ""), expected);
        (0..3).for_each(|_| drop(run_suspicious(&home)));
        assert_eq!(archives(&home).len(), 6, "nothing goes");
        // Nor does it go by hand.
        let prune = home.manager(&["prune", "docs", "--yes"]);
        assert_eq!((prune.code, prune.stdout.as_str()), (Some(1), ""), "{prune:?}");
        assert!(prune.stderr.contains("docs has been held since "), "{prune:?}");
        assert_eq!(archives(&home).len(), 6);
        let accepted = home.done(&["accept", "docs", "--yes"]).stdout;
        let said: Vec<_> = accepted.lines().collect();
        assert!(said[0].starts_with("Accepted for docs, which was held since "), "{accepted}");
        assert!(accepted.contains(&format!("  {ENCRYPTED}\n")), "{accepted}");
        assert_eq!(said.last(), Some(&"the next good run removes 5 older backups"));
        home.done(&["run", "docs"]);
        assert_eq!(archives(&home).len(), 2);
        assert_eq!(
            home.done(&["accept", "docs", "--yes"]).stdout,
            "docs is not held: there is nothing to accept\n"
        );
        home.sh("cd backups && sha256sum --strict -c SHA256SUMS").expect_done();
    }
}

#[test]
fn the_files_can_be_restored_from_the_backup_before() {
    let home = home_with_files("");
    assert_eq!(archives(&home), ["docs.tar"]);
    let before = fs::read(home.path("docs/1/5.txt")).unwrap();
    encrypt(&home, false);
    run_suspicious(&home);
    let aside = self::before(&home);
    home.done(&["restore", "docs", "--generation", &aside]);
    assert_eq!(fs::read(home.path("docs.restored/1/5.txt")).unwrap(), before);
}

#[test]
fn a_folder_that_is_emptied_to_a_tenth_is_held() {
    let home = home_with_files("");
    for number in 4..FILES {
        fs::remove_file(home.path(format!("docs/{}/{number}.txt", number % 4))).unwrap();
    }
    let run = run_suspicious(&home);
    assert!(run.stderr.contains("36 of 45 entries are gone"), "{run:?}");
    run_suspicious(&home);
    assert_eq!(archives(&home).len(), 3, "what was whole stays");
    let check = home.manager(&["status", "--check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.starts_with("PROBLEM - 1 schedule: 1 HELD\n"), "{check:?}");
    let details = home.manager(&["status", "docs"]).stdout;
    for line in [
        "   HELD       since ",
        "              36 of 45 entries are gone",
        "              2 older backups are kept for that, ",
        "              once all is as it should be, `backup_manager accept docs` ends the hold",
    ] {
        assert!(details.contains(line), "{details}");
    }
    let table = home.manager(&["status"]).stdout;
    assert!(table.lines().any(|line| line.starts_with("HELD ")), "{table}");
    let history = home.done(&["history", "docs"]).stdout;
    assert!(history.contains("    SUSPICIOUS: 36 of 45 entries are gone\n"), "{history}");
    home.done(&["accept", "0", "--yes"]);
    home.done(&["run", "docs"]);
    assert_eq!(archives(&home), ["docs.tar"]);
    assert!(home.manager(&["status", "--check"]).stdout.starts_with("OK"));
}

/// A home whose docs is held: nothing was accepted yet.
fn held_home(options: &str) -> Home {
    let home = home_with_files(options);
    encrypt(&home, false);
    run_suspicious(&home);
    home
}

fn is_held(home: &Home) -> bool {
    home.manager(&["status", "docs"]).stdout.contains("   HELD ")
}

#[test]
fn without_a_terminal_nothing_is_accepted_unless_it_is_told_so() {
    let home = held_home(";keep=last:2");
    for (arguments, wrong) in [
        (&["accept", "docs"][..], "without a terminal, accept needs --yes"),
        (&["accept", "docs", "--json"], "with --json, accept needs --yes or --dry-run"),
    ] {
        let refused = home.manager(arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        assert!(refused.stderr.starts_with(&format!("Error: wrong usage: {wrong}\n")), "{refused:?}");
    }
    let before = before(&home);
    let shown = home.done(&["accept", "docs", "--dry-run"]).stdout;
    for line in [
        "docs is held since ",
        "the next good run then removes 2 older backups, ",
        &format!("  {before}  from before the change\n"),
        "2 of them are from before the change and may be the only good copies; NO BACKUP from before stays\n",
        &format!("`backup_manager diff docs {before}` shows what differs\n"),
        &format!("`backup_manager restore docs --generation {before}` gets that one back"),
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let json = home.done(&["accept", "docs", "--dry-run", "--json"]).stdout;
    let plan: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(plan["going"][1]["archive"], before.as_str());
    assert_eq!((&plan["going"][1]["from_before"], &plan["staying_from_before"]), (&true.into(), &0.into()));
    assert!(is_held(&home));
    let json = home.done(&["accept", "docs", "--yes", "--json"]).stdout;
    let accepted: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(accepted["released"][1], before.as_str());
    assert!(!is_held(&home));
    let nobody = home.manager(&["accept", "docs", "--dry-run"]);
    assert_eq!(
        (nobody.code, nobody.stdout.as_str()),
        (Some(0), "docs is not held: there is nothing to accept\n")
    );
    let nobody = home.manager(&["accept", "docs"]);
    assert_eq!(nobody.code, Some(2), "whether it needs --yes doesn't depend on what is held");
}

#[test]
fn somebody_is_asked_before_a_hold_ends() {
    let home = held_home("");
    let answered = |key: &str| {
        let mut terminal = Terminal::begin(&home, &["accept", "docs"], &[]);
        terminal.wait_for_screen("the question", |lines| {
            lines.iter().any(|line| line.starts_with("Is all as it should be, so that docs is accepted?"))
        });
        terminal.press(key);
        terminal.end()
    };
    let (code, written) = answered("n\n");
    assert_eq!(code, 1, "{written}");
    assert!(written.contains("Nothing was accepted"), "{written}");
    assert!(is_held(&home));
    let (code, written) = answered("y\n");
    assert_eq!(code, 0, "{written}");
    assert!(!is_held(&home));
    // Nothing is held, and nobody is asked.
    let (code, written) = Terminal::begin(&home, &["accept", "docs"], &[]).end();
    assert_eq!(code, 0, "{written}");
    assert!(written.contains("docs is not held: there is nothing to accept"), "{written}");
}

#[test]
fn it_can_be_switched_off_for_one_or_for_all() {
    for (options, config) in [(";anomaly=no", "yes"), ("", "no")] {
        let home = home_with_files(options);
        home.write("backup_manager.toml", format!("[defaults]\nanomaly = \"{config}\"\n"));
        encrypt(&home, false);
        let run = home.done(&["run", "docs"]);
        assert_eq!(run.stderr, "", "{options} {config}");
        assert_eq!(archives(&home), ["docs.tar"]);
    }
}

#[test]
fn a_wrong_limit_says_what_is_right() {
    let home = home();
    home.write("docs/letter", "Dear all");
    let wrong = home.manager(&["create", "docs;16:07;docs;anomaly=lsot:50%"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains("anomaly knows no limit \"lsot:50%\"; did you mean lost:50%?"),
        "{wrong:?}"
    );
    home.done(&["create", "docs;16:07;docs;anomaly=lost:80%,changed:no"]);
    let unknown = home.manager(&["accept", "dosc"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
}
