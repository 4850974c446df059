//! Crontab: finds the lines of a crontab that pack one folder, and could be schedules.

mod around;
mod command;
mod not_taken;
mod output;
mod schedule;
mod shell;
mod table;
mod way;

pub use not_taken::NotTaken;
pub use schedule::CrontabSchedule;
pub use table::{CrontabWay, WayTable};

use std::collections::HashSet;

use schedule::{schedule, with_free_name};

/// A line of a crontab with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrontabLine {
    /// The number of the line, counted from 1.
    pub line_number: usize,
    /// The line.
    pub text: String,
    /// The schedule that does the same, or why there is none.
    pub schedule: Result<CrontabSchedule, NotTaken>,
    /// What does the same together with the configuration, if there is no schedule that does it alone.
    pub way: Option<CrontabWay>,
}

/// Returns every line of a crontab that has a command. Comments, blank lines and variables have none.
#[must_use]
pub fn read_crontab(text: &str) -> Vec<CrontabLine> {
    let mut names = HashSet::new();
    let lines = (1..).zip(text.lines().map(str::trim));
    let commands = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#') && !is_variable(line));
    let read = |(line_number, line): (usize, &str)| {
        let schedule = schedule(line).map(|schedule| with_free_name(schedule, &mut names));
        CrontabLine { line_number, text: line.to_owned(), schedule, way: None }
    };
    let mut read: Vec<_> = commands.map(read).collect();
    // Schedules come first: with a name that another line has, they would be others.
    for line in read.iter_mut().filter(|line| line.schedule == Err(NotTaken::OtherCommand)) {
        line.way = way::way(&line.text, &mut names);
    }
    read
}

fn is_variable(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| {
        let name = name.trim();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<&str, NotTaken>) {
        let lines = read_crontab(line);
        let found = lines.into_iter().map(|line| line.schedule.map(|schedule| schedule.text()));
        assert_eq!(found.collect::<Vec<_>>(), [expected.map(str::to_owned)], "{line}");
    }

    #[test]
    fn plain_lines_become_schedules() {
        check("0 3 * * * tar cf /backup/docs.tar /home/ann/docs", Ok("/home/ann/docs;03:00;docs"));
        check("5 16 * * mon tar -cf /b/d.tar /home/ann/docs/", Ok("/home/ann/docs;5 16 * * mon;docs"));
        check("*/15 * * * * /bin/tar -c -f x.tar /srv", Ok("/srv;*/15 * * * *;srv"));
        check("@daily tar --create --file=x.tar /srv", Ok("/srv;00:00;srv"));
        check("@weekly tar cf x.tar /srv >/dev/null 2>&1", Ok("/srv;0 0 * * 0;srv"));
        check("0 3 * * * tar czf \"/b/d-$(date +\\%F).tar.gz\" /srv", Ok("/srv;03:00;srv;compress=zstd"));
        check("0 3 * * * tar cf - /srv", Err(NotTaken::NotPlain));
        check("0 3 * * * tar cf x.tar -C /home/ann docs", Ok("/home/ann/docs;03:00;docs"));
        check("0 3 * * * tar -C /home/ann/docs -cf x.tar .", Ok("/home/ann/docs;03:00;docs"));
        check("0 3 * * * tar cf x.tar '/home/ann/my docs'", Ok("/home/ann/my docs;03:00;my docs"));
        check("0 3 * * * tar cf x.tar /home/ann/.config", Ok("/home/ann/.config;03:00;config"));
        check(
            "0 3 * * * tar --exclude='*.tmp' --one-file-system --exclude-caches -cpvf x.tar /srv",
            Ok("/srv;03:00;srv;exclude=*.tmp;one-file-system=yes;exclude-caches=yes"),
        );
    }

    #[test]
    fn what_a_schedule_does_otherwise_is_known() {
        let check = |command: &str, expected| {
            let line = format!("0 3 * * * tar {command} /srv");
            let schedule = read_crontab(&line).remove(0).schedule.expect("it is taken");
            assert_eq!((schedule.is_dated, schedule.compressor), expected, "{command}");
        };
        check("cf x.tar", (false, None));
        check("cf /b/update.tar", (false, None));
        check("czf /b/$(date +\\%F).tar.gz", (true, Some("gzip")));
        check("cf \"/b/x-`date +\\%F`.tar\"", (true, None));
        check("cf /b/x-$DATE.tar", (true, None));
        check("cf /b/x-$HOST.tar", (false, None));
        check("cJf x.tar.xz", (false, Some("xz")));
        check("-c -j --file=x.tar.bz2", (false, Some("bzip2")));
        check("--create --gzip --file x-$(date +\\%s).tgz", (true, Some("gzip")));
        check("--create --zstd --file x.tar.zst", (false, None));
        check("caf x.tar.xz", (false, Some("xz")));
        check("caf x.tgz", (false, Some("gzip")));
        check("caf x.tar.zst", (false, None));
    }

    #[test]
    fn other_lines_are_not_taken_for_a_reason() {
        check("@reboot tar cf x.tar /srv", Err(NotTaken::Time));
        check("often tar cf x.tar /srv", Err(NotTaken::Time));
        check("0 3 * * * rsync -a /srv /mnt", Err(NotTaken::OtherCommand));
        check("0 3 * * * cd /srv && tar cf x.tar .", Err(NotTaken::OtherCommand));
        check("0 3 * * * tar cf x.tar /srv; rm y", Err(NotTaken::OtherCommand));
        check("0 3 * * * tar cf x.tar /srv | cat", Err(NotTaken::OtherCommand));
        check("0 3 * * * tar xf x.tar /srv", Err(NotTaken::NotPlain));
        check("0 3 * * * tar c /srv", Err(NotTaken::NotPlain));
        check("0 3 * * * tar cf x.tar", Err(NotTaken::FolderCount(0)));
        check("0 3 * * * tar cf x.tar /srv /home", Err(NotTaken::FolderCount(2)));
        check("0 3 * * * tar cf x.tar docs", Err(NotTaken::UnknownFolder("docs".to_owned())));
        check("0 3 * * * tar cf x.tar ~/docs", Err(NotTaken::UnknownFolder("~/docs".to_owned())));
        check("0 3 * * * tar cf x.tar $HOME", Err(NotTaken::UnknownFolder("$HOME".to_owned())));
        check("0 3 * * * tar cf x.tar /home/*", Err(NotTaken::UnknownFolder("/home/*".to_owned())));
        check("0 3 * * * tar cf x.tar /home/../srv", Err(NotTaken::UnknownFolder("/home/../srv".to_owned())));
        check("0 3 * * * tar chf x.tar /srv", Err(NotTaken::Option("-h".to_owned())));
        check("0 3 * * * tar cf x.tar -g list /srv", Err(NotTaken::Option("-g".to_owned())));
        check("0 3 * * * tar cf x.tar --newer=x /srv", Err(NotTaken::Option("--newer".to_owned())));
        check("0 3 * * * tar cf x.tar --exclude=a/b /srv", Err(NotTaken::Pattern("a/b".to_owned())));
        check("0 3 * * * tar cf x.tar '/a;b'", Err(NotTaken::Unnameable("/a;b".to_owned())));
    }

    /// Returns the way over for a line, with the schedule.
    fn way(line: &str) -> Option<(&'static str, Option<String>)> {
        let way = read_crontab(line).remove(0).way?;
        let (kind, derived) = match way {
            CrontabWay::Output(derived) => ("output", derived),
            CrontabWay::Around(derived) => ("around", derived),
        };
        let shown = derived.map(|(table, schedule)| {
            let commands = table.commands.iter().map(|(key, command)| format!("{key}={command} "));
            let file = table.file.map(|file| format!("file={file} ")).unwrap_or_default();
            format!("{}: {}{file}{}", table.name, commands.collect::<String>(), schedule.text())
        });
        Some((kind, shown))
    }

    #[track_caller]
    fn check_way(command: &str, kind: &'static str, expected: &str) {
        let line = format!("0 3 * * * {command}");
        assert_eq!(way(&line), Some((kind, Some(expected.to_owned()))), "{command}");
    }

    #[test]
    fn a_dump_into_a_file_is_a_command_whose_output_is_backed_up() {
        check_way(
            "pg_dump shop >/b/shop.sql",
            "output",
            r#"shop: run=["pg_dump", "shop"] file=shop.sql /b;03:00;shop;command=shop"#,
        );
        check_way(
            "mysqldump --all-databases 2>/dev/null | gzip -9 > /b/all-$(date +\\%F).sql.gz",
            "output",
            r#"all: run=["mysqldump", "--all-databases"] file=all.sql /b;03:00;all;command=all;compress=zstd"#,
        );
        check_way(
            "sqlite3 /srv/app.db .dump > /b/app",
            "output",
            r#"app: run=["sqlite3", "/srv/app.db", ".dump"] file=app /b;03:00;app;command=app"#,
        );
        check_way(
            "/usr/bin/docker exec db pg_dump -U a 'my db' | zstd >/b/$(date +/x).sql.zst",
            "output",
            r#"dump: run=["/usr/bin/docker", "exec", "db", "pg_dump", "-U", "a", "my db"] file=dump.sql /b;03:00;dump;command=dump;compress=zstd"#,
        );
        for unknown in [
            "pg_dump $DB >/b/x.sql",
            "PGPASSWORD=x pg_dump a >/b/x.sql",
            "sqlite3 app.db .dump >/b/x.sql",
            "pg_dump a >x.sql",
            "pg_dump a >$B/x.sql",
            "pg_dump -f dir/x a >/b/x.sql",
        ] {
            assert_eq!(way(&format!("0 3 * * * {unknown}")), Some(("output", None)), "{unknown}");
        }
        for other in
            ["date >/b/x", "pg_dump a >>/b/x.sql", "pg_dump a", "pg_dump a | mail ann", "pg_dump a | gzip"]
        {
            assert_eq!(way(&format!("0 3 * * * {other}")), None, "{other}");
        }
    }

    #[test]
    fn commands_around_a_tar_are_a_hook() {
        check_way(
            "docker stop c && tar cf /b/x.tar /srv/c; docker start c",
            "around",
            r#"c: before=["docker", "stop", "c"] finally=["docker", "start", "c"] /srv/c;03:00;c;hooks=c"#,
        );
        check_way(
            "tar czf /b/x.tgz /srv && curl -fsS https://hc-ping.com/1 >/dev/null",
            "around",
            r#"srv: after_success=["curl", "-fsS", "https://hc-ping.com/1"] /srv;03:00;srv;compress=zstd;hooks=srv"#,
        );
        check_way(
            "a; b && tar cf x.tar '/srv/my docs'; c",
            "around",
            r#"my-docs: before=a; b finally=["c"] /srv/my docs;03:00;my docs;hooks=my-docs"#,
        );
        assert_eq!(way("0 3 * * * stop $X; tar cf x.tar /srv; start $X"), Some(("around", None)));
        for other in
            ["cd /srv && tar cf x.tar /srv", "tar cf x.tar /srv; rm y", "tar cf x.tar /a; tar cf y.tar /b"]
        {
            assert_eq!(way(&format!("0 3 * * * {other}")), None, "{other}");
        }
    }

    #[test]
    fn ways_take_names_that_are_free() {
        let lines = read_crontab("0 3 * * * pg_dump a >/b/docs.sql\n0 4 * * * tar cf x.tar /srv/docs\n");
        let Some(CrontabWay::Output(Some((table, schedule)))) = &lines[0].way else { panic!("{lines:?}") };
        assert_eq!((table.name.as_str(), schedule.name.as_str()), ("docs-2", "docs-2"));
        assert_eq!(lines[1].schedule.as_ref().unwrap().name, "docs", "plain schedules keep their names");
    }

    #[test]
    fn names_are_given_once_and_what_is_no_command_is_passed_over() {
        let text = "# daily\nMAILTO=ann\n\n 0 3 * * * tar cf x.tar /a/docs\n0 4 * * * tar cf y.tar /b/docs\n";
        let found: Vec<_> = read_crontab(text)
            .into_iter()
            .map(|line| (line.line_number, line.schedule.expect("it is taken").name))
            .collect();
        assert_eq!(found, [(4, "docs".to_owned()), (5, "docs-2".to_owned())]);
    }
}
