//! How the tools have failed.

use std::os::unix::process::ExitStatusExt;

use backup_core::model::error::{Failure, PortError};
use rustix::process::Signal;

use super::ended::Ended;

/// The tools that have ended with a failure: tar, zstd, or both.
#[derive(Debug)]
pub(super) struct ToolErrors(Vec<Ended>);

/// What tools say, in the language of all machines, when the disk is full.
const NO_ROOM: [&str; 3] = ["No space left on device", "Disk quota exceeded", "Quota exceeded"];

/// What they say where a file is larger than the disk, or `ulimit -f`, allows.
const TOO_LARGE: &str = "File too large";

/// The signals by which others end a process: for want of memory, at a limit, or because somebody wants it gone.
const ENDED_BY_OTHERS: [Signal; 6] =
    [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::XCPU, Signal::XFSZ];

/// How many lines of what a tool says are told.
const MOST_LINES: usize = 3;

/// How many characters of a line are told.
const MOST_LINE_CHARS: usize = 1000;

impl ToolErrors {
    /// Returns those that failed, if any did.
    ///
    /// # Errors
    /// [`Failure::Full`] when they found no room, and [`Failure::Other`] when a file was larger than is allowed, or others
    /// have ended them: none of this says anything of the archive.
    pub(super) fn of(ended: Vec<Ended>) -> Result<Option<Self>, PortError> {
        let failed: Vec<Ended> = ended.into_iter().filter(|ended| !ended.status.success()).collect();
        if failed.iter().any(|ended| NO_ROOM.iter().any(|words| ended.said.contains(words))) {
            let cause = "there is no room left for what it restores";
            return Err(PortError::new(Failure::Full, "go on with tar").because(cause));
        }
        if failed.iter().any(|ended| ended.said.contains(TOO_LARGE)) {
            let cause = "it restores a file that is larger than is allowed there";
            return Err(PortError::new(Failure::Other, "go on with tar").because(cause));
        }
        match failed.iter().find(|ended| is_signal_in(ended, &ENDED_BY_OTHERS)) {
            Some(Ended { name, status, .. }) => {
                let cause = format!("something else ended it ({status}), which says nothing of the archive");
                Err(PortError::new(Failure::Other, format!("go on with {name}")).because(cause))
            }
            None => Ok((!failed.is_empty()).then_some(Self(failed))),
        }
    }

    /// Returns whether tar ended by itself, and nothing else failed but for want of a tar that reads on.
    pub(super) fn is_of_tar_alone(&self) -> bool {
        self.0.iter().all(|ended| {
            ended.is_tar && ended.status.code().is_some() || is_signal_in(ended, &[Signal::PIPE])
        }) && self.0.iter().any(|ended| ended.is_tar)
    }

    /// Returns how they ended, and what they said first.
    pub(super) fn told(&self) -> String {
        self.0.iter().map(told).collect::<Vec<_>>().join("; ")
    }
}

fn is_signal_in(ended: &Ended, signals: &[Signal]) -> bool {
    ended.status.signal().is_some_and(|number| signals.iter().any(|signal| signal.as_raw() == number))
}

fn told(ended: &Ended) -> String {
    let lines = ended.said.lines().filter(|line| !line.trim().is_empty());
    let told: Vec<String> = lines.take(MOST_LINES).map(cut).collect();
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
    use std::process::ExitStatus;

    use super::*;

    const EXIT_2: i32 = 2 << 8;

    fn ended(name: &str, wait_status: i32, said: &str) -> Ended {
        let (status, is_tar) = (ExitStatus::from_raw(wait_status), name == "tar");
        Ended { name: name.to_owned(), is_tar, status, said: said.to_owned() }
    }

    fn failure(ended: Vec<Ended>) -> ToolErrors {
        ToolErrors::of(ended).unwrap().unwrap()
    }

    #[test]
    fn what_ends_well_is_no_failure() {
        assert!(ToolErrors::of(vec![ended("tar", 0, "tar: docs: a warning")]).unwrap().is_none());
    }

    #[test]
    fn what_others_end_and_what_finds_no_room_says_nothing_of_the_archive() {
        let full = ToolErrors::of(vec![ended(
            "tar",
            EXIT_2,
            "tar: docs/a: Cannot write: No space left on device\n",
        )]);
        assert_eq!(full.unwrap_err().failure, Failure::Full);
        for signal in [9, 15, 25] {
            let error = ToolErrors::of(vec![ended("tar", signal, "")]).unwrap_err();
            assert_eq!(error.failure, Failure::Other);
            assert!(
                error.to_string().contains("can't go on with tar: something else ended it (signal: "),
                "{error}"
            );
        }
    }

    #[test]
    fn tar_alone_may_have_failed_as_expected() {
        let cases = [
            (vec![ended("tar", EXIT_2, "tar: docs/dev: Cannot mknod\n")], true),
            (vec![ended("tar", EXIT_2, ""), ended("zstd", 13, "")], true),
            (vec![ended("tar", EXIT_2, ""), ended("zstd", 1 << 8, "zstd: unsupported format\n")], false),
            (vec![ended("zstd", 13, "")], false),
            (vec![ended("tar", 11, "")], false),
        ];
        for (ended, expected) in cases {
            let failure = failure(ended);
            assert_eq!(failure.is_of_tar_alone(), expected, "{failure:?}");
        }
    }

    #[test]
    fn the_first_lines_of_each_are_told() {
        let said = "tar: 1\n\ntar: 2\ntar: 3\ntar: 4\n";
        let told = failure(vec![ended("tar", EXIT_2, said), ended("zstd", 11, "")]).told();
        let expected = "tar ended with a failure (exit status: 2): tar: 1; tar: 2; tar: 3; \
                        zstd ended with a failure (signal: 11 (SIGSEGV) (core dumped)): it said nothing";
        assert_eq!(told.replace(" (core dumped)", ""), expected.replace(" (core dumped)", ""));
    }

    #[test]
    fn of_a_long_line_the_beginning_is_told() {
        let whole = "\u{e4}".repeat(MOST_LINE_CHARS);
        let told = failure(vec![ended("tar", EXIT_2, &format!("{whole}\n{whole}x\n"))]).told();
        assert_eq!(told, format!("tar ended with a failure (exit status: 2): {whole}; {whole}..."));
    }
}
