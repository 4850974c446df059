//! A power cut at every mutating system call of a backup: the old archive or the new one is there, and whole.
//!
//! The home, or its `backups/` alone, lies on a file system in a file. A backup is killed right before or right after one
//! of its calls, and at once the file system is shut down: with its journal as it is, or with the journal written out
//! and the data not. Then it is mounted again, and looked at. What a disk loses of its own cache isn't part of this.
//!
//! On XFS, archives also share blocks: then clones are among the calls, and the power is cut between them and the sync.
//!
//! A proof that can't turn red proves nothing: so the same is done with each of the syncs taken out, and then a loss must
//! be seen.

mod beside;
mod blind;
mod cut;
mod judge;
mod scene;
mod source;
mod stage;
mod strace;
mod tally;
mod workshop;

use crate::budget::{Budget, spread_order};
use crate::disk::{Disk, FileSystem, Journal, secluded};
use crate::part::Scale;
use crate::power::blind::Blindness;
use crate::power::cut::Cut;
use crate::power::scene::Scene;
use crate::power::stage::Stage;
use crate::power::tally::Tally;
use crate::power::workshop::Workshop;
use crate::programs::Programs;
use crate::report::Report;

/// Of how many points the small scale tries one, and where blocks are shared.
const SMALL_STEP: usize = 19;
const SMALL_SHARING_STEP: usize = 27;

/// Tries it on ext4 and XFS, until the budget is spent. The small scale tries nothing on XFS but the sharing of blocks.
pub(crate) fn run(programs: &Programs, scale: Scale, budget: Budget) -> Report {
    secluded(|| in_seclusion(programs, scale, budget)).unwrap_or_else(Report::cannot_run)
}

fn in_seclusion(programs: &Programs, scale: Scale, budget: Budget) -> Report {
    let file_systems = FileSystem::ALL;
    let workshop = Workshop::open(programs);
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

fn on(
    kind: FileSystem,
    workshop: &Workshop,
    scale: Scale,
    budget: Budget,
    tally: &mut Tally,
) -> Result<(), String> {
    let scenes = Scene::on(kind, scale);
    // The proof of the proof comes first, so that no lack of time takes it away. It ends at the first loss that is seen.
    let mut blind = Blindness::ALL.iter().filter(|blindness| blindness.is_for(kind, scale));
    blind.try_for_each(|blindness| blindness.check(workshop, kind, tally))?;
    for (number, scene) in scenes.iter().enumerate() {
        let stage = Stage::set(workshop, kind, scene)?;
        let shares = (scenes.len() - number) * Journal::ALL.len();
        for (done, journal) in Journal::ALL.into_iter().enumerate() {
            tally.begin(kind, journal, scene.name, stage.points.len());
            let budget = budget.share(shares - done);
            let cuts = cuts(&stage, scene, scale);
            tally.leave_out(stage.cuts().len() - cuts.len());
            for cut in cuts {
                if budget.is_spent() {
                    tally.leave_out(1);
                    continue;
                }
                // One cut that fails takes none of the others away.
                match stage.try_cut(&cut, journal, None, tally) {
                    Ok(found) => tally.add(&cut, found),
                    Err(trouble) => tally.trouble(&cut, &trouble),
                }
            }
        }
    }
    Ok(())
}

/// Each point, from both sides, and the end, in an order of which every beginning is spread over all of them.
fn cuts(stage: &Stage<'_>, scene: &Scene, scale: Scale) -> Vec<Cut> {
    let step = match scale {
        Scale::Full => 1,
        Scale::Small if scene.shares => SMALL_SHARING_STEP,
        Scale::Small => SMALL_STEP,
    };
    spread_order(stage.cuts().into_iter().rev().step_by(step).collect())
}
