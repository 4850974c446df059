//! The schedule of a line that packs one folder: its time, its folder and its name.

use std::collections::HashSet;

use super::command;
use super::not_taken::NotTaken;
use crate::model::archive::BackupName;
use crate::text::has_control;

/// A schedule that packs what a line of a crontab packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrontabSchedule {
    /// The folder, as an absolute path.
    pub source: String,
    /// `hh:mm` for what runs once a day, else the five fields of the crontab.
    pub time: String,
    /// The name: that of the folder, with a number if it comes twice.
    pub name: String,
    /// The options, as `key=value`.
    pub options: Vec<String>,
    /// Whether the command gives its archives names with a date. So it keeps older ones, which the schedule doesn't.
    pub is_dated: bool,
    /// What the command compresses with, where the schedule does it with zstd instead.
    pub compressor: Option<&'static str>,
}

impl CrontabSchedule {
    /// Returns the schedule in its text form.
    #[must_use]
    pub fn text(&self) -> String {
        let fields = [&self.source, &self.time, &self.name].into_iter().chain(&self.options);
        fields.map(String::as_str).collect::<Vec<_>>().join(";")
    }
}

/// Returns the schedule that packs what a line packs.
pub(super) fn schedule(line: &str) -> Result<CrontabSchedule, NotTaken> {
    let (time, command) = split_time(line).ok_or(NotTaken::Time)?;
    packing(time, &without_percent(command))
}

/// Returns the schedule that packs what a command packs.
pub(super) fn packing(time: String, command: &str) -> Result<CrontabSchedule, NotTaken> {
    let packed = command::read(command)?;
    let source = packed.source.clone();
    let unnameable = || NotTaken::Unnameable(source.clone());
    if source.contains(';') || has_control(&source) {
        return Err(unnameable());
    }
    let last = source.rsplit('/').find(|part| !part.is_empty()).unwrap_or("root");
    let name = last.trim_start_matches('.').trim();
    name.parse::<BackupName>().map_err(|_| unnameable())?;
    let command::Packed { options, is_dated, compressor, .. } = packed;
    Ok(CrontabSchedule { name: name.to_owned(), source, time, options, is_dated, compressor })
}

/// Returns the time, and the command behind it.
pub(super) fn split_time(line: &str) -> Option<(String, &str)> {
    if line.starts_with('@') {
        let (word, command) = line.split_once(char::is_whitespace)?;
        let fields = match word {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => return None,
        };
        return Some((time(&fields.split(' ').collect::<Vec<_>>()), command));
    }
    let (mut fields, mut rest) = (Vec::new(), line);
    for _ in 0..5 {
        let (field, after) = rest.split_once(char::is_whitespace)?;
        let is_field = |byte: u8| byte.is_ascii_alphanumeric() || b"*,-/".contains(&byte);
        if !field.bytes().all(is_field) {
            return None;
        }
        fields.push(field);
        rest = after.trim_start();
    }
    Some((time(&fields), rest))
}

/// Returns `hh:mm` for once a day, else the fields as they are.
fn time(fields: &[&str]) -> String {
    let number = |text: &str, below: u8| text.parse::<u8>().ok().filter(|number| *number < below);
    match fields {
        [minute, hour, "*", "*", "*"] => match (number(minute, 60), number(hour, 24)) {
            (Some(minute), Some(hour)) => format!("{hour:02}:{minute:02}"),
            _ => fields.join(" "),
        },
        _ => fields.join(" "),
    }
}

/// In a crontab, a `%` ends the command, unless a backslash is before it.
pub(super) fn without_percent(command: &str) -> String {
    let mut text = String::new();
    let mut before = ' ';
    for character in command.chars() {
        match (before, character) {
            ('\\', '%') => drop(text.pop()),
            (_, '%') => return text,
            _ => {}
        }
        text.push(character);
        before = character;
    }
    text
}

/// Returns the schedule with its name, or with a number behind it if the name is taken.
pub(super) fn with_free_name(mut schedule: CrontabSchedule, names: &mut HashSet<String>) -> CrontabSchedule {
    schedule.name = free_name(&schedule.name, names);
    schedule
}

/// Returns the name, with a number if it is taken.
pub(super) fn free_name(first: &str, names: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{first}-{number}"));
    let mut candidates = std::iter::once(first.to_owned()).chain(numbered);
    candidates.find(|name| names.insert(name.clone())).expect("there is no last number")
}
