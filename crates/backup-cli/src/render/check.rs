//! What is wrong in the schedules, or most likely not meant.

use backup_core::manager::CheckedLine;
use backup_core::model::archive::display_path;
use backup_core::policy::schedule_warnings::{Warning, WarningKind};
use backup_core::text::printable;
use backup_core::time::wall_clock;

use super::list::commented;
use super::{detail, remedy};
use crate::error_message::message;

/// Returns each line of the schedules file with what is to be said of it, and at the end how many there are.
pub(crate) fn checked(lines: &[CheckedLine]) -> Vec<String> {
    let errors = lines.iter().filter(|line| line.error().is_some()).count();
    let warnings: usize = lines.iter().map(|line| warnings(line).len()).sum();
    let counts = [(lines.len(), "line"), (errors, "error"), (warnings, "warning")];
    let counts = counts.map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }));
    let end = format!("backup_schedules.txt: {}", counts.join(", "));
    lines.iter().flat_map(checked_line).chain([end]).collect()
}

fn checked_line(line: &CheckedLine) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(error) = line.error() {
        let column = line.column.map(|column| format!(", at column {column}")).unwrap_or_default();
        told.push(format!("   error: {}{}{column}", message(error), detail(error)));
        told.extend(remedy(&line.line).map(|hint| format!("   hint: {hint}")));
    }
    told.extend(warnings(line).into_iter().map(|warning| format!("   warning: {warning}")));
    let ok = if told.is_empty() { "ok, " } else { "" };
    let next_run = line.next_run.map(|moment| format!("   {ok}next run {}", wall_clock(moment)));
    let paused = line.is_paused.then(|| format!("   {ok}paused"));
    if line.is_judged {
        told.extend(next_run.or(paused));
    } else if line.error().is_none() {
        told.push("   can't be judged before backup_manager.toml is right".to_owned());
    }
    told.insert(0, format!("line {}: {}", line.line.line_number, line.line.text));
    told
}

fn warnings(line: &CheckedLine) -> Vec<String> {
    commented(&line.line).into_iter().chain(line.warnings.iter().map(sentence)).collect()
}

/// Returns what is the matter, and what to write instead.
#[expect(clippy::too_many_lines, reason = "a sentence for each kind of mistake, in one list")]
pub(crate) fn sentence(warning: &Warning) -> String {
    let value = printable(warning.value.as_bytes());
    let what = match warning.kind {
        WarningKind::FolderTilde => {
            format!("only a shell expands ~, and the folder {value} is taken literally")
        }
        WarningKind::FolderVariable => {
            format!("only a shell expands variables, and the folder {value} is taken literally")
        }
        WarningKind::FolderQuoted => format!("the quotation marks of {value} belong to the folder's name"),
        WarningKind::NameQuoted => format!("the quotation marks of {value} belong to the name"),
        WarningKind::FolderBlank => {
            format!("the folder \"{value}\" begins or ends with a blank, which belongs to its name")
        }
        WarningKind::FolderMissing => {
            format!("{value} does not exist, and each backup of it fails until it does")
        }
        WarningKind::NameEnding => {
            format!(
                "the name {value} is given another ending: its backup is {}",
                display_path(&format!("{value}.tar"))
            )
        }
        WarningKind::NameDigits => {
            format!(
                "the name {value} may be taken for an index: commands take digits for the index, if there is one"
            )
        }
        WarningKind::PatternList => {
            format!("{value} is one pattern, and not a list: a comma belongs to the pattern")
        }
        WarningKind::OptionComment => {
            format!("the # in {value} begins no comment; give comments lines of their own")
        }
        WarningKind::PatternOfSource => format!("{value} matches nothing: patterns begin below the folder"),
        WarningKind::PatternOwnName => {
            format!("{value} matches nothing: patterns begin below the folder, and leave out its own name")
        }
        WarningKind::PatternOutside => {
            format!("{value} matches nothing: patterns begin below the folder, and never lead out of it")
        }
        WarningKind::PatternDot => {
            format!("{value} matches nothing: a pattern can't contain ./ or //")
        }
        WarningKind::PatternQuoted => format!("the quotation marks of {value} belong to the pattern"),
        WarningKind::PatternUnexpanded => {
            format!(
                "{value} matches nothing: only a shell expands ~ and variables, and patterns begin below the folder"
            )
        }
        WarningKind::PatternComment => {
            format!("{value} matches nothing: a pattern that begins with # is a comment")
        }
        WarningKind::OtherSelection => {
            format!("its backup replaces the one of {value}, which leaves out something else")
        }
        WarningKind::NothingToExclude => {
            format!("{value} has no effect: what a command prints is one file, and nothing of it is left out")
        }
    };
    let instead = |text: &String| format!("; write {}", printable(text.as_bytes()));
    what + &warning.suggestion.as_ref().map(instead).unwrap_or_default()
}
