//! Names on a disk in memory that may ignore case.

use super::place::Place;
use crate::model::archive::{ArchiveName, BackupName};

impl Place {
    /// Returns the name under which the disk has a file that is asked for by that name.
    pub(super) fn name_on_disk(&self, file_name: &str) -> String {
        let is_it = |name: &&String| self.ignores_case && name.eq_ignore_ascii_case(file_name);
        self.archives.keys().find(is_it).map_or_else(|| file_name.to_owned(), Clone::clone)
    }

    /// Returns whether there is such an archive.
    pub(super) fn holds(&self, archive: &ArchiveName) -> bool {
        self.archives.contains_key(&self.name_on_disk(&archive.to_string()))
    }

    pub(super) fn aliases(&self, names: &[&BackupName]) -> Vec<Option<BackupName>> {
        if !self.ignores_case {
            return vec![None; names.len()];
        }
        let stored = self.archives.keys().filter_map(|file_name| ArchiveName::parse(file_name));
        let stored: Vec<BackupName> = stored.map(|archive| archive.backup).collect();
        let alias = |(at, name): (usize, &&BackupName)| {
            let earlier = names[..at].iter().copied();
            let mut owners = stored.iter().chain(earlier.filter(|_| !stored.contains(name)));
            let is_alias =
                |other: &&BackupName| other != name && other.as_str().eq_ignore_ascii_case(name.as_str());
            owners.find(is_alias).filter(|_| !stored.contains(name)).cloned()
        };
        names.iter().enumerate().map(alias).collect()
    }
}
