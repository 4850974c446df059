//! A home in memory with some sources, and what the tests do in it.

use std::ops::{Deref, DerefMut};

use backup_core::model::archive::{BackupName, Compression};
use backup_core::model::history::DrillReceipt;
use backup_core::model::history::{HistoryNote, RunKey};
use backup_core::model::job::{DrillJob, DrillResult};
use backup_core::operation::drill::perform_drill;
use backup_core::ports::{BackupStore, Draft, Progress, RunHistory};
use backup_core::testing::{ManualClock, MemoryDriller, MemoryHome, MemorySource, Zone, at};
use backup_core::time::{Clock, Moment};

/// A home with the sources a, b, c and docs.
pub(crate) struct World {
    home: MemoryHome,
    pub(crate) driller: MemoryDriller,
}

impl Deref for World {
    type Target = MemoryHome;

    fn deref(&self) -> &MemoryHome {
        &self.home
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut MemoryHome {
        &mut self.home
    }
}

impl World {
    pub(crate) fn at(now: &str) -> Self {
        Self::in_zone(now, Zone::utc())
    }

    pub(crate) fn in_zone(now: &str, zone: Zone) -> Self {
        let home = MemoryHome::new(ManualClock::with_zone(at(now), zone));
        for source in ["a", "b", "c", "docs"] {
            home.archiver.put(format!("/home/{source}"), MemorySource::folder().file("letter", "Dear all"));
        }
        Self { driller: MemoryDriller::new(&home.backups), home }
    }

    pub(crate) fn with_schedules(self, text: &str) -> Self {
        self.schedules.write(text);
        self
    }

    pub(crate) fn drill_work(&self) -> impl Fn(&DrillJob, &dyn Progress) -> DrillResult + '_ {
        |drill, progress| perform_drill(&self.ports(), &self.driller, drill, None, progress)
    }

    /// Returns the receipts of drills, oldest first.
    pub(crate) fn receipts(&self) -> Vec<DrillReceipt> {
        let receipt = |note| match note {
            HistoryNote::Drilled(receipt) => Some(receipt),
            _ => None,
        };
        self.history.notes().into_iter().filter_map(receipt).collect()
    }

    pub(crate) fn draft(&self, name: &BackupName) -> Box<dyn Draft + '_> {
        self.backups.draft(name, Compression::None).expect("nobody else makes it")
    }

    pub(crate) fn note(&self, note: &HistoryNote) {
        self.history.append(note).expect("no fault was scripted");
    }

    /// Notes that a run of that entry began now.
    pub(crate) fn begin(&self, entry: &str) {
        let key = RunKey { entry: entry.to_owned(), planned: Some(self.at_now()) };
        self.note(&HistoryNote::Began { key, at: self.at_now() });
    }

    pub(crate) fn at_now(&self) -> Moment {
        self.clock.now()
    }
}
