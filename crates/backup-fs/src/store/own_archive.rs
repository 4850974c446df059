//! Own archive: which file names are those of archives in the folder of backups.

use backup_core::model::archive::{ArchiveName, FileEnding, Format};

/// The endings of archives in this folder. All other files belong to somebody else.
pub(crate) const ENDINGS: [FileEnding; 4] =
    [FileEnding::TAR, FileEnding::TAR_ZST, FileEnding::TAR_AGE, FileEnding::TAR_ZST_AGE];

/// Returns what a file name says, if it is that of an archive with one of these endings.
pub(crate) fn own_archive(file_name: &str) -> Option<ArchiveName> {
    ArchiveName::parse(file_name).filter(|archive| ENDINGS.contains(&archive.ending))
}

/// Returns how the archive with that file name is stored.
pub(crate) fn format_of(file_name: &str) -> Format {
    let ending = own_archive(file_name).map(|archive| archive.ending);
    Format::ALL.into_iter().find(|format| ending == Some((*format).into())).unwrap_or_default()
}
