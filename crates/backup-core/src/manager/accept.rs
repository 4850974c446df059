//! Accept: the use case by which a person says that what is suspicious about a backup is as it should be.

use crate::manager::Manager;
use crate::model::archive::{BackupName, BackupRecord};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Hold, Ledger};
use crate::operation::prune::kept_only_by_hold;

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The backup's name.
    pub name: String,
    /// The hold that has ended. `None` means that there was none, and that nothing was done.
    pub ended: Option<Hold>,
    /// The file names of the archives that the next good run will remove.
    pub released: Vec<String>,
}

impl Manager<'_> {
    /// Accepts what is suspicious about the backup with that name, or of the schedule with that index. Later runs are compared
    /// with its newest run. The next good run, or a prune, removes what its rules don't keep.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if nothing is known of such a backup. A failure of the stores.
    pub fn accept(&self, key: &str) -> Result<Acceptance, Error> {
        let accepted = self.accept_hold(key);
        let anomalies = |accepted: &Acceptance| Some(accepted.ended.as_ref()?.anomalies.clone());
        if let Ok(accepted) = &accepted
            && let Some(anomalies) = anomalies(accepted)
        {
            self.log(&[Event::Accepted { name: accepted.name.clone(), anomalies }]);
        }
        self.log_error(accepted)
    }

    fn accept_hold(&self, key: &str) -> Result<Acceptance, Error> {
        let backup = self.find_backup(key, &[])?;
        let mut ledger = Ledger::new(&self.ports.history.load()?);
        let name = backup.name.parse::<BackupName>().ok();
        let hold = name.as_ref().and_then(|name| ledger.hold(name)).cloned();
        let (Some(name), Some(hold)) = (name, hold) else {
            let listed = self.listed()?;
            let is_known = self.is_known(&backup.name);
            let nothing = Acceptance { name: backup.name.clone(), ended: None, released: Vec::new() };
            return if is_known { Ok(nothing) } else { Err(self.no_such_backup(&backup, &listed)) };
        };
        let note = HistoryNote::Accepted { name: name.to_string(), at: self.ports.clock.now() };
        self.append_notes(std::slice::from_ref(&note))?;
        ledger.apply(&note);
        let released = self.goes_next(&ledger, &name);
        Ok(Acceptance { name: name.to_string(), ended: Some(hold), released })
    }

    /// Returns the archives that would be removed now. If that can't be told, there are none.
    fn goes_next(&self, ledger: &Ledger, name: &BackupName) -> Vec<String> {
        let Ok(Some(entry)) = self.find_schedule_by_name(name.as_str()) else { return Vec::new() };
        let listed = self.listed().unwrap_or_default();
        let kept = kept_only_by_hold(&self.ports, (ledger, &listed), name, entry.options().keep());
        kept.into_iter().map(|backup| backup.file_name).collect()
    }

    /// Returns the archives that exist.
    fn listed(&self) -> Result<Vec<BackupRecord>, Error> {
        match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Ok(Vec::new()),
            listed => Ok(listed?),
        }
    }
}
