//! What errors say, and their longer sentences.

use std::error::Error as StdError;
use std::fmt;

use crate::model::archive::place_of;
use crate::model::error::Error;
use crate::model::schedule::ScheduleOption;
use crate::text::{Names, printable, too_little_room};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &Names::PLAIN)
    }
}

impl Error {
    /// Returns the error's text, with these names.
    pub fn named(&self, names: &Names) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write(f, names))
    }

    /// Returns what went wrong in more words, where there is more to say than the message does.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MalformedSchedule { fault, .. } | Self::MalformedLine { fault, .. } => {
                Some(fault.to_string())
            }
            _ => None,
        }
    }
}

impl StdError for Error {}

pub(super) fn no_room(source: &str, last_bytes: u64, free_bytes: u64) -> String {
    let room = too_little_room(last_bytes, free_bytes);
    format!("no room to back up {}: the last backup took {room}", printable(source.as_bytes()))
}

pub(super) fn nothing_that_old(name: &str, at: &str, (file_name, made_for): &(String, String)) -> String {
    let [name, at, file_name, made_for] =
        [name, at, file_name, made_for].map(|text| printable(text.as_bytes()));
    format!("{name} has no backup of {at} or before; the oldest is {file_name}, made for {made_for}")
}

pub(super) fn unknown_age(name: &str, at: &str, archive: &str) -> String {
    let [name, at, archive] = [name, at, archive].map(|text| printable(text.as_bytes()));
    format!(
        "can't tell which backup of {name} is of {at} or before: the history doesn't know {}",
        place_of(&archive)
    )
}

pub(super) fn source_empty(source: &str, last_entries: u64) -> String {
    let before = match last_entries {
        0 => "and nobody knows what is in its last backup".to_owned(),
        entries => format!("but had {entries} entries in its last backup"),
    };
    format!(
        "path {} has nothing to back up below it, {before}; that one is kept",
        printable(source.as_bytes())
    )
}

pub(super) fn replaced_meanwhile(archive: &str) -> String {
    let archive = printable(archive.as_bytes());
    format!("a newer backup has taken the place of {archive} meanwhile; nothing was restored")
}

pub(super) fn not_there(line: &str, archive: &str) -> String {
    format!("can't find {} in {}", printable(line.as_bytes()), printable(archive.as_bytes()))
}

pub(super) fn own_folder(source: &str, own: &str) -> String {
    format!("path {} lies in {own}, where Backup Manager keeps its own files", printable(source.as_bytes()))
}

pub(super) fn name_taken(name: &str, index: usize, other: &str) -> String {
    format!("name {name} already used for another folder at index {index}: {}", printable(other.as_bytes()))
}

pub(super) fn name_alias(name: &str, other: &str) -> String {
    let [name, other] = [name, other].map(|name| printable(name.as_bytes()));
    format!("name {name} can't be told from {other} on this disk: their backups would be the same file")
}

pub(super) fn contradiction(text: &str, index: usize, other: &str, options: &[&str]) -> String {
    let [text, other] = [text, other].map(|text| printable(text.as_bytes()));
    format!(
        "schedule {text} contradicts the one at index {index}, {other}: both write the same backup, and differ in {}",
        options.join(" and ")
    )
}

pub(super) fn narrow_run(key: &str, options: &[ScheduleOption]) -> String {
    let options = options.iter().map(|option| printable(option.to_string().as_bytes()));
    format!(
        "a run with {} holds less than schedule {} asks for, and would replace its backup",
        options.collect::<Vec<_>>().join(" "),
        printable(key.as_bytes())
    )
}

pub(super) fn nothing_known(name: &str, known: &[String]) -> String {
    let name = printable(name.as_bytes());
    match known {
        [] => format!("nothing is known of {name}: there are no schedules and no history"),
        known => {
            format!("nothing is known of {name}; known are: {}", printable(known.join(", ").as_bytes()))
        }
    }
}
