//! Restore request: what to restore, and where to.

use std::path::{Path, PathBuf};

use crate::model::archive::Selection;
use crate::model::restore::conflict::IfExists;

/// Where the entries of an archive go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTarget {
    /// A folder beside the reader, which gets the contents of the source. A symbolic link at this path is refused.
    Beside(PathBuf),
    /// A folder that the user chose, which gets the contents of the source. A symbolic link at this path is followed.
    Folder(PathBuf),
    /// The source itself, a folder or a single file, at its own path.
    Source(PathBuf),
}

impl RestoreTarget {
    /// Returns the path of the target.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Beside(path) | Self::Folder(path) | Self::Source(path) => path,
        }
    }
}

/// Which symbolic links on the path to a target are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// Only links that nobody but root and the user who restores could have created.
    #[default]
    Trusted,
    /// All links. This is enough for a comparison, which writes nothing.
    All,
}

/// What to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreJob {
    /// The target, as an absolute path.
    pub target: RestoreTarget,
    /// The entries to restore, one line each. If it is empty, everything is restored.
    ///
    /// - A line is a path below the source first, with any characters. It selects the entry with exactly this path, and
    ///   everything below it if it is a folder.
    /// - Only if the archive has no such path, the line is a pattern with the meaning of a line in a `.gitignore` file. A
    ///   line that isn't UTF-8 is never a pattern.
    /// - Each line is interpreted by itself. If several lines match an entry, the last one counts.
    /// - A line that begins with `!` excludes entries again.
    /// - `./` in front of a path makes no difference. In front of a pattern, it anchors the pattern at the source.
    /// - `.` selects everything.
    pub chosen: Vec<Vec<u8>>,
    /// Which symbolic links on the path to the target a preview follows. A restore always follows only trusted links.
    pub links: Links,
    /// What to do with existing files.
    pub existing: IfExists,
    /// Whether to restore setuid, setgid, and the attributes that give rights to programs.
    pub keep_setuid: bool,
    /// A text that identifies this archive and these choices.
    ///
    /// An interrupted restore can be continued only by a restore with the same text.
    pub identity: String,
    /// The home. Backup Manager's own files in it are never overwritten.
    pub home: PathBuf,
    /// What the schedule leaves out. A preview counts these entries apart from others that aren't in the archive.
    pub selection: Selection,
    /// Whether to digest the plain tar while it is read. This needs a restore of everything.
    pub digests: bool,
}

/// Returns the name of the new folder for a restore beside the reader: `docs.restored`.
#[must_use]
pub fn restored_name(name: &str) -> String {
    format!("{name}.restored")
}
