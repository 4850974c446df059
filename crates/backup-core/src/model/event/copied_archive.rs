//! Copied archive: which archive is now at which destination.

/// An archive that was copied to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedArchive {
    /// The path of the archive, relative to the home.
    pub archive: String,
    /// The name of the destination.
    pub destination: String,
    /// The key of the copy.
    pub key: String,
}
