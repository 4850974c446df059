//! Compares the restored files with the archive as our own reader sees it.

use std::hash::BuildHasher;
use std::io::Read;

use backup_core::model::error::PortError;
use backup_core::model::history::DifferenceKind;
use backup_core::model::restore::components;

use super::comparison::Comparison;
use super::dir_stack::c_name;
use super::entry::Entry;
use crate::posix::stat::{is_folder, lstat_at};
use crate::tar_reader::TarReader;

/// The prefix of the folders in which an archive stores sparse files.
const SPARSE_FOLDER: &[u8] = b"GNUSparseFile.";

impl Comparison<'_> {
    /// Compares entry by entry. Then looks for files that aren't in the archive.
    pub(super) fn run(&mut self, tar: &mut dyn Read) {
        self.outcome = self.compare(tar);
    }

    fn compare(&mut self, tar: &mut dyn Read) -> Result<(), PortError> {
        let mut reader = TarReader::new(tar);
        loop {
            self.check_cancelled()?;
            let mut member = match reader.next_member() {
                Ok(Some(member)) => member,
                Ok(None) => break,
                Err(error) => {
                    self.check_cancelled()?;
                    // The rest of the archive is unknown, so extra files can't be recognized.
                    self.report.add("", DifferenceKind::Damaged(error.to_string()));
                    return Ok(());
                }
            };
            let path = member.path.clone();
            self.report.entries += 1;
            match components(&path) {
                Ok(names) => {
                    self.remember(&names);
                    Entry { names: &names, member: &mut member }.compare(self, &mut reader);
                }
                Err(refusal) => self.differs(&path, DifferenceKind::Refused(refusal.to_string())),
            }
        }
        self.report_extra()
    }

    /// Remembers a path and its parent folders, which tar creates even if the archive doesn't list them.
    fn remember(&mut self, names: &[&[u8]]) {
        for end in (1..=names.len()).rev() {
            if !self.archived.insert(self.hasher.hash_one(&names[..end])) {
                break;
            }
        }
    }

    fn report_extra(&mut self) -> Result<(), PortError> {
        let mut folders: Vec<Vec<Vec<u8>>> = vec![Vec::new()];
        while let Some(folder) = folders.pop() {
            self.check_cancelled()?;
            let names: Vec<&[u8]> = folder.iter().map(Vec::as_slice).collect();
            let listed = self.dirs.enter(&names).map(drop).and_then(|()| self.dirs.names());
            let listed = match listed {
                Ok(listed) => listed,
                Err(error) => {
                    self.differs(&names.join(&b'/'), DifferenceKind::Unreadable(error.to_string()));
                    continue;
                }
            };
            for name in &listed {
                let name = name.as_encoded_bytes();
                let path: Vec<&[u8]> = names.iter().copied().chain([name]).collect();
                if !self.archived.contains(&self.hasher.hash_one(&path[..])) {
                    if !self.is_stand_in(name) {
                        self.differs(&path.join(&b'/'), DifferenceKind::Extra);
                    }
                } else if self.is_folder(&names, name) {
                    folders.push(path.iter().map(|name| name.to_vec()).collect());
                }
            }
        }
        Ok(())
    }

    /// Returns whether a tar without support for sparse files has made this.
    fn is_stand_in(&self, name: &[u8]) -> bool {
        name.starts_with(SPARSE_FOLDER) && !self.capabilities.options.tar.restores_sparse_files()
    }

    fn is_folder(&mut self, above: &[&[u8]], name: &[u8]) -> bool {
        let found = self.dirs.enter(above).and_then(|folder| lstat_at(folder, &c_name(name)?));
        found.ok().flatten().is_some_and(|stat| is_folder(&stat))
    }
}
