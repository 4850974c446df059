//! What an archive began with: the source, as its other members are below.

use backup_core::model::restore::{Refusal, components, name_below};

use super::{Member, MemberKind};

/// The topmost name of an archive, once its first member was seen.
#[derive(Debug)]
pub(crate) struct SourceRoot {
    name: Option<Vec<u8>>,
    is_folder: bool,
}

impl Default for SourceRoot {
    fn default() -> Self {
        Self { name: None, is_folder: true }
    }
}

impl SourceRoot {
    /// Returns the names of a member below the source: none for a folder that is the source, and its own name for a
    /// file that is.
    pub(crate) fn below<'m>(&mut self, member: &'m Member) -> Result<Vec<&'m [u8]>, Refusal> {
        self.see(member)?;
        self.below_path(&member.path)
    }

    /// Takes in a member: the first one that could be restored says what the others are below of.
    pub(crate) fn see(&mut self, member: &Member) -> Result<(), Refusal> {
        if self.name.is_none() {
            if let MemberKind::Other(flag) = member.kind {
                return Err(Refusal::Unknown(flag));
            }
            let names = components(&member.path)?;
            self.is_folder = names.len() > 1 || member.kind == MemberKind::Folder;
            self.name = names.first().map(|name| name.to_vec());
        }
        Ok(())
    }

    /// Returns the names below the source of a path in the archive.
    pub(crate) fn below_path<'p>(&self, path: &'p [u8]) -> Result<Vec<&'p [u8]>, Refusal> {
        let top = self.name.as_deref().unwrap_or_default();
        if self.is_folder {
            return name_below(path, top);
        }
        let names = components(path)?;
        if names == [top] { Ok(names) } else { Err(Refusal::Elsewhere) }
    }

    /// Returns the name of a source that is a folder, and nothing for one that is a file.
    pub(crate) fn folder_name(&self) -> Vec<u8> {
        self.name.clone().filter(|_| self.is_folder).unwrap_or_default()
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.is_folder
    }
}
