//! Paths as `tar -t` shows them, with the folder's own name in front: what is asked for stands below the folder.

use std::path::Path;

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupRecord, place_of};
use crate::model::error::{Error, Failure, PortError};
use crate::model::history::Ledger;
use crate::model::schedule::ScheduleEntry;
use crate::ports::Ports;

/// Returns how the first of these lines that begins with the folder's own name is to be written.
pub(super) fn below_the_folder(
    ports: &Ports<'_>,
    archive: &BackupRecord,
    lines: &[Vec<u8>],
) -> Option<(String, String)> {
    let own_names = own_names(ports, archive);
    let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
    let mut pairs = lines.iter().flat_map(|line| own_names.iter().map(move |own| (line, own)));
    pairs.find_map(|(line, own)| Some((line.to_string(), without(line, own)?)))
}

/// Returns the error of lines that nothing in an archive matches, with how to write them, where that is why.
pub(super) fn explained(
    error: PortError,
    ports: &Ports<'_>,
    archive: &BackupRecord,
    lines: &[Vec<u8>],
) -> Result<Error, PortError> {
    if error.failure != Failure::Missing {
        return Err(error);
    }
    let Some((line, below)) = below_the_folder(ports, archive, lines) else { return Err(error) };
    let archive = place_of(&archive.file_name);
    Ok(Error::NotBelowTheFolder { line, archive, below })
}

fn without(line: &str, own: &str) -> Option<String> {
    let line = line.strip_prefix("./").unwrap_or(line).trim_start_matches('/');
    let below = line.strip_prefix(own)?.strip_prefix('/')?;
    (!below.trim_matches('/').is_empty()).then(|| below.to_owned())
}

/// What the folder is called in the archive can only be told by who has read it; but it is what its path ends with.
fn own_names(ports: &Ports<'_>, archive: &BackupRecord) -> Vec<String> {
    let ledger = Ledger::new(&ports.history.load().unwrap_or_default());
    let made = ledger.made(&archive.file_name).and_then(|run| run.key.entry.parse().ok());
    let name = ArchiveName::parse(&archive.file_name).map(|archive| archive.backup.to_string());
    let scheduled = || Manager::new(*ports).find_named(name.as_deref()?).ok().flatten();
    let entry: Option<ScheduleEntry> = made.or_else(scheduled);
    let last = |entry: ScheduleEntry| {
        Path::new(entry.source()).file_name().map(|name| name.to_string_lossy().into_owned())
    };
    entry.and_then(last).or(name).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_s_own_name_is_dropped() {
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
            assert_eq!(without(line, "docs").as_deref(), expected, "{line}");
        }
    }
}
