//! Path hint: corrects a path that begins with the source's own name, as `tar -t` shows it.
//!
//! Paths in an archive are relative to the source folder.

use std::path::Path;

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupRecord, display_path};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::Ledger;
use crate::model::schedule::ScheduleEntry;
use crate::ports::Ports;

/// Returns the first of these paths that begins with the source's own name, and the path without that name.
pub(super) fn path_hint(
    ports: &Ports<'_>,
    archive: &BackupRecord,
    lines: &[Vec<u8>],
) -> Option<(String, String)> {
    let source_names = source_names(ports, archive);
    let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
    let mut pairs = lines.iter().flat_map(|line| source_names.iter().map(move |name| (line, name)));
    pairs.find_map(|(line, name)| Some((line.to_string(), strip_source_name(line, name)?)))
}

/// Turns the error of paths that match nothing in an archive into one with the corrected path, if there is one.
///
/// # Errors
/// The same error, if it has another cause.
pub(super) fn with_path_hint(
    error: PortError,
    ports: &Ports<'_>,
    archive: &BackupRecord,
    lines: &[Vec<u8>],
) -> Result<Error, PortError> {
    if error.failure != Failure::Missing {
        return Err(error);
    }
    let Some((line, below)) = path_hint(ports, archive, lines) else { return Err(error) };
    let archive = display_path(&archive.file_name);
    Ok(Error::NotBelowTheFolder { line, archive, below })
}

fn strip_source_name(line: &str, source_name: &str) -> Option<String> {
    let line = line.strip_prefix("./").unwrap_or(line).trim_start_matches('/');
    let below = line.strip_prefix(source_name)?.strip_prefix('/')?;
    (!below.trim_matches('/').is_empty()).then(|| below.to_owned())
}

/// Returns the name of the source folder: of the run that made the archive, or else of the schedule, or else of the backup.
///
/// The archive isn't read for this. The name is the last component of the source's path.
fn source_names(ports: &Ports<'_>, archive: &BackupRecord) -> Vec<String> {
    let ledger = Ledger::new(&ports.history.load().unwrap_or_default());
    let made = ledger.made(&archive.file_name).and_then(|run| run.key.entry.parse().ok());
    let name = ArchiveName::parse(&archive.file_name).map(|archive| archive.backup.to_string());
    let scheduled = || Manager::new(*ports).find_schedule_by_name(name.as_deref()?).ok().flatten();
    let entry: Option<ScheduleEntry> = made.or_else(scheduled);
    let last_component = |entry: ScheduleEntry| {
        Path::new(entry.source()).file_name().map(|name| name.to_string_lossy().into_owned())
    };
    entry.and_then(last_component).or(name).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_source_is_dropped() {
        let cases = [
            ("docs/a", Some("a")),
            ("./docs/a/", Some("a/")),
            ("/docs/a", Some("a")),
            ("docs/", None),
            ("docs", None),
            ("docs2/a", None),
            ("a/docs/b", None),
        ];
        for (line, expected) in cases {
            assert_eq!(strip_source_name(line, "docs").as_deref(), expected, "{line}");
        }
    }
}
