//! Accept: the use case by which a person says that what is suspicious about a backup is as it should be.

use crate::manager::Manager;
use crate::manager::acceptance_plan::AcceptancePlan;
use crate::model::archive::{BackupName, BackupRecord};
use crate::model::error::{Error, Failure};
use crate::model::event::Event;
use crate::model::history::{HistoryNote, Hold, Ledger};
use crate::operation::prune::{kept_only_by_hold, would_go};

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
    /// Returns what accepting that backup would let go. Nothing is changed.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn acceptance_plan(&self, key: &str) -> Result<AcceptancePlan, Error> {
        self.log_error(self.plan_acceptance(key))
    }

    /// Accepts what is suspicious about the backup with that name, or of the schedule with that index. Later runs are compared
    /// with its newest run. The next good run, or a prune, removes what its rules don't keep.
    ///
    /// # Errors
    /// [`Error::NoSuchBackup`] or [`Error::NotABackup`] if nothing is known of such a backup. A failure of the stores.
    pub fn accept(&self, key: &str) -> Result<Acceptance, Error> {
        let accepted = self.accept_hold(key);
        if let Ok(Acceptance { name, ended: Some(hold), .. }) = &accepted {
            self.log(&[Event::Accepted { name: name.clone(), anomalies: hold.anomalies.clone() }]);
        }
        self.log_error(accepted)
    }

    fn accept_hold(&self, key: &str) -> Result<Acceptance, Error> {
        let plan = self.plan_acceptance(key)?;
        if plan.hold.is_some() {
            let note = HistoryNote::Accepted { name: plan.name.clone(), at: self.ports.clock.now() };
            self.append_notes(std::slice::from_ref(&note))?;
        }
        let released = plan.going.into_iter().map(|going| going.file_name).collect();
        Ok(Acceptance { name: plan.name, ended: plan.hold, released })
    }

    fn plan_acceptance(&self, key: &str) -> Result<AcceptancePlan, Error> {
        let backup = self.find_backup(key, &[])?;
        let ledger = Ledger::new(&self.ports.history.load()?);
        let name = backup.name.parse::<BackupName>().ok();
        let hold = name.as_ref().and_then(|name| ledger.hold(name)).cloned();
        let (Some(name), Some(hold)) = (name, hold) else {
            let listed = self.listed()?;
            let is_known = self.is_known(&backup.name);
            let nothing = AcceptancePlan::nothing(&backup.name);
            return if is_known { Ok(nothing) } else { Err(self.no_such_backup(&backup, &listed)) };
        };
        let listed = self.listed().unwrap_or_default();
        let going = self.goes_next(&ledger, &listed, &name);
        Ok(AcceptancePlan::of(&ledger, &listed, (&name, hold), &going))
    }

    /// Returns the archives that the next good run would remove without the hold. If that can't be told, there are none.
    fn goes_next(&self, ledger: &Ledger, listed: &[BackupRecord], name: &BackupName) -> Vec<String> {
        let Ok(Some(entry)) = self.find_schedule_by_name(name.as_str()) else { return Vec::new() };
        match entry.options().keep() {
            Some(rules) => would_go(&self.ports, (ledger, listed), name, rules, self.ports.clock.now()),
            None => {
                let released = kept_only_by_hold(&self.ports, (ledger, listed), name, None).into_iter();
                released.map(|backup| backup.file_name).collect()
            }
        }
    }

    /// Returns the archives that exist.
    fn listed(&self) -> Result<Vec<BackupRecord>, Error> {
        match self.ports.backups.list() {
            Err(error) if error.failure == Failure::Missing => Ok(Vec::new()),
            listed => Ok(listed?),
        }
    }
}
