//! What a user does to finished backups.

use std::sync::Arc;

use super::MemoryBackups;
use super::place::Archive;
use crate::testing::locked::locked;

impl MemoryBackups {
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
