//! The port that reads the archives of another tool in a folder.

use std::ffi::{OsStr, OsString};
use std::io::Read;

use auto_impl::auto_impl;
use chrono::{DateTime, Utc};

use crate::model::archive::{ArchiveDigest, Packing};
use crate::model::error::PortError;
use crate::ports::Progress;

/// A file in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignFile {
    /// Its name.
    pub file_name: OsString,
    /// Its size.
    pub bytes: u64,
    /// When it was last modified.
    pub modified: DateTime<Utc>,
}

/// Reads the archives of another tool in a folder. Changes nothing there.
#[auto_impl(&, Box, Arc)]
pub trait ForeignFolder: Send + Sync {
    /// Returns every regular file in the folder itself, sorted by name. Symbolic links and what is in other folders are not
    /// among them.
    ///
    /// # Errors
    /// - [`Failure::Missing`](crate::model::error::Failure::Missing): the folder doesn't exist.
    /// - [`Failure::Refused`](crate::model::error::Failure::Refused): it is the place for backups itself.
    /// - Any failure to look.
    fn list(&self) -> Result<Vec<ForeignFile>, PortError>;

    /// Opens an archive to read it as a store keeps it: plain tar, or Zstandard frames as they are. One that is compressed
    /// with gzip is decompressed.
    ///
    /// What makes no sense is an error of a read.
    ///
    /// # Errors
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) if there is no such file; any failure to open it.
    fn open(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError>;

    /// Opens an archive to read its plain tar.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn open_plain(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError>;

    /// Reads an archive to its end, and returns the size and digest of what [`open`](Self::open) returns. They are those that
    /// a store has of the same bytes. `progress` gets these bytes, under the file name.
    ///
    /// # Errors
    /// - [`Failure::Interrupted`](crate::model::error::Failure::Interrupted): `progress` cancelled.
    /// - As [`open`](Self::open), and any failure to read.
    fn digest(
        &self,
        file_name: &OsStr,
        packing: Packing,
        progress: &dyn Progress,
    ) -> Result<ArchiveDigest, PortError>;
}

const _DYN_COMPATIBLE: Option<&dyn ForeignFolder> = None;
