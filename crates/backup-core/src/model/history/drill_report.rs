//! What a drill has found out.

use std::fmt;
use std::path::PathBuf;

use crate::model::archive::Seal;
use crate::text::printable;

/// What came of a restore with the system's own tools, beside what our reader says is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillReport {
    /// What the archive is, recomputed from its stored bytes.
    pub seal: Seal,
    /// The entries that were compared, wholly or as far as the user's rights allow.
    pub entries: u64,
    /// The bytes of files that were compared, with the holes of sparse ones.
    pub content_bytes: u64,
    /// The entries of which something could not be restored here, by this process or this tar, and so was not compared.
    pub uncompared_entries: u64,
    /// What differs, the first [`MAX_DIFFERENCES`](Self::MAX_DIFFERENCES).
    pub differences: Vec<Difference>,
    /// How many differences there are.
    pub difference_count: u64,
    /// Our own reader refuses the archive, or a path in it.
    pub is_damaged: bool,
}

impl DrillReport {
    /// How many differences are kept.
    pub const MAX_DIFFERENCES: usize = 20;

    /// Returns a report in which nothing was compared yet.
    #[must_use]
    pub fn new(seal: Seal) -> Self {
        let (entries, content_bytes, uncompared_entries, difference_count) = (0, 0, 0, 0);
        let (differences, is_damaged) = (Vec::new(), false);
        Self { seal, entries, content_bytes, uncompared_entries, differences, difference_count, is_damaged }
    }

    /// Counts a difference, and keeps it while there is room.
    pub fn add(&mut self, path: impl Into<PathBuf>, kind: DifferenceKind) {
        self.difference_count += 1;
        self.is_damaged |= matches!(kind, DifferenceKind::Damaged(_) | DifferenceKind::Refused(_));
        if self.differences.len() < Self::MAX_DIFFERENCES {
            self.differences.push(Difference { path: path.into(), kind });
        }
    }
}

/// Something that did not come back as it is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path in the archive; empty for what is no matter of one entry.
    pub path: PathBuf,
    /// What.
    pub kind: DifferenceKind,
}

/// In what way something did not come back as it is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It isn't there.
    Missing,
    /// It is there, and not in the archive.
    Extra,
    /// It is something else: a link instead of a file, say.
    Kind,
    /// It has another size: what the archive says, and what came back.
    Size(u64, u64),
    /// Its contents differ from that byte on, counted from 0.
    Contents(u64),
    /// It has other permissions: what the archive says, and what came back.
    Mode(u32, u32),
    /// It has another time of change.
    Modified,
    /// It has another owner or group.
    Owner,
    /// It leads elsewhere: a symbolic link, or a hard link that is a file of its own.
    Link,
    /// It is another device.
    Device,
    /// The extended attribute of that name is missing, new or different.
    Attribute(String),
    /// It can't be read back; why.
    Unreadable(String),
    /// Our reader refuses it; why.
    Refused(String),
    /// The archive breaks off for our reader; where and how.
    Damaged(String),
    /// The tools have ended with a failure; how, and what they said first.
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
