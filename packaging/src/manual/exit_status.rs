//! Exit status: what the documentation says of the exit codes of a command.

use super::document::{plain, rows, section};
use super::roff::{entry, heading};

const DOCUMENT: &str = include_str!("../../../docs/exit-codes.md");

/// Returns the section of a program or a command of it.
pub(super) fn exit_status(command: Option<&str>) -> String {
    let mut text = heading("Exit status");
    for row in rows(DOCUMENT) {
        let [code, meaning] = row[..] else { continue };
        let cases = command.map(|command| cases(command, code)).unwrap_or_default();
        let is_other = code == "3" && command.is_some();
        match cases.is_empty() {
            true if is_other => {}
            true => text += &entry(&plain(code), &plain(meaning)),
            false => text += &entry(&plain(code), &cases.join(";\n")),
        }
    }
    text
}

/// Returns when a command ends with a code, as far as the documentation tells it of that command.
fn cases(command: &str, code: &str) -> Vec<String> {
    let title = match code {
        "1" => "What 1 means",
        "3" => "What 3 means",
        _ => return Vec::new(),
    };
    let rows = rows(section(DOCUMENT, title));
    let told = rows.iter().filter_map(|row| {
        let [who, case] = row[..] else { return None };
        let words = who.split(", ").map(|who| who.trim_matches('`'));
        let word = words.into_iter().find(|who| who.split(' ').next() == Some(command))?;
        let is_all = word == command || word.split(' ').nth(1).is_some_and(|next| !next.starts_with('-'));
        Some(if is_all { plain(case) } else { format!("{}: {}", plain(&format!("`{word}`")), plain(case)) })
    });
    told.collect()
}
