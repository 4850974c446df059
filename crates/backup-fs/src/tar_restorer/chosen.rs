//! Which entries somebody chose.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::error::{Failure, PortError};
use backup_core::restore::is_everything;
use ignore::gitignore::Gitignore;

use crate::tar_archiver::compile_pattern;

/// Tells which entries are restored, and which lines chose none.
#[derive(Debug)]
pub(super) struct Chosen {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    leaves_out: bool,
    is_everything: bool,
    /// Without the `!`, and as it is matched.
    pattern: String,
    matcher: Gitignore,
    is_used: bool,
}

impl Chosen {
    /// Makes sense of the lines.
    ///
    /// # Errors
    /// [`Failure::Refused`] for one that makes none.
    pub(super) fn new(lines: &[String]) -> Result<Self, PortError> {
        let lines = lines.iter().map(|text| Line::new(text)).collect::<Result<_, _>>()?;
        Ok(Self { lines })
    }

    /// Returns whether everything is chosen.
    pub(super) fn is_everything(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns whether the entry below the source is chosen. The last line that matches it, or a folder that it is in,
    /// decides.
    pub(super) fn takes(&mut self, below: &[u8], is_folder: bool) -> bool {
        let mut is_taken = self.lines.is_empty();
        for line in self.lines.iter_mut().filter(|line| line.matches(below, is_folder)) {
            line.is_used = true;
            is_taken = !line.leaves_out;
        }
        is_taken
    }

    /// Returns the lines that matched nothing so far.
    pub(super) fn unmatched(&self) -> Vec<String> {
        self.lines.iter().filter(|line| !line.is_used).map(|line| line.text.clone()).collect()
    }

    /// Returns whether any line chose anything so far.
    pub(super) fn took_anything(&self) -> bool {
        self.lines.is_empty() || self.lines.iter().any(|line| line.is_used && !line.leaves_out)
    }
}

impl Line {
    fn new(text: &str) -> Result<Self, PortError> {
        let (leaves_out, pattern) = match text.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, text),
        };
        let (text, is_everything, pattern) = (text.to_owned(), is_everything(pattern), as_typed(pattern));
        let matcher = if is_everything { Ok(Gitignore::empty()) } else { compile_pattern(&pattern) };
        let matcher = matcher.map_err(|fault| {
            PortError::new(Failure::Refused, format!("choose {}", fault.pattern)).because(fault.reason)
        })?;
        Ok(Self { text, leaves_out, is_everything, pattern, matcher, is_used: false })
    }

    /// A path that is a pattern too, `a[1].txt`, is meant as what it says first.
    fn matches(&self, below: &[u8], is_folder: bool) -> bool {
        if below.is_empty() || self.is_everything {
            return self.is_everything;
        }
        let plain = self.pattern.trim_matches('/').as_bytes();
        let is_plain =
            below.strip_prefix(plain).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
        let is_itself = is_plain && (below.len() > plain.len() || is_folder || !self.pattern.ends_with('/'));
        let path = Path::new(OsStr::from_bytes(below));
        (is_itself && !self.leaves_out)
            || self.matcher.matched_path_or_any_parents(path, is_folder).is_ignore()
    }
}

/// Returns a path as a shell may complete it in the form of a pattern: `./letters/.` is `/letters/`.
fn as_typed(line: &str) -> String {
    let mut pattern = line.to_owned();
    while let Some(at) = pattern.find("/./") {
        pattern.replace_range(at..at + 2, "");
    }
    if pattern.ends_with("/.") {
        pattern.pop();
    }
    if pattern.starts_with("./") {
        pattern.remove(0);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], taken: &[&str], left: &[&str]) {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let mut chosen = Chosen::new(&lines).unwrap();
        let mut takes = |path: &str| chosen.takes(path.trim_end_matches('/').as_bytes(), path.ends_with('/'));
        taken.iter().for_each(|path| assert!(takes(path), "{lines:?} {path}"));
        left.iter().for_each(|path| assert!(!takes(path), "{lines:?} {path}"));
    }

    #[test]
    fn a_line_takes_what_it_matches_and_all_below() {
        check(&[], &["a", "a/b", ""], &[]);
        check(
            &["letters/may.txt"],
            &["letters/may.txt"],
            &["letters/", "letters/june.txt", "a/letters/may.txt"],
        );
        check(&["letters"], &["letters/", "letters/may.txt", "old/letters/x"], &["letters2", "a"]);
        check(&["letters/"], &["letters/", "letters/may.txt"], &["letters"]);
        check(&["/letters"], &["letters/", "letters/x"], &["old/letters/x"]);
        check(&["*.txt"], &["a.txt", "b/c.txt"], &["a.tx", "b/"]);
        check(&["a", "!a/b"], &["a/", "a/c"], &["a/b", "a/b/c"]);
        check(&["./letters/may.txt"], &["letters/may.txt"], &["letters/june.txt"]);
        check(&["./letters"], &["letters/", "letters/x"], &["old/letters/x", "letters2"]);
        for line in ["./letters/", "letters/.", "././letters/.", "/letters/./."] {
            check(&[line], &["letters/", "letters/x"], &["letters", "a"]);
        }
        check(&["letters/./may.txt"], &["letters/may.txt"], &["letters/june.txt"]);
        check(&["./a[1].txt"], &["a[1].txt", "a1.txt"], &["b/a1.txt"]);
        check(&[".", "!a"], &["b", "b/c", ""], &["a/", "a/c"]);
        check(&["!./a/."], &[], &["a/b"]);
        check(&[".hidden"], &[".hidden", "a/.hidden"], &["hidden"]);
        check(&["a[1].txt"], &["a[1].txt", "a1.txt"], &["a2.txt"]);
        check(&["a{1}"], &["a{1}"], &["a1"]);
    }

    #[test]
    fn tells_what_matched_nothing() {
        let lines = ["a", "b", "!c"].map(str::to_owned);
        let mut chosen = Chosen::new(&lines).unwrap();
        assert!(!chosen.took_anything());
        chosen.takes(b"a", false);
        assert!(chosen.took_anything());
        assert_eq!(chosen.unmatched(), ["b", "!c"]);
    }

    #[test]
    fn a_pattern_that_makes_no_sense_is_refused() {
        for text in ["a[", "", "#x", "/"] {
            let error = Chosen::new(&[text.to_owned()]).unwrap_err();
            assert_eq!(error.failure, Failure::Refused, "{text}: {error}");
        }
    }
}
