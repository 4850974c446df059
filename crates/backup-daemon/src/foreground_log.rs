//! The log of a service in the foreground: its file, and the same lines on standard error.

use backup_core::model::event::{Event, Severity};
use backup_core::ports::Journal;
use backup_core::time::Moment;
use backup_fs::{LogFile, NAMES, StderrLog};

/// A journal that writes each event to the log file and to standard error.
pub(crate) struct ForegroundLog<'a> {
    pub(crate) file: &'a LogFile,
    pub(crate) stderr: &'a StderrLog,
}

impl Journal for ForegroundLog<'_> {
    fn record(&self, at: Moment, event: &Event) {
        if let Err(error) = self.file.try_record(at, event) {
            self.stderr.print(Severity::Warning, format_args!("warning: {error}"));
        }
        self.stderr.record(at, event.severity(), event.named(&NAMES));
    }
}
