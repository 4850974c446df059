//! Which entries somebody chose.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use backup_core::model::archive::PatternError;
use backup_core::model::error::{Failure, PortError};
use backup_core::policy::archive_choice::is_everything;
use backup_core::text::printable;
use ignore::gitignore::Gitignore;

use super::compile::compile_pattern;

/// Tells which entries are restored, and which lines chose none.
///
/// A line is a path first, and a pattern only where the archive has nothing of that path. So all entries have to be noted
/// before any is asked for.
#[derive(Debug)]
pub(crate) struct Chosen {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: Vec<u8>,
    /// What it can mean. The first of them counts that the archive has something for.
    meanings: Vec<Meaning>,
}

#[derive(Debug)]
struct Meaning {
    matcher: Matcher,
    leaves_out: bool,
    /// Something in the archive matches.
    is_met: bool,
}

#[derive(Debug)]
enum Matcher {
    Everything,
    Path(ExactPath),
    Pattern(Gitignore),
    /// A pattern that makes no sense.
    Senseless(PatternError),
}

/// The path of an entry below the source, as somebody typed it.
#[derive(Debug)]
pub(crate) struct ExactPath {
    /// As the archive has it.
    pub(crate) path: Vec<u8>,
    /// Nothing but a folder is meant.
    is_folder: bool,
}

impl Chosen {
    pub(crate) fn new(lines: &[Vec<u8>]) -> Self {
        Self { lines: lines.iter().map(|text| Line::new(text)).collect() }
    }

    /// Returns whether everything is chosen.
    pub(crate) fn is_everything(&self) -> bool {
        self.lines.is_empty()
    }

    /// Notes an entry below the source, and returns whether it may turn out to be chosen.
    pub(crate) fn note(&mut self, below: &[u8], is_folder: bool) -> bool {
        let mut may_be_taken = false;
        for line in &mut self.lines {
            may_be_taken |= line.note(below, is_folder);
        }
        may_be_taken
    }

    /// Makes sure that each line makes sense, once all entries were noted.
    ///
    /// # Errors
    /// [`Failure::Refused`] for one that is the path of nothing, and no pattern.
    pub(crate) fn refuse_senseless(&self) -> Result<(), PortError> {
        let fault = self.lines.iter().filter(|line| line.met().is_none()).find_map(Line::fault);
        fault.map_or(Ok(()), |PatternError { pattern, reason }| {
            Err(PortError::new(Failure::Refused, format!("choose {pattern}")).because(reason.clone()))
        })
    }

    /// Returns whether the entry below the source is chosen. The last line that matches it, or a folder that it is in,
    /// decides.
    pub(crate) fn takes(&self, below: &[u8], is_folder: bool) -> bool {
        let met = self.lines.iter().filter_map(Line::met);
        let last = met.rev().find(|meaning| meaning.matcher.matches(below, is_folder));
        last.map_or(self.lines.is_empty(), |meaning| !meaning.leaves_out)
    }

    /// Returns the lines that nothing matched, safe to print.
    pub(crate) fn unmatched(&self) -> Vec<String> {
        let unmatched = self.lines.iter().filter(|line| line.met().is_none());
        unmatched.map(|line| printable(&line.text)).collect()
    }

    /// Returns whether any line chose anything.
    pub(crate) fn took_anything(&self) -> bool {
        let chose = |line: &Line| line.met().is_some_and(|meaning| !meaning.leaves_out);
        self.lines.is_empty() || self.lines.iter().any(chose)
    }
}

impl Line {
    fn new(text: &[u8]) -> Self {
        let mut meanings = vec![Meaning::of(Matcher::Path(ExactPath::new(text)), false)];
        let (leaves_out, rest) = text.strip_prefix(b"!").map_or((false, text), |rest| (true, rest));
        if leaves_out {
            meanings.push(Meaning::of(Matcher::Path(ExactPath::new(rest)), true));
        }
        meanings.extend(Matcher::beyond_a_path(rest).map(|matcher| Meaning::of(matcher, leaves_out)));
        Self { text: text.to_owned(), meanings }
    }

    /// What comes behind a meaning that is met counts no more.
    fn note(&mut self, below: &[u8], is_folder: bool) -> bool {
        let mut may_be_taken = false;
        for meaning in &mut self.meanings {
            let matches = meaning.matcher.matches(below, is_folder);
            meaning.is_met |= matches;
            may_be_taken |= matches && !meaning.leaves_out;
            if meaning.is_met {
                break;
            }
        }
        may_be_taken
    }

    fn met(&self) -> Option<&Meaning> {
        self.meanings.iter().find(|meaning| meaning.is_met)
    }

    fn fault(&self) -> Option<&PatternError> {
        self.meanings.iter().find_map(|meaning| match &meaning.matcher {
            Matcher::Senseless(fault) => Some(fault),
            _ => None,
        })
    }
}

impl Meaning {
    fn of(matcher: Matcher, leaves_out: bool) -> Self {
        let is_met = matches!(matcher, Matcher::Everything);
        Self { matcher, leaves_out, is_met }
    }
}

impl Matcher {
    /// Returns what a line means where it is the path of nothing; nothing at all where it isn't UTF-8.
    fn beyond_a_path(line: &[u8]) -> Option<Self> {
        if is_everything(line) {
            return Some(Self::Everything);
        }
        let text = str::from_utf8(line).ok()?;
        let compiled = compile_pattern(&as_typed(text)).map(Self::Pattern);
        Some(
            compiled
                .unwrap_or_else(|fault| Self::Senseless(PatternError { pattern: text.to_owned(), ..fault })),
        )
    }

    fn matches(&self, below: &[u8], is_folder: bool) -> bool {
        match self {
            Self::Everything => true,
            // The source itself is chosen with everything, and by nothing else.
            _ if below.is_empty() => false,
            Self::Path(path) => path.holds(below, is_folder),
            Self::Pattern(pattern) => {
                let path = Path::new(OsStr::from_bytes(below));
                pattern.matched_path_or_any_parents(path, is_folder).is_ignore()
            }
            Self::Senseless(_) => false,
        }
    }
}

impl ExactPath {
    /// Takes a path as a shell completes it: `./letters/.` is the folder `letters`.
    pub(crate) fn new(typed: &[u8]) -> Self {
        let names = typed.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
        let path = names.collect::<Vec<_>>().join(&b'/');
        Self { path, is_folder: typed.ends_with(b"/") || typed.ends_with(b"/.") }
    }

    /// Returns whether it is the path of that entry, or of a folder that it is in.
    fn holds(&self, below: &[u8], is_folder: bool) -> bool {
        match below.strip_prefix(&self.path[..]) {
            Some(b"") => is_folder || !self.is_folder,
            Some(rest) => rest.starts_with(b"/") && !self.path.is_empty(),
            None => false,
        }
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

    fn chosen(lines: &[&[u8]], archived: &[&[u8]]) -> Chosen {
        let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        let mut chosen = Chosen::new(&lines);
        for path in archived {
            chosen.note(path.strip_suffix(b"/").unwrap_or(path), path.ends_with(b"/"));
        }
        chosen
    }

    /// Of an archive that has all of these, some are taken and the others left.
    #[track_caller]
    fn check(lines: &[&str], taken: &[&str], left: &[&str]) {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let archived: Vec<&[u8]> = taken.iter().chain(left).map(|path| path.as_bytes()).collect();
        let chosen = chosen(&lines, &archived);
        let takes = |path: &str| chosen.takes(path.trim_end_matches('/').as_bytes(), path.ends_with('/'));
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
        check(&["letters"], &["letters/", "letters/may.txt"], &["letters2", "a", "old/letters/x"]);
        check(&["letters"], &["old/letters/", "old/letters/x", "a/letters"], &["letters2", "old/"]);
        check(&["letters/"], &["letters/", "letters/may.txt"], &["old/letters/"]);
        check(&["letters/"], &["old/letters/", "old/letters/x"], &["letters"]);
        check(&["/letters"], &["letters/", "letters/x"], &["old/letters/x"]);
        check(&["/letters"], &[], &["old/letters/x"]);
        check(&["*.txt"], &["a.txt", "b/c.txt"], &["a.tx", "b/"]);
        check(&["a", "!a/b"], &["a/", "a/c"], &["a/b", "a/b/c"]);
        check(&["./letters/may.txt"], &["letters/may.txt"], &["letters/june.txt"]);
        check(&["./letters"], &["letters/", "letters/x"], &["old/letters/x", "letters2"]);
        for line in ["./letters/", "letters/.", "././letters/.", "/letters/./.", "letters//"] {
            check(&[line], &["letters/", "letters/x"], &["a"]);
            check(&[line], &[], &["letters", "a"]);
        }
        check(&["letters/./may.txt"], &["letters/may.txt"], &["letters/june.txt"]);
        check(&["."], &["a", "a/b", ""], &[]);
        check(&[".", "!a"], &["b", "b/c", ""], &["a/", "a/c"]);
        check(&[".", "!./a/."], &["b"], &["a/b"]);
        check(&[".hidden"], &["a/.hidden"], &["hidden"]);
        check(&["a{1}"], &["b/a{1}"], &["a1"]);
    }

    #[test]
    fn a_line_is_a_path_first_whatever_characters_it_has() {
        for odd in
            ["[.txt", "[].txt", "[abc].txt", "back\\", "sub/ ", "#x", "*", "?", "a[1].txt", "!a", "-rf", "!"]
        {
            check(&[odd], &[odd], &["a.txt", "a", "a1.txt", "sub/other", "back", "sub/", "x"]);
            check(
                &[&format!("./{odd}")],
                &[odd],
                &["a.txt", "a", "a1.txt", "sub/other", "back", "sub/", "x"],
            );
            check(&[".", &format!("!{odd}")], &["a.txt", "sub/other"], &[odd]);
        }
        check(&["[a]"], &["[a]/", "[a]/b", "[a]/b/c"], &["a", "x/a", "x/[a]"]);
        check(&["[ab]"], &["a", "b", "x/a"], &["c"]);
    }

    #[test]
    fn each_line_is_judged_on_its_own() {
        check(&["[a]", "[b]"], &["[a]", "b", "x/b"], &["a", "x/a"]);
        check(&["a", "!b"], &["a/", "a/c"], &["a/b", "a/x/b"]);
        check(&["a", "!b"], &["a/", "a/c", "a/b"], &["b"]);
        check(&["*", "!b"], &["a", "x/b"], &["b", "b/c"]);
    }

    #[test]
    fn a_path_need_not_be_text() {
        let met = chosen(&[b"d\xff", b"folder/\xfe\xff/"], &[b"d\xff", b"folder/\xfe\xff/", b"d", b"d\xff2"]);
        assert!(met.takes(b"d\xff", false) && met.takes(b"folder/\xfe\xff/x", false));
        assert!(!met.takes(b"d", false) && !met.takes(b"d\xff2", false));
        assert!(met.unmatched().is_empty());
        let pattern = chosen(&[b"\xff*"], &[b"\xffa"]);
        assert_eq!(pattern.unmatched(), ["\\xff*"]);
        assert!(pattern.refuse_senseless().is_ok());
    }

    #[test]
    fn tells_what_matched_nothing() {
        let chosen_of = |archived: &[&[u8]]| chosen(&[b"a", b"b", b"!c"], archived);
        assert!(!chosen_of(&[]).took_anything());
        let chosen = chosen_of(&[b"a"]);
        assert!(chosen.took_anything());
        assert_eq!(chosen.unmatched(), ["b", "!c"]);
    }

    #[test]
    fn tells_what_may_be_taken_before_all_is_known() {
        let mut chosen = chosen(&[b"[ab]"], &[]);
        assert!(chosen.note(b"a", false) && !chosen.note(b"c", false), "as far as is known");
        assert!(chosen.note(b"[ab]", false) && !chosen.note(b"b", false), "it is a path now");
        assert!(!chosen.takes(b"a", false) && chosen.takes(b"[ab]", false));
    }

    #[test]
    fn a_line_that_is_no_path_and_makes_no_sense_is_refused() {
        for text in ["a[", "", "#x", "/", "![", "./["] {
            let error = chosen(&[text.as_bytes()], &[b"a", b"x"]).refuse_senseless().unwrap_err();
            assert_eq!(error.failure, Failure::Refused, "{text}: {error}");
            assert!(error.to_string().starts_with("can't choose "), "{error}");
        }
        assert!(chosen(&[b"a["], &[b"a["]).refuse_senseless().is_ok());
    }
}
