//! Remedy: what a person can do about the failure of an adapter.

use std::path::PathBuf;

/// What a person can do about a failure.
///
/// It is data. A program makes the sentence, because only the program knows what to type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Say that the home can be trusted, although others own it or may write to it.
    TrustHome,
    /// Restore to another folder, or over the existing one.
    ChooseTarget,
    /// Restore to this folder, to which symbolic links lead.
    RestoreTo {
        /// The folder, without symbolic links.
        folder: PathBuf,
        /// Whether the restore replaces what exists there.
        replaces: bool,
    },
    /// Finish the restore that was started before, or remove this staging folder of it.
    FinishRestore(PathBuf),
    /// Drill in another folder, which exists and may be written to.
    ChooseScratchFolder,
    /// Give the key that opens the archive.
    GiveIdentity,
    /// Run the command in another folder: the one that was chosen can't be its working folder.
    ChooseWorkingFolder,
}
