//! Typed path: accepts a path as other programs show it, with the source's name or its whole path in front.
//!
//! Paths in an archive are relative to the source folder. `tar -t` shows `docs/a`, and a file manager `/home/ann/docs/a`, for
//! what is `a` below the source. In the C locale, `tar -t` also shows `\303\274` for `ü`. A path below the source comes first:
//! only what matches nothing is read in these ways.

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

    /// Returns a line with tar's escapes as the bytes that they mean, without what stands in front; `None` if it has none.
    fn unescaped(&self, line: &[u8]) -> Option<Vec<u8>> {
        let (mark, path) = line.strip_prefix(b"!").map_or((&b""[..], line), |path| (b"!", path));
        let plain = unescaped(path)?;
        let anchored = self.below_source(&plain).unwrap_or_else(|| {
            let path = with_single_slashes(&plain);
            let relative = path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")).unwrap_or(&path);
            [b"/", relative].concat()
        });
        Some([mark, &anchored].concat())
    }

    /// Returns the other ways in which a line may be meant, the likeliest first.
    pub(super) fn readings(&self, line: &[u8]) -> Vec<Vec<u8>> {
        self.below_source(line).into_iter().chain(self.unescaped(line)).collect()
    }

    /// Returns the lines in another way. Each is a pair of what was typed and how it is read so far; only what
    /// `is_unmatched` of the latter changes. Returns `None` if nothing does.
    pub(super) fn reread(
        &self,
        reading: Reading,
        lines: &[(&[u8], Vec<u8>)],
        is_unmatched: impl Fn(&[u8]) -> bool,
    ) -> Option<Vec<Vec<u8>>> {
        let read = |(typed, so_far): &(&[u8], Vec<u8>)| {
            if !is_unmatched(so_far) {
                return so_far.clone();
            }
            let other = match reading {
                Reading::BelowSource => self.below_source(typed),
                Reading::Unescaped => self.unescaped(typed),
            };
            other.unwrap_or_else(|| so_far.clone())
        };
        let reread: Vec<_> = lines.iter().map(read).collect();
        reread.iter().zip(lines).any(|(new, (_, so_far))| new != so_far).then_some(reread)
    }
}

/// How a line may be meant that matches nothing as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Without what stands in front.
    BelowSource,
    /// With tar's escapes as the bytes that they mean, and without what stands in front.
    Unescaped,
}

impl Reading {
    /// Every way, the likeliest first.
    pub(super) const ALL: [Self; 2] = [Self::BelowSource, Self::Unescaped];
}

/// Returns a path with tar's escapes as the bytes that they mean: `\\303` is a byte, `\\\\` a backslash. Returns `None` if it has
/// none, or something that tar doesn't write.
fn unescaped(path: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut rest) = (Vec::new(), path);
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = if byte == b'\\' { escape(after)? } else { (byte, after) };
        plain.push(byte);
        rest = after;
    }
    (plain.len() != path.len()).then_some(plain)
}

/// Returns the byte that an escape means, and what follows it. The backslash is gone already.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    const LETTERS: [(u8, u8); 8] = [
        (b'a', 7),
        (b'b', 8),
        (b't', b'\t'),
        (b'n', b'\n'),
        (b'v', 11),
        (b'f', 12),
        (b'r', b'\r'),
        (b'\\', b'\\'),
    ];
    if let Some((digits, after)) = text.split_at_checked(3)
        && let Ok(digits) = str::from_utf8(digits)
        && let Ok(byte) = u8::from_str_radix(digits, 8)
    {
        return Some((byte, after));
    }
    let (letter, after) = text.split_first()?;
    LETTERS.into_iter().find(|(known, _)| known == letter).map(|(_, byte)| (byte, after))
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
        let lines: Vec<_> = lines.iter().map(|line| (&line[..], line.clone())).collect();
        let reread = |is_unmatched: &dyn Fn(&[u8]) -> bool| {
            prefixes.reread(Reading::BelowSource, &lines, is_unmatched)
        };
        assert_eq!(reread(&|line| line != b"docs/a").unwrap(), [&b"docs/a"[..], b"/b", b"c"]);
        assert_eq!(reread(&|line| line == b"c"), None);
        assert_eq!(prefixes.reread(Reading::Unescaped, &lines, |_| true), None);
    }

    #[test]
    fn what_tar_has_escaped_is_read() {
        let prefixes = SourcePrefixes { name: b"docs".to_vec(), paths: vec![b"/home/ann/docs".into()] };
        for (typed, expected) in [
            (r"docs/\303\274ber.txt", Some("/über.txt")),
            (r"\303\274ber.txt", Some("/über.txt")),
            (r"./\303\274ber.txt", Some("/über.txt")),
            (r"!/home/ann/docs/a\tb", Some("!/a\tb")),
            (r"docs/a\\b", Some(r"/a\b")),
            (r"docs/a\*b", None),
            (r"docs/a\777", None),
            (r"docs/a\", None),
            ("docs/ü", None),
        ] {
            let read = prefixes.unescaped(typed.as_bytes());
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{typed}");
        }
    }
}
