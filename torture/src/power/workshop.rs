//! The workshop of the power cuts: a place in memory for disks, a home and a source.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::sleep;

use tempfile::TempDir;

use crate::arena::UNTIL_SHARED;
use crate::disk::{Disk, Mounted};
use crate::generations::Generations;
use crate::hooks;
use crate::power::judge::{Archive, read_archive};
use crate::power::scene::Scene;
use crate::power::source::{change_some, write_source};
use crate::programs::Programs;
use crate::tool::output;

/// Contents that no older archive has.
const NEWEST: u64 = 9;

/// Where the disks are made and mounted. It goes with all that is in it.
#[derive(Debug)]
pub(super) struct Workshop {
    // Let go before its folder is removed.
    _memory: Mounted,
    folder: TempDir,
    programs: Programs,
    /// How many disks were made of others.
    copies: Cell<usize>,
}

impl Workshop {
    /// Opens one in memory.
    pub(super) fn open(programs: &Programs) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("power-").tempdir();
        let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
        let (programs, copies) = (programs.clone(), Cell::new(0));
        Ok(Self { _memory: Mounted::memory(folder.path())?, folder, programs, copies })
    }

    /// Returns another disk with the same bytes, in a file of its own: the loop device of an earlier one may still be there, held
    /// by whoever looks at new disks, and knows what that disk held.
    pub(super) fn copy(&self, disk: &Disk) -> Result<Disk, String> {
        self.copies.update(|copies| copies + 1);
        disk.copy(&self.folder().join(format!("work-{}.img", self.copies.get())))
    }

    /// Returns its folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("docs")
    }

    /// What the commands of a hook write to: it is on another disk.
    pub(super) fn marks(&self) -> PathBuf {
        self.folder.path().join("marks")
    }

    pub(super) fn trace(&self) -> PathBuf {
        self.folder.path().join("trace")
    }

    /// Returns `backup_manager run docs` in a clean environment, called by `tool`, if one is given.
    pub(super) fn manager(&self, tool: Option<&[String]>) -> Command {
        let mut command = match tool {
            None => Command::new(&self.programs.manager),
            Some(arguments) => {
                let mut strace = Command::new("strace");
                strace.args(arguments).arg(&self.programs.manager);
                strace
            }
        };
        command.env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").current_dir(self.folder.path());
        command.arg("--home").arg(self.home()).args(["run", "docs"]);
        command
    }

    /// Runs it to its good end.
    pub(super) fn run_well(&self, tool: Option<&[String]>) -> Result<(), String> {
        let ended = output(&mut self.manager(tool))?;
        if ended.status.success() { Ok(()) } else { Err(format!("the backup failed: {}", complaint(&ended))) }
    }

    /// All that a backup touches on the disk.
    pub(super) fn touched(&self) -> Vec<PathBuf> {
        let below = [
            "",
            "backups",
            "backups/.docs.tar.partial",
            "backups/docs.tar",
            "backups/docs.tar.zst",
            "backups/.catalog",
            "backups/.catalog/docs",
            "backups/.SHA256SUMS.partial",
            "backups/SHA256SUMS",
            "logs",
            "logs/history.jsonl",
            "logs/backup_manager.log",
        ];
        below.iter().map(|path| self.home().join(path).components().collect()).collect()
    }

    /// Makes what stands from before, and then the source and the schedule of the next run.
    pub(super) fn make_old(&self, scene: &Scene) -> Result<(Option<Archive>, Option<Generations>), String> {
        let failed = |error| format!("can't set the scene {}: {error}", scene.name);
        let write = |number| write_source(&self.source(), number, scene.ends_with_page);
        let schedule = |form| {
            let line = scene.schedule(&self.source().display().to_string(), form);
            fs::write(self.home().join("backup_schedules.txt"), line).map_err(failed)
        };
        if scene.hooks {
            hooks::configure(&self.home(), &self.marks()).map_err(failed)?;
        }
        let (mut old, mut generations) = (None, None);
        if let Some(form) = scene.old {
            schedule(form)?;
            if scene.keeps {
                generations = Some(Generations::make(&self.home(), form.archive(), write).map_err(failed)?);
            } else {
                write(1).map_err(failed)?;
                if scene.shares {
                    sleep(UNTIL_SHARED);
                }
                self.run_well(None)?;
            }
            old = Some((form.archive(), read_archive(&self.home(), form.archive())?));
        }
        if scene.shares {
            change_some(&self.source(), NEWEST).map_err(failed)?;
        } else {
            write(NEWEST).map_err(failed)?;
        }
        schedule(scene.new)?;
        Ok((old, generations))
    }
}

/// Returns what a program complained of.
pub(super) fn complaint(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stderr).trim().to_owned()
}
