//! Log of a service in the foreground: its lines on standard error, for a terminal, a container or the journal.
//!
//! A terminal and a container get the lines of the log file. The journal of systemd keeps the times itself and wants a
//! priority before each line instead, as sd-daemon(3) says. systemd tells by `JOURNAL_STREAM` that it reads them.
//!
//! Nobody may read standard error, and a write to a full pipe would wait forever. So each piece is written only after
//! poll(2) has said that there is room for it. If there is none, the rest of the line is dropped. The log file has it.

use std::fmt::Display;
use std::io::{Stderr, stderr};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use backup_core::model::event::Severity;
use backup_core::text::printable;
use backup_core::time::Moment;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::fstat;
use rustix::io::write;

use crate::home::log_file::log_line;

/// A pipe that is ready takes this many bytes without a wait (`PIPE_BUF`).
const PIECE_BYTES: usize = 4096;

/// How long a line waits for a reader that is slow. After a line was dropped, none waits.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Standard error as a log. No method fails or waits for long: a line that can't be written is dropped.
#[derive(Debug)]
pub struct StderrLog<F = Stderr> {
    output: F,
    is_journal: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of lines that were dropped since the last one that was written.
    dropped_lines: u64,
    /// Whether the last line was cut before its end.
    is_cut: bool,
}

impl StderrLog {
    /// Returns the log of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        Self::new(stderr(), &stream)
    }
}

impl<F: AsFd> StderrLog<F> {
    /// `stream` is the device and the inode number of the journal's end, as systemd writes them.
    fn new(output: F, stream: &str) -> Self {
        let is_journal =
            fstat(&output).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino));
        Self { output, is_journal, state: Mutex::default() }
    }

    /// Writes a line as it is in the log file. In the journal, it has a priority instead of the time.
    pub fn record(&self, at: Moment, severity: Severity, message: impl Display) {
        if self.is_journal {
            self.print(severity, message);
        } else {
            self.write(&log_line(at, message));
        }
    }

    /// Writes a line without a time.
    pub fn print(&self, severity: Severity, message: impl Display) {
        let priority = if self.is_journal { priority(severity) } else { "" };
        self.write(&format!("{priority}{}\n", printable(message.to_string().as_bytes())));
    }

    fn write(&self, line: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = match state.dropped_lines {
            0 => String::new(),
            lines => {
                let priority = if self.is_journal { priority(Severity::Warning) } else { "" };
                format!("{priority}warning: {lines} more in the log file could not be written here\n")
            }
        };
        let end = if state.is_cut { "\n" } else { "" };
        let patience = if state.dropped_lines == 0 { PATIENCE } else { NO_WAIT };
        let bytes = [end, &missing, line].concat();
        let written = self.write_pieces(bytes.as_bytes(), &patience);
        if written == bytes.len() {
            *state = State::default();
        } else {
            state.dropped_lines = state.dropped_lines.saturating_add(1);
            state.is_cut |= written > 0;
        }
    }

    /// Returns how many bytes were written.
    fn write_pieces(&self, bytes: &[u8], patience: &Timespec) -> usize {
        let mut written = 0;
        while written < bytes.len() && self.is_ready(patience) {
            let piece = &bytes[written..bytes.len().min(written + PIECE_BYTES)];
            match write(&self.output, piece) {
                Ok(count) if count > 0 => written += count,
                _ => break,
            }
        }
        written
    }

    fn is_ready(&self, patience: &Timespec) -> bool {
        let mut output = [PollFd::new(&self.output, PollFlags::OUT)];
        let polled = poll(&mut output, Some(patience));
        polled.is_ok() && output[0].revents().contains(PollFlags::OUT)
    }
}

/// Returns the prefix of sd-daemon(3), with the numbers of syslog(3).
fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "<3>",
        Severity::Warning => "<4>",
        Severity::Info => "<6>",
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{PipeReader, PipeWriter, Read, pipe};
    use std::os::unix::fs::MetadataExt;

    use backup_core::testing::at;
    use insta::assert_snapshot;

    use super::*;

    fn stream_of(output: &PipeWriter) -> String {
        let stat = fstat(output).unwrap();
        format!("{}:{}", stat.st_dev, stat.st_ino)
    }

    fn text(log: StderrLog<PipeWriter>, mut reader: PipeReader) -> String {
        drop(log);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    fn write_three(log: &StderrLog<PipeWriter>) {
        let now = at("2026-03-28T18:21:59+01:00");
        log.record(now, Severity::Info, "backup_service started");
        log.record(now, Severity::Warning, "Skipped a\nb\u{1b}[2J");
        log.print(Severity::Error, "Error: it failed");
    }

    #[test]
    fn has_times_outside_of_the_journal() {
        let (reader, output) = pipe().unwrap();
        let log = StderrLog::new(output, "");
        write_three(&log);
        assert_snapshot!(text(log, reader), @r"
        [28/03/2026 18:21] backup_service started
        [28/03/2026 18:21] Skipped a\nb\u{1b}[2J
        Error: it failed
        ");
    }

    #[test]
    fn has_priorities_in_the_journal() {
        let (reader, output) = pipe().unwrap();
        let stream = stream_of(&output);
        let log = StderrLog::new(output, &stream);
        write_three(&log);
        assert_snapshot!(text(log, reader), @r"
        <6>backup_service started
        <4>Skipped a\nb\u{1b}[2J
        <3>Error: it failed
        ");
    }

    #[test]
    fn another_stream_is_not_the_journal() {
        let null = File::options().write(true).open("/dev/null").unwrap();
        let (dev, ino) = (null.metadata().unwrap().dev(), null.metadata().unwrap().ino());
        for stream in
            ["", "1", ":", &format!("{dev}"), &format!("{dev}:{}", ino + 1), &format!("{ino}:{dev}")]
        {
            assert!(!StderrLog::new(null.try_clone().unwrap(), stream).is_journal, "{stream}");
        }
        assert!(StderrLog::new(null, &format!("{dev}:{ino}")).is_journal);
    }

    /// It would wait forever if it just wrote.
    #[test]
    fn a_full_pipe_drops_lines_and_says_how_many_once_it_is_read() {
        let (mut reader, output) = pipe().unwrap();
        let log = StderrLog::new(output, "");
        let long = "x".repeat(10_000);
        (0..20).for_each(|_| log.print(Severity::Info, &long));
        assert!(log.state.lock().unwrap().dropped_lines > 1);
        // A pipe holds at least that much of such lines, in pages that aren't all full.
        let mut begin = vec![0; 50_000];
        reader.read_exact(&mut begin).unwrap();
        log.print(Severity::Info, "short");
        let text = text(log, reader);
        let end: Vec<_> = text.lines().rev().take(2).collect();
        assert_eq!(end[0], "short");
        assert!(
            end[1].starts_with("warning: ")
                && end[1].ends_with(" more in the log file could not be written here")
        );
        let whole = text.lines().filter(|line| !line.starts_with('x')).count();
        assert_eq!(whole, 2, "nothing is written behind a cut line: {}", &text[text.len() - 200..]);
    }

    #[test]
    fn a_pipe_that_nobody_reads_any_more_is_no_failure() {
        let (reader, output) = pipe().unwrap();
        drop(reader);
        let log = StderrLog::new(output, "");
        (0..3).for_each(|_| log.print(Severity::Info, "unheard"));
        assert_eq!(log.state.lock().unwrap().dropped_lines, 3);
    }
}
