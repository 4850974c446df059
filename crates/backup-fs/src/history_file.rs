//! The history of runs, one JSON line a note.

mod line;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use backup_core::error::PortError;
use backup_core::history::HistoryNote;
use backup_core::ports::{Cursor, RunHistory};
use rustix::fs::OFlags;

use crate::failure::port_error;
use crate::folder::Folder;
use crate::home::Home;

/// `logs/history.jsonl`: appended under a lock and synced. Lines that aren't understood, such as one that a crash left
/// half written, are passed over.
#[derive(Debug)]
pub struct HistoryFile {
    folder: PathBuf,
}

impl HistoryFile {
    /// Returns the history in that folder, which is made when needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
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

    /// A cursor is the file's inode and the bytes before its first line that was not read.
    fn read_on(&self, cursor: &mut Cursor) -> io::Result<Vec<HistoryNote>> {
        let mut file = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *cursor = Cursor::default();
                return Ok(Vec::new());
            }
            file => file?,
        };
        let metadata = file.metadata()?;
        let is_same = metadata.ino() == cursor.history && metadata.len() >= cursor.position;
        let position = if is_same { cursor.position } else { 0 };
        file.seek(SeekFrom::Start(position))?;
        let mut new = Vec::new();
        file.read_to_end(&mut new)?;
        // A line that is still being written is read next time.
        let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        *cursor = Cursor { history: metadata.ino(), position: position + whole as u64 };
        Ok(new[..whole].split(|byte| *byte == b'\n').filter_map(line::decode).collect())
    }

    fn open(&self) -> io::Result<File> {
        Folder::open_own(&self.folder)?.open_file(Home::HISTORY, OFlags::RDONLY)
    }
}

impl RunHistory for HistoryFile {
    fn append(&self, note: &HistoryNote) -> Result<(), PortError> {
        self.add(note).map_err(|error| port_error(format!("write {}/{}", Home::LOGS, Home::HISTORY), error))
    }

    fn read(&self, cursor: &mut Cursor) -> Result<Vec<HistoryNote>, PortError> {
        self.read_on(cursor)
            .map_err(|error| port_error(format!("read {}/{}", Home::LOGS, Home::HISTORY), error))
    }
}

/// Returns whether the file ends with a line ending, or is empty.
fn ends_whole(file: &File, size: u64) -> io::Result<bool> {
    let Some(last) = size.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}
