//! Proves that archives come back with the tar and the zstd of the system.

mod abilities;
mod compare;
mod complaint;
mod entry;
mod extraction;
mod line;
mod way;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use backup_core::backup::{ArchiveName, Compression};
use backup_core::drill::{DifferenceKind, DrillReport, DrillRequest};
use backup_core::error::{Failure, PortError};
use backup_core::ports::{ArchiveBytes, Driller, Progress};
use rustix::fs::OFlags;

use self::abilities::Abilities;
use self::compare::Comparison;
use self::complaint::Complaint;
use self::extraction::{Tools, extract};
use crate::archive_inspect::{inspect, plain_bytes};
use crate::backup_dir::{BackupDir, stored_as};
use crate::failure::{failure_of, port_error};
use crate::folder::Folder;
use crate::scratch::Scratch;
use crate::tar_restorer::{free_bytes, refuse_crowded};

/// Drills the archives in a folder of backups, with the `tar` and the `zstd` of the `PATH`.
///
/// The scratch is `.NAME.drill` in that folder, or in the one that is asked for; it is locked as long as it is in use, so
/// that a sweep tells what a dead process left. GNU tar restores attributes and ACLs, too; of what another tar restores
/// they are not compared.
#[derive(Debug)]
pub struct TarDriller {
    backups: PathBuf,
    tools: Tools,
}

impl TarDriller {
    /// Returns a driller of the archives in that folder.
    #[must_use]
    pub fn new(backups: PathBuf) -> Self {
        Self { backups, tools: Tools { tar: "tar".into(), zstd: "zstd".into() } }
    }

    /// Returns the same driller, which uses these programs.
    #[must_use]
    pub fn with_tools(self, tar: impl Into<OsString>, zstd: impl Into<OsString>) -> Self {
        Self { tools: Tools { tar: tar.into(), zstd: zstd.into() }, ..self }
    }

    fn scratch(&self, request: &DrillRequest<'_>) -> Result<Scratch, PortError> {
        let place = request.scratch.unwrap_or(&self.backups);
        let failed = |error| no_scratch(format!("make a scratch folder in {}", place.display()), error);
        let name = ArchiveName::parse(request.archive).map(|archive| archive.backup.to_string());
        let parent = match request.scratch {
            Some(chosen) => Folder::open(chosen, OFlags::empty()),
            None => Folder::open_own(&self.backups),
        };
        parent.and_then(|parent| Scratch::make(parent, &name.unwrap_or_default())).map_err(failed)
    }
}

impl Driller for TarDriller {
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError> {
        let archive = BackupDir::new(self.backups.clone()).open_file(request.archive)?;
        let archive = Archive { file: archive, name: request.archive };
        let is_gnu = self.tools.check(archive.is_packed(), progress)?;
        let scratch = self.scratch(request)?;
        archive.refuse_crowded(&scratch.path(), progress)?;
        let (tree, abilities, complaint) = self.restore(&archive, &scratch, is_gnu, progress)?;
        let mut comparison = Comparison::new(tree, abilities, progress);
        let seal = archive.inspect(&mut |tar| comparison.run(tar), progress)?;
        let (mut report, unmade) = comparison.finish()?;
        report.seal = seal;
        if let Some(complaint) = complaint.and_then(|complaint| complaint.beyond(&unmade)) {
            add_complaint(&mut report, complaint);
        }
        Ok(report)
    }
}

/// What was restored, what could be, and what the tools complain of.
type Restored = (OwnedFd, Abilities, Option<Complaint>);

impl TarDriller {
    /// Restores to the scratch. Where GNU tar fails for a user that isn't root, it tries once more without attributes: it
    /// can't write to a read-only file that it has given some before.
    fn restore(
        &self,
        archive: &Archive<'_>,
        scratch: &Scratch,
        is_gnu: bool,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let restored = self.restore_once(archive, scratch, is_gnu, progress)?;
        let (_, abilities, complaint) = &restored;
        if complaint.is_none() || !is_gnu || abilities.rights.is_root {
            return Ok(restored);
        }
        scratch.clear().map_err(|error| port_error("empty the scratch folder", error))?;
        self.restore_once(archive, scratch, false, progress)
    }

    fn restore_once(
        &self,
        archive: &Archive<'_>,
        scratch: &Scratch,
        with_attributes: bool,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let failed = |error| port_error("make a folder to restore to", error);
        let tree = scratch.make_folder(TREE).map_err(failed)?;
        let abilities = Abilities::of(&tree, with_attributes);
        // Whatever takes the scratch's name: the kernel's own link leads to exactly that.
        let path = PathBuf::from(format!("/proc/self/fd/{}", tree.as_raw_fd()));
        let complaint = extract(&self.tools, with_attributes, archive, &path, progress)?;
        Ok((tree, abilities, complaint))
    }
}

const TREE: &str = "tree";

/// What the tools complain of comes first.
fn add_complaint(report: &mut DrillReport, complaint: String) {
    let mut first = DrillReport::new(report.seal);
    first.add("", DifferenceKind::Tool(complaint));
    report.differences.splice(..0, first.differences);
    report.differences.truncate(DrillReport::MAX_DIFFERENCES);
    report.difference_count += 1;
}

/// An archive that stays the same whatever takes its name.
#[derive(Debug)]
struct Archive<'a> {
    file: File,
    name: &'a str,
}

impl Archive<'_> {
    fn is_packed(&self) -> bool {
        stored_as(self.name) == Compression::Zstd
    }

    /// Returns the plain tar in it, which is read from a place of its own.
    fn plain(&self) -> Result<Box<dyn ArchiveBytes>, PortError> {
        let plain = self.again().and_then(|file| plain_bytes(file, stored_as(self.name)));
        plain.map_err(|error| port_error(format!("read {}", self.name), error))
    }

    /// What can't be opened is for the drill to find out.
    fn refuse_crowded(&self, scratch: &Path, progress: &dyn Progress) -> Result<(), PortError> {
        let Ok(mut plain) = self.plain() else { return Ok(()) };
        refuse_crowded(&mut *plain, scratch, free_bytes(scratch), progress)
    }

    fn again(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    /// Reads it to its end, and gives `walk` the plain tar in it.
    fn inspect(
        &self,
        walk: &mut dyn FnMut(&mut dyn Read),
        progress: &dyn Progress,
    ) -> Result<backup_core::backup::Seal, PortError> {
        let again = self.again();
        let inspected =
            again.and_then(|file| inspect(&file, stored_as(self.name), Path::new(self.name), walk, progress));
        inspected.map_err(|error| match error.kind() {
            ErrorKind::Interrupted => interrupted(),
            _ => port_error(format!("read {}", self.name), error),
        })
    }
}

/// Says what to do where another folder is the way out.
fn no_scratch(action: String, error: io::Error) -> PortError {
    let wants_another = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    );
    if !wants_another {
        return port_error(action, error);
    }
    let reason = format!("{error}; name a folder that is there and that you may write to with --in DIR");
    PortError::new(failure_of(&error), action).because(reason)
}

fn interrupted() -> PortError {
    PortError::new(Failure::Interrupted, "drill to the end").because("it was asked to end")
}
