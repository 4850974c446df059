//! A log for people to read.

use std::io::{self, Write};
use std::path::PathBuf;

use backup_core::event::Event;
use backup_core::ports::{Journal, Moment};
use backup_core::text::printable;
use rustix::fs::OFlags;

use crate::folder::Folder;
use crate::lines::ends_whole;

/// A file of lines `[dd/mm/yyyy hh:mm] message`.
///
/// It is opened anew for each line, so that a log renamed by logrotate goes on in a new file; and each line is one
/// write at the end of the file, so that the lines of many processes don't mix.
#[derive(Debug)]
pub struct LogFile {
    folder: PathBuf,
    name: &'static str,
}

impl LogFile {
    /// Returns the log of that name in that folder, which is made when needed.
    #[must_use]
    pub fn new(folder: PathBuf, name: &'static str) -> Self {
        Self { folder, name }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let folder = Folder::make_own(&self.folder)?;
        let mut file = folder.open_file(self.name, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)?;
        if ends_whole(&file)? {
            file.write_all(line.as_bytes())
        } else {
            file.write_all(format!("\n{line}").as_bytes())
        }
    }
}

impl Journal for LogFile {
    fn record(&self, at: Moment, event: &Event) {
        let line = format!("[{}] {event}\n", at.format("%d/%m/%Y %H:%M"));
        if let Err(error) = self.append(&line) {
            let path = self.folder.join(self.name);
            let path = printable(path.as_os_str().as_encoded_bytes());
            // The last place left to say it; if that fails too, there is none.
            let _ = write!(io::stderr(), "warning: can't write {path}: {error}\n{line}");
        }
    }
}
