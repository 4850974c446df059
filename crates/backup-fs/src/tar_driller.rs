//! Proves that archives come back with the tar and the zstd of the system.

mod abilities;
mod attributes;
mod compare;
mod contents;
mod entry;
mod extraction;
mod line;
mod tool_failure;
mod trial;
mod way;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use backup_core::model::archive::{ArchiveName, Compression};
use backup_core::model::error::{Failure, PortError};
use backup_core::model::history::{DifferenceKind, DrillReport};
use backup_core::model::job::DrillRequest;
use backup_core::policy::drill_capabilities::{FailureMeaning, TarKind, failure_meaning};
use backup_core::ports::{ArchiveBytes, Driller, Progress};

use self::abilities::{Abilities, Manner};
use self::compare::Comparison;
use self::extraction::{Tools, extract};
use self::tool_failure::ToolFailure;
use self::trial::Trial;
use crate::archive_inspect::{inspect, plain_bytes};
use crate::backup_dir::{BackupDir, stored_as};
use crate::failure::{failure_of, port_error};
use crate::home::{Home, OwnFolder};
use crate::posix::free_bytes::free_bytes;
use crate::scratch::Scratch;
use crate::tar_restorer::{GivenFolder, refuse_crowded};

/// Drills the archives in a folder of backups, with the `tar` and the `zstd` of the `PATH`.
///
/// The scratch is `.NAME.drill` in that folder, or in the one that is asked for; it is locked as long as it is in use, so
/// that a sweep tells what a dead process left. What this process, this tar or the scratch's file system can't restore is not
/// compared: `backup_core::policy::drill_capabilities::judge` decides.
#[derive(Debug)]
pub struct TarDriller {
    home: Home,
    backups: OwnFolder,
    tools: Tools,
}

impl TarDriller {
    /// Returns a driller of the archives in that home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        let (home, backups) = (home.clone(), home.own(Home::BACKUPS));
        Self { home, backups, tools: Tools { tar: "tar".into(), zstd: "zstd".into() } }
    }

    /// Returns the same driller, which uses these programs.
    #[must_use]
    pub fn with_tools(self, tar: impl Into<OsString>, zstd: impl Into<OsString>) -> Self {
        Self { tools: Tools { tar: tar.into(), zstd: zstd.into() }, ..self }
    }

    fn scratch(&self, request: &DrillRequest<'_>) -> Result<Scratch, PortError> {
        let place = request.scratch.map_or_else(|| self.backups.path(), Path::to_owned);
        let failed = |error| no_scratch(format!("make a scratch folder in {}", place.display()), error);
        let name = ArchiveName::parse(request.archive).map(|archive| archive.backup.to_string());
        let parent = match request.scratch {
            Some(chosen) => GivenFolder::open(chosen).map(|given| given.folder),
            None => self.backups.open(),
        };
        parent.and_then(|parent| Scratch::make(parent, &name.unwrap_or_default())).map_err(failed)
    }
}

impl Driller for TarDriller {
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError> {
        let archive = BackupDir::new(&self.home).open_file(request.archive)?;
        let archive = Archive { file: archive, name: request.archive };
        let manner = Manner::of(self.tools.check(archive.is_packed(), progress)?);
        let scratch = self.scratch(request)?;
        archive.refuse_crowded(&scratch, progress)?;
        let restored = self.restore(&archive, &scratch, manner, progress)?;
        let abilities = Abilities::new(restored.manner, trial(&scratch, "trial")?);
        let mut comparison = Comparison::new(restored.tree, abilities, progress);
        let seal = archive.inspect(&mut |tar| comparison.run(tar), progress)?;
        let (mut report, is_expected) = comparison.finish()?;
        report.seal = seal;
        if let Some(failure) = restored.failure {
            weigh_failure(manner.tar, &failure, is_expected, &mut report)?;
        }
        Ok(report)
    }
}

/// What was restored, and how.
struct Restored {
    tree: OwnedFd,
    manner: Manner,
    failure: Option<ToolFailure>,
}

impl TarDriller {
    /// Restores to the scratch. Where tar fails that is not to restore owners, it tries once more without attributes: GNU
    /// tar can't write to a read-only file that it has given some before, unless root runs it.
    fn restore(
        &self,
        archive: &Archive<'_>,
        scratch: &Scratch,
        manner: Manner,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let restored = self.restore_once(archive, scratch, manner, progress)?;
        if restored.failure.is_none() || !manner.with_attributes || manner.with_owners {
            return Ok(restored);
        }
        scratch.clear().map_err(|error| port_error("empty the scratch folder", error))?;
        self.restore_once(archive, scratch, Manner { with_attributes: false, ..manner }, progress)
    }

    fn restore_once(
        &self,
        archive: &Archive<'_>,
        scratch: &Scratch,
        manner: Manner,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let tree = folder_in(scratch, TREE)?;
        // Whatever takes the scratch's name: the kernel's own link leads to exactly that.
        let path = PathBuf::from(format!("/proc/self/fd/{}", tree.as_raw_fd()));
        let failure = extract(&self.tools, manner, archive, &path, progress)?;
        Ok(Restored { tree, manner, failure })
    }
}

const TREE: &str = "tree";

fn folder_in(scratch: &Scratch, name: &str) -> Result<OwnedFd, PortError> {
    scratch.make_folder(name).map_err(|error| port_error("make a folder to restore to", error))
}

fn trial(scratch: &Scratch, name: &str) -> Result<Trial, PortError> {
    folder_in(scratch, name).map(Trial::new)
}

/// Takes in that the tools failed.
fn weigh_failure(
    tar: TarKind,
    failure: &ToolFailure,
    is_expected: bool,
    report: &mut DrillReport,
) -> Result<(), PortError> {
    match failure_meaning(tar, is_expected && failure.is_of_tar_alone(), report) {
        FailureMeaning::Expected => {}
        FailureMeaning::Difference => put_first(report, DifferenceKind::Tool(failure.told())),
        FailureMeaning::Unfit => {
            let reason = format!(
                "this tar can't, which says nothing of the archive; install GNU tar: {}",
                failure.told()
            );
            return Err(PortError::new(Failure::Other, "restore all that is in it").because(reason));
        }
    }
    Ok(())
}

fn put_first(report: &mut DrillReport, kind: DifferenceKind) {
    let mut first = DrillReport::new(report.seal);
    first.add("", kind);
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
    fn refuse_crowded(&self, scratch: &Scratch, progress: &dyn Progress) -> Result<(), PortError> {
        let Ok(mut plain) = self.plain() else { return Ok(()) };
        let holds_holes = trial(scratch, "room")?.holds_holes();
        let path = scratch.path();
        refuse_crowded(&mut *plain, &path, (free_bytes(&path), holds_holes), progress)
    }

    fn again(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    /// Reads it to its end, and gives `walk` the plain tar in it.
    fn inspect(
        &self,
        walk: &mut dyn FnMut(&mut dyn Read),
        progress: &dyn Progress,
    ) -> Result<backup_core::model::archive::Seal, PortError> {
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
    PortError::new(Failure::Interrupted, "drill to the end").because("it was interrupted")
}
