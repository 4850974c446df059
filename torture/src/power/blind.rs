//! The proof's own proof: with a sync taken out, a loss must be seen.

use crate::disk::{FileSystem, Journal};
use crate::part::Scale;
use crate::power::cut::Cut;
use crate::power::scene::Scene;
use crate::power::stage::Stage;
use crate::power::strace::Point;
use crate::power::tally::Tally;
use crate::power::workshop::Workshop;
use crate::tool::run_tool;

/// A sync that is taken out: the system call says that all is well, and does nothing.
#[derive(Debug)]
pub(super) struct Blindness {
    name: &'static str,
    scene: &'static Scene,
    /// With which journal it shows.
    journal: Journal,
    /// The call, and how the path that it syncs ends.
    muted: (&'static str, &'static str),
    which: Which,
}

/// Which of the calls is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The last.
    Last,
    /// Those before stay, so many; all behind them are taken out, with all of that name: the syncs of what comes later, the
    /// list of sums at last, would make up for the one that matters.
    AllBehind(usize),
}

impl Blindness {
    pub(super) const ALL: &[Self] = &[
        // The new name is durable then, and what it leads to is not.
        Self {
            name: "WITHOUT the file's fsync",
            scene: Scene::TAIL,
            journal: Journal::Flushed,
            muted: ("fsync", "/.docs.tar.partial>"),
            which: Which::Last,
        },
        // On the same disk, the history's own sync would write out the journal, and so the new name.
        Self {
            name: "WITHOUT the folder's fsyncs",
            scene: Scene::BACKUPS_ALONE,
            journal: Journal::Lost,
            muted: ("fsync", "/backups>"),
            which: Which::AllBehind(0),
        },
        // Behind those of the set-aside and of the archive; what was pruned comes back, and the history doesn't know it.
        Self {
            name: "WITHOUT the folder's fsync after a prune",
            scene: Scene::KEPT_ALONE,
            journal: Journal::Lost,
            muted: ("fsync", "/backups>"),
            which: Which::AllBehind(2),
        },
        // Clones are in the journal, and what is between them is not.
        Self {
            name: "WITHOUT the fsync of a file with shared blocks",
            scene: Scene::SHARING,
            journal: Journal::Flushed,
            muted: ("fsync", "/.docs.tar.partial>"),
            which: Which::Last,
        },
        Self {
            name: "WITHOUT the history's fdatasync",
            scene: Scene::TAIL,
            journal: Journal::Lost,
            muted: ("fdatasync", "/history.jsonl>"),
            which: Which::Last,
        },
    ];

    /// Returns whether it can be seen on that file system, at that scale.
    pub(super) fn is_for(&self, kind: FileSystem, scale: Scale) -> bool {
        match kind {
            FileSystem::Ext4 => !self.scene.shares,
            FileSystem::Xfs => self.scene.shares || scale == Scale::Full,
            FileSystem::Btrfs => false,
        }
    }

    /// Cuts the power where it may show, until it has. What the system writes out by itself can hide it, as it does at once while
    /// much else waits to be written: so that is written out first, and all cuts are tried some times before the proof is called
    /// blind.
    pub(super) fn check(
        &self,
        workshop: &Workshop,
        kind: FileSystem,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let stage = Stage::set(workshop, kind, self.scene)?;
        let mut muted = stage.points.iter().filter(|point| self.mutes(point));
        let muted = match self.which {
            Which::Last => muted.next_back(),
            Which::AllBehind(others) => muted.nth(others),
        };
        let muted = muted.ok_or_else(|| format!("{}: there is no such call", self.name))?;
        tally.begin(kind, self.journal, self.name, stage.points.len());
        let cuts = cuts_behind(&stage, muted);
        let muted = Some((muted, self.which != Which::Last));
        for _ in 0..ROUNDS {
            run_tool("sync", [""; 0])?;
            for cut in &cuts {
                match stage.try_cut(cut, self.journal, muted, tally) {
                    Ok(found) if tally.add_blind(&found) => return Ok(()),
                    Ok(_) => {}
                    Err(trouble) => tally.tell_again(cut, &trouble),
                }
            }
        }
        tally.wrong(format!("{}: the proof can't see that it is missing", tally.place()));
        Ok(())
    }

    fn mutes(&self, point: &Point) -> bool {
        let (call, end) = self.muted;
        let path = point.arguments.split_inclusive('>').next().unwrap_or_default();
        point.call == call && path.ends_with(end)
    }
}

/// How often all cuts are tried.
const ROUNDS: usize = 3;

/// Those behind the missing sync; strace can't tamper twice with calls of one name. The end comes first: what isn't durable by
/// then was reported as done.
fn cuts_behind(stage: &Stage<'_>, muted: &Point) -> Vec<Cut> {
    let place = |wanted: &Point| stage.points.iter().position(|point| point == wanted);
    let behind = |cut: &Cut| match cut {
        Cut::Afterwards => true,
        Cut::At(point, _) => place(muted) < place(point) && muted.call != point.call,
    };
    stage.cuts().into_iter().rev().filter(behind).collect()
}
