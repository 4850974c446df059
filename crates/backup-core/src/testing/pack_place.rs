//! A place with a source to pack, for the suites that pack it.

use std::path::PathBuf;

use crate::ports::Archiver;

/// The regular files of a source: their names within it, and their contents.
pub type Files = [(&'static str, Vec<u8>)];

/// Reads an archive back, past the port: its regular files, named as below the source, in any order; `None` when
/// it isn't whole and readable to its end.
pub type ReadFiles = dyn Fn(&[u8]) -> Option<Vec<(PathBuf, Vec<u8>)>>;

/// An archiver with a source, and what the suite needs to read its archives.
pub struct PackPlace {
    /// The archiver.
    pub archiver: Box<dyn Archiver>,
    /// An existing folder with the files that were asked for, flat and nothing else; an absolute path.
    pub source: PathBuf,
    /// Reads an archive of it.
    pub read: Box<ReadFiles>,
}
