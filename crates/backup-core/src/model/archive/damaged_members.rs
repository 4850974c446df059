//! Damaged members: which entries of an archive aren't what was stored.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::text::{grouped, printable};

/// The entries of an archive that aren't what was stored. The first ones have names, the others are only counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DamagedMembers {
    named: Vec<PathBuf>,
    count: u64,
}

/// The number of names in a sentence.
const MAX_IN_SENTENCE: usize = 3;

impl DamagedMembers {
    /// The maximum number of entries with names.
    pub const MAX_NAMED: usize = 100;

    /// Adds an entry by its path in the archive.
    pub fn add(&mut self, path: PathBuf) {
        self.count += 1;
        if self.named.len() < Self::MAX_NAMED {
            self.named.push(path);
        }
    }

    /// Returns the first entries, at most [`MAX_NAMED`](Self::MAX_NAMED), in the order of the archive.
    #[must_use]
    pub fn named(&self) -> &[PathBuf] {
        &self.named
    }

    /// Returns the number of all entries.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns whether nothing is damaged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the names as lines that are safe to print. If there are more, a last line says how many.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.first(Self::MAX_NAMED)
    }

    fn first(&self, most: usize) -> Vec<String> {
        let mut lines: Vec<_> = self.named.iter().take(most).map(|path| shown(path)).collect();
        let more = self.count - lines.len() as u64;
        lines.extend((more > 0).then(|| format!("and {} more", grouped(more))));
        lines
    }
}

impl fmt::Display for DamagedMembers {
    /// One line, safe to print: `docs/a isn't what was stored`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named[..] {
            [one] => write!(f, "{} isn't what was stored", shown(one)),
            _ => {
                let names = self.first(MAX_IN_SENTENCE).join(", ");
                write!(f, "{} entries aren't what was stored: {names}", grouped(self.count))
            }
        }
    }
}

/// What a comparison of an archive with its catalog showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberCheck {
    /// The entries that aren't what the catalog says.
    pub damaged: DamagedMembers,
    /// Whether the catalog was written with the archive. If it was made later, it only tells what changed since then.
    pub is_since_pack: bool,
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: u32, sentence: &str, lines: usize, last: &str) {
        let mut damaged = DamagedMembers::default();
        (0..count).for_each(|number| damaged.add(format!("docs/{number}\n").into()));
        assert_eq!(damaged.to_string(), sentence);
        let all = damaged.lines();
        assert_eq!((all.len(), all.last().map(String::as_str)), (lines, Some(last)));
        assert_eq!((damaged.count(), damaged.is_empty()), (count.into(), false));
    }

    #[test]
    fn the_first_have_names_and_the_others_are_counted() {
        assert!(DamagedMembers::default().is_empty());
        check(1, r"docs/0\n isn't what was stored", 1, r"docs/0\n");
        check(2, r"2 entries aren't what was stored: docs/0\n, docs/1\n", 2, r"docs/1\n");
        let many = r"1,234 entries aren't what was stored: docs/0\n, docs/1\n, docs/2\n, and 1,231 more";
        check(1_234, many, 101, "and 1,134 more");
        check(100, &many.replace("1,234", "100").replace("1,231", "97"), 100, r"docs/99\n");
    }
}
