//! What is taken over from a crontab, and what isn't.

use backup_core::model::command::Command;
use backup_core::policy::crontab::{CrontabLine, CrontabSchedule, CrontabWay, NotTaken, WayTable};
use backup_core::text::{printable, shell_word};

/// Returns the command that creates a schedule.
pub(crate) fn create_command(schedule: &CrontabSchedule) -> String {
    format!("backup_manager create {}", shell_word(schedule.text().as_bytes()))
}

/// Returns why a line is not taken, if it isn't.
pub(crate) fn not_taken(line: &CrontabLine) -> Option<String> {
    let reason = reason(line.schedule.as_ref().err()?);
    Some(format!(
        "line {} was skipped because {reason}: {}",
        line.line_number,
        printable(line.text.as_bytes())
    ))
}

/// Returns how a line that is not taken can be taken over all the same, if that is known: what to write to the configuration, and
/// the command that creates the schedule.
pub(crate) fn way(line: &CrontabLine) -> Vec<String> {
    let (what, kind, derived) = match &line.way {
        None => return Vec::new(),
        Some(CrontabWay::Output(derived)) => ("what a command prints can be backed up", "commands", derived),
        Some(CrontabWay::Around(derived)) => ("a hook can run commands around a backup", "hooks", derived),
    };
    let number = line.line_number;
    let Some((table, schedule)) = derived else {
        let option = if kind == "commands" { "command" } else { "hooks" };
        return vec![format!(
            "line {number}: {what}: write [{kind}.NAME] to backup_manager.toml, and add {option}=NAME to a schedule"
        )];
    };
    let first = format!("line {number}: {what}; write this to backup_manager.toml, and create the schedule:");
    let command = format!("  {}", create_command(schedule));
    [first].into_iter().chain(toml(kind, table).map(|line| format!("  {line}"))).chain([command]).collect()
}

/// Returns a table of the configuration, as it is written there.
fn toml(kind: &str, table: &WayTable) -> impl Iterator<Item = String> {
    let commands = table.commands.iter().map(|(key, command)| {
        let value = match command {
            Command::Program(words) => {
                let words = words.iter().map(|word| quoted(word)).collect::<Vec<_>>();
                format!("[{}]", words.join(", "))
            }
            Command::Shell(line) => quoted(line),
        };
        format!("{key} = {value}")
    });
    let file = table.file.iter().map(|file| format!("file = {}", quoted(file)));
    [format!("[{kind}.{}]", table.name)].into_iter().chain(commands).chain(file)
}

/// Returns a text in quotation marks, as TOML and JSON have it. There is no control character in it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns what the schedule of a line does otherwise than its command, a line each. `is_added` says whether it is there.
pub(crate) fn done_otherwise(line_number: usize, schedule: &CrontabSchedule, is_added: bool) -> Vec<String> {
    let name = shell_word(schedule.name.as_bytes());
    let keep = if is_added {
        format!("`backup_manager edit {name} --keep daily:7`")
    } else {
        "add ;keep=daily:7 or the like".to_owned()
    };
    let safe = printable(schedule.name.as_bytes());
    let one = schedule.is_dated.then(|| {
        format!(
            "line {line_number}: {safe} keeps only the newest backup; to keep older ones, as the dated names did: {keep}"
        )
    });
    let zstd = schedule
        .compressor
        .map(|before| format!("line {line_number}: {safe} is compressed with zstd instead of {before}"));
    one.into_iter().chain(zstd).collect()
}

fn reason(why: &NotTaken) -> String {
    let safe = |text: &str| printable(text.as_bytes());
    match why {
        NotTaken::Time => "its time is neither five fields nor a word such as @daily".to_owned(),
        NotTaken::OtherCommand => "it isn't a single plain tar command".to_owned(),
        NotTaken::NotPlain => "it doesn't create an archive in a file".to_owned(),
        NotTaken::Option(option) => format!("schedules have nothing for the option {}", safe(option)),
        NotTaken::FolderCount(0) => "it names no folder".to_owned(),
        NotTaken::FolderCount(count) => format!("it packs {count} folders, but a schedule has only one"),
        NotTaken::UnknownFolder(folder) => {
            format!("the folder {} depends on where and when the command runs", safe(folder))
        }
        NotTaken::Pattern(pattern) => {
            format!("the pattern {} means something else in a schedule", safe(pattern))
        }
        NotTaken::Unnameable(folder) => format!("a schedule can't hold or name the folder {}", safe(folder)),
    }
}

#[cfg(test)]
mod tests {
    use backup_core::model::config::ConfigReading;
    use backup_core::policy::crontab::read_crontab;

    use super::*;

    #[test]
    fn each_reason_is_a_line() {
        let text = || "a\nb".to_owned();
        let reasons = [
            NotTaken::Time,
            NotTaken::OtherCommand,
            NotTaken::NotPlain,
            NotTaken::Option("-h".to_owned()),
            NotTaken::FolderCount(0),
            NotTaken::FolderCount(2),
            NotTaken::UnknownFolder(text()),
            NotTaken::Pattern(text()),
            NotTaken::Unnameable(text()),
        ];
        let line =
            |why| not_taken(&CrontabLine { line_number: 3, text: text(), schedule: Err(why), way: None });
        let lines: Vec<_> = reasons.into_iter().filter_map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
    line 3 was skipped because its time is neither five fields nor a word such as @daily: a\nb
    line 3 was skipped because it isn't a single plain tar command: a\nb
    line 3 was skipped because it doesn't create an archive in a file: a\nb
    line 3 was skipped because schedules have nothing for the option -h: a\nb
    line 3 was skipped because it names no folder: a\nb
    line 3 was skipped because it packs 2 folders, but a schedule has only one: a\nb
    line 3 was skipped because the folder a\nb depends on where and when the command runs: a\nb
    line 3 was skipped because the pattern a\nb means something else in a schedule: a\nb
    line 3 was skipped because a schedule can't hold or name the folder a\nb: a\nb
    ");
    }

    #[test]
    fn the_way_over_can_be_typed_as_it_stands() {
        let text =
            "0 3 * * * pg_dump 'a \"b\\' >/b/shop.sql\n0 4 * * * stop c && tar cf x.tar /srv/c; start c\n";
        let lines: Vec<_> = read_crontab(text).iter().map(way).collect();
        insta::assert_snapshot!(lines.concat().join("\n"), @r#"
    line 1: what a command prints can be backed up; write this to backup_manager.toml, and create the schedule:
      [commands.shop]
      run = ["pg_dump", "a \"b\\"]
      file = "shop.sql"
      backup_manager create '/b;03:00;shop;command=shop'
    line 2: a hook can run commands around a backup; write this to backup_manager.toml, and create the schedule:
      [hooks.c]
      before = ["stop", "c"]
      finally = ["start", "c"]
      backup_manager create '/srv/c;04:00;c;hooks=c'
    "#);
        for lines in lines {
            let toml = &lines[1..lines.len() - 1];
            assert_eq!(ConfigReading::from_toml(toml.join("\n")).faults, [], "{lines:?}");
        }
        let unknown = read_crontab(
            "0 3 * * * pg_dump $DB >/b/shop.sql\n0 3 * * * stop $C; tar cf x.tar /srv\n0 3 * * * ls\n",
        );
        let lines: Vec<_> = unknown.iter().flat_map(way).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
    line 1: what a command prints can be backed up: write [commands.NAME] to backup_manager.toml, and add command=NAME to a schedule
    line 2: a hook can run commands around a backup: write [hooks.NAME] to backup_manager.toml, and add hooks=NAME to a schedule
    ");
    }
}
