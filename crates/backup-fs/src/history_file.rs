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
use crate::file_lock::wait_for_lock;
use crate::folder::Folder;
use crate::home::Home;
use crate::lines::ends_whole;

/// `logs/history.jsonl`: appended under a lock and synced. Lines that aren't understood, such as one that a crash left
/// half written, are passed over.
#[derive(Debug)]
pub struct HistoryFile {
    folder: PathBuf,
    read: Mutex<ReadSoFar>,
}

/// What was read of which file, so that an idle service reads only what is new.
///
/// Whether it is still the same file, only grown, is told by its inode and by its last line read. The inode alone isn't
/// enough: its number is given away again, and an editor or a logrotate that copies writes into the old file.
#[derive(Debug, Default)]
struct ReadSoFar {
    inode: u64,
    bytes: u64,
    last_line: Vec<u8>,
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
        let mut file = open_locked(&folder)?;
        let mut line = line::encode(note)?;
        if !ends_whole(&file)? {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_data()?;
        // Each time, for whoever made the file may have died before this.
        folder.sync()
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
        let inode = file.metadata()?.ino();
        if inode != read.inode || !read.is_start_of(&file)? {
            *read = ReadSoFar { inode, ..ReadSoFar::default() };
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
        for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            self.notes.extend(line::decode(line));
            self.bytes += line.len() as u64;
            self.last_line.clear();
            self.last_line.extend_from_slice(line);
        }
    }

    /// Returns whether the last line read still stands where it stood.
    fn is_start_of(&self, file: &File) -> io::Result<bool> {
        let mut line = vec![0; self.last_line.len()];
        let start = self.bytes - line.len() as u64;
        match file.read_exact_at(&mut line, start) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            read => read.map(|()| line == self.last_line),
        }
    }
}

/// Opens the file to append to it, and keeps others from doing so as long as it is open.
fn open_locked(folder: &Folder) -> io::Result<File> {
    loop {
        let file = folder.open_file(Home::HISTORY, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)?;
        wait_for_lock(&file)?;
        // Moved away while we waited, it would take the note with it.
        if folder.leads_to(Home::HISTORY, &file)? {
            return Ok(file);
        }
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
