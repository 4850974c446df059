//! Error messages: the text of every error.

use std::error::Error as StdError;
use std::fmt;

use crate::model::archive::display_path;
use crate::model::config::ConfigFault;
use crate::model::error::Error;
use crate::model::history::Hold;
use crate::model::schedule::ScheduleOption;
use crate::text::{Names, printable, too_little_room};
use crate::time::wall_clock;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &Names::PLAIN)
    }
}

impl Error {
    /// Returns the message, with other names for the service, the schedules and the history.
    pub fn named(&self, names: &Names) -> impl fmt::Display {
        fmt::from_fn(move |f| self.write(f, names))
    }

    /// Returns further details that aren't part of the message, if there are any.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::MalformedSchedule { fault, .. }
            | Self::MalformedLine { fault, .. }
            | Self::MalformedName { fault, .. } => Some(fault.to_string()),
            _ => None,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a sentence for each way to fail, in one list")]
    fn write(&self, f: &mut fmt::Formatter<'_>, names: &Names) -> fmt::Result {
        let Names { service, schedules, .. } = names;
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::MalformedSchedule { text, .. } => write!(f, "malformed schedule: {}", safe(text)),
            Self::MalformedLine { line_number, .. } => {
                write!(f, "malformed schedule in line {line_number} of {schedules}")
            }
            Self::DuplicateSchedule { index, text } => {
                write!(f, "schedule already exists at index {index}: {}", safe(text))
            }
            Self::OwnFolder { source, own } => f.write_str(&own_folder(source, own)),
            Self::NameTaken { name, index, other } => f.write_str(&name_taken(name, *index, other)),
            Self::NameAlias { name, other } => f.write_str(&name_alias(name, other)),
            Self::Contradiction { text, index, other, options } => {
                f.write_str(&contradiction(text, *index, other, options))
            }
            Self::WrongConfig(faults) => f.write_str(&wrong_config(faults, names.config)),
            Self::NarrowRun { key, options } => f.write_str(&narrow_run(key, options)),
            // Other programs read this line, so it says "index" of a name as well. The programs add that it is a name.
            Self::NoSuchIndex { index, .. } => write!(f, "can't find schedule at index {}", safe(index)),
            Self::KeepsNoGenerations(name) => {
                write!(f, "{} keeps no older backups: its schedule has no keep=", safe(name))
            }
            Self::Held(name, hold) => f.write_str(&held(name, hold)),
            Self::NoSuchSchedule { key, .. } => write!(f, "can't find schedule \"{}\"", safe(key)),
            Self::SeveralSchedules { name, lines } => f.write_str(&several_schedules(name, lines)),
            Self::NewNameTaken { name, index, archives } => {
                f.write_str(&new_name_taken(name, *index, *archives))
            }
            Self::NothingKnownOf { name, known, .. } => f.write_str(&unknown_name(name, known)),
            Self::UnclearMoment(text) => write!(f, "can't tell which moment is meant by {}", safe(text)),
            Self::MalformedName { name, .. } => write!(f, "no backup can have the name \"{}\"", safe(name)),
            Self::NothingToImport { folder, only } => {
                f.write_str(&nothing_to_import(folder, only.as_deref()))
            }
            Self::SeveralBackups { folder, files } => f.write_str(&several_backups(folder, files)),
            Self::SchedulesMissing => write!(f, "can't find {schedules}"),
            Self::BackupsMissing => f.write_str("can't find backups directory"),
            Self::SourceMissing(source) => write!(f, "path {} does not exist", safe(source)),
            Self::SourceEmpty { source, last_entries } => f.write_str(&source_empty(source, *last_entries)),
            Self::NoRoom { source, name, last_bytes, needed_bytes, free_bytes } => {
                f.write_str(&no_room(source, *needed_bytes, *free_bytes, needed_bytes < last_bytes))?;
                write!(f, "; free some room, or try anyway: {} {}", names.run, safe(name))
            }
            Self::CommandFailed { source, problem } => write!(f, "can't back up {}: {problem}", safe(source)),
            Self::SourceIsCommand(name) => {
                write!(f, "the source of {} is what a command prints, not a folder", safe(name))
            }
            Self::ArchiveOfAnother { archive, other } => {
                write!(f, "{} holds the backup of {}; that one is kept", safe(archive), safe(other))
            }
            Self::HookFailed(source, problem) => write!(f, "can't back up {}: {problem}", safe(source)),
            Self::BackupFailed { source, cause } => write!(f, "can't back up {}: {cause}", safe(source)),
            Self::NoSuchBackup(name) | Self::NotABackup { name, .. } => {
                write!(f, "can't find a backup \"{}\"", safe(name))
            }
            Self::ArchiveOfOtherName { archive, backup, name } => {
                write!(f, "{} is a backup of {}, not of {}", safe(archive), safe(backup), safe(name))
            }
            Self::NothingThatOld { name, at, oldest } => f.write_str(&nothing_that_old(name, at, oldest)),
            Self::UnknownAge { name, at, archive } => f.write_str(&unknown_age(name, at, archive)),
            Self::SourceUnknown(name) => write!(f, "no schedule has the name {}", safe(name)),
            Self::RestoreFailed { archive, cause, .. } => {
                write!(f, "can't restore {}: {cause}", safe(archive))
            }
            Self::ReplacedMeanwhile { archive, .. } => f.write_str(&replaced_meanwhile(archive)),
            Self::DrillFailed { archive, cause } => write!(f, "can't drill {}: {cause}", safe(archive)),
            Self::NothingToDrill => f.write_str("nothing to drill: no schedule has a complete backup"),
            Self::AlreadyRunning => write!(f, "{service} already running"),
            Self::NotRunning => write!(f, "{service} not running"),
            Self::CantStart(cause) | Self::NoRoomToStart(cause) => {
                write!(f, "can't start {service}: {cause}")
            }
            Self::CantStop(cause) => write!(f, "can't stop {service}: {cause}"),
            Self::Destination(failure) => write!(f, "{failure}"),
            Self::Port(failure) | Self::NoRoomToChange(failure) => write!(f, "{failure}"),
            Self::UnknownZone(fault) => write!(f, "{fault}"),
        }
    }
}

impl StdError for Error {}

fn held(name: &str, hold: &Hold) -> String {
    let (name, since) = (printable(name.as_bytes()), wall_clock(hold.since));
    let what: Vec<_> = hold.anomalies.iter().map(ToString::to_string).collect();
    format!("{name} has been held since {since}, so nothing of it is removed: {}", what.join("; "))
}

fn several_schedules(name: &str, lines: &[(usize, String)]) -> String {
    let safe = |text: &str| printable(text.as_bytes());
    let lines: Vec<_> = lines.iter().map(|(index, text)| format!("{index}: {}", safe(text))).collect();
    format!("{} schedules have the name {}: {}", lines.len(), safe(name), lines.join(", "))
}

fn nothing_to_import(folder: &str, only: Option<&str>) -> String {
    let folder = printable(folder.as_bytes());
    let which = only.map(|pattern| format!(" whose name matches {}", printable(pattern.as_bytes())));
    format!("there is no tar archive{} in {folder}", which.unwrap_or_default())
}

fn several_backups(folder: &str, files: &[String]) -> String {
    let shown = files.iter().take(MOST_SHOWN_BACKUPS).map(|file| printable(file.as_bytes()));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if files.len() > MOST_SHOWN_BACKUPS { ", and more" } else { "" };
    let folder = printable(folder.as_bytes());
    format!("{folder} seems to hold archives of several backups: {shown}{more}")
}

const MOST_SHOWN_BACKUPS: usize = 5;

fn new_name_taken(name: &str, index: Option<usize>, archives: usize) -> String {
    let taken = match (index, archives) {
        (Some(index), _) => format!("the schedule at index {index} has that name"),
        (None, 1) => "an archive of that name isn't known to be of its folder".to_owned(),
        (None, archives) => format!("{archives} archives of that name aren't known to be of its folder"),
    };
    format!("can't rename the schedule to {}: {taken}", printable(name.as_bytes()))
}

fn no_room(source: &str, needed_bytes: u64, free_bytes: u64, is_part: bool) -> String {
    let room = too_little_room(needed_bytes, free_bytes);
    let what = if is_part { "what is new may take" } else { "the last backup took" };
    format!("no room to back up {}: {what} {room}", printable(source.as_bytes()))
}

fn nothing_that_old(name: &str, at: &str, (file_name, made_for): &(String, String)) -> String {
    let [name, at, file_name, made_for] =
        [name, at, file_name, made_for].map(|text| printable(text.as_bytes()));
    format!("{name} has no backup of {at} or before; the oldest is {file_name}, made for {made_for}")
}

fn unknown_age(name: &str, at: &str, archive: &str) -> String {
    let [name, at, archive] = [name, at, archive].map(|text| printable(text.as_bytes()));
    format!(
        "can't tell which backup of {name} is of {at} or before: the history doesn't know {}",
        display_path(&archive)
    )
}

fn source_empty(source: &str, last_entries: u64) -> String {
    let before = match last_entries {
        0 => "and nobody knows what its last backup holds".to_owned(),
        entries => format!("but its last backup has {entries} entries"),
    };
    format!(
        "path {} has nothing to back up in it, {before}; that backup is kept",
        printable(source.as_bytes())
    )
}

fn replaced_meanwhile(archive: &str) -> String {
    let archive = printable(archive.as_bytes());
    format!("a newer backup has replaced {archive} in the meantime; nothing was restored")
}

fn own_folder(source: &str, own: &str) -> String {
    format!("path {} lies in {own}, where Backup Manager keeps its own files", printable(source.as_bytes()))
}

fn name_taken(name: &str, index: usize, other: &str) -> String {
    format!("name {name} already used for another folder at index {index}: {}", printable(other.as_bytes()))
}

fn name_alias(name: &str, other: &str) -> String {
    let [name, other] = [name, other].map(|name| printable(name.as_bytes()));
    format!("name {name} can't be told from {other} on this disk: their backups would be the same file")
}

fn contradiction(text: &str, index: usize, other: &str, options: &[&str]) -> String {
    let [text, other] = [text, other].map(|text| printable(text.as_bytes()));
    format!(
        "schedule {text} contradicts the one at index {index}, {other}: both write the same backup, and differ in {}",
        options.join(" and ")
    )
}

fn wrong_config(faults: &[ConfigFault], config: &str) -> String {
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    format!("{config}, {}", faults.join("; "))
}

fn narrow_run(key: &str, options: &[ScheduleOption]) -> String {
    let options = options.iter().map(|option| printable(option.to_string().as_bytes()));
    format!(
        "a run with {} holds less than schedule {} asks for, and would replace its backup",
        options.collect::<Vec<_>>().join(" "),
        printable(key.as_bytes())
    )
}

fn unknown_name(name: &str, known: &[String]) -> String {
    let name = printable(name.as_bytes());
    match known {
        [] => format!("nothing is known of {name}: there are no schedules and no history"),
        known => {
            format!("nothing is known of {name}; known are: {}", printable(known.join(", ").as_bytes()))
        }
    }
}
