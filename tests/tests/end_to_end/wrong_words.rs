//! Commands that change schedules, used wrongly: each error names the value, and a hint the way out.

use crate::home;

const SCHEDULES: &str = "docs;16:07;docs\nmusic;Mon 03:00;music\n";

#[test]
fn each_wrong_use_is_an_error_and_a_way_out() {
    check(&[
        (&["create"], 2, "<SCHEDULE>", "help create"),
        (&["create", "docs"], 2, "1 field", "create docs 16:07 NAME"),
        (&["create", "docs", "16:07"], 2, "not 2", "create docs 16:07 docs"),
        (&["create", "docs", "16:07", "new", "--keep"], 2, "--keep", "help create"),
        (&["create", "docs", "16:07", "new", "--nothing"], 2, "--nothing", "help create"),
        (&["edit"], 2, "<SCHEDULE>", "help edit"),
        (&["edit", "nothing", "--time", "9:00"], 1, "\"nothing\"", "list"),
        (&["edit", "docs", "--time"], 2, "--time", "help edit"),
        (&["edit", "docs", "--set", "foo=bar"], 2, "foo=bar", "help edit"),
        (&["edit", "./docs/", "--time", "9:00"], 1, "\"./docs/\"", "did you mean docs?"),
        (&["edit", "docs"], 2, "nothing to change", "give --time"),
        (&["pause"], 2, "<SCHEDULE>", "help pause"),
        (&["pause", "nothing"], 1, "\"nothing\"", "list"),
        (&["pause", "docs", "music"], 2, "'music'", "help pause"),
        (&["pause", "docs", "--until"], 2, "--until", "help pause"),
        (&["pause", "/srv/docs"], 1, "\"/srv/docs\"", "did you mean docs?"),
        (&["resume"], 2, "<SCHEDULE>", "help resume"),
        (&["resume", "7"], 1, "\"7\"", "list"),
        (&["resume", "docs", "music"], 2, "'music'", "help resume"),
        (&["resume", "docs", "--now"], 2, "--now", "help resume"),
        (&["resume", "/srv/docs"], 1, "\"/srv/docs\"", "did you mean docs?"),
        (&["delete"], 2, "<SCHEDULE>", "help delete"),
        (&["delete", "nothing"], 1, "nothing", "list"),
        (&["delete", "docs", "music"], 2, "'music'", "help delete"),
        (&["delete", "docs", "--yes"], 2, "--yes", "help delete"),
        (&["delete", "docs/"], 1, "docs/", "did you mean docs?"),
    ]);
}

#[test]
fn words_of_other_programs_lead_to_a_command() {
    check(&[
        (&["edit", "docs", "18:30"], 2, "'18:30'", "--time 18:30"),
        (&["edit", "docs", "Mon..Fri", "18:30"], 2, "'Mon..Fri'", "--time 'Mon..Fri 18:30'"),
        (&["rename", "docs", "letters"], 2, "rename", "edit NAME --rename NEW"),
        (&["disable", "docs"], 2, "disable", "`backup_manager pause`"),
        (&["enable", "docs"], 2, "enable", "`backup_manager resume`"),
        (&["add", "docs"], 2, "add", "`backup_manager create`"),
        (&["remove", "docs"], 2, "remove", "`backup_manager delete`"),
        (&["rm", "docs"], 2, "rm", "`backup_manager delete`"),
        (&["ls"], 2, "ls", "`backup_manager list`"),
        (&["import"], 2, "import what?", "import tars FOLDER NAME"),
        (&["create", "docs", "9:00", "new", "--jitter", "soon"], 2, "soon", "help create"),
        (&["create", "docs", "9:00", "new", "--tz", "Mars/Base"], 2, "Mars/Base", "options follow"),
    ]);
}

/// The arguments, the exit code, what the error names, and what the hint says.
type Case<'a> = (&'a [&'a str], i32, &'a str, &'a str);

fn check(cases: &[Case<'_>]) {
    let home = home();
    home.write("backup_schedules.txt", SCHEDULES);
    home.sh("mkdir docs").expect_done();
    for (arguments, code, value, way_out) in cases {
        let said = home.manager(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(*code), ""), "{arguments:?}: {said:?}");
        let lines: Vec<_> = said.stderr.lines().collect();
        let (error, hint) = (lines[0], lines[lines.len() - 1]);
        let (error, cause) = (error.strip_prefix("Error: "), lines[1].strip_prefix("caused by: "));
        assert!(error.or(cause).is_some() && lines.len() == 2 + usize::from(cause.is_some()), "{said:?}");
        assert!(
            error.unwrap_or_default().contains(value) || cause.unwrap_or_default().contains(value),
            "{said:?}"
        );
        assert!(hint.starts_with("hint: ") && hint.contains(way_out), "{said:?}");
        assert_eq!(home.text("backup_schedules.txt"), SCHEDULES, "{arguments:?}");
    }
}

#[test]
fn an_edit_shows_old_and_new_and_the_next_run() {
    let home = home();
    home.write("backup_schedules.txt", SCHEDULES);
    home.sh("mkdir docs").expect_done();
    for (arguments, before, after) in [
        (["--set", "tz=Europe/Paris"], "docs;16:07;docs", "docs;16:07;docs;tz=Europe/Paris"),
        (["--time", "18:30"], "docs;16:07;docs;tz=Europe/Paris", "docs;18:30;docs;tz=Europe/Paris"),
    ] {
        let said = home.done(&[&["edit", "docs"], &arguments[..]].concat());
        let expected = format!("Schedule at index 0 changed\nbefore: {before}\nafter:  {after}\n");
        assert_eq!(said.stdout, expected);
        let next = home.done(&["next", "docs", "-n", "1"]).stdout;
        let line = next.lines().nth(1).expect("it runs again");
        let (planned, zone) = (&line[4..20], line.get(63..).map(|zone| format!(" ({zone})")));
        let zone = zone.unwrap_or_default();
        assert_eq!(said.stderr, format!("next run: {planned}{zone}, once the service runs\n"));
    }
}
