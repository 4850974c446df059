//! Checks an archive: reads it once, for its bytes and its structure.

use std::io::Read;
use std::path::Path;

use crate::model::archive::{ArchiveDigest, CheckReport, DamagedMembers, MemberCheck};
use crate::model::error::{Failure, PortError};
use crate::ports::{Archiver, BackupStore, EndCheck, Progress, ReadTar, SeekableBytes};

/// What a check of an archive found.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What is in it, or how its structure is damaged.
    pub(crate) structure: Result<CheckReport, PortError>,
    /// What the catalog tells of its entries, if it has one.
    pub(crate) members: Option<MemberCheck>,
}

/// Calls `read` with a function that reads the plain tar of an archive and checks its structure.
///
/// Returns the result of `read` and that of the check.
///
/// # Errors
/// The error of `read`; [`Failure::Interrupted`] if `progress` cancelled the check.
pub(crate) fn checked<T>(
    archiver: &dyn Archiver,
    end_check: EndCheck,
    progress: &dyn Progress,
    read: impl FnOnce(ReadTar<'_>) -> Result<T, PortError>,
) -> Result<(T, Result<CheckReport, PortError>), PortError> {
    let (read, checked) = checked_by_catalog(archiver, None, end_check, progress, read)?;
    Ok((read, checked.structure))
}

/// As [`checked`], and compares the entries with the catalog of the archive, if it has one.
///
/// # Errors
/// As [`checked`].
pub(crate) fn checked_by_catalog<T>(
    archiver: &dyn Archiver,
    mut catalog: Option<Box<dyn SeekableBytes>>,
    end_check: EndCheck,
    progress: &dyn Progress,
    read: impl FnOnce(ReadTar<'_>) -> Result<T, PortError>,
) -> Result<(T, Checked), PortError> {
    let mut checked = None;
    let watch = Cancelling(progress);
    let mut read_tar = |tar: &mut dyn Read| {
        checked = Some(match &mut catalog {
            Some(catalog) => archiver.check_members(tar, &mut **catalog, end_check, &watch),
            None => archiver.check(tar, end_check, &watch).map(|report| (report, None)),
        });
    };
    let read = read(&mut read_tar)?;
    match checked {
        Some(Err(error)) if error.failure == Failure::Interrupted => Err(error),
        Some(Ok((report, members))) => Ok((read, Checked { structure: Ok(report), members })),
        Some(Err(error)) => Ok((read, Checked { structure: Err(error), members: None })),
        None => Err(PortError::new(Failure::Other, "look into the archive")),
    }
}

/// What a finished archive is, read to its end.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// Its bytes.
    pub(crate) digest: ArchiveDigest,
    /// What is in it, or how its structure is damaged.
    pub(crate) structure: Result<CheckReport, String>,
    /// What its catalog tells of its entries.
    pub(crate) members: Option<MemberCheck>,
    /// Why only its bytes were read, if so: it is encrypted, and no key opens it.
    pub(crate) locked: Option<PortError>,
}

/// Reads an archive beside its catalog. If its structure is damaged, what is behind the damage is read by the catalog. Of an encrypted
/// archive that no key opens, only the bytes are read.
///
/// # Errors
/// [`Failure::Interrupted`] if `progress` cancelled, or any failure to read it.
pub(crate) fn inspect(
    (backups, archiver): (&dyn BackupStore, &dyn Archiver),
    file_name: &str,
    end_check: EndCheck,
    progress: &dyn Progress,
) -> Result<Inspected, PortError> {
    let opened = backups.open(file_name);
    if let Err(error) = &opened
        && error.failure == Failure::Locked
    {
        let digest = backups.digest(file_name, progress)?;
        let locked = Some(error.clone());
        return Ok(Inspected { digest, structure: Ok(CheckReport::default()), members: None, locked });
    }
    let read = |read_tar: ReadTar<'_>| backups.inspect(file_name, read_tar, progress);
    let catalog = opened.ok().and_then(|mut archive| archive.open_comparable_catalog());
    let has_catalog = catalog.is_some();
    let (digest, checked) = checked_by_catalog(archiver, catalog, end_check, progress, read)?;
    let Checked { structure, members } = checked;
    let members = match &structure {
        Err(_) if has_catalog => damaged_members((backups, archiver), file_name, progress)?
            .map(|damaged| MemberCheck { damaged, is_since_pack: false }),
        _ => members,
    };
    Ok(Inspected { digest, structure: structure.map_err(reason), members, locked: None })
}

/// Returns the cause of an error, without the action that failed.
fn reason(error: PortError) -> String {
    let (text, action) = (error.to_string(), error.source);
    action.map_or(text, |cause| cause.to_string())
}

/// Returns which entries of a finished backup are damaged, by its catalog. `None`: it has none, or it can't be opened.
///
/// # Errors
/// [`Failure::Interrupted`] if `progress` cancelled.
fn damaged_members(
    (backups, archiver): (&dyn BackupStore, &dyn Archiver),
    file_name: &str,
    progress: &dyn Progress,
) -> Result<Option<DamagedMembers>, PortError> {
    let Ok(mut archive) = backups.open(file_name) else { return Ok(None) };
    match archiver.damaged_members(&mut *archive, &Cancelling(progress)) {
        Err(error) if error.failure == Failure::Interrupted => Err(error),
        found => Ok(found.ok().flatten()),
    }
}

/// Passes on whether to cancel. `read` itself reports how far it has come.
struct Cancelling<'a>(&'a dyn Progress);

impl Progress for Cancelling<'_> {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
