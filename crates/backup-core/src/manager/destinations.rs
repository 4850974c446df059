//! Destinations: the places that keep copies, and what they can do.

use crate::manager::Manager;
use crate::model::archive::{BackupName, BackupRecord, display_path};
use crate::model::destination::{CopyName, DestinationError, DestinationSettings, ObjectKey, StoredObject};
use crate::model::error::Error;
use crate::model::event::{CopiedArchive, Event};
use crate::operation::copy::{Copied, copy};
use crate::operation::destination_check::{DestinationCheck, check_destination};
use crate::ports::{Destination, Progress};

/// A copy at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCopy {
    /// What its key says.
    pub copy: CopyName,
    /// What the destination says.
    pub object: StoredObject,
    /// Whether its catalog is there too.
    pub has_catalog: bool,
}

impl Manager<'_> {
    /// Returns the places that keep copies, as the configuration names them.
    ///
    /// # Errors
    /// [`Error::WrongConfig`], or any failure to read the configuration.
    pub fn destinations(&self) -> Result<Vec<DestinationSettings>, Error> {
        Ok(self.config()?.destinations)
    }

    /// Tries with a small object what a destination can do, and what its credentials may do.
    ///
    /// # Errors
    /// The first failure of a call without which there are no copies. That an object can't be deleted is none.
    pub fn check_destination(
        &self,
        destination: &dyn Destination,
    ) -> Result<DestinationCheck, DestinationError> {
        check_destination(destination, self.ports.clock.now())
    }

    /// Copies an archive with its catalog to a destination, unless they are there. The log has a line about it.
    ///
    /// Promises: after `Ok`, the object has the size of the archive, and a sample of its bytes came back as they are here. Nothing at
    /// the destination is replaced.
    ///
    /// # Errors
    /// [`Error::Destination`], or a failure to read the archive.
    pub fn copy(
        &self,
        archive: &BackupRecord,
        destination: &dyn Destination,
        progress: &dyn Progress,
    ) -> Result<Copied, Error> {
        let copied = self.log_error(copy(self.ports.backups, destination, archive, progress))?;
        let event = Event::Copied(CopiedArchive {
            archive: display_path(&archive.file_name),
            destination: destination.name().to_owned(),
            key: copied.key.to_string(),
        });
        self.ports.journal.record(self.ports.clock.now(), &event);
        Ok(copied)
    }

    /// Returns the copies at a destination, of one backup or of all, ordered by their keys.
    ///
    /// # Errors
    /// [`Error::Destination`].
    pub fn copies(
        &self,
        destination: &dyn Destination,
        name: Option<&BackupName>,
    ) -> Result<Vec<ListedCopy>, Error> {
        let folder: Option<ObjectKey> = name.and_then(|name| name.as_str().parse().ok());
        let objects = destination.list(folder.as_ref())?;
        let has = |key: &ObjectKey| objects.binary_search_by(|object| object.key.cmp(key)).is_ok();
        let copies = objects.iter().filter_map(|object| {
            let copy = CopyName::parse(&object.key)?;
            let has_catalog = copy.catalog_key().is_ok_and(|key| has(&key));
            Some(ListedCopy { copy, object: object.clone(), has_catalog })
        });
        Ok(copies.collect())
    }
}
