//! A home in memory: all ports, put together for a test.

use std::path::Path;

use backup_core::backup::{BackupName, Compression};
use backup_core::drill::{DrillJob, DrillResult, Drilled, perform_drill};
use backup_core::history::{HistoryNote, RunKey, RunRecord};
use backup_core::manager::Manager;
use backup_core::ports::{BackupStore, Clock, Draft, Moment, Ports, Progress, RunHistory};
use backup_core::run::{Job, RunResult, perform};
use backup_core::service::{Service, ServiceSettings};
use backup_core::testing::{
    ManualClock, MemoryArchiver, MemoryBackups, MemoryDriller, MemoryHistory, MemorySchedules, MemorySource,
    RecordingJournal, Zone, at,
};

/// All ports of one home, `/home`, with the sources a, b, c and docs.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) schedules: MemorySchedules,
    pub(crate) archiver: MemoryArchiver,
    pub(crate) backups: MemoryBackups,
    pub(crate) driller: MemoryDriller,
    pub(crate) history: MemoryHistory,
    pub(crate) journal: RecordingJournal,
}

impl World {
    pub(crate) fn at(now: &str) -> Self {
        Self::in_zone(now, Zone::utc())
    }

    pub(crate) fn in_zone(now: &str, zone: Zone) -> Self {
        let clock = ManualClock::with_zone(at(now), zone);
        let archiver = MemoryArchiver::new();
        for source in ["a", "b", "c", "docs"] {
            archiver.put(format!("/home/{source}"), MemorySource::folder().file("letter", "Dear all"));
        }
        let backups = MemoryBackups::new(clock.clone());
        Self {
            schedules: MemorySchedules::new().stamped_by(&clock),
            archiver,
            driller: MemoryDriller::new(&backups),
            backups,
            history: MemoryHistory::new(),
            journal: RecordingJournal::new(),
            clock,
        }
    }

    pub(crate) fn with_schedules(self, text: &str) -> Self {
        self.schedules.write(text);
        self
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports {
            clock: &self.clock,
            schedules: &self.schedules,
            archiver: &self.archiver,
            backups: &self.backups,
            history: &self.history,
            journal: &self.journal,
            home: Path::new("/home"),
        }
    }

    pub(crate) fn manager(&self) -> Manager<'_> {
        Manager::new(self.ports())
    }

    pub(crate) fn service(&self, settings: ServiceSettings) -> Service<'_> {
        Service::new(self.ports(), settings)
    }

    pub(crate) fn work(&self) -> impl Fn(&Job, &dyn Progress) -> RunResult + '_ {
        |job, progress| perform(&self.ports(), job, progress)
    }

    pub(crate) fn drill_work(&self) -> impl Fn(&DrillJob, &dyn Progress) -> DrillResult + '_ {
        |drill, progress| perform_drill(&self.ports(), &self.driller, drill, None, progress)
    }

    /// Returns the receipts of drills, oldest first.
    pub(crate) fn receipts(&self) -> Vec<Drilled> {
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

    /// Returns the runs that ended, oldest first.
    pub(crate) fn ended(&self) -> Vec<RunRecord> {
        let ended = |note| match note {
            HistoryNote::Ended(run) => Some(run),
            _ => None,
        };
        self.history.notes().into_iter().filter_map(ended).collect()
    }
}
