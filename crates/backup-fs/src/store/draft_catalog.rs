//! The catalog of an archive that is being written. Its failures are never the archive's: an archive without one is whole.

use std::fs::File;
use std::io;

use backup_core::model::archive::BackupName;
use backup_core::model::history::RunRecord;

use super::archive_id::ArchiveId;
use super::catalog_dir::{CatalogDraft, StoredCatalog};
use super::catalog_sweep::sweep;
use crate::age::keys::Keys;
use crate::file::dir::DirHandle;

/// The catalog of a draft. It is begun with the first bytes that are written to it.
#[derive(Debug)]
pub(super) struct DraftCatalog {
    backups: DirHandle,
    name: BackupName,
    state: State,
    run: Option<RunRecord>,
    /// For whom it is encrypted, if it is.
    keys: Option<Keys>,
}

#[derive(Debug)]
enum State {
    NotBegun,
    Open(Box<CatalogDraft>),
    /// It could not be written.
    Lost,
}

impl DraftCatalog {
    /// Returns the catalog of a draft in the folder of backups.
    pub(super) fn new(backups: DirHandle, name: &BackupName, keys: Option<Keys>) -> Self {
        Self { backups, name: name.clone(), state: State::NotBegun, run: None, keys }
    }

    /// Returns the folder of backups.
    pub(super) fn backups(&self) -> &DirHandle {
        &self.backups
    }

    /// Returns whether what is written to it is kept.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self.state, State::Lost)
    }

    /// Appends to it.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let State::NotBegun = self.state {
            let draft = CatalogDraft::begin(&self.backups, &self.name, self.keys.as_ref());
            self.state = draft.map_or(State::Lost, |draft| State::Open(Box::new(draft)));
        }
        if let State::Open(draft) = &mut self.state
            && draft.write(bytes).is_err()
        {
            self.state = State::Lost;
        }
    }

    /// Opens what was written so far; `None` if that isn't kept, or is encrypted.
    pub(super) fn reopened(&mut self) -> Option<StoredCatalog> {
        if self.keys.is_some() {
            return None;
        }
        let State::Open(draft) = &mut self.state else { return None };
        let reopened = draft.reopened();
        if reopened.is_err() {
            // After a sync that failed, nobody knows what is on the disk.
            self.state = State::Lost;
        }
        reopened.ok()
    }

    /// Begins anew.
    pub(super) fn restart(&mut self) {
        self.state = State::NotBegun;
    }

    /// Says which run makes the archive.
    pub(super) fn describe(&mut self, run: &RunRecord) {
        self.run = Some(run.clone());
    }

    /// Puts the catalog of a finished file in its place. The file gets the name of an archive afterwards.
    ///
    /// Returns what is to be called then: it removes the catalogs of archives that aren't there any more.
    pub(super) fn publish(self, archive: &File) -> io::Result<impl FnOnce() + use<>> {
        let Self { backups, name, state, run, .. } = self;
        let id = ArchiveId::of(&archive.metadata()?);
        if let State::Open(draft) = state {
            // Without it, the archive is read whenever somebody looks for a file in it.
            let _ = draft.publish(id, run.as_ref());
        }
        Ok(move || {
            // The next publish tries again.
            let _ = sweep(&backups, &name, Some(id));
        })
    }
}
