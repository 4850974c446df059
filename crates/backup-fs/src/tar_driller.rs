//! The driller that restores archives with the system's tar and zstd and compares the result.

mod archive;
mod attributes;
mod capabilities;
mod compare;
mod comparison;
mod contents;
mod dir_stack;
mod entry;
mod extraction;
mod pipeline;
mod tool_errors;
mod trial;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backup_core::model::archive::ArchiveName;
use backup_core::model::error::{Failure, PortError, Remedy};
use backup_core::model::history::{DifferenceKind, DrillReport};
use backup_core::model::job::DrillRequest;
use backup_core::policy::drill_capabilities::{FailureMeaning, TarKind, failure_meaning};
use backup_core::ports::{Driller, Progress};
use rustix::fs::{Stat, fstat};

use self::archive::Archive;
use self::capabilities::{Capabilities, ExtractOptions};
use self::comparison::Comparison;
use self::extraction::{Tools, extract};
use self::tool_errors::ToolErrors;
use self::trial::{make_dir, trial};
use crate::age::identities::Identities;
use crate::age::secret_file::credential;
use crate::error::{port_error, refused_with};
use crate::file::given_dir::open_given;
use crate::home::layout::Home;
use crate::home::own_dir::OwnDir;
use crate::store::backup_dir::BackupDir;
use crate::store::own_archive::format_of;
use crate::store::scratch_dir::{Purpose, ScratchDir, remove_dead_drill};

/// Drills the archives of a home with the `tar` and the `zstd` of the `PATH`.
///
/// An encrypted archive is decrypted with the `age` of the `PATH` first.
///
/// The scratch folder is `.NAME.drill` in the folder of backups or in the requested one; that of an encrypted archive is in the
/// system's folder for temporary files. It is locked while it is in
/// use, so that a sweep recognizes what a dead process left. What this process, this tar or this file system can't
/// restore isn't compared: `backup_core::policy::drill_capabilities::judge_property` decides.
#[derive(Debug)]
pub struct TarDriller {
    home: Home,
    backups: OwnDir,
    tools: Tools,
    identities: Arc<Identities>,
}

impl TarDriller {
    /// Returns a driller of the archives in a home.
    #[must_use]
    pub fn new(home: &Home) -> Self {
        let (home, backups) = (home.clone(), home.own(Home::BACKUPS));
        let tools = Tools { tar: "tar".into(), zstd: "zstd".into(), age: "age".into() };
        Self { home, backups, tools, identities: Arc::default() }
    }

    /// Returns the same driller with other programs.
    #[must_use]
    pub fn with_tools(self, tar: impl Into<OsString>, zstd: impl Into<OsString>) -> Self {
        let age = self.tools.age;
        Self { tools: Tools { tar: tar.into(), zstd: zstd.into(), age }, ..self }
    }

    /// Returns the same driller, which drills what is encrypted for these.
    #[must_use]
    pub fn with_identities(self, identities: Arc<Identities>) -> Self {
        Self { identities, ..self }
    }

    /// Returns what opens the archive: the identity of the request, or those of this driller.
    fn identities_for(&self, request: &DrillRequest<'_>) -> Result<Arc<Identities>, PortError> {
        let read = |file| credential(file).and_then(|file| Identities::of_file(&file)).map(Arc::new);
        let read = request.identity.map(read).transpose();
        let identities = read.map_err(|error| port_error("read the identity", error))?;
        Ok(identities.unwrap_or_else(|| Arc::clone(&self.identities)))
    }

    fn scratch(&self, request: &DrillRequest<'_>) -> Result<ScratchDir, PortError> {
        // What was encrypted must not be beside the backups as it was before.
        let is_encrypted = format_of(request.archive).is_encrypted();
        let outside = is_encrypted.then(std::env::temp_dir);
        let chosen = request.scratch.map(Path::to_owned).or(outside);
        let place = chosen.clone().unwrap_or_else(|| self.backups.path());
        let failed = |error| scratch_failed(format!("make a scratch folder in {}", place.display()), error);
        let name = ArchiveName::parse(request.archive).map(|archive| archive.backup.to_string());
        let name = name.unwrap_or_default();
        // Other homes may have a backup of that name, and drill it there.
        let mark = blake3::hash(self.backups.path().as_os_str().as_bytes()).to_hex();
        let is_shared = request.scratch.is_none() && chosen.is_some();
        let name = if is_shared { format!("{name}.{}", &mark[..8]) } else { name };
        let parent = match &chosen {
            Some(chosen) => open_given(chosen).and_then(|(folder, passed)| match is_encrypted {
                true => self.refuse_below_backups(&passed).map(|()| folder),
                false => Ok(folder),
            }),
            None => self.backups.open(),
        };
        parent.and_then(|parent| ScratchDir::make(parent, &name, Purpose::Drill)).map_err(failed)
    }

    /// Refuses a folder that is the folder of backups or inside of it, by the folders of its path.
    fn refuse_below_backups(&self, passed: &[Stat]) -> io::Result<()> {
        let backups = fstat(self.backups.open()?)?;
        if passed.iter().any(|folder| (folder.st_dev, folder.st_ino) == (backups.st_dev, backups.st_ino)) {
            let reason = "the backup is encrypted, and is restored there as it was before: that must not be among the backups";
            return Err(refused_with(reason, Remedy::ChooseScratchFolder));
        }
        Ok(())
    }

    /// Removes what a killed drill has left beside the backups before they were encrypted.
    fn remove_dead_drill(&self, archive: &str) -> io::Result<()> {
        match ArchiveName::parse(archive) {
            Some(archive) => remove_dead_drill(&self.backups.open()?, &archive.backup),
            None => Ok(()),
        }
    }
}

impl Driller for TarDriller {
    fn drill(&self, request: &DrillRequest<'_>, progress: &dyn Progress) -> Result<DrillReport, PortError> {
        let archive = BackupDir::new(&self.home).open_file(request.archive)?;
        let identities = self.identities_for(request)?;
        let archive = Archive { file: archive, name: request.archive, identities };
        let failed = |error| port_error("remove what an earlier drill has left beside the backups", error);
        self.remove_dead_drill(request.archive).map_err(failed)?;
        archive.refuse_locked()?;
        let options = ExtractOptions::of(self.tools.check(archive.format(), progress)?);
        let scratch = self.scratch(request)?;
        archive.refuse_crowded(&scratch, progress)?;
        let restored = self.restore(&archive, &scratch, options, progress)?;
        let capabilities = Capabilities::new(restored.options, trial(&scratch, "trial")?);
        let mut comparison = Comparison::new(restored.tree, capabilities, progress);
        let digest = archive.inspect(&mut |tar| comparison.run(tar), progress)?;
        let (mut report, is_expected) = comparison.finish()?;
        report.digest = digest;
        if let Some(failure) = restored.failure {
            apply_tool_failure(options.tar, &failure, is_expected, &mut report)?;
        }
        Ok(report)
    }
}

/// A restored archive.
struct Restored {
    tree: OwnedFd,
    options: ExtractOptions,
    failure: Option<ToolErrors>,
}

impl TarDriller {
    /// Restores to the scratch folder.
    ///
    /// If tar fails and owners aren't restored, it tries once more without attributes. Unless root runs it, GNU tar
    /// can't write to a read-only file after it has set some attributes on it.
    fn restore(
        &self,
        archive: &Archive<'_>,
        scratch: &ScratchDir,
        options: ExtractOptions,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let restored = self.restore_once(archive, scratch, options, progress)?;
        if restored.failure.is_none() || !options.with_attributes || options.with_owners {
            return Ok(restored);
        }
        scratch.clear().map_err(|error| port_error("empty the scratch folder", error))?;
        self.restore_once(archive, scratch, ExtractOptions { with_attributes: false, ..options }, progress)
    }

    fn restore_once(
        &self,
        archive: &Archive<'_>,
        scratch: &ScratchDir,
        options: ExtractOptions,
        progress: &dyn Progress,
    ) -> Result<Restored, PortError> {
        let tree = make_dir(scratch, TREE)?;
        // The kernel's own link leads to this folder, even if something else takes its name.
        let path = PathBuf::from(format!("/proc/self/fd/{}", tree.as_raw_fd()));
        let failure = extract(&self.tools, options, archive, &path, progress)?;
        Ok(Restored { tree, options, failure })
    }
}

const TREE: &str = "tree";

/// Adds a failure of the tools to the report, or returns it as an error.
fn apply_tool_failure(
    tar: TarKind,
    failure: &ToolErrors,
    is_expected: bool,
    report: &mut DrillReport,
) -> Result<(), PortError> {
    match failure_meaning(tar, is_expected && failure.is_only_tar(), report) {
        FailureMeaning::Expected => {}
        FailureMeaning::Difference => insert_first(report, DifferenceKind::Tool(failure.summary())),
        FailureMeaning::Unfit => {
            let reason = format!(
                "this tar isn't able to, which says nothing about the archive; install GNU tar: {}",
                failure.summary()
            );
            return Err(PortError::new(Failure::Other, "restore everything in it").because(reason));
        }
    }
    Ok(())
}

fn insert_first(report: &mut DrillReport, kind: DifferenceKind) {
    let mut first = DrillReport::new(report.digest);
    first.add("", kind);
    report.differences.splice(..0, first.differences);
    report.differences.truncate(DrillReport::MAX_DIFFERENCES);
    report.difference_count += 1;
}

/// Returns the error of a scratch folder that can't be made, with a remedy if another folder helps.
fn scratch_failed(action: String, error: io::Error) -> PortError {
    let needs_another = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    );
    let failed = port_error(action, error);
    if needs_another { failed.with_remedy(Remedy::ChooseScratchFolder) } else { failed }
}
