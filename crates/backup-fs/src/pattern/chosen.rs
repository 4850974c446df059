//! The selection of a restore: which entries the given paths and patterns choose.

use backup_core::model::archive::PatternError;
use backup_core::model::error::{Failure, PortError};
use backup_core::policy::archive_choice::is_everything;
use backup_core::text::printable;

use super::walked_pattern::WalkedPattern;

/// The paths and patterns that choose entries, and which of them have matched.
///
/// A line is a path first. It is a pattern only if the archive has no entry with that path. So all entries must be
/// [noted](Self::note) before [`takes`](Self::takes) is called for any.
#[derive(Debug)]
pub(crate) struct Chosen {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: Vec<u8>,
    /// The possible meanings. The first one that matches an entry of the archive counts.
    meanings: Vec<Meaning>,
}

#[derive(Debug)]
struct Meaning {
    matcher: Matcher,
    leaves_out: bool,
    /// Whether it matches an entry of the archive.
    has_matched: bool,
}

#[derive(Debug)]
enum Matcher {
    Everything,
    Path(ExactPath),
    Pattern(WalkedPattern),
    /// Neither a known path nor a valid pattern.
    Malformed(PatternError),
}

/// The path of an entry below the source.
#[derive(Debug)]
pub(crate) struct ExactPath {
    /// The path in the form that archives have.
    pub(crate) path: Vec<u8>,
    /// Whether it matches only folders.
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

    /// Returns the lines as paths, if none of them says what is left out. An entry with such a path is chosen, and everything
    /// below it. What isn't the path of an entry is a pattern.
    pub(crate) fn plain_paths(&self) -> Option<Vec<Vec<u8>>> {
        let plain = |line: &Line| match line.meanings.first()?.matcher {
            Matcher::Path(ref path) if !line.text.starts_with(b"!") && !path.path.is_empty() => {
                Some(path.path.clone())
            }
            _ => None,
        };
        self.lines.iter().map(plain).collect()
    }

    /// Notes an entry below the source. Returns whether it may turn out to be chosen.
    pub(crate) fn note(&mut self, below: &[u8], is_folder: bool) -> bool {
        let mut may_be_chosen = false;
        for line in &mut self.lines {
            may_be_chosen |= line.note(below, is_folder);
        }
        may_be_chosen
    }

    /// Checks that each line is valid, after all entries were noted.
    ///
    /// # Errors
    /// [`Failure::Refused`] for a line that is neither the path of an entry nor a valid pattern.
    pub(crate) fn refuse_malformed(&self) -> Result<(), PortError> {
        let fault = self.lines.iter().filter(|line| line.matched_meaning().is_none()).find_map(Line::fault);
        fault.map_or(Ok(()), |PatternError { pattern, reason }| {
            Err(PortError::new(Failure::Refused, format!("choose {pattern}")).because(reason.clone()))
        })
    }

    /// Returns whether an entry below the source is chosen.
    ///
    /// The last line that matches the entry or a folder above it decides.
    pub(crate) fn takes(&self, below: &[u8], is_folder: bool) -> bool {
        let matched = self.lines.iter().filter_map(Line::matched_meaning);
        let last = matched.rev().find(|meaning| meaning.matcher.matches(below, is_folder));
        last.map_or(self.lines.is_empty(), |meaning| !meaning.leaves_out)
    }

    /// Returns the lines that nothing matched, safe to print.
    pub(crate) fn unmatched(&self) -> Vec<String> {
        let unmatched = self.lines.iter().filter(|line| line.matched_meaning().is_none());
        unmatched.map(|line| printable(&line.text)).collect()
    }

    /// Returns whether any entry is chosen.
    pub(crate) fn took_anything(&self) -> bool {
        let chose = |line: &Line| line.matched_meaning().is_some_and(|meaning| !meaning.leaves_out);
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
        meanings.extend(Matcher::other_than_path(rest).map(|matcher| Meaning::of(matcher, leaves_out)));
        Self { text: text.to_owned(), meanings }
    }

    /// Notes an entry. Meanings after the first one that has matched don't count.
    fn note(&mut self, below: &[u8], is_folder: bool) -> bool {
        let mut may_be_chosen = false;
        for meaning in &mut self.meanings {
            let matches = meaning.matcher.matches(below, is_folder);
            meaning.has_matched |= matches;
            may_be_chosen |= matches && !meaning.leaves_out;
            if meaning.has_matched {
                break;
            }
        }
        may_be_chosen
    }

    fn matched_meaning(&self) -> Option<&Meaning> {
        self.meanings.iter().find(|meaning| meaning.has_matched)
    }

    fn fault(&self) -> Option<&PatternError> {
        self.meanings.iter().find_map(|meaning| match &meaning.matcher {
            Matcher::Malformed(fault) => Some(fault),
            _ => None,
        })
    }
}

impl Meaning {
    fn of(matcher: Matcher, leaves_out: bool) -> Self {
        let has_matched = matches!(matcher, Matcher::Everything);
        Self { matcher, leaves_out, has_matched }
    }
}

impl Matcher {
    /// Returns the meaning of a line that is not the path of an entry, or `None` if it isn't UTF-8.
    fn other_than_path(line: &[u8]) -> Option<Self> {
        if is_everything(line) {
            return Some(Self::Everything);
        }
        let text = str::from_utf8(line).ok()?;
        let compiled = WalkedPattern::compile(&without_dots(text)).map(Self::Pattern);
        Some(
            compiled
                .unwrap_or_else(|fault| Self::Malformed(PatternError { pattern: text.to_owned(), ..fault })),
        )
    }

    fn matches(&self, below: &[u8], is_folder: bool) -> bool {
        match self {
            Self::Everything => true,
            // The source itself is chosen only if everything is.
            _ if below.is_empty() => false,
            Self::Path(path) => path.holds(below, is_folder),
            Self::Pattern(pattern) => pattern.matches(below, is_folder),
            Self::Malformed(_) => false,
        }
    }
}

impl ExactPath {
    /// Reads a path in any form in which a shell completes it: `./letters/.` is the folder `letters`.
    pub(crate) fn new(typed: &[u8]) -> Self {
        let names = typed.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
        let path = names.collect::<Vec<_>>().join(&b'/');
        Self { path, is_folder: typed.ends_with(b"/") || typed.ends_with(b"/.") }
    }

    /// Returns whether it is the path of that entry or of a folder above it.
    fn holds(&self, below: &[u8], is_folder: bool) -> bool {
        match below.strip_prefix(&self.path[..]) {
            Some(b"") => is_folder || !self.is_folder,
            Some(rest) => rest.starts_with(b"/") && !self.path.is_empty(),
            None => false,
        }
    }
}

/// Returns a line as a pattern without the `.` parts that a shell may add: `./letters/.` is `/letters/`.
fn without_dots(line: &str) -> String {
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

    /// Checks which entries these lines choose in an archive that has all of the others.
    #[track_caller]
    fn check(lines: &[&str], included: &[&str], excluded: &[&str]) {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let archived: Vec<&[u8]> = included.iter().chain(excluded).map(|path| path.as_bytes()).collect();
        let chosen = chosen(&lines, &archived);
        let takes = |path: &str| chosen.takes(path.trim_end_matches('/').as_bytes(), path.ends_with('/'));
        included.iter().for_each(|path| assert!(takes(path), "{lines:?} {path}"));
        excluded.iter().for_each(|path| assert!(!takes(path), "{lines:?} {path}"));
    }

    #[test]
    fn a_line_chooses_what_it_matches_and_everything_below() {
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
    fn a_line_with_special_characters_is_a_path_first() {
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
    fn each_line_is_a_path_or_a_pattern_on_its_own() {
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
        assert!(pattern.refuse_malformed().is_ok());
    }

    #[test]
    fn lists_lines_that_matched_nothing() {
        let chosen_of = |archived: &[&[u8]]| chosen(&[b"a", b"b", b"!c"], archived);
        assert!(!chosen_of(&[]).took_anything());
        let chosen = chosen_of(&[b"a"]);
        assert!(chosen.took_anything());
        assert_eq!(chosen.unmatched(), ["b", "!c"]);
    }

    #[test]
    fn knows_what_may_be_chosen_before_all_entries_are_noted() {
        let mut chosen = chosen(&[b"[ab]"], &[]);
        assert!(chosen.note(b"a", false) && !chosen.note(b"c", false), "as far as is known");
        assert!(chosen.note(b"[ab]", false) && !chosen.note(b"b", false), "it is a path now");
        assert!(!chosen.takes(b"a", false) && chosen.takes(b"[ab]", false));
    }

    #[test]
    fn refuses_a_line_that_is_neither_a_path_nor_a_pattern() {
        for text in ["a[", "", "#x", "/", "![", "./["] {
            let error = chosen(&[text.as_bytes()], &[b"a", b"x"]).refuse_malformed().unwrap_err();
            assert_eq!(error.failure, Failure::Refused, "{text}: {error}");
            assert!(error.to_string().starts_with("can't choose "), "{error}");
        }
        assert!(chosen(&[b"a["], &[b"a["]).refuse_malformed().is_ok());
    }
}
