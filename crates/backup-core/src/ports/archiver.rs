//! The port that turns a source into one stream of bytes.

use std::io::{Read, Write};
use std::path::Path;

use crate::model::archive::{CheckReport, EVERYTHING, Finding, PackReport, PatternFault, Selection};
use crate::model::error::{Failure, PortError};

/// What to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackRequest<'a> {
    /// The folder or single file, as an absolute path. Followed when it is itself a symbolic link.
    pub source: &'a Path,
    /// What of it is left out on purpose.
    pub selection: &'a Selection,
}

impl<'a> PackRequest<'a> {
    /// Returns the request to pack all of a source.
    #[must_use]
    pub fn all_of(source: &'a Path) -> Self {
        Self { source, selection: &EVERYTHING }
    }
}

/// Watches a pack under way, and may end it.
pub trait Progress: Send + Sync {
    /// Hears that this many more bytes of contents went into the archive, at the entry `path` below the source.
    fn advanced(&self, path: &Path, content_bytes: u64);

    /// Hears of every finding the moment it is made, also of those that the report only counts.
    fn found(&self, _finding: &Finding) {}

    /// Returns true once the work should end; an archiver looks at least once an entry and once a MiB.
    fn is_cancelled(&self) -> bool;
}

/// Shows nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentProgress;

impl Progress for SilentProgress {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// How an archive may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As this archiver ends those that it makes: then a cut is found that took nothing but padding.
    Own,
    /// In any way that other tools for this kind of archive take for its end.
    Any,
}

/// Turns a source into one stream of bytes.
pub trait Archiver: Send + Sync {
    /// Writes the source to `out`, all of it but what the request leaves out. What is left out is never opened.
    ///
    /// Promises: an archive that is whole and readable to its end whenever it returns `Ok`, even when entries had to
    /// be left out or changed while they were read; those are findings in the report. The same unchanged source
    /// gives the same bytes. It does **not** flush or sync `out`.
    ///
    /// # Errors
    /// [`Failure::Refused`](crate::model::error::Failure::Refused) for a selection that
    /// [`check_selection`](Self::check_selection) refuses,
    /// [`Failure::Missing`](crate::model::error::Failure::Missing) when the source isn't there,
    /// [`Failure::Denied`](crate::model::error::Failure::Denied) and others when the source itself can't be opened,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and whatever `out` fails
    /// with. One entry that can't be read is never an error.
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError>;

    /// Says whether a pack with this selection could be understood, before anybody relies on it. Looks at nothing
    /// but the text. An archiver that doesn't say otherwise understands only the selection of everything.
    ///
    /// # Errors
    /// The first pattern that makes no sense, and why.
    fn check_selection(&self, selection: &Selection) -> Result<(), PatternFault> {
        if selection.is_everything() {
            return Ok(());
        }
        let pattern = selection.exclude.first().cloned().unwrap_or_default();
        Err(PatternFault { pattern, reason: "this archiver can't leave anything out".to_owned() })
    }

    /// Returns whether something is at that absolute path, or `None` where that can't be told. An archiver that doesn't say
    /// otherwise can't tell.
    fn is_there(&self, path: &Path) -> Option<bool> {
        let _ = path;
        None
    }

    /// Reads an archive to its end, and finds out whether its structure is whole.
    ///
    /// Promises: `Ok` only when every member and the archive's end are where they should be and nothing follows, so
    /// an archive that was cut anywhere is found; where it may end in [`Ending::Any`] way, a cut into what marks the end
    /// may not be. Not promised: that the contents of files are what they were when
    /// the archive was made; only a digest of all its bytes tells that. `progress` hears of the contents that went
    /// by, member by member, and is asked as in [`pack`](Self::pack).
    ///
    /// # Errors
    /// [`Failure::Damaged`](crate::model::error::Failure::Damaged) with the offset at which the archive breaks,
    /// [`Failure::Interrupted`](crate::model::error::Failure::Interrupted) when `progress` cancels, and whatever `archive`
    /// fails with.
    /// [`Failure::Other`](crate::model::error::Failure::Other) from an archiver that can only pack, which is what one is that
    /// doesn't say otherwise.
    fn check(
        &self,
        archive: &mut dyn Read,
        ending: Ending,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        let _ = (archive, ending, progress);
        Err(PortError::new(Failure::Other, "check archives of this kind"))
    }
}

const _DYN_COMPATIBLE: Option<(&dyn Archiver, &dyn Progress)> = None;
