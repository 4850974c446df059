//! What was told to whom, in a file.

use std::io::{self, ErrorKind, Read, Write};

use backup_core::model::error::{Failure, PortError};
use backup_core::model::notice::NoticeBook;
use backup_core::ports::NoticeStore;
use backup_core::text::size;
use rustix::fs::OFlags;

use super::layout::Home;
use super::own_dir::OwnDir;
use crate::error::{port_error, refused};
use crate::file::atomic_file::{AtomicFile, remove_leftover};

/// The largest file that is read: many times what it ever has.
const MAX_BYTES: u64 = 64 << 20;

/// `logs/notifications.json`, which is replaced as a whole. It holds no secrets.
#[derive(Debug)]
pub struct NoticeFile {
    logs: OwnDir,
}

impl NoticeFile {
    /// Returns the store in that home. The folder of the file is made when needed.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        Self { logs: home.own(Home::LOGS) }
    }

    /// Removes the temporary file of a process that was killed as it wrote the file.
    pub(crate) fn remove_leftovers(&self) -> Result<(), PortError> {
        match self.logs.open().and_then(|logs| remove_leftover(&logs, Home::NOTICES)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("clean up beside", error)),
            _ => Ok(()),
        }
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let file = self.logs.open().and_then(|logs| logs.open_own_file(Home::NOTICES, OFlags::RDONLY));
        let file = match file {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        match bytes.len() as u64 > MAX_BYTES {
            true => Err(refused(format!("it is larger than {}", size(MAX_BYTES)))),
            false => Ok(Some(bytes)),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut new = AtomicFile::begin(self.logs.make()?, Home::NOTICES)?;
        new.write_all(text.as_bytes())?;
        new.publish(Home::NOTICES, &[])
    }
}

fn failed(action: &str, error: io::Error) -> PortError {
    port_error(format!("{action} {}/{}", Home::LOGS, Home::NOTICES), error)
}

impl NoticeStore for NoticeFile {
    fn load(&self) -> Result<NoticeBook, PortError> {
        let Some(bytes) = self.read().map_err(|error| failed("read", error))? else {
            return Ok(NoticeBook::default());
        };
        NoticeBook::from_json(bytes).map_err(|error| {
            let action = format!("read {}/{}", Home::LOGS, Home::NOTICES);
            PortError::new(Failure::Damaged, action).because(error)
        })
    }

    fn save(&self, book: &NoticeBook) -> Result<(), PortError> {
        self.write(&book.to_json()).map_err(|error| failed("write", error))
    }
}
