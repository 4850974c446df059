//! The failures of the tools.

use std::os::unix::process::ExitStatusExt;

use backup_core::model::error::{Failure, PortError};
use rustix::process::Signal;

use super::pipeline::ToolExit;

/// The tools that failed: tar, zstd, or both.
#[derive(Debug)]
pub(super) struct ToolErrors(Vec<ToolExit>);

/// The messages about a full disk, in the C locale.
const DISK_FULL: [&str; 3] = ["No space left on device", "Disk quota exceeded", "Quota exceeded"];

/// The message about a file that is larger than the disk or `ulimit -f` allows.
const TOO_LARGE: &str = "File too large";

/// The signals that end a process from outside: for lack of memory, at a limit, or on request.
const OUTSIDE_SIGNALS: [Signal; 6] =
    [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::XCPU, Signal::XFSZ];

/// The number of lines of a tool's output in the summary.
const MAX_LINES: usize = 3;

/// The number of characters of a line in the summary.
const MAX_LINE_CHARS: usize = 1000;

impl ToolErrors {
    /// Returns the tools that failed, if any.
    ///
    /// # Errors
    /// [`Failure::Full`] if a disk was full. [`Failure::Other`] if a file was larger than allowed, or a signal ended
    /// a tool. None of this says anything about the archive.
    pub(super) fn of(exits: Vec<ToolExit>) -> Result<Option<Self>, PortError> {
        let failed: Vec<ToolExit> = exits.into_iter().filter(|exit| !exit.status.success()).collect();
        if failed.iter().any(|exit| DISK_FULL.iter().any(|words| exit.output_text.contains(words))) {
            let cause = "there is no space left for the restored files";
            return Err(PortError::new(Failure::Full, "continue with tar").because(cause));
        }
        if failed.iter().any(|exit| exit.output_text.contains(TOO_LARGE)) {
            let cause = "it restores a file that is larger than the disk or a limit allows";
            return Err(PortError::new(Failure::Other, "continue with tar").because(cause));
        }
        match failed.iter().find(|exit| is_signal_in(exit, &OUTSIDE_SIGNALS)) {
            Some(ToolExit { name, status, .. }) => {
                let cause = format!("a signal ended it ({status}), which says nothing about the archive");
                Err(PortError::new(Failure::Other, format!("continue with {name}")).because(cause))
            }
            None => Ok((!failed.is_empty()).then_some(Self(failed))),
        }
    }

    /// Returns whether tar exited by itself and any other tool failed only because tar stopped reading.
    pub(super) fn is_only_tar(&self) -> bool {
        self.0
            .iter()
            .all(|exit| exit.is_tar && exit.status.code().is_some() || is_signal_in(exit, &[Signal::PIPE]))
            && self.0.iter().any(|exit| exit.is_tar)
    }

    /// Returns the exit of each tool and the first lines of its output.
    pub(super) fn summary(&self) -> String {
        self.0.iter().map(summary).collect::<Vec<_>>().join("; ")
    }
}

fn is_signal_in(exit: &ToolExit, signals: &[Signal]) -> bool {
    exit.status.signal().is_some_and(|number| signals.iter().any(|signal| signal.as_raw() == number))
}

fn summary(exit: &ToolExit) -> String {
    let lines = exit.output_text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines.take(MAX_LINES).map(shorten).collect();
    let text = if lines.is_empty() { "no output".to_owned() } else { lines.join("; ") };
    format!("{} failed ({}): {text}", exit.name, exit.status)
}

/// Returns a line, shortened if it is long.
fn shorten(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    const EXIT_2: i32 = 2 << 8;

    fn exit(name: &str, wait_status: i32, text: &str) -> ToolExit {
        let (status, is_tar) = (ExitStatus::from_raw(wait_status), name == "tar");
        ToolExit { name: name.to_owned(), is_tar, status, output_text: text.to_owned() }
    }

    fn failure(exits: Vec<ToolExit>) -> ToolErrors {
        ToolErrors::of(exits).unwrap().unwrap()
    }

    #[test]
    fn success_is_no_failure() {
        assert!(ToolErrors::of(vec![exit("tar", 0, "tar: docs: a warning")]).unwrap().is_none());
    }

    #[test]
    fn signals_and_full_disks_say_nothing_about_the_archive() {
        let full =
            ToolErrors::of(vec![exit("tar", EXIT_2, "tar: docs/a: Cannot write: No space left on device\n")]);
        assert_eq!(full.unwrap_err().failure, Failure::Full);
        for signal in [9, 15, 25] {
            let error = ToolErrors::of(vec![exit("tar", signal, "")]).unwrap_err();
            assert_eq!(error.failure, Failure::Other);
            assert!(
                error.to_string().contains("can't continue with tar: a signal ended it (signal: "),
                "{error}"
            );
        }
    }

    #[test]
    fn only_a_failure_of_tar_alone_can_be_expected() {
        let cases = [
            (vec![exit("tar", EXIT_2, "tar: docs/dev: Cannot mknod\n")], true),
            (vec![exit("tar", EXIT_2, ""), exit("zstd", 13, "")], true),
            (vec![exit("tar", EXIT_2, ""), exit("zstd", 1 << 8, "zstd: unsupported format\n")], false),
            (vec![exit("zstd", 13, "")], false),
            (vec![exit("tar", 11, "")], false),
        ];
        for (exits, expected) in cases {
            let failure = failure(exits);
            assert_eq!(failure.is_only_tar(), expected, "{failure:?}");
        }
    }

    #[test]
    fn the_summary_has_the_first_lines_of_each_tool() {
        let text = "tar: 1\n\ntar: 2\ntar: 3\ntar: 4\n";
        let summary = failure(vec![exit("tar", EXIT_2, text), exit("zstd", 11, "")]).summary();
        let expected = "tar failed (exit status: 2): tar: 1; tar: 2; tar: 3; \
                        zstd failed (signal: 11 (SIGSEGV) (core dumped)): no output";
        assert_eq!(summary.replace(" (core dumped)", ""), expected.replace(" (core dumped)", ""));
    }

    #[test]
    fn the_summary_has_the_beginning_of_a_long_line() {
        let whole = "\u{e4}".repeat(MAX_LINE_CHARS);
        let summary = failure(vec![exit("tar", EXIT_2, &format!("{whole}\n{whole}x\n"))]).summary();
        assert_eq!(summary, format!("tar failed (exit status: 2): {whole}; {whole}..."));
    }
}
