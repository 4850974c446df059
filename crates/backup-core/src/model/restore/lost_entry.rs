//! Lost entry: an entry of a damaged archive that isn't what was stored, and where it is whole yet.

use std::path::PathBuf;

/// Identifies contents, or all that describes an entry.
pub type EntryDigest = [u8; 16];

/// An entry of a damaged archive that isn't what was stored.
///
/// A restorer makes and reads it. For everybody else, the places and digests in it mean nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEntry {
    /// The path in the archive.
    pub path: PathBuf,
    /// Where it is in the archive.
    pub place: u64,
    /// Whether the request chooses it.
    pub is_chosen: bool,
    /// The digest of its contents, if these are lost.
    pub contents: Option<EntryDigest>,
    /// The digest of what describes it, if that is lost.
    pub description: Option<EntryDigest>,
    /// Whether it can be restored only from a copy. What describes an entry is in the catalog, too.
    pub needs_copy: bool,
    /// Where it is whole.
    pub copy: Option<SoundCopy>,
}

/// Where an entry of a damaged archive is whole yet. It was read and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundCopy {
    /// The file name of the archive.
    pub archive: String,
    /// Where the entry is in it.
    pub place: u64,
    /// Whether all that describes it is the same, too.
    pub is_whole: bool,
}

impl LostEntry {
    /// Returns whether it can be healed.
    #[must_use]
    pub fn is_healable(&self) -> bool {
        self.copy.is_some() || !self.needs_copy
    }

    /// Returns whether a better copy of it may be found.
    #[must_use]
    pub fn wants_copy(&self) -> bool {
        self.copy.as_ref().is_none_or(|copy| self.description.is_some() && !copy.is_whole)
    }

    /// Returns whether it can be healed, but without the properties that no catalog has.
    #[must_use]
    pub fn loses_attributes(&self) -> bool {
        let has_whole_copy = self.copy.as_ref().is_some_and(|copy| copy.is_whole);
        self.is_healable() && self.description.is_some() && !has_whole_copy
    }
}
