//! What is taken over from a crontab, and what isn't.

use backup_core::policy::crontab::{CrontabLine, CrontabSchedule, NotTaken};
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
        let line = |why| not_taken(&CrontabLine { line_number: 3, text: text(), schedule: Err(why) });
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
}
