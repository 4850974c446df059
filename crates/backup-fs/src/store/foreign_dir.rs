//! A folder with archives of another tool.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use backup_core::model::archive::{ArchiveDigest, Packing};
use backup_core::model::error::{Failure, PortError};
use backup_core::ports::{ForeignFile, ForeignFolder, Progress};
use backup_core::text::printable;
use chrono::DateTime;
use flate2::read::MultiGzDecoder;
use rustix::fs::{AtFlags, FileType, OFlags, statat};
use sha2::{Digest, Sha256};

use crate::error::{port_error, refused};
use crate::file::dir::DirHandle;
use crate::file::given_dir::open_given;
use crate::home::layout::Home;
use crate::posix::stat::is_same_file;
use crate::zstd::reader::unpacking;

/// A folder that a user gave, whose archives can be taken over. It stays open, and nothing in it is changed.
#[derive(Debug)]
pub struct ForeignDir {
    /// The path that the user gave, for messages.
    shown: String,
    folder: DirHandle,
}

/// How much is read at once for a digest.
const PIECE_BYTES: usize = 256 * 1024;

impl ForeignDir {
    /// Opens a folder.
    ///
    /// # Errors
    /// - [`Failure::Missing`]: there is no such folder.
    /// - [`Failure::Refused`]: Backup Manager keeps its own files there, or another user's link is in the path.
    pub fn open(home: &Home, folder: &Path) -> Result<Self, PortError> {
        let shown = printable(folder.as_os_str().as_encoded_bytes());
        let opened = open_given(folder).and_then(|(folder, ancestry)| {
            let in_home = |name| statat(home.held(), name, AtFlags::empty()).ok();
            let own: Vec<_> = [Home::BACKUPS, Home::LOGS].into_iter().filter_map(in_home).collect();
            if ancestry.iter().any(|above| own.iter().any(|own| is_same_file(own, above))) {
                return Err(refused("Backup Manager keeps its own files there"));
            }
            Ok(folder)
        });
        match opened {
            Ok(folder) => Ok(Self { shown, folder }),
            Err(error) => Err(port_error(format!("read the folder {shown}"), error)),
        }
    }

    fn open_file(&self, file_name: &OsStr) -> io::Result<File> {
        self.folder.open_file(file_name, OFlags::RDONLY)
    }

    /// Returns the conversion of errors for an action on a file.
    fn failed(&self, file_name: &OsStr) -> impl Fn(io::Error) -> PortError + use<> {
        let action = format!("read {}/{}", self.shown, printable(file_name.as_encoded_bytes()));
        move |error| port_error(action.clone(), error)
    }
}

impl ForeignFolder for ForeignDir {
    fn list(&self) -> Result<Vec<ForeignFile>, PortError> {
        let failed = |error| port_error(format!("read the folder {}", self.shown), error);
        let mut files = Vec::new();
        for file_name in self.folder.names().map_err(failed)? {
            let Some(stat) = self.folder.stat(&file_name).map_err(failed)? else { continue };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
                let modified = DateTime::from_timestamp(stat.st_mtime, nanoseconds).unwrap_or_default();
                files.push(ForeignFile {
                    file_name,
                    bytes: u64::try_from(stat.st_size).unwrap_or(0),
                    modified,
                });
            }
        }
        files.sort_by(|one, other| one.file_name.cmp(&other.file_name));
        Ok(files)
    }

    fn open(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
        let file = self.open_file(file_name).map_err(self.failed(file_name))?;
        Ok(match packing {
            Packing::Plain | Packing::Zstd => Box::new(file),
            Packing::Gzip => Box::new(MultiGzDecoder::new(file)),
        })
    }

    fn open_plain(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
        let failed = self.failed(file_name);
        match packing {
            Packing::Plain | Packing::Gzip => self.open(file_name, packing),
            Packing::Zstd => {
                let plain = self.open_file(file_name).and_then(unpacking);
                plain.map(|plain| Box::new(plain) as Box<dyn Read>).map_err(failed)
            }
        }
    }

    fn digest(
        &self,
        file_name: &OsStr,
        packing: Packing,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError> {
        let failed = self.failed(file_name);
        let mut source = self.open(file_name, packing)?;
        let (mut sum, mut archive_bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
        loop {
            if progress.is_cancelled() {
                return Err(PortError {
                    failure: Failure::Interrupted,
                    ..failed(ErrorKind::Interrupted.into())
                });
            }
            match source.read(&mut piece) {
                Ok(0) => return Ok(ArchiveDigest { archive_bytes, sha256: sum.finalize().into() }),
                Ok(read) => {
                    sum.update(&piece[..read]);
                    archive_bytes += read as u64;
                    progress.advanced(Path::new(file_name), read as u64);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }
}
