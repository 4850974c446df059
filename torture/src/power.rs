//! A power cut at every mutating system call of a backup: the old archive or the new one is there, and whole.
//!
//! The home, or its `backups/` alone, lies on a file system in a file. A backup is killed right before or right after one
//! of its calls, and at once the file system is shut down: with its journal as it is, or with the journal written out
//! and the data not. Then it is mounted again, and looked at. What a disk loses of its own cache isn't part of this.
//!
//! A proof that can't turn red proves nothing: so the same is done with each of the syncs taken out, and then a loss must
//! be seen.

mod beside;
mod blind;
mod cut;
mod disk;
mod judge;
mod scene;
mod source;
mod stage;
mod strace;
mod tally;
mod tool;

use std::panic::resume_unwind;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use crate::budget::{Budget, spread_order};
use crate::part::Scale;
use crate::power::blind::Blindness;
use crate::power::cut::Cut;
use crate::power::disk::{Disk, FileSystem, Journal};
use crate::power::scene::Scene;
use crate::power::stage::{Stage, Workshop};
use crate::power::tally::Tally;
use crate::power::tool::run_tool;
use crate::programs::Programs;
use crate::report::Report;

/// Of how many points the small scale tries one.
const SMALL_STEP: usize = 7;

/// Tries it on ext4, and at full scale on XFS as well, until the budget is spent.
pub(crate) fn run(programs: &Programs, scale: Scale, budget: Budget) -> Report {
    // What is mounted is seen by this thread and its children alone, and goes with them however they end.
    thread::scope(|scope| {
        scope
            .spawn(|| in_seclusion(programs, scale, budget))
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn in_seclusion(programs: &Programs, scale: Scale, budget: Budget) -> Report {
    let file_systems = if scale == Scale::Full { FileSystem::ALL } else { &[FileSystem::Ext4] };
    let workshop = seclude().and_then(|()| Workshop::open(programs));
    let workshop = workshop.and_then(|workshop| {
        file_systems.iter().try_for_each(|kind| Disk::probe(&workshop.folder(), *kind)).map(|()| workshop)
    });
    match workshop {
        Err(reason) => Report::cannot_run(reason),
        Ok(workshop) => {
            let mut tally = Tally::default();
            for (number, kind) in file_systems.iter().enumerate() {
                let budget = budget.share(file_systems.len() - number);
                if let Err(trouble) = on(*kind, &workshop, scale, budget, &mut tally) {
                    tally.wrong(format!("{}: the proof itself failed: {trouble}", kind.name()));
                }
            }
            tally.report()
        }
    }
}

/// Gives this thread mounts of its own.
fn seclude() -> Result<(), String> {
    unshare(CloneFlags::CLONE_NEWNS).map_err(|error| format!("may not mount anything here: {error}"))?;
    run_tool("mount", ["--make-rprivate", "/"]).map(drop)
}

fn on(
    kind: FileSystem,
    workshop: &Workshop,
    scale: Scale,
    budget: Budget,
    tally: &mut Tally,
) -> Result<(), String> {
    let scenes = if scale == Scale::Full { Scene::ALL } else { &Scene::ALL[..Scene::SMALL] };
    // The proof of the proof comes first, so that no lack of time takes it away.
    Blindness::ALL.iter().try_for_each(|blindness| blindness.check(workshop, kind, scale, tally))?;
    for (number, scene) in scenes.iter().enumerate() {
        let stage = Stage::set(workshop, kind, scene)?;
        let shares = (scenes.len() - number) * Journal::ALL.len();
        for (done, journal) in Journal::ALL.into_iter().enumerate() {
            tally.begin(kind, journal, scene.name, stage.points.len());
            let budget = budget.share(shares - done);
            for cut in cuts(&stage, scale) {
                if budget.is_spent() {
                    tally.leave_out(1);
                } else {
                    tally.add(&cut, stage.try_cut(&cut, journal, None)?);
                }
            }
        }
    }
    Ok(())
}

/// Each point, from both sides, and the end, in an order of which every beginning is spread over all of them.
fn cuts(stage: &Stage<'_>, scale: Scale) -> Vec<Cut> {
    let step = if scale == Scale::Full { 1 } else { SMALL_STEP };
    spread_order(stage.cuts().into_iter().rev().step_by(step).collect())
}
