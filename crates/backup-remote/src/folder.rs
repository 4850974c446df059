//! Folder: a tree on a disk of this machine, or on what is mounted there.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use backup_core::model::destination::DestinationFault;
use backup_core::time::Moment;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::partial_name;
use crate::problem::Problem;
use crate::transfer::{Download, PIECE_BYTES, Upload};
use crate::tree::{Child, ChildKind, FileState, Tree, parent};

/// The files below a folder. It is never made: where it is missing, a disk may not be mounted.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// Makes the entries of a folder durable.
    fn sync_folder(&self, path: &str) -> Result<(), Problem> {
        File::open(self.at(path)).and_then(|folder| folder.sync_all()).map_err(Problem::io)
    }

    fn create(&self, path: &str) -> Result<File, Problem> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).open(self.at(path)).map_err(Problem::io)
    }

    /// Renames without replacing, and returns whether the file system did that in one step.
    fn rename_new(&self, from: &str, to: &str) -> Result<bool, Problem> {
        let (from, to) = (self.at(from), self.at(to));
        match renameat_with(CWD, &from, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_new(&from, &to),
            Err(errno) => Err(Problem::io(errno.into())),
        }
    }
}

/// Gives a file a second name, and takes the first one away. A file system without links is looked at first.
fn link_new(from: &Path, to: &Path) -> Result<bool, Problem> {
    match rustix::fs::link(from, to) {
        Ok(()) => std::fs::remove_file(from).map(|()| true).map_err(Problem::io),
        Err(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if to.symlink_metadata().is_ok() {
                return Err(Problem::bare(DestinationFault::AlreadyExists));
            }
            std::fs::rename(from, to).map(|()| false).map_err(Problem::io)
        }
        Err(errno) => Err(Problem::io(errno.into())),
    }
}

fn state(metadata: &std::fs::Metadata) -> FileState {
    let modified = metadata.modified().ok().map(chrono::DateTime::<chrono::Utc>::from);
    FileState { size_bytes: metadata.len(), modified: modified.map(Moment::from), version: None }
}

impl Tree for Folder {
    fn check_root(&self) -> Result<(), Problem> {
        match std::fs::metadata(&self.root) {
            Ok(metadata) if metadata.is_dir() => Ok(()),
            Ok(_) => {
                Err(Problem::new(DestinationFault::NoPlace, format!("{} is no folder", self.root.display())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let why = format!("the folder {} doesn't exist", self.root.display());
                Err(Problem::new(DestinationFault::NoPlace, why))
            }
            Err(error) => Err(Problem::io(error)),
        }
    }

    fn make_folder(&self, path: &str) -> Result<(), Problem> {
        let folder = self.at(path);
        if folder.is_dir() {
            return Ok(());
        }
        if !path.is_empty() {
            self.make_folder(parent(path))?;
        }
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => self.sync_folder(parent(path)),
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) => Err(Problem::io(error)),
        }
    }

    fn write(&self, path: &str, upload: &mut Upload<'_>) -> Result<(), Problem> {
        let mut file = self.create(path)?;
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            match upload.fill(&mut buffer)? {
                0 => return file.sync_all().map_err(Problem::io),
                bytes => file.write_all(&buffer[..bytes]).map_err(Problem::io)?,
            }
        }
    }

    fn place_new(&self, from: &str, to: &str) -> Result<(), Problem> {
        self.rename_new(from, to)?;
        self.sync_folder(parent(to))
    }

    fn place(&self, from: &str, to: &str) -> Result<(), Problem> {
        std::fs::rename(self.at(from), self.at(to)).map_err(Problem::io)?;
        self.sync_folder(parent(to))
    }

    fn places_new_surely(&self) -> Result<bool, Problem> {
        let (from, to) = (partial_name::beside("probe"), partial_name::beside("probe"));
        self.create(&from)?;
        let renamed = self.rename_new(&from, &to);
        self.remove(&from)?;
        self.remove(&to)?;
        renamed
    }

    fn read(&self, path: &str, range: Range<u64>, download: &mut Download<'_>) -> Result<(), Problem> {
        self.check_root()?;
        self.stat(path)?;
        let mut file = File::open(self.at(path)).map_err(Problem::io)?;
        file.seek(SeekFrom::Start(range.start)).map_err(Problem::io)?;
        let mut rest = file.take(download.missing_bytes());
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            match rest.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(bytes) => download.take(&buffer[..bytes])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::io(error)),
            }
        }
    }

    fn stat(&self, path: &str) -> Result<FileState, Problem> {
        let metadata = std::fs::metadata(self.at(path)).map_err(Problem::io)?;
        if metadata.is_file() { Ok(state(&metadata)) } else { Err(Problem::bare(DestinationFault::NotFound)) }
    }

    fn children(&self, path: &str) -> Result<Vec<Child>, Problem> {
        let entries = match std::fs::read_dir(self.at(path)) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(Problem::io(error)),
        };
        let mut children = Vec::new();
        for entry in entries {
            children.extend(child(&entry.map_err(Problem::io)?).map_err(Problem::io)?);
        }
        Ok(children)
    }

    fn remove(&self, path: &str) -> Result<(), Problem> {
        match std::fs::remove_file(self.at(path)) {
            Ok(()) => self.sync_folder(parent(path)),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                    Ok(())
                }
                _ => Err(Problem::io(error)),
            },
        }
    }
}

/// Returns what an entry of a folder is, if it is a file or a folder with a name in UTF-8. A file may vanish meanwhile.
fn child(entry: &std::fs::DirEntry) -> io::Result<Option<Child>> {
    let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
    let metadata = match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let kind = match () {
        () if metadata.is_dir() => ChildKind::Folder,
        () if metadata.is_file() => ChildKind::File(state(&metadata)),
        () => return Ok(None),
    };
    Ok(Some(Child { name, kind }))
}
