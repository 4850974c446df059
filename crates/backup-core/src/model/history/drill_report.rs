//! Drill report: what a drill compared, and what differs.

use std::fmt;
use std::path::PathBuf;

use crate::model::archive::ArchiveDigest;
use crate::text::printable;

/// The result of comparing an archive, as the strict reader reads it, with what the system's tools restored from it.
///
/// A driller begins with [`new`](Self::new), sets the counts, and calls [`add`](Self::add) for each difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrillReport {
    /// The size and digest of the archive, computed from its stored bytes.
    pub digest: ArchiveDigest,
    /// The entries that were compared, completely or in part.
    pub entries: u64,
    /// The bytes of file contents that were compared, including the holes of sparse files.
    pub content_bytes: u64,
    /// The entries of which some property was not compared, because this process or this tar can't restore it here.
    pub uncompared_entries: u64,
    /// The first differences, at most [`MAX_DIFFERENCES`](Self::MAX_DIFFERENCES).
    pub differences: Vec<Difference>,
    /// The number of all differences.
    pub difference_count: u64,
    /// Whether the strict reader refuses the archive, or a path in it.
    pub is_damaged: bool,
}

impl DrillReport {
    /// The maximum number of differences that are kept. Further ones are only counted.
    pub const MAX_DIFFERENCES: usize = 20;

    /// Returns a report of nothing compared yet.
    #[must_use]
    pub fn new(digest: ArchiveDigest) -> Self {
        let (entries, content_bytes, uncompared_entries, difference_count) = (0, 0, 0, 0);
        let (differences, is_damaged) = (Vec::new(), false);
        Self { digest, entries, content_bytes, uncompared_entries, differences, difference_count, is_damaged }
    }

    /// Adds a difference and counts it.
    pub fn add(&mut self, path: impl Into<PathBuf>, kind: DifferenceKind) {
        self.difference_count += 1;
        self.is_damaged |= matches!(kind, DifferenceKind::Damaged(_) | DifferenceKind::Refused(_));
        if self.differences.len() < Self::MAX_DIFFERENCES {
            self.differences.push(Difference { path: path.into(), kind });
        }
    }
}

/// Something that was not restored as it is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path in the archive. It is empty if the difference isn't about a single entry.
    pub path: PathBuf,
    /// What differs.
    pub kind: DifferenceKind,
}

/// How something that was restored differs from the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// It was not restored.
    Missing,
    /// It was restored, but isn't in the archive.
    Extra,
    /// Its kind is different, for example a link instead of a file.
    Kind,
    /// Its size is different: in the archive, and restored.
    Size(u64, u64),
    /// Its contents differ from this byte on, counted from 0.
    Contents(u64),
    /// Its permissions are different: in the archive, and restored.
    Mode(u32, u32),
    /// Its time of change is different.
    Modified,
    /// Its owner or group is different.
    Owner,
    /// It is a symbolic link with another target, or a hard link that was restored as a separate file.
    Link,
    /// Its device number is different.
    Device,
    /// The extended attribute with this name is missing, new or different.
    Attribute(String),
    /// What was restored can't be read. The text is the reason.
    Unreadable(String),
    /// The strict reader refuses it. The text is the reason.
    Refused(String),
    /// The strict reader can't read the archive any further. The text says where and why.
    Damaged(String),
    /// The system's tools failed. The text says how, with their first error messages.
    Tool(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.as_os_str().is_empty() {
            write!(f, "{}: ", printable(self.path.as_os_str().as_encoded_bytes()))?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| printable(text.as_bytes());
        match self {
            Self::Missing => f.write_str("it didn't come back"),
            Self::Extra => f.write_str("it came back, but isn't in the archive"),
            Self::Kind => f.write_str("it came back as something else"),
            Self::Size(archived, restored) => {
                write!(f, "its size is {archived} bytes in the archive, and came back as {restored}")
            }
            Self::Contents(offset) => write!(f, "its contents differ from byte {offset} on"),
            Self::Mode(archived, restored) => {
                write!(f, "its mode is {archived:04o} in the archive, and came back as {restored:04o}")
            }
            Self::Modified => f.write_str("its time of change differs"),
            Self::Owner => f.write_str("its owner or group differs"),
            Self::Link => f.write_str("it leads elsewhere"),
            Self::Device => f.write_str("it is another device"),
            Self::Attribute(name) => write!(f, "its extended attribute {} differs", safe(name)),
            Self::Unreadable(reason) => write!(f, "it can't be read back: {}", safe(reason)),
            Self::Refused(reason) => write!(f, "our reader refuses it: {}", safe(reason)),
            Self::Damaged(reason) => write!(f, "the archive is damaged: {}", safe(reason)),
            Self::Tool(what) => f.write_str(&safe(what)),
        }
    }
}
