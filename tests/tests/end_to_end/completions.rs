//! Completion of command lines in real shells.

use backup_core::testing::skipped;
use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Returns a home with schedules whose names a shell has to quote, and with a line that isn't one.
fn home_with_names() -> Home {
    let home = home();
    home.write("a file", "");
    home.write("sub dir/file", "");
    let lines = "/etc;16:07;docs\n/etc;17:00;my docs\n/etc;17:00;db:main\nbroken line\n/etc;18:00;etc\n";
    home.write("backup_schedules.txt", lines);
    home.write("backups/gone.tar", "");
    home
}

/// Completes lines in bash as readline does: with the line, the cursor at its end, and the part that would be replaced,
/// which is cut off with a `^`.
fn in_bash(home: &Home, lines: &[&str]) -> String {
    let mut script = "source <(backup_manager completions bash) || exit\n".to_owned();
    for line in lines {
        let (kept, replaced) = line.rsplit_once('^').expect("the replaced part is marked");
        let line = quoted(&format!("{kept}{replaced}"));
        script += &format!(
            "COMP_LINE={line}; COMP_POINT=${{#COMP_LINE}}; COMPREPLY=(); _backup_manager backup_manager {} x\n\
             printf '%s => ' \"$COMP_LINE\"; printf '[%s] ' \"${{COMPREPLY[@]}}\"; echo\n",
            quoted(replaced)
        );
    }
    let done = Finished::run(home.command("bash").args(["--norc", "-c", &script])).expect_done();
    assert_eq!(done.stderr, "");
    done.stdout.replace(" \n", "\n")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn bash_completes_commands_options_and_names() {
    let home = home_with_names();
    let before = home.names("");
    assert_snapshot!(in_bash(&home, &[
        "backup_manager ^res",
        "backup_manager help ^ex",
        "backup_manager run ^",
        "backup_manager run ^d",
        "backup_manager run ^1",
        r"backup_manager run ^my\ d",
        "backup_manager run \"^my",
        "backup_manager run 'my^ d",
        "backup_manager run db:^",
        "backup_manager restore ^g",
        "backup_manager restore docs --ov^",
        "backup_manager restore docs ^--ov",
        "backup_manager restore gone --generation ^",
        "backup_manager catalog rebuild ^g",
        "backup_manager create ^s",
        "backup_manager create docs --compress ^",
        "backup_manager --home=^su",
    ]), @r#"
    backup_manager res => [resume] [restore]
    backup_manager help ex => [explain]
    backup_manager run  => [docs] [my\ docs] [db:main] [3] [etc]
    backup_manager run d => [docs] [db:main]
    backup_manager run 1 => [1]
    backup_manager run my\ d => [my\ docs]
    backup_manager run "my => [my docs]
    backup_manager run 'my d => [ docs]
    backup_manager run db: => [main]
    backup_manager restore g => [gone]
    backup_manager restore docs --ov => [erwrite]
    backup_manager restore docs --ov => [--overwrite]
    backup_manager restore gone --generation  => [gone.tar]
    backup_manager catalog rebuild g => [gone] [gone.tar]
    backup_manager create s => [sub\ dir/]
    backup_manager create docs --compress  => [zstd] [no]
    backup_manager --home=su => [sub\ dir/]
    "#);
    assert_eq!(home.names(""), before, "completion leaves nothing behind");
}

#[test]
fn the_home_of_the_line_is_asked() {
    let home = home_with_names();
    let elsewhere = |script: &str| {
        let script = format!("cd /; {script}");
        Finished::run(home.command("bash").args(["--norc", "-c", &script])).expect_done().stdout
    };
    let folder = home.folder().display();
    let ask = |before: &str, line: &str| {
        elsewhere(&format!("{before} BACKUP_MANAGER_COMPLETE=bash backup_manager -- '{line}' d"))
    };
    assert_eq!(ask("", "backup_manager run d"), "");
    assert_eq!(ask("", &format!("backup_manager --home {folder} run d")), "docs\ndb:main\n");
    assert_eq!(ask("", &format!("backup_manager --home={folder} run d")), "docs\ndb:main\n");
    assert_eq!(ask("", "backup_manager --home ~/ run d"), "docs\ndb:main\n");
    assert_eq!(ask(&format!("BACKUP_MANAGER_HOME={folder}"), "backup_manager run d"), "docs\ndb:main\n");
}

#[test]
fn a_home_that_cannot_be_read_completes_nothing_and_says_nothing() {
    let home = home();
    for line in ["backup_manager run d", "backup_manager --home /nowhere run d", "", "x", "backup_manager"] {
        let mut command = home.manager_command(&["--", line, "d"]);
        let done = Finished::run(command.env("BACKUP_MANAGER_COMPLETE", "bash")).expect_done();
        assert_eq!((done.stdout.as_str(), done.stderr.as_str()), ("", ""), "{line}");
    }
    assert!(home.names("").is_empty());
}

fn has(home: &Home, shell: &str) -> bool {
    let is_there = home.sh(&format!("command -v {shell}")).code == Some(0);
    if !is_there {
        skipped(format_args!("no {shell} on this machine"));
    }
    is_there
}

#[test]
fn fish_completes_names_with_what_they_back_up() {
    let home = home_with_names();
    if !has(&home, "fish") {
        return;
    }
    let script = "backup_manager completions fish | source
        for line in 'backup_manager run d' 'backup_manager run \"my' 'backup_manager res' 'backup_manager --home=su'
            complete --do-complete $line
        end";
    let done = Finished::run(home.command("fish").args(["--no-config", "--command", script])).expect_done();
    assert_snapshot!(done.stdout.replace('\t', "  "), @r#"
    docs  /etc;16:07;docs
    db:main  /etc;17:00;db:main
    my docs  /etc;17:00;my docs
    resume  Plan the runs of a paused schedule again
    restore  Get files back: all of a backup, or only some of it
    --home=sub dir/
    "#);
}

#[test]
fn zsh_accepts_its_script() {
    let home = home();
    if !has(&home, "zsh") {
        return;
    }
    let script = "backup_manager completions zsh >_backup_manager && zsh -n _backup_manager && zsh -f -c '
        autoload -U compinit; compinit -u -D; source ./_backup_manager; echo $_comps[backup_manager]'";
    assert_eq!(home.sh(script).expect_done().stdout, "_backup_manager\n");
}
