//! Compares what was restored with what our reader says is in the archive.

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

/// How the folders are called in which an archive has its sparse files.
const SPARSE_FOLDER: &[u8] = b"GNUSparseFile.";

impl Comparison<'_> {
    /// Compares entry by entry, and then looks for what is there and not in the archive.
    pub(super) fn run(&mut self, tar: &mut dyn Read) {
        self.outcome = self.compare(tar);
    }

    fn compare(&mut self, tar: &mut dyn Read) -> Result<(), PortError> {
        let mut reader = TarReader::new(tar);
        loop {
            self.go_on()?;
            let mut member = match reader.next_member() {
                Ok(Some(member)) => member,
                Ok(None) => break,
                Err(error) => {
                    self.go_on()?;
                    // What comes behind can't be told from what isn't in the archive.
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
        self.look_for_extra()
    }

    /// Remembers a path and the folders above it, which tar makes where the archive doesn't have them.
    fn remember(&mut self, names: &[&[u8]]) {
        for end in (1..=names.len()).rev() {
            if !self.archived.insert(self.hasher.hash_one(&names[..end])) {
                break;
            }
        }
    }

    fn look_for_extra(&mut self) -> Result<(), PortError> {
        let mut folders: Vec<Vec<Vec<u8>>> = vec![Vec::new()];
        while let Some(folder) = folders.pop() {
            self.go_on()?;
            let names: Vec<&[u8]> = folder.iter().map(Vec::as_slice).collect();
            let listed = self.way.enter(&names).map(drop).and_then(|()| self.way.names());
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

    /// Whether it is what a tar makes of sparse files that doesn't know them.
    fn is_stand_in(&self, name: &[u8]) -> bool {
        name.starts_with(SPARSE_FOLDER) && !self.abilities.manner.tar.restores_sparse_files()
    }

    fn is_folder(&mut self, above: &[&[u8]], name: &[u8]) -> bool {
        let found = self.way.enter(above).and_then(|folder| lstat_at(folder, &c_name(name)?));
        found.ok().flatten().is_some_and(|stat| is_folder(&stat))
    }
}
