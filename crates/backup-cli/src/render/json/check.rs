//! What is wrong in the schedules, or most likely not meant.

use backup_core::manager::CheckedLine;
use backup_core::policy::schedule_warnings::{Warning, WarningKind};
use serde_json::{Value, json};

use crate::error_message::message;
use crate::render::check::sentence;
use crate::render::list::commented;
use crate::render::remedy;

/// Returns a line of the schedules file, with all that is to be said of it.
pub(crate) fn checked_line(checked: &CheckedLine) -> Value {
    let error = checked.error();
    let commented = commented(&checked.line);
    let commented = commented.map(
        |text| json!({ "kind": "name-comment", "value": checked.line.text, "suggestion": null, "text": text }),
    );
    json!({
        "index": checked.line.index,
        "line": checked.line.line_number,
        "text": checked.line.text,
        "runs": checked.is_judged && checked.line.refused.is_none(),
        "error": error.map(message),
        "cause": error.and_then(backup_core::model::error::Error::detail),
        "hint": remedy(&checked.line),
        "warnings": commented.into_iter().chain(checked.warnings.iter().map(warning)).collect::<Vec<_>>(),
    })
}

fn warning(warning: &Warning) -> Value {
    json!({
        "kind": kind(warning.kind),
        "value": warning.value,
        "suggestion": warning.suggestion,
        "text": sentence(warning),
    })
}

fn kind(kind: WarningKind) -> &'static str {
    match kind {
        WarningKind::FolderTilde => "folder-tilde",
        WarningKind::FolderVariable => "folder-variable",
        WarningKind::FolderQuoted => "folder-quoted",
        WarningKind::FolderBlank => "folder-blank",
        WarningKind::FolderMissing => "folder-missing",
        WarningKind::NameQuoted => "name-quoted",
        WarningKind::NameEnding => "name-ending",
        WarningKind::OptionComment => "option-comment",
        WarningKind::PatternOfSource => "pattern-of-source",
        WarningKind::PatternOwnName => "pattern-own-name",
        WarningKind::PatternOutside => "pattern-outside",
        WarningKind::PatternDot => "pattern-dot",
        WarningKind::PatternQuoted => "pattern-quoted",
        WarningKind::PatternUnexpanded => "pattern-unexpanded",
        WarningKind::PatternComment => "pattern-comment",
        WarningKind::NameDigits => "name-digits",
        WarningKind::PatternList => "pattern-list",
        WarningKind::OtherSelection => "other-selection",
        WarningKind::NothingToExclude => "nothing-to-exclude",
    }
}
