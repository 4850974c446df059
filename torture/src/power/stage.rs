//! A scene made ready: a disk with an old archive on it, and what a run does there when nobody cuts the power.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::disk::{Disk, FileSystem, Journal};
use crate::hooks;
use crate::power::beside::Beside;
use crate::power::cut::{Cut, Found};
use crate::power::judge::{Judge, read_archive};
use crate::power::scene::{OnDisk, Scene};
use crate::power::strace::{Point, Side, killing, muting, points, tracing};
use crate::power::tally::Tally;
use crate::power::workshop::{Workshop, complaint};
use crate::tool::output;

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

/// How often a cut is tried that missed its point.
const MOST_TRIES: usize = 5;
