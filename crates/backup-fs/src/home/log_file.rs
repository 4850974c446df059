//! Log file for people, one line an event.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use backup_core::model::error::PortError;
use backup_core::model::event::Event;
use backup_core::ports::Journal;
use backup_core::text::printable;
use backup_core::time::Moment;
use rustix::fs::OFlags;

use super::layout::Home;
use super::names::NAMES;
use super::own_dir::OwnDir;
use crate::error::port_error;
use crate::file::line_file::{cut_nuls, end_line};
use crate::file::lock::try_lock_within;

/// A log file with lines `[dd/mm/yyyy hh:mm] message`.
///
/// The file is opened anew for each line. So if logrotate renames it, the log continues in a new file. Each line is one
/// write at the end of the file, so that the lines of several processes don't mix. A line that a full disk or a crash has
/// cut is ended before the next one begins.
#[derive(Debug)]
pub struct LogFile {
    logs: OwnDir,
    name: &'static str,
}

impl LogFile {
    /// Returns the log with that name in a home. Its folder is created when it is needed.
    #[must_use]
    pub fn new(home: &Home, name: &'static str) -> Self {
        Self { logs: home.own(Home::LOGS), name }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let folder = self.logs.make()?;
        let mut file = folder.open_own_file(self.name, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)?;
        // Without the lock, another process may be in the middle of writing a line.
        if try_lock_within(&file, LOCK_PATIENCE).unwrap_or(false) {
            cut_nuls(&file)?;
        }
        let written = file.write_all(&[end_line(&file)?, line.as_bytes()].concat());
        // Closing the file isn't enough: a process that was just forked may have it open for a moment longer.
        let _ = file.unlock();
        written
    }
}

/// A backup must not wait for its log. Without the lock, the worst case is one empty line too many.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

impl Journal for LogFile {
    fn record(&self, at: Moment, event: &Event) {
        self.write(at, event.named(&NAMES));
    }
}

impl LogFile {
    /// Writes a line of the program about something that is no event of the core. If it can't, standard error gets the line.
    pub fn write(&self, at: Moment, message: impl fmt::Display) {
        if let Err(error) = self.try_write(at, &message) {
            // If this fails too, there is no other place to report it.
            let _ = write!(io::stderr(), "warning: {error}\n{}", log_line(at, message));
        }
    }

    /// Writes an event.
    ///
    /// # Errors
    /// Any failure to write it.
    pub fn try_record(&self, at: Moment, event: &Event) -> Result<(), PortError> {
        self.try_write(at, event.named(&NAMES))
    }

    fn try_write(&self, at: Moment, message: impl fmt::Display) -> Result<(), PortError> {
        let path = self.logs.path().join(self.name);
        let failed = |error| port_error(format!("write {}", path.display()), error);
        self.append(&log_line(at, message)).map_err(failed)
    }
}

/// Returns the line of a message.
pub(crate) fn log_line(at: Moment, message: impl fmt::Display) -> String {
    format!("[{}] {}\n", at.format("%d/%m/%Y %H:%M"), printable(message.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::thread;

    use backup_core::testing::at;
    use insta::assert_snapshot;
    use tempfile::{TempDir, tempdir};

    use super::*;

    const NAME: &str = "backup_service.log";

    fn logs(home: &TempDir) -> PathBuf {
        home.path().join("logs")
    }

    fn path(home: &TempDir) -> PathBuf {
        logs(home).join(NAME)
    }

    fn log(home: &TempDir) -> LogFile {
        LogFile::new(&Home::open(home.path()).unwrap(), NAME)
    }

    fn text(home: &TempDir) -> String {
        fs::read_to_string(path(home)).unwrap()
    }

    #[test]
    fn a_line_has_the_minute_and_the_message() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28T18:21:59+01:00"), &Event::ServiceStarted);
        log.record(
            at("2026-11-05T06:07:00-03:30"),
            &Event::ScheduleAdded("a\nb\u{1b}[2J;16:07;x".to_owned()),
        );
        let source = "docs".to_owned();
        let archive = "backups/docs.tar".to_owned();
        log.record(at("2026-11-05T23:59:00+00:00"), &Event::BackupDone { source, archive });
        assert_snapshot!(text(&home), @r"
        [28/03/2026 18:21] backup_service started
        [05/11/2026 06:07] New schedule added: a\nb\u{1b}[2J;16:07;x
        [05/11/2026 23:59] Backup done for docs in backups/docs.tar
        ");
    }

    #[test]
    fn is_private_in_a_private_folder() {
        let home = tempdir().unwrap();
        log(&home).record(at("2026-03-28 18:21"), &Event::ListShown);
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(logs(&home)), mode(path(&home))), (0o700, 0o600));
    }

    #[test]
    fn continues_in_a_new_file_after_a_rename() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28 18:21"), &Event::ServiceStarted);
        fs::rename(path(&home), logs(&home).join("old")).unwrap();
        log.record(at("2026-03-28 18:22"), &Event::ServiceStopped);
        assert_eq!(text(&home), "[28/03/2026 18:22] backup_service stopped\n");
        let old = fs::read_to_string(logs(&home).join("old")).unwrap();
        assert_eq!(old, "[28/03/2026 18:21] backup_service started\n");
    }

    #[test]
    fn overwrites_nuls_that_a_power_cut_left() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28 18:21"), &Event::ServiceStarted);
        for leftover in ["\0".repeat(5_000), format!("[28/03/2026 18:2{}", "\0".repeat(5_000))] {
            let before = text(&home);
            fs::write(path(&home), before + &leftover).unwrap();
            log.record(at("2026-03-28 18:22"), &Event::ServiceStopped);
        }
        assert_snapshot!(text(&home), @r"
        [28/03/2026 18:21] backup_service started
        [28/03/2026 18:22] backup_service stopped
        [28/03/2026 18:2
        [28/03/2026 18:22] backup_service stopped
        ");
    }

    #[test]
    fn creates_the_folder_again_after_its_removal() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28 18:21"), &Event::ServiceStarted);
        fs::remove_dir_all(logs(&home)).unwrap();
        log.record(at("2026-03-28 18:22"), &Event::ServiceStopped);
        assert_eq!(text(&home), "[28/03/2026 18:22] backup_service stopped\n");
    }

    #[test]
    fn ends_a_line_that_was_cut_before_the_next() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28 18:21"), &Event::ServiceStarted);
        let torn = text(&home) + "[22/11/202";
        fs::write(path(&home), torn).unwrap();
        log.record(at("2026-03-28 18:22"), &Event::ListShown);
        log.record(at("2026-03-28 18:23"), &Event::ServiceStopped);
        assert_snapshot!(text(&home), @r"
        [28/03/2026 18:21] backup_service started
        [22/11/202
        [28/03/2026 18:22] Show schedules list
        [28/03/2026 18:23] backup_service stopped
        ");
    }

    #[test]
    fn writes_without_a_lock_that_somebody_keeps() {
        let home = tempdir().unwrap();
        let log = log(&home);
        log.record(at("2026-03-28 18:21"), &Event::ServiceStarted);
        let kept = File::open(path(&home)).unwrap();
        kept.lock().unwrap();
        log.record(at("2026-03-28 18:22"), &Event::ServiceStopped);
        assert_eq!(text(&home).lines().count(), 2);
    }

    #[test]
    fn lines_of_many_threads_do_not_mix() {
        const LINES: usize = 200;
        let home = tempdir().unwrap();
        thread::scope(|scope| {
            for letter in ["a", "b", "c", "d"] {
                let log = log(&home);
                let event = Event::ScheduleAdded(letter.repeat(5_000));
                scope.spawn(move || (0..LINES).for_each(|_| log.record(at("2026-03-28 18:21"), &event)));
            }
        });
        let text = text(&home);
        for letter in ["a", "b", "c", "d"] {
            let line = format!("[28/03/2026 18:21] New schedule added: {}", letter.repeat(5_000));
            assert_eq!(text.lines().filter(|found| *found == line).count(), LINES, "{letter}");
        }
        assert_eq!(text.lines().count(), 4 * LINES);
    }
}
