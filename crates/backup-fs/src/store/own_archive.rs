//! Own archive: which file names are those of archives in the folder of backups.

use backup_core::model::archive::{ArchiveName, FileEnding};

/// The endings of archives in this folder. All other files belong to somebody else.
pub(crate) const ENDINGS: [FileEnding; 2] = [FileEnding::TAR, FileEnding::TAR_ZST];

/// Returns what a file name says, if it is that of an archive with one of these endings.
pub(crate) fn own_archive(file_name: &str) -> Option<ArchiveName> {
    ArchiveName::parse(file_name).filter(|archive| ENDINGS.contains(&archive.ending))
}
