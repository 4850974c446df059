//! What else commands print and return; the lines that stay to the letter are in `original_lines`.

use insta::assert_snapshot;

use crate::home;

#[test]
fn a_refused_schedule_writes_nothing() {
    let home = home();
    assert_eq!(home.manager(&["create", "test;"]).code, Some(2));
    assert_eq!(home.names(""), ["logs"]);
}

#[test]
fn an_error_says_why_and_what_to_do() {
    let home = home();
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    let stderr = |arguments: &[&str]| home.manager(arguments).stderr;
    assert_snapshot!(stderr(&["backups"]), @"
    Error: can't find backups directory
    hint: the first backup makes it; `backup_manager run` makes one now
    ");
    assert_snapshot!(stderr(&["create", "docs;24:00;docs"]), @r#"
    Error: malformed schedule: docs;24:00;docs
    caused by: the time "24:00": column 1: expected a time as hh:mm between 00:00 and 23:59
    hint: did you mean "00:00"?
    "#);
    assert_snapshot!(stderr(&["create", "music;16:07;docs"]), @"
    Error: name docs already used for another folder at index 0: docs;16:07;docs
    hint: choose another name: both backups would be written to the same archive
    ");
    assert_snapshot!(stderr(&["delete", "7"]), @"
    Error: can't find schedule at index 7
    hint: there is 1 schedule, and its index is 0: `backup_manager list` shows it
    ");
    assert_snapshot!(stderr(&["run", "docs"]), @"
    Error: path docs does not exist
    hint: a relative path is relative to the home folder
    ");
    assert_snapshot!(stderr(&["stop"]), @"
    Error: backup_service not running
    hint: `backup_manager start` starts it
    ");
}

#[test]
fn wrong_usage_has_its_own_exit_code() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["frobnicate"], "Error: unknown instruction: frobnicate", "Error: unknown instruction: frobnicate"),
        (
            &["frobnicate", "-x", "y"],
            "Error: unknown instruction: frobnicate",
            "Error: unknown instruction: frobnicate",
        ),
        (&["fro\nb"], "Error: unknown instruction: fro\\nb", "Error: unknown instruction: fro\\nb"),
        (&[], "Error: wrong usage: no instruction given", "Error: wrong usage: no instruction given"),
    ];
    for (arguments, stderr, logged) in cases {
        let home = home();
        let output = home.manager(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert_eq!(output.stderr.lines().next(), Some(*stderr), "{arguments:?}");
        let leads_on = "hint: `backup_manager help` shows all commands";
        let last =
            if arguments.is_empty() { "`backup_manager --help` shows all commands." } else { leads_on };
        assert_eq!(output.stderr.lines().last(), Some(last), "{arguments:?}");
        assert_eq!(home.manager_log(), [*logged], "{arguments:?}");
    }
}

#[test]
fn a_mistyped_command_gets_a_suggestion_instead_of_the_help() {
    let home = home();
    let output = home.manager(&["restor", "docs"]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""));
    assert_snapshot!(output.stderr, @"
    Error: unknown instruction: restor
    hint: did you mean restore?
    ");
    assert_eq!(home.manager_log(), ["Error: unknown instruction: restor"]);
}

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let home = home();
    let stderr = |arguments: &[&str]| {
        let output = home.manager(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        output.stderr
    };
    assert_snapshot!(stderr(&["create"]), @"
    Error: wrong usage: the following required arguments were not provided: <SCHEDULE>...
    hint: `backup_manager help create` shows how it is used
    ");
    assert_snapshot!(stderr(&["list", "extra"]), @"
    Error: wrong usage: unexpected argument 'extra' found
    hint: `backup_manager help list` shows how it is used
    ");
    assert_snapshot!(stderr(&["start", "--poll", "0"]), @"
    Error: wrong usage: invalid value '0' for '--poll <SECONDS>': 0 is not in 1..=86400
    hint: `backup_manager help start` shows how it is used
    ");
    assert_snapshot!(home.manager_log().join("\n"), @"
    Error: wrong usage: the following required arguments were not provided: <SCHEDULE>...
    Error: wrong usage: unexpected argument 'extra' found
    Error: wrong usage: invalid value '0' for '--poll <SECONDS>': 0 is not in 1..=86400
    ");
}

#[test]
fn without_a_command_the_first_steps_are_shown() {
    assert_snapshot!(home().manager(&[]).stderr, @r#"
    Error: wrong usage: no instruction given

    Usage: backup_manager [--home DIR] COMMAND

      backup_manager create "docs;16:07;docs"  back up the folder docs every day at 16:07
      backup_manager start                     start the service that does it
      backup_manager status                    see how each schedule is
      backup_manager restore docs              get files back

    `backup_manager --help` shows all commands.
    "#);
}

#[test]
fn archives_are_listed_and_nothing_else() {
    let home = home();
    for name in ["b.tar", "a.tar", "notes.txt", ".b.tar.partial", "c.tar/inside"] {
        home.write(&format!("backups/{name}"), "12345");
    }
    assert_eq!(home.done(&["backups"]).stdout, "a.tar\nb.tar\n");
    home.sh("touch -d '400 days ago' backups/a.tar && touch -d '100 years' backups/b.tar").expect_done();
    assert_snapshot!(home.done(&["backups", "--long"]).stdout, @"
    5 B  57 weeks ago    a.tar
    5 B  in the future   b.tar
    ");
    assert_eq!(home.manager_log(), ["Show backups list", "Show backups list"]);
}

#[test]
fn an_empty_folder_of_backups_lists_nothing() {
    let home = home();
    home.write("backups/notes.txt", "");
    let output = home.done(&["backups"]);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    let home = home();
    home.write("docs/letter", "Dear all");
    home.write("backup_schedules.txt", "docs;16:07;docs\nnonsense\n");
    let cases: [&[&str]; 12] = [
        &["create", "test;"],
        &["create", "docs;24:00;new"],
        &["create", "docs;16:08;new", "--keep", "minutely:3"],
        &["create", "docs;16:08;new;keep=minutely:3"],
        &["create", "docs;16:08;new", "--exclude", "a["],
        &["run", "docs", "--exclude", "a["],
        &["run", "1"],
        &["prune", "1"],
        &["why", "docs", "soon"],
        &["restore", "docs", "--at", "soon"],
        &["delete"],
        &["strat"],
    ];
    home.sh("mkdir backups");
    for arguments in cases {
        let told = home.manager(arguments);
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{arguments:?}: {told:?}");
    }
    assert_eq!(home.text("backup_schedules.txt"), "docs;16:07;docs\nnonsense\n");
    assert_eq!(home.names("backups"), [""; 0]);
    // What makes sense, and can't be done.
    for arguments in [["delete", "7"], ["run", "music"], ["create", "docs;16:07;docs"], ["why", "music"]] {
        let arguments: Vec<_> =
            arguments.into_iter().chain((arguments[0] == "why").then_some("today")).collect();
        assert_eq!(home.manager(&arguments).code, Some(1), "{arguments:?}");
    }
}

#[test]
fn a_run_that_can_not_be_says_why() {
    let home = home();
    let first = |arguments: &[&str]| {
        let stderr = home.manager(arguments).stderr;
        stderr.lines().next().unwrap_or_default().to_owned()
    };
    home.write("logs/history.jsonl", "");
    assert_eq!(first(&["run", "docs"]), "Error: can't find backup_schedules.txt");
    home.write("backup_schedules.txt", "docs;16:07;docs\n~/docs;16:07;other\n");
    assert_eq!(first(&["run", "2"]), "Error: can't find schedule \"2\"");
    assert_eq!(first(&["run", "letters"]), "Error: can't find schedule \"letters\"");
    assert_eq!(first(&["run", "docs"]), "Error: path docs does not exist");
    assert_snapshot!(home.manager(&["run", "other"]).stderr, @"
    Error: path ~/docs does not exist
    hint: only a shell expands ~: write the whole path, as in /home/ann/docs
    ");
}
