//! The longer sentences of errors.

use crate::backup::place_of;
use crate::text::{printable, too_little_room};

pub(super) fn no_room(source: &str, name: &str, last_bytes: u64, free_bytes: u64) -> String {
    let [source, name] = [source, name].map(|text| printable(text.as_bytes()));
    let room = too_little_room(last_bytes, free_bytes);
    format!(
        "no room to back up {source}: the last backup took {room}; make room, or try all the same: \
         backup_manager run {name}"
    )
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

pub(super) fn malformed_line(line_number: usize) -> String {
    format!("malformed schedule in line {line_number} of backup_schedules.txt")
}

pub(super) fn name_taken(name: &str, index: usize, other: &str) -> String {
    format!("name {name} already used for another folder at index {index}: {}", printable(other.as_bytes()))
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
