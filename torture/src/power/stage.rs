//! A scene made ready: a disk with an old archive on it, and what a run does there when nobody cuts the power.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::sleep;

use tempfile::TempDir;

use crate::arena::UNTIL_SHARED;
use crate::disk::{Disk, FileSystem, Journal, Mounted};
use crate::generations::Generations;
use crate::hooks;
use crate::power::beside::Beside;
use crate::power::cut::{Cut, Found};
use crate::power::judge::{Archive, Judge, read_archive};
use crate::power::scene::{OnDisk, Scene};
use crate::power::source::{change_some, write_source};
use crate::power::strace::{Point, Side, killing, muting, points, tracing};
use crate::power::tally::Tally;
use crate::programs::Programs;
use crate::tool::output;

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
    fn copy(&self, disk: &Disk) -> Result<Disk, String> {
        self.copies.update(|copies| copies + 1);
        disk.copy(&self.folder().join(format!("work-{}.img", self.copies.get())))
    }

    /// Returns its folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("docs")
    }

    /// What the commands of a hook write to: it is on another disk.
    fn marks(&self) -> PathBuf {
        self.folder.path().join("marks")
    }

    fn trace(&self) -> PathBuf {
        self.folder.path().join("trace")
    }

    /// Returns `backup_manager run docs` in a clean environment, called by `tool`, if one is given.
    fn manager(&self, tool: Option<&[String]>) -> Command {
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
    fn run_well(&self, tool: Option<&[String]>) -> Result<(), String> {
        let ended = output(&mut self.manager(tool))?;
        if ended.status.success() { Ok(()) } else { Err(format!("the backup failed: {}", complaint(&ended))) }
    }

    /// All that a backup touches on the disk.
    fn touched(&self) -> Vec<PathBuf> {
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
}

/// A scene made ready on a file system.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    workshop: &'a Workshop,
    /// As it is before the run.
    disk: Disk,
    beside: Beside,
    judge: Judge,
    has_hooks: bool,
    mount_point: PathBuf,
    /// The mutating calls of the run.
    pub(super) points: Vec<Point>,
}

impl<'a> Stage<'a> {
    /// Makes the disk, the old archive and the source, and runs the backup once, uncut.
    pub(super) fn set(workshop: &'a Workshop, kind: FileSystem, scene: &Scene) -> Result<Self, String> {
        let home = workshop.home();
        let mount_point = match scene.on_disk {
            OnDisk::Home => home.clone(),
            OnDisk::Backups => home.join("backups"),
        };
        let failed = |error| format!("can't set the scene {}: {error}", scene.name);
        if home.exists() {
            fs::remove_dir_all(&home).map_err(failed)?;
        }
        fs::create_dir_all(&mount_point).map_err(failed)?;
        let disk = Disk::format(&workshop.folder().join("before.img"), kind)?;
        let mounted = disk.mount(&mount_point)?;
        let (old, generations) = workshop.make_old(scene)?;
        mounted.unmount()?;
        let beside = Beside::of(&workshop.folder(), scene)?;
        let new = (scene.new.archive(), Vec::new());
        let judge = Judge { home, old, new, notes: 0, generations, shares: scene.shares };
        let has_hooks = scene.hooks;
        let mut stage = Self { workshop, disk, beside, judge, has_hooks, mount_point, points: Vec::new() };
        stage.rehearse(scene)?;
        Ok(stage)
    }

    /// Runs the backup uncut: it tells the points, and the bytes of the new archive.
    fn rehearse(&mut self, scene: &Scene) -> Result<(), String> {
        let disk = self.work()?;
        let mounted = disk.mount(&self.mount_point)?;
        let noted = self.judge.notes()?;
        let trace = self.workshop.trace();
        self.workshop.run_well(Some(&tracing(&self.workshop.touched(), &trace)))?;
        self.judge.new.1 = read_archive(&self.judge.home, self.judge.new.0)?;
        self.judge.notes = self.judge.notes()? - noted;
        mounted.unmount()?;
        disk.remove()?;
        let trace = fs::read_to_string(&trace).map_err(|error| format!("no trace: {error}"))?;
        self.points = points(&trace);
        if scene.shares && !self.points.iter().any(|point| point.call == "ioctl") {
            return Err(format!("no block is shared in the scene {}", scene.name));
        }
        let is_as_told = scene.ends_with_page == self.judge.new.1.len().is_multiple_of(4096);
        if is_as_told {
            Ok(())
        } else {
            Err(format!("the archive of the scene {} has another length", scene.name))
        }
    }

    /// Returns the disk as it was before the run.
    fn work(&self) -> Result<Disk, String> {
        self.beside.renew()?;
        self.workshop.copy(&self.disk)
    }

    /// Returns each point from both sides, and the end.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let at = |point: &Point| Side::ALL.map(|side| Cut::At(point.clone(), side));
        self.points.iter().flat_map(at).chain([Cut::Afterwards]).collect()
    }

    /// Runs the backup with the `muted` call taken out, and all of its name behind it where told, cuts the power, and looks
    /// what is left.
    ///
    /// Which thread makes which call, and what another does meanwhile, is up to the machine. A run that wasn't cut where it was
    /// meant to be is made again, and the tally told.
    ///
    /// # Errors
    /// When no run was cut there, or the proof itself has a problem.
    pub(super) fn try_cut(
        &self,
        cut: &Cut,
        journal: Journal,
        muted: Option<(&Point, bool)>,
        tally: &mut Tally,
    ) -> Result<Found, String> {
        let mut tries = 1..MOST_TRIES;
        loop {
            match self.cut_once(cut, journal, muted) {
                Err(trouble) if tries.next().is_some() => tally.tell_again(cut, &trouble),
                found => return found,
            }
        }
    }

    fn cut_once(&self, cut: &Cut, journal: Journal, muted: Option<(&Point, bool)>) -> Result<Found, String> {
        let disk = self.work()?;
        let mounted = disk.mount(&self.mount_point)?;
        let noted = self.judge.notes()?;
        // Nothing of an earlier point stays.
        let _ = fs::remove_file(self.workshop.marks());
        let mut arguments = tracing(&self.workshop.touched(), &self.workshop.trace());
        arguments.extend(muted.into_iter().flat_map(muting));
        if let Cut::At(point, side) = cut {
            arguments.extend(killing(point, *side));
        }
        let ended = output(&mut self.workshop.manager(Some(&arguments)))?;
        mounted.cut_power(journal)?;
        self.expect_cut(cut, &ended)?;
        let mounted = disk.mount(&self.mount_point)?;
        let is_reported = String::from_utf8_lossy(&ended.stdout).contains("Backup done");
        let standing = self.judge.standing(is_reported.then_some(noted));
        let next_run = self.next_run();
        mounted.unmount()?;
        disk.remove()?;
        Ok(Found { standing, next_run })
    }

    /// The end must be the one that was meant: else the proof shows nothing.
    fn expect_cut(&self, cut: &Cut, ended: &Output) -> Result<(), String> {
        match cut {
            Cut::Afterwards if ended.status.success() => Ok(()),
            Cut::At(point, _) if ended.status.code().is_none() && self.last_call()? == point.call => Ok(()),
            _ => Err(format!("the run was not cut {cut}: {}; {}", ended.status, complaint(ended))),
        }
    }

    /// Returns the call that was the last to begin.
    fn last_call(&self) -> Result<String, String> {
        let trace = fs::read(self.workshop.trace()).map_err(|error| format!("no trace: {error}"))?;
        let last = points(&String::from_utf8_lossy(&trace)).pop();
        Ok(last.map(|point| point.call).unwrap_or_default())
    }

    fn next_run(&self) -> Result<(), String> {
        let noted = self.judge.notes_after_cut()?;
        let before = self.judge.standing(None);
        self.workshop.run_well(None)?;
        if self.has_hooks {
            hooks::check(&self.workshop.marks())?;
        }
        self.judge.clean(noted, &before)
    }
}

impl Workshop {
    /// Makes what stands from before, and then the source and the schedule of the next run.
    fn make_old(&self, scene: &Scene) -> Result<(Option<Archive>, Option<Generations>), String> {
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

/// How often a cut is tried that missed its point.
const MOST_TRIES: usize = 5;

/// Contents that no older archive has.
const NEWEST: u64 = 9;

fn complaint(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stderr).trim().to_owned()
}
