//! The port that turns a source into one stream of bytes.

use std::io::{self, Read, Write};
use std::path::Path;

use auto_impl::auto_impl;

use crate::model::archive::{
    BackupName, CheckReport, DamagedMembers, EVERYTHING, MemberCheck, PackReport, PatternError, Selection,
};
use crate::model::error::{Failure, PortError};
use crate::model::schedule::ByteRate;
use crate::ports::archive_bytes::{ArchiveBytes, SeekableBytes};
use crate::ports::pack_target::PackTarget;
use crate::ports::progress::Progress;
use crate::ports::staged_file::StagedFile;
use crate::time::Moment;

/// What to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackRequest<'a> {
    /// The folder or single file, as an absolute path. If it is a symbolic link, it is followed.
    pub source: &'a Path,
    /// What to leave out on purpose.
    pub selection: &'a Selection,
    /// Since when the report counts files as changed. Without it, it doesn't tell.
    pub changed_since: Option<Moment>,
    /// How fast the contents of files are read at most. An archiver need not know it.
    pub max_rate: Option<ByteRate>,
    /// When the run began that made the earlier archive which the target [offers](PackTarget::open_base). What was changed safely
    /// before that, and is as its catalog says, may be taken over without being read. Without it, everything is read.
    pub base_began: Option<Moment>,
}

impl<'a> PackRequest<'a> {
    /// Returns the request to pack all of a source.
    #[must_use]
    pub fn all_of(source: &'a Path) -> Self {
        Self::selected(source, &EVERYTHING)
    }

    /// Returns the request to pack what is selected of a source, as fast as it can be read.
    #[must_use]
    pub fn selected(source: &'a Path, selection: &'a Selection) -> Self {
        Self { source, selection, changed_since: None, max_rate: None, base_began: None }
    }
}

/// How strictly the end of an archive is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCheck {
    /// The archive must end exactly as this archiver ends its own. So even a cut that took only padding is found.
    Exact,
    /// The archive may end in any way that other tools accept as the end of this kind of archive.
    Tolerant,
}

/// Turns a source into one stream of bytes.
///
/// ```
/// use backup_core::model::archive::PackReport;
/// use backup_core::model::error::PortError;
/// use backup_core::ports::{Archiver, PackRequest, PackTarget, Progress};
///
/// /// Archives the names in a folder, one a line.
/// struct NameList;
///
/// impl Archiver for NameList {
///     fn pack(
///         &self,
///         request: &PackRequest<'_>,
///         out: &mut dyn PackTarget,
///         _progress: &dyn Progress,
///     ) -> Result<PackReport, PortError> {
///         let mut report = PackReport::default();
///         let read = |error| PortError::io("read the folder", error);
///         for entry in request.source.read_dir().map_err(read)? {
///             let name = entry.map_err(read)?.file_name();
///             writeln!(out, "{}", name.display()).map_err(|error| PortError::io("write the archive", error))?;
///             report.entries += 1;
///         }
///         Ok(report)
///     }
/// }
/// ```
#[auto_impl(&, Box, Arc)]
pub trait Archiver: Send + Sync {
    /// Writes the source to `out`, without what the selection leaves out. What is left out is never opened.
    /// The catalog of the archive goes there as well, if it is kept.
    ///
    /// Promises: whenever it returns `Ok`, the archive is whole and readable to its end. Entries that could not be read,
    /// or that changed while they were read, are findings in the report. The same unchanged source gives the same bytes.
    ///
    /// Not promised: that `out` was flushed or synced, and that the report has a [profile](PackReport::profile).
    ///
    /// # Errors
    /// - [`Failure::Refused`]: [`check_selection`](Self::check_selection) refuses the selection.
    /// - [`Failure::Missing`]: the source doesn't exist.
    /// - [`Failure::Denied`] and others: the source itself can't be opened. A single entry that can't be read is never an
    ///   error.
    /// - [`Failure::Interrupted`]: `progress` cancelled.
    /// - Whatever `out` fails with.
    fn pack(
        &self,
        request: &PackRequest<'_>,
        out: &mut dyn PackTarget,
        progress: &dyn Progress,
    ) -> Result<PackReport, PortError>;

    /// Returns the report that a pack of that source would give now, and tells `progress` the same. Writes nothing.
    ///
    /// The default packs, and drops the archive. An archiver that knows better doesn't read contents. Then contents that
    /// can't be read to their end don't show, and the report has no profile.
    ///
    /// # Errors
    /// As [`pack`](Self::pack).
    fn survey(&self, request: &PackRequest<'_>, progress: &dyn Progress) -> Result<PackReport, PortError> {
        self.pack(request, &mut io::sink(), progress)
    }

    /// Returns whether [`stage`](Self::stage) works. A schedule with `command=` is refused where it doesn't.
    ///
    /// The default is no.
    fn can_stage(&self) -> bool {
        false
    }

    /// Begins a file whose length isn't known beforehand, such as what a command prints. It is packed once it is whole.
    ///
    /// `owner` is the name of the backup. `name` is the name of the file in the archive, without a folder.
    ///
    /// Promises: it takes no memory in proportion to its length. If it is dropped or its process is killed, what remains of it
    /// is removed with the drafts of backups at the latest.
    ///
    /// # Errors
    /// - [`Failure::Busy`]: somebody else is writing one for this owner.
    /// - [`Failure::Other`]: this archiver can't do it. This is the default.
    /// - Any failure to begin.
    fn stage(&self, owner: &BackupName, name: &str) -> Result<Box<dyn StagedFile + '_>, PortError> {
        let _ = (owner, name);
        Err(PortError::new(Failure::Other, "pack what a command prints"))
    }

    /// Checks that this archiver can carry out a selection. It looks at the text alone, never at the source.
    ///
    /// The default accepts only the selection that leaves nothing out.
    ///
    /// # Errors
    /// The first pattern that is not valid, and why.
    fn check_selection(&self, selection: &Selection) -> Result<(), PatternError> {
        if selection.is_everything() {
            return Ok(());
        }
        let pattern = selection.exclude.first().cloned().unwrap_or_default();
        Err(PatternError { pattern, reason: "this archiver can't leave anything out".to_owned() })
    }

    /// Returns whether something exists at an absolute path. `None` means that this can't be told, which is the default.
    fn is_there(&self, path: &Path) -> Option<bool> {
        let _ = path;
        None
    }

    /// Returns whether [`check`](Self::check) works. A schedule with `verify=yes` is refused where it doesn't.
    ///
    /// The default is no.
    fn can_check(&self) -> bool {
        false
    }

    /// Reads an archive to its end and checks that its structure is whole. `progress` is told of the contents of each
    /// member, and is asked as in [`pack`](Self::pack).
    ///
    /// Promises: `Ok` only if every member and the end of the archive are where they should be, and nothing follows. So a
    /// cut anywhere is found. With [`EndCheck::Tolerant`], a cut within the end mark may go unnoticed.
    ///
    /// Not promised: that the contents of files are unchanged. Only a digest of all bytes shows that.
    ///
    /// # Errors
    /// - [`Failure::Damaged`]: the archive is damaged. The message has the offset.
    /// - [`Failure::Interrupted`]: `progress` cancelled.
    /// - [`Failure::Other`]: this archiver can't check. This is the default.
    /// - Whatever `archive` fails with.
    fn check(
        &self,
        archive: &mut dyn Read,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<CheckReport, PortError> {
        let _ = (archive, end_check, progress);
        Err(PortError::new(Failure::Other, "check archives of this kind"))
    }

    /// As [`check`](Self::check), and compares each entry with the archive's catalog: what its header says, and the digest of
    /// its contents. `None` instead of a comparison: the catalog can't be read, or isn't that of this archive.
    ///
    /// Promises: `Err` only where `check` fails, too. So a damaged catalog changes nothing. The default doesn't compare.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    fn check_members(
        &self,
        archive: &mut dyn Read,
        catalog: &mut dyn SeekableBytes,
        end_check: EndCheck,
        progress: &dyn Progress,
    ) -> Result<(CheckReport, Option<MemberCheck>), PortError> {
        let _ = catalog;
        self.check(archive, end_check, progress).map(|report| (report, None))
    }

    /// Reads the entries of a damaged archive where its catalog says that they are, and returns those that aren't what was
    /// stored. `None`, which is the default: it has no catalog that can be read.
    ///
    /// What can't be read counts as damaged. `progress` is as for [`check`](Self::check).
    ///
    /// # Errors
    /// [`Failure::Interrupted`]: `progress` cancelled.
    fn damaged_members(
        &self,
        archive: &mut dyn ArchiveBytes,
        progress: &dyn Progress,
    ) -> Result<Option<DamagedMembers>, PortError> {
        let _ = (archive, progress);
        Ok(None)
    }

    /// Reads an archive to its end and writes its catalog to `out`, as a [`pack`](Self::pack) would have done. It doesn't tell
    /// what the files were in their source. Returns how many entries it has. `progress` is as for [`check`](Self::check).
    ///
    /// The archive may be one of another tool, if a restore can read it. Not promised: that `out` was flushed.
    ///
    /// # Errors
    /// - [`Failure::Damaged`]: the archive can't be read to its end. What was written is no catalog then.
    /// - [`Failure::Interrupted`]: `progress` cancelled.
    /// - [`Failure::Other`]: this archiver makes no catalogs. This is the default.
    /// - Whatever `archive` or `out` fails with.
    fn write_catalog(
        &self,
        archive: &mut dyn Read,
        out: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<u64, PortError> {
        let _ = (archive, out, progress);
        Err(PortError::new(Failure::Other, "make a catalog").because("this archiver makes none"))
    }

    /// Returns whether these bytes are a whole catalog that this archiver has written. It reads all of them.
    ///
    /// The default is no.
    fn is_catalog(&self, catalog: &mut dyn SeekableBytes) -> bool {
        let _ = catalog;
        false
    }
}

const _DYN_COMPATIBLE: Option<&dyn Archiver> = None;
