//! Backups: the use case that lists the finished backups.

use crate::manager::Manager;
use crate::model::archive::BackupRecord;
use crate::model::error::Error;
use crate::model::event::Event;

impl Manager<'_> {
    /// Returns the finished backups, sorted by file name.
    ///
    /// # Errors
    /// [`Error::BackupsMissing`], or a failure of the store.
    pub fn backups(&self) -> Result<Vec<BackupRecord>, Error> {
        self.log_result(self.list_backups(), |_| Event::BackupsShown)
    }
}
