//! Acceptance plan: what accepting a suspicious backup lets go.

use crate::model::archive::{BackupName, BackupRecord};
use crate::model::history::{Hold, Ledger};
use crate::policy::held_generations::count_before;

/// What accepting a suspicious backup lets go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptancePlan {
    /// The backup's name.
    pub name: String,
    /// The hold. `None` means that there is none, and that nothing can be accepted.
    pub hold: Option<Hold>,
    /// The archives that the next good run will remove, oldest first.
    pub going: Vec<GoingArchive>,
    /// How many archives from before the suspicious run stay then.
    pub staying_from_before: usize,
}

/// An archive that will be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingArchive {
    /// Its file name.
    pub file_name: String,
    /// Its size.
    pub archive_bytes: u64,
    /// Whether it was made before the suspicious run. It may hold what is lost now.
    pub is_from_before: bool,
}

impl AcceptancePlan {
    /// Returns the plan for a backup that isn't held.
    pub(super) fn nothing(name: &str) -> Self {
        Self { name: name.to_owned(), hold: None, going: Vec::new(), staying_from_before: 0 }
    }

    /// Returns the plan for a held backup. `going` are the file names of what the next good run will remove.
    pub(super) fn of(
        ledger: &Ledger,
        listed: &[BackupRecord],
        (name, hold): (&BackupName, Hold),
        going: &[String],
    ) -> Self {
        let generations = ledger.generations(name);
        let before = count_before(&generations, &hold);
        let existing = generations.iter().enumerate().filter_map(|(place, (file_name, _))| {
            let backup = listed.iter().find(|backup| backup.file_name == *file_name)?;
            let is_from_before = place < before;
            let (file_name, archive_bytes) = (backup.file_name.clone(), backup.archive_bytes);
            Some(GoingArchive { file_name, archive_bytes, is_from_before })
        });
        let (going, staying): (Vec<_>, Vec<_>) =
            existing.partition(|archive| going.contains(&archive.file_name));
        let staying_from_before = staying.iter().filter(|archive| archive.is_from_before).count();
        Self { name: name.to_string(), hold: Some(hold), going, staying_from_before }
    }

    /// Returns how many of the archives that will be removed are from before the suspicious run.
    #[must_use]
    pub fn going_from_before(&self) -> usize {
        self.going.iter().filter(|archive| archive.is_from_before).count()
    }
}
