//! A pattern that is matched with one entry after another, in the order of a walk.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::archive::PatternError;
use ignore::Match;
use ignore::gitignore::Gitignore;

use super::compile::compile_pattern;

/// A pattern that matches an entry if it matches the entry itself or else a folder above it.
///
/// What it says of the folders above the last entry is kept. So each entry and each folder is matched once, if they come in the
/// order of a walk. In another order it says the same.
#[derive(Debug)]
pub(super) struct WalkedPattern {
    pattern: Gitignore,
    /// What every path ends with that it matches.
    tail: Vec<u8>,
    above: RefCell<Above>,
}

/// A folder, and what a pattern says of it and of those above it.
#[derive(Debug, Default)]
struct Above {
    folder: Vec<u8>,
    /// The length of the path of each folder, the outermost first, and whether it is matched.
    verdicts: Vec<(usize, bool)>,
}

impl WalkedPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// As [`compile_pattern`].
    pub(super) fn compile(pattern: &str) -> Result<Self, PatternError> {
        let (compiled, tail) = (compile_pattern(pattern)?, tail(pattern).as_bytes().to_vec());
        Ok(Self { pattern: compiled, tail, above: RefCell::default() })
    }

    /// Returns whether it matches the entry with that path below the source, or a folder above it.
    pub(super) fn matches(&self, below: &[u8], is_folder: bool) -> bool {
        self.matched(below, is_folder).unwrap_or_else(|| {
            let slash = below.iter().rposition(|byte| *byte == b'/');
            slash.is_some_and(|slash| {
                self.above.borrow_mut().verdict(&below[..slash], |above| self.matched(above, true))
            })
        })
    }

    /// Returns what it says of one path alone.
    fn matched(&self, path: &[u8], is_folder: bool) -> Option<bool> {
        if !path.ends_with(&self.tail) {
            return None;
        }
        match self.pattern.matched(Path::new(OsStr::from_bytes(path)), is_folder) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

/// Returns the end of a pattern that has to be in a path as it is written: what follows the last character with a meaning.
fn tail(pattern: &str) -> &str {
    let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    // White space at the end may not count.
    if pattern.ends_with(char::is_whitespace) {
        return "";
    }
    pattern.rsplit(['*', '?', '[', ']', '{', '}', '!', '#', '\\', '/']).next().unwrap_or_default()
}

impl Above {
    /// Returns whether a folder is matched, or else one above it.
    fn verdict(&mut self, folder: &[u8], matched: impl Fn(&[u8]) -> Option<bool>) -> bool {
        if self.folder != folder {
            self.enter(folder, matched);
        }
        self.verdicts.last().is_some_and(|(_, is_matched)| *is_matched)
    }

    fn enter(&mut self, folder: &[u8], matched: impl Fn(&[u8]) -> Option<bool>) {
        let known = &self.folder;
        self.verdicts.retain(|(end, _)| is_at_or_above(&known[..*end], folder));
        let (begin, mut is_matched) = self.verdicts.last().copied().unwrap_or_default();
        for end in begin + 1..=folder.len() {
            if end == folder.len() || folder[end] == b'/' {
                is_matched = matched(&folder[..end]).unwrap_or(is_matched);
                self.verdicts.push((end, is_matched));
            }
        }
        self.folder.clear();
        self.folder.extend_from_slice(folder);
    }
}

fn is_at_or_above(one: &[u8], other: &[u8]) -> bool {
    other.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const PATHS: [&str; 18] = [
        "a", "a/b", "a/b/c", "a/b/c/d", "a/b/e", "a/bc", "a/bc/b", "ab", "ab/c", "ab/c/a", "b", "b/a",
        "b/a/b", "b/c.d", "c", "d ", "[c]", "{c}",
    ];

    const PATTERNS: [&str; 22] = [
        "a", "b", "/a", "a/", "b/", "a/b", "/b/*", "*.d", "**/c", "a*/c", "c", "/ab/c/", "a/**", "b?",
        "[ab]", "d ", "d\\ ", "d", "[[]c]", "{c}", "**", "b/**/b",
    ];

    /// In the order of a walk, backwards, and in leaps.
    #[test]
    fn it_says_what_the_pattern_says_of_each_path_and_those_above() {
        let mut matched = 0;
        for text in PATTERNS {
            let (plain, walked) = (compile_pattern(text).unwrap(), WalkedPattern::compile(text).unwrap());
            let leaps = (0..400).map(|at| at * 7 % PATHS.len());
            for at in (0..PATHS.len()).chain((0..PATHS.len()).rev()).chain(leaps) {
                for is_folder in [true, false] {
                    let expected = plain.matched_path_or_any_parents(PATHS[at], is_folder).is_ignore();
                    let said = walked.matches(PATHS[at].as_bytes(), is_folder);
                    assert_eq!(said, expected, "{text} {} {is_folder}", PATHS[at]);
                    matched += usize::from(said);
                }
            }
        }
        assert!(matched > 1000, "{matched}");
    }

    #[test]
    fn a_tail_is_what_follows_the_last_character_with_a_meaning() {
        for (pattern, expected) in [
            ("*.odt", ".odt"),
            ("letters", "letters"),
            ("a/b/", "b"),
            ("/a/*", ""),
            ("a[b]", ""),
            ("a ", ""),
            ("a\\ ", ""),
            ("a\\*b", "b"),
            ("x{1}", ""),
            ("a//", ""),
        ] {
            assert_eq!(tail(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn a_folder_is_matched_once_while_the_walk_is_in_it() {
        let (mut above, looks) = (Above::default(), Cell::new(0));
        let matched = |_: &[u8]| {
            looks.set(looks.get() + 1);
            None
        };
        for (folder, expected) in [("a/b/c", 3), ("a/b/c", 3), ("a/b", 3), ("a/bc", 4), ("a", 4), ("b", 5)] {
            assert!(!above.verdict(folder.as_bytes(), matched));
            assert_eq!(looks.get(), expected, "{folder}");
        }
    }
}
