//! Typed path: accepts a path as other programs show it, with the source's name or its whole path in front.
//!
//! Paths in an archive are relative to the source folder. `tar -t` shows `docs/a`, and a file manager `/home/ann/docs/a`, for
//! what is `a` below the source. A path below the source comes first: only what matches nothing is read in these ways.

use std::path::Path;

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupRecord};
use crate::model::history::Ledger;
use crate::model::schedule::ScheduleEntry;
use crate::ports::Ports;

/// What may stand in front of a path below the source: the source's name, and its absolute paths.
#[derive(Debug)]
pub(super) struct SourcePrefixes {
    name: Vec<u8>,
    paths: Vec<Vec<u8>>,
}

impl SourcePrefixes {
    /// Returns those of the source of an archive, by the run that made it, or else by the schedule of its name.
    ///
    /// If neither is known, the name of the backup counts as the source's name. The archive isn't read for this.
    pub(super) fn of(ports: &Ports<'_>, archive: &BackupRecord) -> Self {
        let ledger = Ledger::new(&ports.history.load().unwrap_or_default());
        let run = ledger.made(&archive.file_name);
        let backup = ArchiveName::parse(&archive.file_name).map(|archive| archive.backup.to_string());
        let scheduled = || Manager::new(*ports).find_schedule_by_name(backup.as_deref()?).ok().flatten();
        let entry: Option<ScheduleEntry> = run.and_then(|run| run.key.entry.parse().ok()).or_else(scheduled);
        let source = entry.map(|entry| entry.source_under(ports.home));
        let real = run.and_then(|run| run.real_source.clone());
        let name = source.as_deref().and_then(Path::file_name).map(|name| name.as_encoded_bytes().to_vec());
        let paths = source.map(|path| path.into_os_string().into_encoded_bytes()).into_iter();
        Self {
            name: name.or(backup.map(String::into_bytes)).unwrap_or_default(),
            paths: paths.chain(real.map(String::into_bytes)).collect(),
        }
    }

    /// Returns a line without what stands in front, as a path that begins at the source; `None` if nothing does.
    ///
    /// The line may begin with `!`. What stands for the source itself is `.`.
    pub(super) fn below_source(&self, line: &[u8]) -> Option<Vec<u8>> {
        let (mark, path) = line.strip_prefix(b"!").map_or((&b""[..], line), |path| (b"!", path));
        let path = &with_single_slashes(path)[..];
        let relative = path.strip_prefix(b"./").unwrap_or(path);
        let relative = relative.strip_prefix(b"/").unwrap_or(relative);
        let absolute = || self.paths.iter().find_map(|prefix| strip_folder(path, prefix));
        let below = strip_folder(relative, &self.name).or_else(absolute)?;
        let anchored = if below.is_empty() { b".".to_vec() } else { [b"/", below].concat() };
        Some([mark, &anchored].concat())
    }

    /// Returns the lines, those of `unmatched` without what stands in front; `None` if that changes nothing.
    pub(super) fn all_below_source(
        &self,
        lines: &[Vec<u8>],
        is_unmatched: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<Vec<u8>>> {
        let below = |line: &Vec<u8>| self.below_source(line).filter(|_| is_unmatched(line));
        let corrected: Vec<_> =
            lines.iter().map(|line| below(line).unwrap_or_else(|| line.clone())).collect();
        (corrected != lines).then_some(corrected)
    }
}

/// Returns a path without empty names, which count for nothing.
fn with_single_slashes(path: &[u8]) -> Vec<u8> {
    let mut path = path.to_vec();
    path.dedup_by(|next, last| *next == b'/' && *last == b'/');
    path
}

/// Returns what follows a folder in a path: nothing, or what is below it.
fn strip_folder<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(folder)?;
    let below = if rest.is_empty() { rest } else { rest.strip_prefix(b"/")? };
    Some(below).filter(|_| !folder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_front_of_a_path_is_dropped() {
        let prefixes = SourcePrefixes {
            name: b"docs".to_vec(),
            paths: vec![b"/home/ann/docs".into(), b"/data/d".into()],
        };
        let cases = [
            ("docs/a", Some("/a")),
            ("docs/a/", Some("/a/")),
            ("./docs/a", Some("/a")),
            ("/docs/a", Some("/a")),
            ("docs/*.odt", Some("/*.odt")),
            ("!docs/a", Some("!/a")),
            ("docs", Some(".")),
            ("docs/", Some(".")),
            ("/home/ann/docs/sub/b", Some("/sub/b")),
            ("/home/ann/docs", Some(".")),
            ("/data/d/b", Some("/b")),
            ("//data//d/b//c/", Some("/b/c/")),
            ("docs2/a", None),
            ("/home/ann/docs2/a", None),
            ("/home/ann", None),
            ("a/docs/b", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let below = prefixes.below_source(line.as_bytes());
            assert_eq!(below.as_deref(), expected.map(str::as_bytes), "{line}");
        }
        let unknown = SourcePrefixes { name: Vec::new(), paths: Vec::new() };
        assert_eq!(unknown.below_source(b"/a"), None);
    }

    #[test]
    fn only_what_matches_nothing_is_changed() {
        let prefixes = SourcePrefixes { name: b"docs".to_vec(), paths: Vec::new() };
        let lines = ["docs/a", "docs/b", "c"].map(|line| line.as_bytes().to_vec());
        let corrected = prefixes.all_below_source(&lines, |line| line != b"docs/a").unwrap();
        assert_eq!(corrected, [&b"docs/a"[..], b"/b", b"c"]);
        assert_eq!(prefixes.all_below_source(&lines, |line| line == b"c"), None);
    }
}
