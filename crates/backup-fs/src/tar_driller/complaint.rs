//! What the tools complain of, and whether that is no more than this user can't make.

use std::collections::HashSet;

use backup_core::error::{Failure, PortError};

use super::line::Ended;

/// The tools that have ended with a failure.
#[derive(Debug)]
pub(super) struct Complaint(Vec<Ended>);

/// What tools say, in the language of all machines, when the disk is full.
const NO_ROOM: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// How many lines of what a tool says are told.
const MOST_LINES: usize = 3;

/// How many characters of a line are told.
const MOST_LINE_CHARS: usize = 1000;

/// What comes last where some entries failed: of GNU tar, and of bsdtar.
const SUMMARIES: [&str; 2] =
    ["Exiting with failure status due to previous errors", "Error exit delayed from previous errors."];

/// What stands behind the path of an entry that could not be made, and what the line ends with: a device that only root
/// can make, and a further name of it.
const UNMADE: [(&str, &str); 4] = [
    (": Cannot mknod: ", "Operation not permitted"),
    (": Cannot hard link to '", "': No such file or directory"),
    (": Can't create '", "': Operation not permitted"),
    (": Hard-link target '", "' does not exist.: No such file or directory"),
];

impl Complaint {
    /// Returns what those complain of that failed, if any did.
    ///
    /// # Errors
    /// [`Failure::Full`] when they found no room.
    pub(super) fn of(ended: Vec<Ended>) -> Result<Option<Self>, PortError> {
        let failed: Vec<Ended> = ended.into_iter().filter(|ended| !ended.status.success()).collect();
        if failed.iter().any(|ended| NO_ROOM.iter().any(|words| ended.said.contains(words))) {
            let cause = "there is no room left for what it restores";
            return Err(PortError::new(Failure::Full, "go on with tar").because(cause));
        }
        Ok((!failed.is_empty()).then_some(Self(failed)))
    }

    /// Returns how they ended and what they said first, unless all of it is that these paths were not made: every tool
    /// that failed ended by itself, and each line that it said names one of them and why, but for the summary at the end.
    /// Such lines are not told where there are others.
    pub(super) fn beyond(&self, unmade: &HashSet<Vec<u8>>) -> Option<String> {
        let unmade = unmade.iter().flat_map(|path| [quoted(path, true), quoted(path, false)]).collect();
        let is_explained = self.0.iter().all(|ended| is_explained(ended, &unmade));
        (!is_explained)
            .then(|| self.0.iter().map(|ended| told(ended, &unmade)).collect::<Vec<_>>().join("; "))
    }
}

fn is_explained(ended: &Ended, unmade: &HashSet<String>) -> bool {
    let said_why = lines(&ended.said).any(|line| is_unmade(line, unmade));
    said_why && ended.is_all_said && ended.status.code().is_some() && others(&ended.said, unmade).is_empty()
}

fn lines(said: &str) -> impl Iterator<Item = &str> {
    said.lines().filter(|line| !line.trim().is_empty())
}

/// Returns the lines that tell of something else.
fn others<'s>(said: &'s str, unmade: &HashSet<String>) -> Vec<&'s str> {
    lines(said).filter(|line| !SUMMARIES.contains(&nameless(line)) && !is_unmade(line, unmade)).collect()
}

/// Whether a line says that one of them was not made.
fn is_unmade(line: &str, unmade: &HashSet<String>) -> bool {
    let says_so = |line: &str| {
        UNMADE.iter().any(|(behind, end)| {
            line.split_once(behind).is_some_and(|(path, why)| unmade.contains(path) && why.ends_with(end))
        })
    };
    says_so(nameless(line)) || says_so(line)
}

/// Returns a line without the tool's own name, which GNU tar says first.
fn nameless(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, rest)| rest)
}

/// Returns a path as tools write it in the language of all machines: GNU tar with a mark before colons.
fn quoted(path: &[u8], marks_colons: bool) -> String {
    let mut text = String::new();
    for byte in path.strip_suffix(b"/").unwrap_or(path) {
        match byte {
            7 => text.push_str("\\a"),
            8 => text.push_str("\\b"),
            9 => text.push_str("\\t"),
            10 => text.push_str("\\n"),
            11 => text.push_str("\\v"),
            12 => text.push_str("\\f"),
            13 => text.push_str("\\r"),
            b'\\' => text.push_str("\\\\"),
            b':' if marks_colons => text.push_str("\\:"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text
}

fn told(ended: &Ended, unmade: &HashSet<String>) -> String {
    let mut told = others(&ended.said, unmade);
    if told.is_empty() {
        told = lines(&ended.said).collect();
    }
    let told: Vec<String> = told.into_iter().take(MOST_LINES).map(cut).collect();
    let said = if told.is_empty() { "it said nothing".to_owned() } else { told.join("; ") };
    format!("{} ended with a failure ({}): {said}", ended.name, ended.status)
}

/// Returns a line, or the beginning of a long one.
fn cut(line: &str) -> String {
    match line.char_indices().nth(MOST_LINE_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    const PATHS: [&[u8]; 3] = [b"docs/dev:x", b"docs/link", "docs/a:b \\ \u{e9}\nx".as_bytes()];

    fn complaint(wait_status: i32, said: &str) -> Complaint {
        let name = said.split(':').next().unwrap_or_default().to_owned();
        let status = ExitStatus::from_raw(wait_status);
        let ended = Ended { name, status, said: said.to_owned(), is_all_said: true };
        Complaint::of(vec![ended]).unwrap().unwrap()
    }

    fn unmade() -> HashSet<Vec<u8>> {
        PATHS.map(<[u8]>::to_vec).into()
    }

    #[track_caller]
    fn check(said: &str, expected: bool) {
        let unmade = unmade();
        assert_eq!(complaint(2 << 8, said).beyond(&unmade).is_none(), expected, "{said}");
        assert!(complaint(9, said).beyond(&unmade).is_some(), "killed: {said}");
        assert!(complaint(2 << 8, said).beyond(&HashSet::new()).is_some(), "by nothing: {said}");
    }

    const DEVICE: &str = "tar: docs/dev\\:x: Cannot mknod: Operation not permitted\n";
    const EXIT: &str = "tar: Exiting with failure status due to previous errors\n";

    #[test]
    fn what_could_not_be_made_is_explained() {
        check(&format!("{DEVICE}{EXIT}"), true);
        check(DEVICE, true);
        let link = "tar: docs/link: Cannot hard link to 'docs/dev:x': No such file or directory\n";
        check(&format!("{DEVICE}{link}{EXIT}"), true);
        check("/usr/bin/tar: docs/a\\:b \\\\ \\303\\251\\nx: Cannot mknod: Operation not permitted\n", true);
    }

    #[test]
    fn what_bsdtar_could_not_make_is_explained() {
        check(
            "docs/dev:x: Can't create 'docs/dev:x': Operation not permitted\n\
             docs/link: Hard-link target 'docs/dev:x' does not exist.: No such file or directory\n\
             bsdtar: Error exit delayed from previous errors.\n",
            true,
        );
    }

    #[test]
    fn all_else_is_not() {
        for other in [
            "tar: docs/letter: Cannot open: Permission denied\n",
            "tar: docs/letter: Cannot mknod: Operation not permitted\n",
            "tar: docs/dev\\:x: Cannot mknod: Input/output error\n",
            "tar: docs/dev\\:x: Cannot change mode to rw-r--r--: Operation not permitted\n",
            "tar: docs/link: Cannot hard link to 'docs/dev:x': Permission denied\n",
            "tar: Unexpected EOF in archive\n",
            "Segmentation fault\n",
        ] {
            check(&format!("{DEVICE}{other}{EXIT}"), false);
        }
        check("", false);
        check(EXIT, false);
        let mut long = complaint(2 << 8, DEVICE);
        long.0[0].is_all_said = false;
        assert!(long.beyond(&unmade()).is_some(), "more was said");
    }

    #[test]
    fn what_is_not_explained_is_told() {
        let said =
            format!("{DEVICE}{DEVICE}{DEVICE}tar: docs/letter: Cannot close: Input/output error\n{EXIT}");
        let told =
            "tar ended with a failure (exit status: 2): tar: docs/letter: Cannot close: Input/output error";
        assert_eq!(complaint(2 << 8, &said).beyond(&unmade()).as_deref(), Some(told));
        let silent = complaint(9, "").beyond(&unmade());
        assert_eq!(silent.as_deref(), Some(" ended with a failure (signal: 9 (SIGKILL)): it said nothing"));
    }

    #[test]
    fn of_a_long_line_the_beginning_is_told() {
        let whole = "\u{e4}".repeat(MOST_LINE_CHARS);
        let long = "y".repeat(1 << 20);
        let said = format!("tar: broken\n{whole}\n{whole}x\n{long}\n");
        let told = complaint(2 << 8, &said).beyond(&HashSet::new());
        let cut = &long[..MOST_LINE_CHARS];
        let lines = "tar ended with a failure (exit status: 2): tar: broken; ";
        assert_eq!(told, Some(format!("{lines}{whole}; {whole}...")));
        let told = complaint(2 << 8, &format!("tar: broken\n{long}")).beyond(&HashSet::new());
        assert_eq!(told, Some(format!("{lines}{cut}...")));
    }

    #[test]
    fn each_tool_has_to_be_explained() {
        let mut both = complaint(2 << 8, DEVICE);
        both.0.extend(complaint(1 << 8, "zstd: /*stdin*\\: unsupported format\n").0);
        let said = "tar ended with a failure (exit status: 2): tar: docs/dev\\:x: Cannot mknod: Operation not permitted; \
                    zstd ended with a failure (exit status: 1): zstd: /*stdin*\\: unsupported format";
        assert_eq!(both.beyond(&unmade()).as_deref(), Some(said));
    }
}
