//! What to restore, and where to.

use std::path::{Path, PathBuf};

use crate::model::archive::Selection;
use crate::model::restore::conflict::IfExists;

/// Where the entries of an archive go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTarget {
    /// A folder of that path becomes what the source was. A symbolic link in its place is refused.
    Beside(PathBuf),
    /// The same, in a folder that somebody named: a symbolic link in its place was meant.
    Folder(PathBuf),
    /// What has that path becomes what the source was: a folder, or a single file.
    Source(PathBuf),
}

impl RestoreTarget {
    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Beside(path) | Self::Folder(path) | Self::Source(path) => path,
        }
    }
}

/// Which symbolic links on the way to a target are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// Those that nobody but root and whoever restores could have put there.
    #[default]
    Trusted,
    /// All of them: of somebody who only compares.
    All,
}

/// What to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreJob {
    /// Where to, as an absolute path.
    pub target: RestoreTarget,
    /// Which entries, one line each. None for all of them.
    ///
    /// A line is a path below the source, whatever characters it has, and takes what has exactly this path, a folder with
    /// all below it. Only where the archive has nothing of that path, it is a pattern with the meaning of a .gitignore
    /// line. Each line is judged on its own. Of two lines that match an entry the later one counts; one that begins with
    /// `!` leaves out again. `./` in front makes no difference to a path, and has a pattern matched from the source on;
    /// `.` is everything. A line that isn't UTF-8 is a path and no pattern.
    pub chosen: Vec<Vec<u8>>,
    /// Which symbolic links on the way to the target a preview follows. A restore follows those alone that it can trust.
    pub links: Links,
    /// What becomes of that which stands already.
    pub existing: IfExists,
    /// Keep setuid, setgid and the attributes that give rights to programs.
    pub keep_setuid: bool,
    /// Tells this archive and these choices from all others: what was begun under it can be finished under it alone.
    pub identity: String,
    /// The home, of which Backup Manager's own files are never written over.
    pub home: PathBuf,
    /// What the next backup of the target leaves out: a preview tells that from what else isn't in the archive.
    pub selection: Selection,
    /// Digest the plain tar while it is read, where everything is wanted.
    pub digests: bool,
}

/// What a new folder beside the reader is called.
#[must_use]
pub fn restored_name(name: &str) -> String {
    format!("{name}.restored")
}
