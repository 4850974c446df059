//! The history of runs, one JSON line a note.

mod line;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use backup_core::error::PortError;
use backup_core::history::HistoryNote;
use backup_core::ports::RunHistory;
use rustix::fs::OFlags;

use crate::failure::port_error;
use crate::folder::Folder;
use crate::home::Home;

/// `logs/history.jsonl`: appended under a lock and synced. Lines that aren't understood, such as one that a crash left
/// half written, are passed over.
#[derive(Debug)]
pub struct HistoryFile {
    folder: PathBuf,
    read: Mutex<ReadSoFar>,
}

/// What was read of which file, so that an idle service reads only what is new.
#[derive(Debug, Default)]
struct ReadSoFar {
    inode: u64,
    bytes: u64,
    notes: Vec<HistoryNote>,
}

impl HistoryFile {
    /// Returns the history in that folder, which is made when needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, read: Mutex::default() }
    }

    fn add(&self, note: &HistoryNote) -> io::Result<()> {
        let folder = Folder::make_own(&self.folder)?;
        let mut file = folder.open_file(Home::HISTORY, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)?;
        file.lock()?;
        let size = file.metadata()?.len();
        let mut line = line::encode(note)?;
        if !ends_whole(&file, size)? {
            // What a crash left half written must not swallow this line.
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_data()?;
        if size == 0 { folder.sync() } else { Ok(()) }
    }

    fn read_on(&self) -> io::Result<Vec<HistoryNote>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *read = ReadSoFar::default();
                return Ok(Vec::new());
            }
            file => file?,
        };
        let metadata = file.metadata()?;
        if metadata.ino() != read.inode || metadata.len() < read.bytes {
            *read = ReadSoFar { inode: metadata.ino(), ..ReadSoFar::default() };
        }
        file.seek(SeekFrom::Start(read.bytes))?;
        let mut new = Vec::new();
        file.read_to_end(&mut new)?;
        read.take(&new);
        Ok(read.notes.clone())
    }

    fn open(&self) -> io::Result<File> {
        Folder::open_own(&self.folder)?.open_file(Home::HISTORY, OFlags::RDONLY)
    }
}

impl ReadSoFar {
    /// Takes in the lines that are whole; one that is still being written is read again next time.
    fn take(&mut self, bytes: &[u8]) {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.notes.extend(bytes[..whole].split(|byte| *byte == b'\n').filter_map(line::decode));
        self.bytes += whole as u64;
    }
}

impl RunHistory for HistoryFile {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.add(note).map_err(|error| port_error(format!("write {}/{}", Home::LOGS, Home::HISTORY), error))
    }

    fn load(&self) -> Result<Vec<HistoryNote>, PortError> {
        self.read_on().map_err(|error| port_error(format!("read {}/{}", Home::LOGS, Home::HISTORY), error))
    }
}

/// Returns whether the file ends with a line ending, or is empty.
fn ends_whole(file: &File, size: u64) -> io::Result<bool> {
    let Some(last) = size.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}
