//! Schedules that are created by three words, edited, paused, resumed, deleted and checked.

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// Runs the commands one after the other, and returns what each prints, and its exit code unless it is 0.
fn session(home: &Home, commands: &[&[&str]]) -> String {
    let run = |arguments: &&[&str]| {
        let ran = home.manager(arguments);
        let code = ran.code.filter(|code| *code != 0).map(|code| format!("exit code {code}\n"));
        let text = [ran.stdout, ran.stderr, code.unwrap_or_default()].concat();
        let said = format!("$ {}\n{}", arguments.join(" "), home.redact(&text));
        said.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
    };
    commands.iter().map(run).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a session is worth reading in one piece")]
fn create_takes_three_words() {
    let home = home();
    home.write("my docs/a", "a");
    let commands: &[&[&str]] = &[
        &["create", "my docs", "9:05", "docs", "--keep", "last:3"],
        &["create", "my docs", "9:05", "docs"],
        &["create", "my docs", "10:05", "docs;keep=last:3"],
        &["create", "my docs;x", "10:05", "docs"],
        &["create", "my docs", "9:05"],
        &["create", "my docs", "Mon..Fri", "16:07", "docs"],
        &["create", "my", "docs", "9:05", "docs", "x"],
        &["create", "docs"],
        &["create", ""],
        &["create", "my docs;16:07;other"],
        &["create", "my docs", "17:07", "a=b"],
        &["create", "my docs", "Mon 17:07", "more", "keep=last:2", "verify=yes", "--drill", "weekly"],
        &["create", "my docs;18:07;most", "keep=last:2", "jitter=10m"],
        &["create", "my docs", "17:07", "x", "days=mon-fri"],
        &["create", "my docs", "Mon", "17:07", "x", "keep=last:2"],
        &["list"],
    ];
    assert_snapshot!(session(&home, commands), @r#"
    $ create my docs 9:05 docs --keep last:3
    New schedule added: my docs;09:05;docs;keep=last:3
    first run: [time], once the service runs
    $ create my docs 9:05 docs
    Error: schedule already exists at index 0: my docs;09:05;docs;keep=last:3
    exit code 1
    $ create my docs 10:05 docs;keep=last:3
    Error: malformed schedule: my docs 10:05 docs;keep=last:3
    caused by: the name holds a ;, which separates the fields
    hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    exit code 2
    $ create my docs;x 10:05 docs
    Error: malformed schedule: my docs;x 10:05 docs
    caused by: the folder holds a ;, which separates the fields
    hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    exit code 2
    $ create my docs 9:05
    Error: wrong usage: a schedule is one quoted word or three words, not 2
    hint: give the folder, the time and the name: backup_manager create docs 16:07 docs
    exit code 2
    $ create my docs Mon..Fri 16:07 docs
    Error: wrong usage: a schedule is one quoted word or three words, not 4
    hint: quote a time that has spaces: backup_manager create 'my docs' 'Mon..Fri 16:07' docs
    exit code 2
    $ create my docs 9:05 docs x
    Error: wrong usage: a schedule is one quoted word or three words, not 5
    hint: quote a time that has spaces: backup_manager create my 'docs 9:05 docs' x
    exit code 2
    $ create docs
    Error: malformed schedule: docs
    caused by: it has 1 field, not the three of folder;time;name
    hint: a shell ends a command at a ; that isn't quoted: write backup_manager create 'docs;16:07;NAME', or backup_manager create docs 16:07 NAME
    exit code 2
    $ create
    Error: malformed schedule:
    caused by: it has 1 field, not the three of folder;time;name
    hint: a schedule is folder;time;name, for example "docs;16:07;docs"
    exit code 2
    $ create my docs;16:07;other
    New schedule added: my docs;16:07;other
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit other --keep daily:7,weekly:4`
    $ create my docs 17:07 a=b
    New schedule added: my docs;17:07;a=b
    first run: [time], once the service runs
    only one copy will be kept: add keep=, as in `backup_manager edit 'a=b' --keep daily:7,weekly:4`
    $ create my docs Mon 17:07 more keep=last:2 verify=yes --drill weekly
    New schedule added: my docs;Mon 17:07;more;keep=last:2;verify=yes;drill=weekly
    first run: [time], once the service runs
    $ create my docs;18:07;most keep=last:2 jitter=10m
    New schedule added: my docs;18:07;most;keep=last:2;jitter=10m
    first run: [time], once the service runs
    $ create my docs 17:07 x days=mon-fri
    Error: malformed schedule: my docs;17:07;x;days=mon-fri
    caused by: "days=mon-fri" is no option: the second field says when it runs, as in mon..fri 03:00
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    exit code 2
    $ create my docs Mon 17:07 x keep=last:2
    Error: wrong usage: a schedule is one quoted word or three words, not 4
    hint: quote a time that has spaces: backup_manager create 'my docs' 'Mon 17:07' x
    exit code 2
    $ list
    0: my docs;09:05;docs;keep=last:3
    1: my docs;16:07;other
    2: my docs;17:07;a=b
    3: my docs;Mon 17:07;more;keep=last:2;verify=yes;drill=weekly
    4: my docs;18:07;most;keep=last:2;jitter=10m
    "#);
}

#[test]
fn the_first_run_waits_for_no_service_that_runs() {
    let home = home();
    home.write("docs/a", "a");
    home.write("backup_schedules.txt", "");
    home.done(&["start"]);
    let created = home.done(&["create", "docs;16:06;docs;keep=last:3"]);
    assert_eq!(home.redact(&created.stderr), "first run: [time]\n");
    let paused = home.done(&["create", "docs;16:05;docs;keep=last:3;paused=yes"]);
    assert_eq!(paused.stderr, "");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a session is worth reading in one piece")]
fn edit_changes_one_line() {
    let home = home();
    for source in ["docs", "music", "letters"] {
        home.write(&format!("{source}/a"), "a");
    }
    home.write(
        "backup_schedules.txt",
        "# mine\ndocs;9:05;docs\nmusic;10:00;music;keep=last:3\nmusic;11:00;music;keep=last:3\n",
    );
    home.done(&["run", "docs"]);
    let commands: &[&[&str]] = &[
        &["edit", "docs", "--time", "8:00", "--keep", "last:2", "--set", "exclude=*.tmp,*.bak"],
        &["edit", "0", "--time", "08:00", "--unset", "exclude"],
        &["edit", "0", "--time", "08:00"],
        &["edit", "docs"],
        &["edit", "docs", "--set", "kep=last:3"],
        &["edit", "docs", "--unset", "kep"],
        &["edit", "docs", "--time", "25:00"],
        &["edit", "music", "--time", "12:00"],
        &["edit", "dosc", "--time", "12:00"],
        &["edit", "2", "--keep", "last:4"],
        &["edit", "docs", "--rename", "music"],
        &["edit", "docs", "--rename", "letters"],
        &["edit", "letters", "--folder", "letters"],
        &["edit", "letters", "--rename", "docs"],
        &["restore", "docs", "--to", "found"],
        &["list"],
    ];
    assert_snapshot!(session(&home, commands), @r#"
    $ edit docs --time 8:00 --keep last:2 --set exclude=*.tmp,*.bak
    Schedule at index 0 changed
    before: docs;09:05;docs
    after:  docs;08:00;docs;keep=last:2;exclude=*.tmp,*.bak
    next run: [time], once the service runs
    warning: exclude=*.tmp,*.bak is one pattern, and not a list: a comma belongs to the pattern; write exclude=*.tmp;exclude=*.bak
    $ edit 0 --time 08:00 --unset exclude
    Schedule at index 0 changed
    before: docs;08:00;docs;keep=last:2;exclude=*.tmp,*.bak
    after:  docs;08:00;docs;keep=last:2
    next run: [time], once the service runs
    $ edit 0 --time 08:00
    Schedule at index 0 is the same already: docs;08:00;docs;keep=last:2
    $ edit docs
    Error: wrong usage: nothing to change
    hint: give --time, --keep, --rename, --folder, --max-rate, --anomaly, --encrypt, --hooks, --set or --unset
    exit code 2
    $ edit docs --set kep=last:3
    Error: wrong usage: invalid value 'kep=last:3' for '--set <KEY=VALUE>': "kep" is no option; did you mean keep?
    hint: `backup_manager help edit` shows how it is used
    exit code 2
    $ edit docs --unset kep
    Error: malformed schedule: docs;08:00;docs;kep
    caused by: "kep" is no option; did you mean keep?
    hint: options follow the name, for example "docs;16:07;docs;exclude=*.tmp;one-file-system=yes"
    exit code 2
    $ edit docs --time 25:00
    Error: malformed schedule: docs;25:00;docs
    caused by: the time "25:00": column 1: expected a time as hh:mm between 00:00 and 23:59
    hint: `backup_manager explain --help` shows the forms of a time
    exit code 2
    $ edit music --time 12:00
    Error: 2 schedules have the name music: 1: music;10:00;music;keep=last:3, 2: music;11:00;music;keep=last:3
    hint: give the index of the one that is meant
    exit code 2
    $ edit dosc --time 12:00
    Error: can't find schedule "dosc"
    hint: did you mean docs?
    exit code 1
    $ edit 2 --keep last:4
    Schedule at index 2 changed
    before: music;11:00;music;keep=last:3
    after:  music;11:00;music;keep=last:4
    next run: [time], once the service runs
    warning: schedule music;11:00;music;keep=last:4 contradicts the one at index 1, music;10:00;music;keep=last:3: both write the same backup, and differ in keep
    hint: give both the same keep=, compress=, encrypt= and verify=, or names of their own; while two lines of one name differ, the safer of both settings is used
    $ edit docs --rename music
    Error: can't rename the schedule to music: the schedule at index 1 has that name
    hint: choose a name that is free instead of music
    exit code 1
    $ edit docs --rename letters
    Schedule at index 0 changed
    before: docs;08:00;docs;keep=last:2
    after:  docs;08:00;letters;keep=last:2
    next run: [time], once the service runs
    1 archive stays under the name docs: letters neither counts nor removes what is there; `backup_manager restore docs` gets files back from it
    $ edit letters --folder letters
    Schedule at index 0 changed
    before: docs;08:00;letters;keep=last:2
    after:  letters;08:00;letters;keep=last:2
    next run: [time], once the service runs
    $ edit letters --rename docs
    Error: can't rename the schedule to docs: an archive of that name isn't known to be of its folder
    hint: choose a name that is free instead of docs, or move those archives away: a schedule only takes over archives of its own folder
    exit code 1
    $ restore docs --to found
    Restored 1 entry (1 B) of backups/docs.tar, made [time], in [home]/found
    $ list
    0: letters;08:00;letters;keep=last:2
    1: music;10:00;music;keep=last:3
    2: music;11:00;music;keep=last:4
    warning: line 4 of backup_schedules.txt: schedule music;11:00;music;keep=last:4 contradicts the one at index 1, music;10:00;music;keep=last:3: both write the same backup, and differ in keep
    "#);
    assert!(home.text("backup_schedules.txt").starts_with("# mine\n"));
    assert_snapshot!(home.redact(&home.manager_log().join("\n")), @r#"
    Backup done for docs in backups/docs.tar
    Schedule at index 0 changed from docs;09:05;docs to docs;08:00;docs;keep=last:2;exclude=*.tmp,*.bak
    Schedule at index 0 changed from docs;08:00;docs;keep=last:2;exclude=*.tmp,*.bak to docs;08:00;docs;keep=last:2
    Error: wrong usage: nothing to change
    Error: wrong usage: invalid value 'kep=last:3' for '--set <KEY=VALUE>': "kep" is no option; did you mean keep?
    Error: malformed schedule: docs;08:00;docs;kep
    Error: malformed schedule: docs;25:00;docs
    Error: 2 schedules have the name music: 1: music;10:00;music;keep=last:3, 2: music;11:00;music;keep=last:3
    Error: can't find schedule "dosc"
    Schedule at index 2 changed from music;11:00;music;keep=last:3 to music;11:00;music;keep=last:4
    Error: can't rename the schedule to music: the schedule at index 1 has that name
    Schedule at index 0 changed from docs;08:00;docs;keep=last:2 to docs;08:00;letters;keep=last:2
    Schedule at index 0 changed from docs;08:00;letters;keep=last:2 to letters;08:00;letters;keep=last:2
    Error: can't rename the schedule to docs: an archive of that name isn't known to be of its folder
    Restored 1 entry of backups/docs.tar in [home]/found
    Show schedules list
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a session is worth reading in one piece")]
fn a_schedule_is_paused_and_resumed() {
    let home = home();
    home.write("docs/a", "a");
    home.write("backup_schedules.txt", "docs;9:05;docs;x-owner=ann\ndocs;10:05;docs\n");
    let commands: &[&[&str]] = &[
        &["pause", "docs"],
        &["pause", "0"],
        &["list"],
        &["status", "--check"],
        &["check"],
        &["why", "0", "2099-01-29"],
        &["run", "docs"],
        &["status", "--check"],
        &["resume", "1"],
        &["resume", "docs"],
        &["resume", "docs"],
        &["pause", "dcos"],
        &["resume", "7"],
        &["pause"],
        &["list"],
    ];
    assert_snapshot!(session(&home, commands), @r#"
    $ pause docs
    Schedule at index 0 paused: docs;09:05;docs;x-owner=ann;paused=yes
    Schedule at index 1 paused: docs;10:05;docs;paused=yes
    $ pause 0
    Schedule at index 0 is paused already: docs;09:05;docs;x-owner=ann;paused=yes
    $ list
    0: docs;09:05;docs;x-owner=ann;paused=yes
    1: docs;10:05;docs;paused=yes
    $ status --check
    OK - 2 schedules of 1 backup: 1 paused
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    $ check
    line 1: docs;09:05;docs;x-owner=ann;paused=yes
       ok, paused
    line 2: docs;10:05;docs;paused=yes
       ok, paused
    backup_schedules.txt: 2 lines, 0 errors, 0 warnings
    $ why 0 2099-01-29
    docs;09:05;docs, planned for [time]: it doesn't run because the schedule is paused. Once it is resumed, runs planned before that are not made up for.
    $ run docs
    Backup done for docs in backups/docs.tar
    $ status --check
    OK - 2 schedules of 1 backup: 1 paused
    home: [home]
    backup_service not running: nothing runs until `backup_manager start`
    $ resume 1
    Schedule at index 1 resumed: docs;10:05;docs
    next run: [time], once the service runs
    $ resume docs
    Schedule at index 0 resumed: docs;09:05;docs;x-owner=ann
    Schedule at index 1 is not paused: docs;10:05;docs
    next run: [time], once the service runs
    $ resume docs
    Schedule at index 0 is not paused: docs;09:05;docs;x-owner=ann
    Schedule at index 1 is not paused: docs;10:05;docs
    $ pause dcos
    Error: can't find schedule "dcos"
    hint: did you mean docs?
    exit code 1
    $ resume 7
    Error: can't find schedule "7"
    hint: there are 2 schedules, with the indexes 0 to 1: `backup_manager list` shows them
    exit code 1
    $ pause
    Error: wrong usage: the following required arguments were not provided: <SCHEDULE>
    hint: `backup_manager help pause` shows how it is used
    exit code 2
    $ list
    0: docs;09:05;docs;x-owner=ann
    1: docs;10:05;docs
    "#);
}

#[test]
fn delete_says_how_to_get_it_back() {
    let home = home();
    home.write("docs/a", "a");
    home.write("backup_schedules.txt", "docs;9:05;it's\nnonsense\ndocs;10:05;docs\ndocs;11:05;docs\n");
    let commands: &[&[&str]] = &[
        &["delete", "1"],
        &["delete", "docs"],
        &["delete", "dosc"],
        &["delete", "it's"],
        &["delete", "it's"],
    ];
    assert_snapshot!(session(&home, commands), @r"
    $ delete 1
    Schedule at index 1 deleted
    removed: nonsense
    $ delete docs
    Error: 2 schedules have the name docs: 1: docs;10:05;docs, 2: docs;11:05;docs
    hint: give the index of the one that is meant
    exit code 2
    $ delete dosc
    Error: can't find schedule at index dosc
    hint: no schedule is called dosc; did you mean docs?
    exit code 1
    $ delete it's
    Schedule at index 0 deleted
    removed: docs;9:05;it's
    to add it again: backup_manager create 'docs;09:05;it'\''s'
    backups that it made stay: `backup_manager backups` shows them
    $ delete it's
    Error: can't find schedule at index it's
    hint: no schedule is called 'it'\''s'; `backup_manager list` shows the schedules
    exit code 1
    ");
    let again = home.sh("backup_manager create 'docs;09:05;it'\\''s'").expect_done();
    assert_eq!(again.stdout, "New schedule added: docs;09:05;it's\n");
}

#[test]
fn a_name_of_digits_is_taken_for_an_index_if_there_is_one() {
    let home = home();
    ["docs/a", "music/a"].iter().for_each(|file| home.write(file, "a"));
    home.write("backup_schedules.txt", "docs;9:05;1\nmusic;9:05;7\n");
    let commands: &[&[&str]] = &[
        &["run", "1"],
        &["run", "7"],
        &["history", "1", "--last", "1"],
        &["pause", "1"],
        &["edit", "1", "--unset", "paused"],
        &["delete", "1"],
    ];
    let said = session(&home, commands);
    assert_eq!(said.matches("note: took 1 for the index, not for the name 1\n").count(), 5, "{said}");
    assert!(said.contains("Backup done for music in backups/7.tar\n"), "{said}");
    assert_eq!(home.text("backup_schedules.txt"), "docs;9:05;1\n");
}
