//! Suspicion: whether an archive is of a backup that is held, and which one is from before.

use crate::manager::Manager;
use crate::model::archive::{ArchiveName, BackupRecord};
use crate::model::history::{Hold, Ledger};
use crate::policy::held_generations::{is_suspicious, newest_before};

/// What is to be known of an archive that the suspicious run of a held backup made, or a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// The name of the backup.
    pub name: String,
    /// The hold.
    pub hold: Hold,
    /// The file name of the newest existing archive from before that.
    pub before: Option<String>,
}

impl Manager<'_> {
    /// Returns what is suspicious about an archive. `None` if nothing is, or if the history or the archives can't be read.
    #[must_use]
    pub fn suspicion(&self, archive: &BackupRecord) -> Option<Suspicion> {
        let name = ArchiveName::parse(&archive.file_name)?.backup;
        let ledger = Ledger::new(&self.ports.history.load().ok()?);
        let hold = ledger.hold(&name)?;
        let generations = ledger.generations(&name);
        if !is_suspicious(&generations, hold, &archive.file_name) {
            return None;
        }
        let existing = self.ports.backups.list().ok()?;
        let before = newest_before(&generations, hold, &existing).map(str::to_owned);
        Some(Suspicion { name: name.to_string(), hold: hold.clone(), before })
    }
}
