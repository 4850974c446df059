//! What a user does to finished backups, and sees of them.

use std::sync::Arc;

use super::MemoryBackups;
use super::place::{Archive, Catalog, DraftState};
use crate::model::archive::BackupName;
use crate::testing::locked::locked;

impl MemoryBackups {
    /// Returns the file names of the finished backups, sorted, whatever is scripted to fail.
    #[must_use]
    pub fn file_names(&self) -> Vec<String> {
        locked(&self.place).archives.keys().cloned().collect()
    }

    /// Returns how many drafts there are, open ones and those of dead processes.
    #[must_use]
    pub fn drafts(&self) -> usize {
        locked(&self.place).drafts.len()
    }

    /// Leaves a draft of that name as a dead process would. If one was open, it is that one, and its writer is dead:
    /// dropping it cleans nothing up, and any other use of it panics.
    pub fn abandon(&self, name: &BackupName) {
        let mut place = locked(&self.place);
        place.exists = true;
        place.drafts.insert(name.clone(), DraftState::Orphaned);
    }

    /// Leaves room for that many more bytes, as far as it tells; `None`, as at first, when it doesn't. Writes go on.
    pub fn set_free_bytes(&self, free_bytes: Option<u64>) {
        locked(&self.place).free_bytes = free_bytes;
    }

    /// Returns the list of sums that was put last.
    #[must_use]
    pub fn checksum_list(&self) -> String {
        locked(&self.place).checksum_list.clone()
    }

    /// Returns what was written to the catalog of a finished backup, if anything was.
    #[must_use]
    pub fn catalog(&self, file_name: &str) -> Option<Vec<u8>> {
        let place = locked(&self.place);
        let catalog = place.archives.get(&place.name_on_disk(file_name))?.catalog.as_ref()?;
        Some(catalog.body.clone())
    }

    /// Returns all that is stored as the catalog of a finished backup, if anything is: its body, and the run that made it.
    #[must_use]
    pub fn stored_catalog(&self, file_name: &str) -> Option<Vec<u8>> {
        let place = locked(&self.place);
        let catalog = place.archives.get(&place.name_on_disk(file_name))?.catalog.as_ref()?;
        Some([&catalog.body[..], format!("{:?}", catalog.run).as_bytes()].concat())
    }

    /// Puts something in the place of the catalog of a finished backup, which tells of no run then. `None` takes it away.
    pub fn put_catalog(&self, file_name: &str, body: Option<Vec<u8>>) {
        let mut place = locked(&self.place);
        let name = place.name_on_disk(file_name);
        if let Some(archive) = place.archives.get_mut(&name) {
            archive.catalog = body.map(|body| Arc::new(Catalog { body, run: None }));
        }
    }

    /// Makes the last byte of a finished backup another, as a disk does that fails: nothing else tells of it.
    pub fn damage(&self, file_name: &str) {
        let mut place = locked(&self.place);
        let name = place.name_on_disk(file_name);
        let archive = place.archives.get_mut(&name);
        if let Some(last) = archive.and_then(|archive| Arc::make_mut(&mut archive.bytes).last_mut()) {
            *last ^= 1;
        }
    }

    /// Puts a file among the finished backups, as a user does.
    pub fn put(&self, file_name: &str, stored: Vec<u8>) {
        let mut place = locked(&self.place);
        let ranges = place.ranges_of(&stored);
        let archive = Archive { bytes: Arc::new(stored), ranges, finished: self.clock.now(), catalog: None };
        place.exists = true;
        place.archives.insert(file_name.to_owned(), archive);
    }

    /// Copies a finished backup with its date, as a user does.
    ///
    /// # Panics
    /// If there is no such backup.
    pub fn copy(&self, file_name: &str, copy: &str) {
        let mut place = locked(&self.place);
        let archive = place.archives.get(file_name).expect("there is such a backup");
        let (bytes, copied) = (archive.bytes.to_vec(), archive.clone());
        let copied = Archive { ranges: place.ranges_of(&bytes), bytes: Arc::new(bytes), ..copied };
        place.archives.insert(copy.to_owned(), copied);
    }

    /// Removes all catalogs, as a user does.
    pub fn lose_catalogs(&self) {
        locked(&self.place).archives.values_mut().for_each(|archive| archive.catalog = None);
    }

    /// Takes a finished backup away, as a user does, and returns whether there was one.
    pub fn take(&self, file_name: &str) -> bool {
        locked(&self.place).archives.remove(file_name).is_some()
    }
}
